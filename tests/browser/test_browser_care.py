"""Care mode 长辈模式 measured in Chromium: text of 18 points, targets of 60 pixels, contrast of 7 to 1, no pop-ups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.chromium import SCHEMES, WIDTHS, Watch
from tests.browser.conftest import OpenBrowser
from tests.browser.scenes import SCENES, Scene
from tests.browser.test_browser_axe import OPTIONS, RUN, TOO_WIDE

ALSO_IN_ENGLISH = {"board", "inbox", "elders", "intake-chosen", "help-request-open", "figures", "design", "login",
                   "family-assigned", "family-done", "volunteer-page", "volunteer-week", "enter"}  # fmt: skip
CASES = [(scene, "zh-hans") for scene in SCENES] + [(scene, "en") for scene in SCENES if scene.name in ALSO_IN_ENGLISH]
LARGEST = [scene for scene in SCENES if scene.name in {"board", "family-assigned", "volunteer-page", "login", "enter"}]

EVERYTHING: dict[str, Any] = {**OPTIONS, "rules": {**OPTIONS["rules"], "color-contrast-enhanced": {"enabled": True}}}
COLOURS: dict[str, Any] = {
    "runOnly": {"type": "rule", "values": ["color-contrast-enhanced"]},
    "resultTypes": ["violations"],
}
CONFIGURE = """axe.configure({checks: [{id: "color-contrast-enhanced",
    options: {contrastRatio: {normal: {expected: 7, minThreshold: 0}, large: {expected: 7, minThreshold: 0}}}}]})"""

HELP_PAGES = ("/", "/elders/", "/inbox/", "/figures/", "/requests/new/", "/wall/", "/accounts/password/change/", "/c/")
MEASURES = Path(__file__).with_name("care_measures.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(("scene", "language"), CASES, ids=lambda value: getattr(value, "name", value))
def test_care_mode_keeps_its_promises(scene: Scene, language: str, open_browser: OpenBrowser, watch: Watch) -> None:
    page = open_browser(scene.username, language=language, care="18").new_page()
    watch.expected += scene.expected
    scene.open(page)
    page.evaluate(AXE_SCRIPT)
    page.evaluate(CONFIGURE)
    page.evaluate(MEASURES)
    faults = [f"floats: {element}" for element in page.evaluate("measures.floating()")]
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        faults += [f"{width}: {fault}" for fault in _measured(page, 18)]
        for scheme, options in zip(SCHEMES, (EVERYTHING, COLOURS), strict=True):  # only colours change with the light
            page.emulate_media(color_scheme=scheme)
            faults += [f"{width} {scheme} {fault}" for fault in _axe(page, options)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("scene", LARGEST, ids=lambda scene: scene.name)
def test_largest_text_fits_a_phone(scene: Scene, open_browser: OpenBrowser, watch: Watch) -> None:
    page = open_browser(scene.username, width=390, care="30").new_page()
    scene.open(page)
    page.evaluate(MEASURES)
    assert _measured(page, 30) == []


def _measured(page: Page, points: int) -> list[str]:
    excess = page.evaluate(TOO_WIDE)
    return [
        *([f"{excess} px too wide"] if excess > 0 else []),
        *(f"small text: {text}" for text in page.evaluate("points => measures.smallText(points)", points)),
        *(f"small target: {target}" for target in page.evaluate("measures.smallTargets()")),
    ]


def _axe(page: Page, options: dict[str, Any]) -> list[str]:
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in page.evaluate(RUN, options)
        for node in violation["nodes"]
    ]


def test_switch_is_found_used_and_remembered_by_keyboard(open_browser: OpenBrowser) -> None:
    page = open_browser(width=390).new_page()
    page.goto("/c/")
    switch = page.get_by_role("button", name="长辈模式")
    switch.focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-care", "18")
    page.get_by_role("button", name="最大").click()
    page.goto("/accounts/login/")
    expect(page.locator("html")).to_have_attribute("data-care", "30")
    page.get_by_role("button", name="退出长辈模式").click()
    expect(page.locator("html")).not_to_have_attribute("data-care", "30")


def test_nothing_pops_up(open_browser: OpenBrowser) -> None:
    page = open_browser("dispatcher", care="18").new_page()
    page.goto("/")
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 0


def test_help_stands_in_the_same_place_of_every_page(open_browser: OpenBrowser) -> None:
    """WCAG 3.2.6: the first line of the footer, whichever page."""
    page = open_browser("dispatcher").new_page()
    for path in HELP_PAGES:
        page.goto(path)
        first = page.locator("footer > :first-child")
        expect(first, path).to_have_class("help")
        expect(first.locator("a[href^='tel:']"), path).to_be_visible()
