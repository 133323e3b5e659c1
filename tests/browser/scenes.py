"""Every page of the product in every state worth looking at: for the tests of accessibility and for the screenshots."""

from __future__ import annotations

import re
import time
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


def first_of(status: str, service: str = "") -> Callable[[Page], None]:
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


def _enter_wrong(page: Page) -> None:
    """Two numbers that open nothing."""
    page.goto("/c/")
    page.locator("#code").fill("12345678")
    page.locator("#ending").fill("0000")
    page.locator(".enter .btn.main").click()
    page.locator("[role=alert]").wait_for()


def new_family_link(page: Page) -> str:
    page.locator("form[action$='/family-link/'] button").first.click()
    return page.locator("input[readonly]").input_value()


def _family(find: Callable[[Page], None], language: str = "") -> Callable[[Page], None]:
    def go(page: Page) -> None:
        find(page)
        page.goto(new_family_link(page))
        if language:
            page.locator(f".tools [lang={language}]").click()
            page.locator(f"html[lang={language}]").wait_for()

    return go


def _revoked(page: Page) -> None:
    _paused(page)
    address = page.url
    link = new_family_link(page)
    page.goto(address)
    page.locator("form[action$='/revoke-links/'] button").click()
    page.locator(".toast").wait_for()
    page.goto(link)


def _one_key_call(page: Page) -> None:
    """An elder has rung the hotline, and hears the menu."""
    page.goto("/phones/")
    page.locator("[data-one-key]").first.click()
    page.wait_for_url("**open=*")
    handset = page.locator(".handset").first
    if handset.locator(".ringing").count():  # a roll-call that runs may be ringing this very phone
        handset.locator("[value=miss]").click()
        handset.locator(".ringing").wait_for(state="detached")
    if handset.locator(".onekey").count():  # else it still stands from the last time
        handset.locator(".onekey button").click()
    page.locator(".handset .pad").first.wait_for()


def _volunteer(suffix: str = "", service: str = "") -> Callable[[Page], None]:
    """The own page of somebody who has promised a visit: they ask for it by text, and the phone shows the link."""

    def go(page: Page) -> None:
        first_of("assigned", service)(page)
        phone = page.locator("#visits a[href^='tel:']").first.get_attribute("href") or ""
        page.goto(f"/phones/?open={re.sub(r'[^0-9]', '', phone)}")
        handset = page.locator(".handset").first
        handset.locator(".reply input[name=text]").fill("链接")
        handset.locator(".reply button").click()
        link = handset.locator(".bubbles a[href*='/v/']").first
        link.wait_for(timeout=20_000)
        page.goto(link.get_attribute("href") or "")
        page.goto(f"{page.url}{suffix}")
        for fold in page.locator("details").all():
            fold.evaluate("fold => { fold.open = true; }")

    return go


def _cash(page: Page) -> None:
    """A volunteer's page of the money of a visit."""
    _volunteer(service="groceries")(page)
    page.locator("a[href$='/cash/']").first.click()
    page.locator("#id_handed").wait_for()


def _cash_errors(page: Page) -> None:
    """Figures that do not add up, one that is none, and a file that is no picture."""
    _cash(page)
    page.locator("#id_handed").fill("100")
    page.locator("#id_spent").fill("86.50")
    page.locator("#id_returned").fill("10")
    page.set_input_files("#id_receipt", {"name": "receipt.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    page.locator("main form .btn.main").click()
    page.locator(".errorlist").first.wait_for()


def _money_gap(page: Page) -> None:
    """The help request whose money does not agree."""
    page.goto("/inbox/?show=decisions")
    page.locator("[data-owed] a[href$='#money']").first.click()
    page.locator("#money").wait_for()


def _slip(page: Page) -> None:
    """The large-print slip of a visit that is promised."""
    first_of("assigned")(page)
    page.goto(f"{page.url}slip/")


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


def _recurring(page: Page) -> None:
    """The groceries that come back every week, from the help request that was opened for tomorrow."""
    first_of("looking", "groceries")(page)
    page.locator("a[href^='/recurring/']").click()
    page.locator("form.recurring").wait_for()


def _repeat(page: Page) -> None:
    first_of("assigned")(page)
    page.locator("a[href*='?like=']").click()
    page.locator("form.recurring").wait_for()


def _both_versions(page: Page) -> None:
    """A colleague has saved the same card meanwhile: the form comes back with both versions."""
    _detail("/elders/", "edit/")(page)
    other = page.context.new_page()
    other.goto(page.url)
    # New words each time: what is stored already is no change.
    for which, words in ((other, f"two dogs {time.time_ns()}"), (page, "a cat")):
        which.locator("#id_notes").fill(words)
        which.locator("main form .btn.main").click()
        which.wait_for_load_state("load")
    other.close()
    page.locator(".errorlist").first.wait_for()


def _away(page: Page) -> None:
    """Somebody who is in hospital."""
    page.goto("/elders/")
    page.locator("tr:has(.tag.amber) a").first.click()
    page.locator(".notice.amber form").wait_for()


def _has_died(page: Page) -> None:
    """What follows is said before it is confirmed."""
    _detail("/elders/", "state/")(page)
    page.locator("[name=to][value=died]").check()
    page.locator("#id_why").fill("女儿来电")
    page.locator("main form .btn.main").click()
    page.locator("[name=confirm]").wait_for()


def _wording(page: Page) -> None:
    """The own words of a community for its offers."""
    page.goto("/texts/wording/")
    page.locator("#offer a").click()
    page.locator("#id_body").wait_for()


def _wording_errors(page: Page) -> None:
    _wording(page)
    page.locator("#id_body").fill("请带200元，回“退订”")
    page.locator("main form .btn.main").click()
    page.locator(".errorlist").first.wait_for()


def _import_look(page: Page) -> None:
    """A list with a mistake in it, and a column that nobody knows."""
    page.goto("/import/")
    page.locator("[name=community]").select_option(index=1)
    rows = "姓名,电话,住址,喜好\n张桂兰,13900001234,5号楼301,听戏\n李强,138,,\n"
    page.set_input_files("[name=file]", {"name": "list.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    page.locator("main form .btn.main").first.click()
    page.locator("#columns-title").wait_for()


def _settings(page: Page) -> None:
    """What one community has set."""
    page.goto("/settings/")
    page.locator("main a[href^='/settings/']").first.click()
    page.locator("main form .btn.main").wait_for()


def _settings_errors(page: Page) -> None:
    _settings(page)
    page.locator("main input[type=number]").first.fill("-5")
    page.locator("main form").evaluate("form => { form.noValidate = true; }")
    page.locator("main form .btn.main").click()
    page.locator(".errorlist").first.wait_for()


def _new_family_link(page: Page) -> None:
    """A link to hand over, shown this once."""
    first_of("assigned")(page)
    new_family_link(page)


def _never_again(page: Page) -> None:
    """Somebody who is not to be sent to this elder any more."""
    first_of("done")(page)
    page.locator("a[href*='/bonds/']").first.click()
    page.locator("main form .btn.danger").wait_for()


def _call_broken_off(page: Page) -> None:
    """The next call begins empty; the last one is offered."""
    choose_elder(page)
    page.goto("/requests/new/")
    page.locator("#draft-offer button").first.wait_for()


def _import_refused(page: Page) -> None:
    """A picture that somebody took for the list."""
    page.goto("/import/")
    page.locator("[name=community]").select_option(index=1)
    page.set_input_files(
        "[name=file]", {"name": "list.xlsx", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"}
    )
    page.locator("main form .btn.main").first.click()
    page.locator(".errorlist, .notice.red").first.wait_for()


def _not_found(path: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(path)
        page.locator("#q").first.fill("qqqqqq")
        page.locator("#q").first.press("Enter")
        page.locator(".empty").wait_for()

    return go


def _emergency_preview(page: Page) -> None:
    """A drill for one community, as far as the two confirmations."""
    page.goto("/emergencies/new/")
    page.locator("[name=kind][value=storm]").check()
    page.locator("[name=drill]").check()
    page.locator("[name=nodes]").last.check()
    page.locator("main form .btn.main").click()
    page.locator("#id_number").wait_for()


def _emergency_around(page: Page) -> None:
    """The map on which a point is chosen."""
    page.goto("/emergencies/new/")
    page.locator("[name=where][value=around]").check()
    page.locator("#id_place").select_option(index=1)


def _emergency_unconfirmed(page: Page) -> None:
    _emergency_preview(page)
    page.locator("#id_number").fill("1000")
    page.locator("main form .btn.danger").click()
    page.locator(".errorlist").first.wait_for()


def _drill_over(page: Page) -> None:
    """Yesterday's drill, which is in the demo."""
    page.goto("/emergencies/")
    page.locator("tbody th a").last.click()
    page.locator(".three-figures").wait_for()


def _drill_running(suffix: str = "") -> Callable[[Page], None]:
    """A drill that runs: started by whoever looks first."""

    def go(page: Page) -> None:
        page.goto("/emergencies/")
        running = page.locator("tbody tr:has(.tag.amber) a")
        if running.count():
            running.first.click()
        else:
            _emergency_preview(page)
            elders = page.locator("dl.figures dd").first.inner_text()
            page.locator("#id_read").check()
            page.locator("#id_number").fill(elders)
            page.locator("main form .btn.danger").click()
        page.wait_for_url(re.compile(r"/emergencies/\d+/$"))
        if suffix:
            page.goto(f"{page.url}{suffix}")

    return go


def _drill_calling(page: Page) -> None:
    """A call of the running drill that the dispatcher makes."""
    _drill_running()(page)
    if not page.locator(".my-call").count():
        page.locator(".roll-call form[action$='/call/'] button").first.click()
    page.locator(".my-call").wait_for()


D, L = "dispatcher", "lead"
SCENES = (
    Scene("login", "", "/accounts/login/"),
    Scene("board", D, "/"),
    Scene("board-map", D, "/?view=map"),
    Scene("board-filtered-empty", D, "/?group=culture&mine=on"),
    Scene("wall", D, "/wall/"),
    Scene("intake", D, "/requests/new/"),
    Scene("intake-search", D, _search_elders),
    Scene("intake-chosen", D, choose_elder),
    Scene("intake-errors", D, _intake_errors, ("status of 422",)),
    Scene("intake-broken-off", D, _call_broken_off),
    Scene("help-request-open", D, first_of("looking")),
    Scene("help-request-paused", D, _paused),
    Scene("help-request-assigned", D, first_of("assigned")),
    Scene("slip", D, _slip),
    Scene("help-request-underway", D, first_of("underway")),
    Scene("help-request-done", D, first_of("done")),
    Scene("help-request-money", L, _money_gap),
    Scene("inbox-lead", L, "/inbox/"),
    Scene("help-request-ended", D, first_of("ended")),
    Scene("help-requests", D, "/requests/"),
    Scene("elders", D, "/elders/"),
    Scene("elders-none", D, _not_found("/elders/")),
    Scene("elder", D, _detail("/elders/")),
    Scene("elder-away", D, _away),
    Scene("elder-state", D, _detail("/elders/", "state/")),
    Scene("elder-state-check", D, _has_died),
    Scene("elder-log", D, _detail("/elders/", "log/")),
    Scene("elder-form", D, _detail("/elders/", "edit/")),
    Scene("elder-both-versions", D, _both_versions, ("status of 422",)),
    Scene("elder-looks", L, _detail("/elders/", "looks/")),
    Scene("elder-pairing", D, _detail("/elders/", "bonds/new/")),
    Scene("elder-never-again", D, _never_again),
    Scene("family-link", D, _new_family_link),
    Scene("recurring", D, _recurring),
    Scene("recurring-repeat", D, _repeat),
    Scene("elder-errors", D, _new_with_errors("/elders/new/"), ("status of 422",)),
    Scene("volunteers", D, "/volunteers/"),
    Scene("volunteer", D, _detail("/volunteers/")),
    Scene("volunteer-log", D, _detail("/volunteers/", "log/")),
    Scene("volunteer-form", L, _detail("/volunteers/", "edit/")),
    Scene("emergencies", D, "/emergencies/"),
    Scene("emergencies-overseer", "overseer", "/emergencies/"),
    Scene("emergency-new", D, "/emergencies/new/"),
    Scene("emergency-around", D, _emergency_around),
    Scene("emergency-errors", D, _new_with_errors("/emergencies/new/"), ("status of 422",)),
    Scene("emergency-preview", D, _emergency_preview),
    Scene("emergency-unconfirmed", D, _emergency_unconfirmed, ("status of 422",)),
    Scene("emergency-over", D, _drill_over),
    Scene("emergency-running", D, _drill_running()),
    Scene("emergency-calling", D, _drill_calling),
    Scene("emergency-map", D, _drill_running("?view=map")),
    Scene("emergency-calls", D, _drill_running("calls/")),
    Scene("emergency-end", D, _drill_running("end/")),
    Scene("emergency-figures", "overseer", _drill_over),
    Scene("inbox", D, "/inbox/"),
    Scene("phones", D, "/phones/"),
    Scene("phones-call", D, _one_key_call),
    Scene("places", L, "/places/"),
    Scene("place", L, _detail("/places/")),
    Scene("import", L, "/import/"),
    Scene("import-look", L, _import_look),
    Scene("import-refused", L, _import_refused, ("status of 422",)),
    Scene("settings", L, "/settings/"),
    Scene("settings-community", L, _settings),
    Scene("settings-errors", L, _settings_errors, ("status of 422",)),
    Scene("texts", L, "/texts/"),
    Scene("texts-overseer", "overseer", "/texts/"),
    Scene("wording", L, "/texts/wording/"),
    Scene("wording-uyghur", L, "/texts/wording/?language=ug"),
    Scene("wording-overseer", "overseer", "/texts/wording/"),
    Scene("wording-text", L, _wording),
    Scene("wording-errors", L, _wording_errors, ("status of 422",)),
    Scene("figures", D, "/figures/"),
    Scene("figures-overseer", "overseer", "/figures/"),
    Scene("figures-community", D, "/figures/?community=qingyuan"),
    Scene("design", L, "/design/"),
    Scene("password", D, "/accounts/password/change/"),
    Scene("family-looking", D, _family(first_of("looking"))),
    Scene("family-assigned", D, _family(first_of("assigned"))),
    Scene("family-underway", D, _family(first_of("underway"))),
    Scene("family-done", D, _family(first_of("done"))),
    Scene("family-staff", D, _family(_paused)),
    Scene("family-tibetan", D, _family(first_of("assigned"), "bo")),
    Scene("family-uyghur", D, _family(first_of("assigned"), "ug")),
    Scene("family-revoked", D, _revoked, ("status of 410",)),
    Scene("family-unknown", "", "/f/nothing-is-behind-this/", ("status of 404",)),
    Scene("enter", "", "/c/"),
    Scene("enter-wrong", "", _enter_wrong, ("status of 422",)),
    Scene("volunteer-page", D, _volunteer()),
    Scene("volunteer-week", D, _volunteer("week/")),
    Scene("volunteer-cash", D, _cash),
    Scene("volunteer-cash-errors", D, _cash_errors, ("status of 422",)),
    Scene("volunteer-uyghur", D, _volunteer("?lang=ug")),
    Scene("volunteer-unknown", "", "/v/nothing-is-behind-this/", ("status of 404",)),
    Scene("not-found", D, "/elders/999999/", ("status of 404",)),
    Scene("not-found-stranger", "", "/nothing/is/here/", ("status of 404",)),
)
