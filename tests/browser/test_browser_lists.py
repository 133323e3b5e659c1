"""Staff's lists: a week that is painted, a spreadsheet that goes in, a person found, with what Chromium really does."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenBrowser
from tests.sheets import xlsx

ROWS = (
    ["老人叫什么", "联系电话", "身份证号", "住哪里"],
    ["张桂兰", "13900001234", "120101194001011234", "5号楼301"],
    ["李强", "138", "", ""],
)


def _hour(page: Page, day: int, hour: int) -> Locator:
    return page.locator(f'.calendar input[value="{day}-{hour - 6}"]')


def _ticked(page: Page, day: int, hours: range) -> list[bool]:
    return [_hour(page, day, hour).is_checked() for hour in hours]


def _week(open_browser: OpenBrowser) -> Page:
    page = open_browser("lead", language="en").new_page()
    page.goto("/volunteers/new/")
    page.locator(".calendar").scroll_into_view_if_needed()
    return page


def test_week_is_painted_with_the_mouse(open_browser: OpenBrowser) -> None:
    page = _week(open_browser)
    begin, end = (_hour(page, day, 20).bounding_box() for day in (1, 3))
    assert begin is not None
    assert end is not None
    page.mouse.move(begin["x"] + 4, begin["y"] + 4)
    page.mouse.down()
    page.mouse.move(end["x"] + 4, end["y"] + 4, steps=10)
    page.mouse.up()
    assert [_hour(page, day, 20).is_checked() for day in range(5)] == [False, True, True, True, False]
    page.mouse.click(begin["x"] + 4, begin["y"] + 4)
    expect(_hour(page, 1, 20)).not_to_be_checked()


def test_week_is_painted_with_the_keyboard(open_browser: OpenBrowser) -> None:
    page = _week(open_browser)
    _hour(page, 5, 6).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    assert (_ticked(page, 5, range(6, 9)), _ticked(page, 4, range(6, 9))) == ([True, True, True], [False, True, True])
    page.get_by_role("button", name="Sunday, the whole day").press("Enter")
    assert all(_ticked(page, 6, range(6, 22)))


def test_week_is_one_stop_of_the_tab_key(open_browser: OpenBrowser) -> None:
    page = _week(open_browser)
    _hour(page, 0, 6).focus()
    page.keyboard.press("Tab")
    expect(page.locator(".week-field summary")).to_be_focused()


def test_list_with_headings_of_its_own_is_mapped_and_its_mistakes_are_downloaded(
    open_browser: OpenBrowser, tmp_path: Path
) -> None:
    file = tmp_path / "名单.xlsx"
    file.write_bytes(xlsx(*ROWS).read())
    page = open_browser("lead", language="en").new_page()
    page.goto("/import/")
    page.locator("[name=community]").select_option(index=1)
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Look at it first").click()
    page.locator('[name="column-0"]').select_option("name")
    page.locator('[name="column-3"]').select_option("address")
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("main")).to_contain_text("5号楼301")
    expect(page.locator("main")).not_to_contain_text("120101194001011234")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the rows with mistakes").click()
    told = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert re.search(r"^3,.*,李强,138,", told, re.MULTILINE)


def test_elder_is_found_by_pinyin_as_it_is_typed(desk: Page) -> None:
    desk.goto("/elders/")
    desk.locator("#q").fill("gao fu")
    desk.keyboard.press("Enter")
    expect(desk.locator("tbody th a")).to_have_text(["高福生"])
