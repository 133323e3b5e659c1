"""What is pressed, and taken back, with no hand on the mouse."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

UNDO_MS = 15_000
"""Ten seconds to think better of it, and until the clock has looked."""
SERVICES = itertools.cycle("35789")
"""Another one for each test: the same need of the same day is asked about first."""


@pytest.fixture
def logged(desk: Page) -> Page:
    """The page of a help request that was logged a moment ago, by keys."""
    desk.goto("/requests/new/")
    desk.keyboard.type("hsf")
    for key in ("Enter", next(SERVICES), "s"):  # as fast as keys can be pressed: nobody waits for answers
        desk.keyboard.press(key)
    expect(desk.locator("#who [name=elder]")).to_be_attached()
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"/requests/\w{5}/$"))
    return desk


def test_cancellation_is_taken_back_by_a_key(logged: Page) -> None:
    _cancel(logged)
    logged.keyboard.press("u")
    expect(logged.locator("#toasts")).to_contain_text("已撤回")
    expect(logged.locator("h1 + .tag, .head .tag").first).to_have_text("正在找人")


def test_cancellation_that_nobody_takes_back_happens(logged: Page) -> None:
    _cancel(logged)
    expect(logged.locator("main")).to_contain_text("已取消", timeout=UNDO_MS)


def test_what_was_taken_back_is_not_said_beside_the_next_action(logged: Page) -> None:
    _cancel(logged)
    logged.keyboard.press("u")
    expect(logged.locator("#toasts")).to_contain_text("已撤回")
    _cancel(logged)
    expect(logged.locator("#toasts")).not_to_contain_text("已撤回")


def test_volunteer_who_said_yes_by_phone_is_noted_by_keys(logged: Page) -> None:
    button = logged.get_by_role("button", name="电话里说接").first
    while not button.evaluate("button => button === document.activeElement"):
        logged.keyboard.press("Tab")
    logged.keyboard.press("Enter")
    expect(logged.locator("main")).to_contain_text("已有人接")


def _cancel(page: Page) -> None:
    page.keyboard.press("c")
    expect(page.locator("input[name=reason]:focus")).to_have_count(1)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("马上就要取消")
