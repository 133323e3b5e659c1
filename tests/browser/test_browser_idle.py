"""A computer that was left alone: it warns, hides what it shows, brings it back. The pages' clock is put forward."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import PASSWORD, Watch, sign_in
from tests.browser.conftest import OpenBrowser
from tests.browser.demo import IDLE_MINUTES

WORDS = "米十斤，楼层高提不动。"


@pytest.fixture
def own(open_browser: OpenBrowser, watch: Watch) -> Page:
    """A session of its own, in Chinese: the others' must not be put to rest."""
    watch.expected.append("status of 401")  # a part of the page asks in the moment in which all of it hides
    page = open_browser().new_page()
    page.clock.install()
    sign_in(page, "dispatcher")
    return page


def forward(page: Page, minutes: float) -> None:
    page.clock.fast_forward(int(minutes * 60_000))


def test_page_warns_a_minute_before_and_any_key_will_do(own: Page) -> None:
    own.goto("/elders/")
    forward(own, IDLE_MINUTES - 0.5)
    expect(own.locator("#idle-warning")).to_be_visible()
    own.keyboard.press("Shift")
    expect(own.locator("#idle-warning")).to_have_count(0)
    forward(own, 1)
    expect(own.locator("h1")).to_have_text("老人")


def test_page_hides_itself_and_comes_back_with_the_draft(own: Page) -> None:
    own.goto("/requests/new/")
    own.locator("#id_details").press_sequentially(WORDS)
    own.locator("[name=services][data-key='3']").check()
    forward(own, IDLE_MINUTES + 0.1)
    own.wait_for_url("**/accounts/again/**")
    expect(own.locator("main")).not_to_contain_text("米")
    own.go_back()
    own.wait_for_url("**/accounts/again/**")
    own.locator("#id_password").fill(PASSWORD)
    own.keyboard.press("Enter")
    own.wait_for_url("**/requests/new/")
    own.locator("#draft-offer [data-draft-take]").click()
    expect(own.locator("#id_details")).to_have_value(WORDS)


def test_board_that_renews_itself_hides_itself_all_the_same(own: Page) -> None:
    own.goto("/")
    for _time in range(5):
        forward(own, IDLE_MINUTES / 5 + 0.1)
    own.wait_for_url(re.compile("/accounts/again/"))


def test_act_in_another_tab_counts(own: Page) -> None:
    own.goto("/elders/")
    other = own.context.new_page()
    other.goto("/volunteers/")
    forward(own, IDLE_MINUTES - 0.5)
    other.keyboard.press("Shift")
    forward(own, 2)
    expect(own.locator("h1")).to_have_text("老人")


def test_wall_stays(own: Page) -> None:
    own.goto("/wall/")
    forward(own, IDLE_MINUTES * 2)
    expect(own.locator("#board")).to_be_visible()
    assert own.url.endswith("/wall/")
