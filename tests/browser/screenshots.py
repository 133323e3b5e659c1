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

ALSO_DARK = {"board", "board-map", "intake-chosen", "help-request-open", "inbox", "phones", "family-assigned", "login"}
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
                page = _context(contexts, browser, demo, language, scene.username).new_page()
                failed += not _take(page, scene, folder / f"{scene.name}.{language}")
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


def _context(
    contexts: dict[str, BrowserContext], browser: Browser, demo: str, language: str, username: str
) -> BrowserContext:
    if username not in contexts:
        contexts[username] = new_context(browser, demo, language=language)
        if username:
            page = contexts[username].new_page()
            sign_in(page, username)
            page.close()
    return contexts[username]


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
