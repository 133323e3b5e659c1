"""Chromium as the tests want it: the system's own, silent towards the network, and watched for trouble."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, StorageState

PASSWORD = "linzhu-demo"
EXECUTABLE = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LANGUAGES = ("zh-hans", "en")
WIDTHS = {1280: 900, 390: 844}
SCHEMES = ("light", "dark")

TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
LEFT_PAGE = re.compile(
    r"net::ERR_ABORTED|WebSocket is closed before the connection is established"
    r"|console: htmx:(afterRequest|sendAbort|sendError)"
)
"""A page was left, or htmx asked again, while an answer was on its way: no failure. Real ones say what failed, too."""


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)


class Watch:
    """Everything a page complains about: in its console, from its scripts, of its policy, on the network."""

    def __init__(self) -> None:
        self.troubles: list[str] = []
        self.expected: list[str] = []
        """Patterns of complaints that belong to what is being tested."""

    def context(self, context: BrowserContext) -> BrowserContext:
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"script: {error.error}"))
        context.on("requestfailed", self._failed)
        return context

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._note(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, request: Request) -> None:
        self._note(f"network: {request.failure} {request.url}")

    def _note(self, trouble: str) -> None:
        if not any(re.search(pattern, trouble) for pattern in (LEFT_PAGE, *self.expected)):
            self.troubles.append(trouble)


def new_context(
    browser: Browser,
    demo: str,
    *,
    language: str = "zh-hans",
    width: int = 1280,
    state: StorageState | None = None,
    care: str = "",
) -> BrowserContext:
    """A browser of its own, in one language and width.

    ``state`` holds the cookies of whoever is signed in, ``care`` the size of text in points where care mode is on.
    """
    context = browser.new_context(
        base_url=demo,
        locale={"zh-hans": "zh-CN", "en": "en-GB"}[language],
        timezone_id="Asia/Shanghai",
        viewport={"width": width, "height": WIDTHS.get(width, 900)},
        reduced_motion="reduce",
        storage_state=state,
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": demo}])
    if care:
        context.add_cookies([{"name": "care", "value": care, "url": demo}])
    context.set_default_timeout(15_000)
    return context


def sign_in(page: Page, username: str) -> None:
    """Through the sign-in page, as a person does."""
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(username)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
