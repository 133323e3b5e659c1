"""One demo and one Chromium for all browser tests; every page is watched for complaints."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.browser.chromium import EXECUTABLE, Watch, launch, new_context, sign_in
from tests.browser.demo import running_demo

OpenBrowser = Callable[..., BrowserContext]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, whatever its file forgot; the story comes first.

    They share one demo, and the page of phones shows those that rang last: what the others have logged would go on
    ringing phones in the middle of the story.
    """
    places = [place for place, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    ours = sorted((items[place] for place in places), key=lambda item: item.path.stem != "test_browser_story")
    for place, item in zip(places, ours, strict=True):
        item.add_marker(pytest.mark.browser)
        items[place] = item


# Package, not session: Playwright keeps an event loop running, under which Django would refuse later tests their ORM.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not EXECUTABLE.exists():
        pytest.skip(f"No Chromium at {EXECUTABLE}: apt install chromium, or set CHROMIUM")
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo: ``DEMO``, or one of our own. That ours ends when told to is checked at last."""
    if address := os.environ.get("DEMO"):
        yield address
        return
    with running_demo(tmp_path_factory.mktemp("demo")) as address:
        yield address


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    assert watch.troubles == []


@pytest.fixture(scope="package")
def signed_in(browser: Browser, demo: str) -> Callable[[str], StorageState | None]:
    """The cookies of a member of staff, who signs in once for all tests. Nobody ("") has none."""
    states: dict[str, StorageState] = {}

    def state_of(username: str) -> StorageState | None:
        if username and username not in states:
            with new_context(browser, demo) as context:
                sign_in(context.new_page(), username)
                states[username] = context.storage_state()
        return states.get(username)

    return state_of


@pytest.fixture
def open_browser(
    browser: Browser, demo: str, watch: Watch, signed_in: Callable[[str], StorageState | None]
) -> Iterator[OpenBrowser]:
    """Open one more browser, watched, for somebody who is signed in, or for nobody."""
    contexts: list[BrowserContext] = []

    def open_one(username: str = "", *, language: str = "zh-hans", width: int = 1280, care: str = "") -> BrowserContext:
        context = new_context(browser, demo, language=language, width=width, state=signed_in(username), care=care)
        contexts.append(watch.context(context))
        return context

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def desk(open_browser: OpenBrowser) -> Page:
    """The dispatcher's page, in Chinese."""
    return open_browser("dispatcher").new_page()
