"""Every page of the product in every state worth looking at: for the tests of accessibility and for the screenshots."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Page, expect

CHOSEN_ELDER = "wxy"


class Scene(NamedTuple):
    """A page: who looks, where it is or how one gets there, and complaints of the browser that belong to it."""

    name: str
    username: str
    at: str | Callable[[Page], None]
    expected: tuple[str, ...] = ()

    def open(self, page: Page) -> None:
        if callable(self.at):
            self.at(page)
        else:
            page.goto(self.at)
        page.wait_for_load_state("load")
        # The socket stands: nothing on the page will move any more.
        if page.locator("body[data-live]").count():
            page.locator("[data-live-state=on]").first.wait_for(state="attached")


def _first_of(status: str, service: str = "") -> Callable[[Page], None]:
    """The newest help request of that kind, found as a dispatcher finds it."""

    def go(page: Page) -> None:
        page.goto("/requests/")
        page.locator("#id_status").select_option(status)
        if service:
            page.locator("#id_service").select_option(service)
        page.locator("#search").get_by_role("button").click()
        page.locator("table a").first.click()
        page.wait_for_url(re.compile(r"/requests/[^/]{4,}/$"))

    return go


def _paused(page: Page) -> None:
    """The help request for which nobody was found."""
    page.goto("/inbox/?show=decisions")
    page.locator("[data-owed] .title").first.click()
    page.wait_for_url(re.compile(r"/requests/[^/]{4,}/$"))


def _new_family_link(page: Page) -> str:
    page.locator("form[action$='/family-link/'] button").first.click()
    return page.locator("input[readonly]").input_value()


def _family(find: Callable[[Page], None]) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        find(page)
        page.goto(_new_family_link(page))

    return go


def _revoked(page: Page) -> None:
    _paused(page)
    address = page.url
    link = _new_family_link(page)
    page.goto(address)
    page.locator("form[action$='/revoke-links/'] button").click()
    page.locator(".toast").wait_for()
    page.goto(link)


def _detail(path: str, suffix: str = "") -> Callable[[Page], None]:
    """The first of a list."""

    def go(page: Page) -> None:
        page.goto(path)
        link = page.locator("tbody th a").first.get_attribute("href")
        page.goto(f"{link}{suffix}")

    return go


def _new_with_errors(path: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(path)
        page.locator("main form .btn.main").click()
        page.locator(".errorlist").first.wait_for()

    return go


def choose_elder(page: Page) -> None:
    page.goto("/requests/new/")
    page.locator("#q").press_sequentially(CHOSEN_ELDER)
    page.locator("#q").press("Enter")
    page.locator("#who [name=elder]").wait_for(state="attached")
    page.locator("[name=services][data-key='1']").check()
    expect(page.locator("#preview .ranked, #preview .notice").first).to_be_visible()


def _intake_errors(page: Page) -> None:
    page.goto("/requests/new/")
    page.locator("#intake .btn.main").click()
    page.locator(".notice.red").wait_for()


def _search_elders(page: Page) -> None:
    page.goto("/requests/new/")
    page.locator("#q").press_sequentially("w")
    page.locator(".hit").first.wait_for()


def _not_found(path: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(path)
        page.locator("#q").first.fill("qqqqqq")
        page.locator("#q").first.press("Enter")
        page.locator(".empty").wait_for()

    return go


D, L = "dispatcher", "lead"
SCENES = (
    Scene("login", "", "/accounts/login/"),
    Scene("board", D, "/"),
    Scene("board-map", D, "/?view=map"),
    Scene("board-filtered-empty", D, "/?group=culture&mine=on"),
    Scene("intake", D, "/requests/new/"),
    Scene("intake-search", D, _search_elders),
    Scene("intake-chosen", D, choose_elder),
    Scene("intake-errors", D, _intake_errors, ("status of 422",)),
    Scene("help-request-open", D, _first_of("looking")),
    Scene("help-request-paused", D, _paused),
    Scene("help-request-assigned", D, _first_of("assigned")),
    Scene("help-request-underway", D, _first_of("underway")),
    Scene("help-request-done", D, _first_of("done")),
    Scene("help-request-ended", D, _first_of("ended")),
    Scene("help-requests", D, "/requests/"),
    Scene("elders", D, "/elders/"),
    Scene("elders-none", D, _not_found("/elders/")),
    Scene("elder", D, _detail("/elders/")),
    Scene("elder-form", D, _detail("/elders/", "edit/")),
    Scene("elder-errors", D, _new_with_errors("/elders/new/"), ("status of 422",)),
    Scene("volunteers", D, "/volunteers/"),
    Scene("volunteer", D, _detail("/volunteers/")),
    Scene("volunteer-form", L, _detail("/volunteers/", "edit/")),
    Scene("inbox", D, "/inbox/"),
    Scene("phones", D, "/phones/"),
    Scene("places", L, "/places/"),
    Scene("place", L, _detail("/places/")),
    Scene("import", L, "/import/"),
    Scene("figures", D, "/figures/"),
    Scene("figures-overseer", "overseer", "/figures/"),
    Scene("password", D, "/accounts/password/change/"),
    Scene("family-looking", D, _family(_first_of("looking"))),
    Scene("family-assigned", D, _family(_first_of("assigned"))),
    Scene("family-underway", D, _family(_first_of("underway"))),
    Scene("family-revoked", D, _revoked, ("status of 410",)),
    Scene("family-unknown", "", "/f/nothing-is-behind-this/", ("status of 404",)),
    Scene("not-found", D, "/elders/999999/", ("status of 404",)),
)
