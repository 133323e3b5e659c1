"""Write a picture of every page, in both languages, wide and narrow: ``make screenshots OUT=folder``.

The light look of all pages, the dark look of the main ones. With DEMO=http://… the pages of a demo that runs already.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.browser.chromium import LANGUAGES, WIDTHS, launch, new_context, sign_in
from tests.browser.demo import running_demo
from tests.browser.scenes import SCENES, Scene

ALSO_DARK = {"board", "board-map", "wall", "design", "figures", "intake-chosen", "help-request-open", "inbox", "phones",
             "family-assigned", "login"}  # fmt: skip
ALSO_IN_CARE_MODE = {"board", "intake-chosen", "help-request-open", "inbox", "elders", "family-assigned", "family-done",
                     "volunteer-page", "volunteer-week", "figures", "login", "enter"}  # fmt: skip
TALLEST_PX = 4000


def main(folder: Path) -> int:
    """Take all pictures; return how many pages could not be taken."""
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    with _demo() as demo, sync_playwright() as playwright:
        browser = launch(playwright)
        for language in LANGUAGES:
            contexts: dict[str, BrowserContext] = {}
            for scene in _chosen_scenes():
                for care in _modes(scene):
                    page = _context(contexts, browser, demo, language, scene.username, care).new_page()
                    name = f"{scene.name}-care-{care}" if care else scene.name
                    failed += not _take(page, scene, folder / f"{name}.{language}")
                    page.close()
        browser.close()
    return failed


@contextmanager
def _demo() -> Iterator[str]:
    if address := os.environ.get("DEMO"):
        yield address
        return
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo:
        yield demo


def _chosen_scenes() -> list[Scene]:
    """Return those named in ONLY (parts of names, with commas between them), or all."""
    parts = os.environ.get("ONLY", "").split(",")
    return [scene for scene in SCENES if any(part in scene.name for part in parts)]


def _modes(scene: Scene) -> list[str]:
    """The normal look, and care mode with its sizes (``CARE=18,30``; the main pages in the smallest by default)."""
    if asked := os.environ.get("CARE"):
        return asked.split(",")
    return ["", "18"] if scene.name in ALSO_IN_CARE_MODE else [""]


def _context(
    contexts: dict[str, BrowserContext], browser: Browser, demo: str, language: str, username: str, care: str
) -> BrowserContext:
    key = f"{username} {care}"
    if key not in contexts:
        contexts[key] = new_context(browser, demo, language=language, care=care)
        if username:
            page = contexts[key].new_page()
            sign_in(page, username)
            page.close()
    return contexts[key]


def _take(page: Page, scene: Scene, path: Path) -> bool:
    try:
        scene.open(page)
    except Error as error:
        sys.stderr.write(f"{path.name}: {error}\n")
        return False
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark") if scene.name in ALSO_DARK else ("light",):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(200)  # lets transitions and the map come to rest
            _photograph(page, path.with_name(f"{path.name}.{width}.{scheme}.png"))
    return True


def _photograph(page: Page, path: Path) -> None:
    height = page.evaluate("document.documentElement.scrollHeight")
    if height <= TALLEST_PX:
        page.screenshot(path=path, full_page=True)
    else:
        size = page.viewport_size or {"width": 1280}
        clip = {"x": 0, "y": 0, "width": size["width"], "height": TALLEST_PX}
        page.screenshot(path=path, full_page=True, clip=clip)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) > 0)
