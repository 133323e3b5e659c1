"""WCAG 2.2 AA on every page, in both languages, wide and narrow, light and dark; nothing is cut off at 390 px."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.chromium import LANGUAGES, SCHEMES, WIDTHS, Watch
from tests.browser.conftest import OpenBrowser
from tests.browser.scenes import SCENES, Scene

OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
RUN = "async (options) => (await axe.run(document, options)).violations"
ZOOMED_WIDTH = 320
"""A window of 1280 pixels at 400 % (WCAG 1.4.10): everything is still there, in one column."""
TOO_WIDE = "document.scrollingElement.scrollWidth - innerWidth"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_page_is_accessible(scene: Scene, language: str, open_browser: OpenBrowser, watch: Watch) -> None:
    page = open_browser(scene.username, language=language).new_page()
    watch.expected += scene.expected
    scene.open(page)
    page.evaluate(AXE_SCRIPT)
    faults = []
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        faults += [f"{width}: {excess} px too wide" for excess in [page.evaluate(TOO_WIDE)] if excess > 0]
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            faults += [f"{width} {scheme} {fault}" for fault in _violations(page)]
    page.set_viewport_size({"width": ZOOMED_WIDTH, "height": 256})
    faults += [f"zoomed to 400 %: {excess} px too wide" for excess in [page.evaluate(TOO_WIDE)] if excess > 0]
    assert not faults, "\n".join(faults)


def _violations(page: Page) -> list[str]:
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in page.evaluate(RUN, OPTIONS)
        for node in violation["nodes"]
    ]
