"""The intake form under a ringing phone: by keyboard alone, without a connection, after a reload."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.chromium import Watch

LOGGED = re.compile(r"/requests/\w{5}/$")
WORDS = "米十斤，楼层高提不动。"
MOST_TABS = 40


def test_intake_by_keyboard_alone(desk: Page) -> None:
    keyboard = desk.keyboard
    desk.goto("/")
    keyboard.press("n")
    desk.wait_for_url("**/requests/new/")
    expect(desk.locator("#q")).to_be_focused()
    keyboard.type("gfs")
    keyboard.press("Enter")
    expect(desk.locator("#elder-card h2")).to_have_text("高福生")
    keyboard.press("2")
    _tab_to(desk, "#id_details")
    keyboard.type(WORDS)
    _tab_to(desk, "[name=when]")
    while not desk.evaluate("document.activeElement.closest('label').textContent.includes('明天上午')"):
        keyboard.press("ArrowRight")
    keyboard.press("Control+Enter")
    desk.wait_for_url(LOGGED)
    expect(desk.locator("h1")).to_have_text("取药 · 高福生")
    expect(desk.locator("main")).to_contain_text(WORDS)


def test_keys_do_nothing_while_words_are_typed(desk: Page) -> None:
    _choose(desk, "hsf")
    desk.locator("#id_details").press_sequentially("n 1 2 ?")
    expect(desk.locator("#id_details")).to_have_value("n 1 2 ?")
    expect(desk.locator("[name=services]:checked")).to_have_count(0)


def test_arrows_choose_another_hit(desk: Page) -> None:
    desk.goto("/requests/new/")
    desk.locator("#q").press_sequentially("w")
    second = desk.locator(".hit").nth(1)
    second.wait_for()
    name = second.locator("strong").inner_text()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator("#elder-card h2")).to_have_text(name)


def test_form_without_elder_keeps_what_was_typed(desk: Page, watch: Watch) -> None:
    watch.expected.append("status of 422")
    desk.goto("/requests/new/")
    desk.locator("[name=services][data-key='3']").check()
    desk.locator("#id_details").fill(WORDS)
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("alert")).to_be_focused()
    expect(desk.locator("#id_details")).to_have_value(WORDS)
    expect(desk.locator("[name=services][data-key='3']")).to_be_checked()


def test_lost_connection_loses_no_word(desk: Page, watch: Watch) -> None:
    watch.expected.append("ERR_INTERNET_DISCONNECTED")
    _choose(desk, "hsf")
    desk.locator("[name=services][data-key='9']").check()
    desk.locator("#id_details").fill(WORDS)
    desk.context.set_offline(True)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".toast.warning")).to_contain_text("您填的内容都在")
    expect(desk.locator("#id_details")).to_have_value(WORDS)
    desk.context.set_offline(False)
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(LOGGED)
    expect(desk.locator("h1")).to_have_text("陪伴聊天 · 胡素芬")


def test_draft_returns_after_reload(desk: Page) -> None:
    _choose(desk, "syl")
    desk.locator("[name=services][data-key='1']").check()
    desk.locator("#id_details").fill(WORDS)
    desk.get_by_label("明天下午").check()
    desk.reload()
    expect(desk.locator("#draft-note")).to_be_visible()
    expect(desk.locator("#elder-card h2")).to_have_text("宋玉兰")
    expect(desk.locator("#id_details")).to_have_value(WORDS)
    expect(desk.locator("[name=services][data-key='1']")).to_be_checked()
    expect(desk.get_by_label("明天下午")).to_be_checked()


def test_next_call_begins_empty_and_the_last_one_is_offered(desk: Page) -> None:
    """The keys of this call must never reach the form of the last one's elder."""
    _choose(desk, "syl")
    desk.locator("#id_details").fill(WORDS)
    desk.goto("/")
    desk.keyboard.press("n")
    expect(desk.locator("#q")).to_be_focused()
    expect(desk.locator("#draft-offer")).to_contain_text("宋玉兰")
    desk.keyboard.type("hsf")
    desk.keyboard.press("Enter")
    expect(desk.locator("#elder-card h2")).to_have_text("胡素芬")
    expect(desk.locator("#id_details")).to_have_value("")
    desk.get_by_role("button", name="接着填").click()
    expect(desk.locator("#elder-card h2")).to_have_text("宋玉兰")
    expect(desk.locator("#id_details")).to_have_value(WORDS)
    expect(desk.locator("#draft-offer")).to_be_hidden()


def test_draft_that_is_thrown_away_is_gone(desk: Page) -> None:
    _choose(desk, "syl")
    desk.goto("/requests/new/")
    desk.get_by_role("button", name="不要了").click()
    expect(desk.locator("#q")).to_be_focused()
    desk.goto("/requests/new/")
    expect(desk.locator("#draft-offer")).to_be_hidden()


def test_duplicate_is_said_where_the_eye_is(desk: Page, watch: Watch) -> None:
    watch.expected.append("status of 422")
    _choose(desk, "hch")
    desk.locator("[name=services][data-key='4']").check()
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(LOGGED)
    _choose(desk, "hch")
    desk.locator("[name=services][data-key='4']").check()
    desk.keyboard.press("Control+Enter")
    warning = desk.locator("#duplicates .notice")
    expect(warning).to_be_focused()
    expect(warning).to_be_in_viewport()
    desk.keyboard.press("y")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(LOGGED)


def test_draft_is_gone_after_signing_out(desk: Page) -> None:
    _choose(desk, "hsf")
    desk.locator("#id_details").fill(WORDS)
    assert desk.evaluate("Object.keys(localStorage).some((key) => key.startsWith('linzhu-draft-'))")
    desk.evaluate("document.querySelector('form[data-sign-out]').dispatchEvent(new Event('submit', { bubbles: true }))")
    assert not desk.evaluate("Object.keys(localStorage).some((key) => key.startsWith('linzhu-draft-'))")


def _choose(page: Page, initials: str) -> None:
    page.goto("/requests/new/")
    page.locator("#q").press_sequentially(initials)
    page.locator("#q").press("Enter")
    expect(page.locator("[name=services]").first).to_be_focused()  # the elder is chosen, the next step begins


def _tab_to(page: Page, selector: str) -> None:
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached in {MOST_TABS} tabs")
