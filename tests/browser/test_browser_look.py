"""What only a browser shows: pages without a script, the board that rings, the wall, and the fall-back to polling."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.scenes import SCENES, first_of, new_family_link

LIVE_MS = 5_000


def family_link_of(desk: Page, status: str) -> str:
    first_of(status)(desk)
    return new_family_link(desk)


@pytest.fixture
def plain_phone(browser: Browser, demo: str) -> Iterator[Page]:
    """A phone that runs no scripts."""
    with browser.new_context(
        base_url=demo, locale="zh-CN", viewport={"width": 390, "height": 844}, java_script_enabled=False
    ) as context:
        yield context.new_page()


def test_family_page_needs_no_script(desk: Page, plain_phone: Page) -> None:
    plain_phone.goto(family_link_of(desk, "assigned"))
    expect(plain_phone.locator(".words strong")).to_be_visible()
    expect(plain_phone.locator(".steps li")).to_have_count(5)
    assert plain_phone.locator(".fresh").inner_text() == "本页每分钟看一次新进展。"
    plain_phone.get_by_role("button", name="长辈模式").click()
    expect(plain_phone.locator("html")).to_have_attribute("data-care", "18")
    plain_phone.locator(".tools [lang=ug]").click()
    expect(plain_phone.locator("html")).to_have_attribute("dir", "rtl")
    expect(plain_phone.locator("html")).to_have_attribute("data-care", "18")


def test_family_says_thanks_and_worries_without_a_script(desk: Page, plain_phone: Page) -> None:
    link = family_link_of(desk, "done")
    plain_phone.goto(link)
    plain_phone.get_by_role("button", name="说声谢谢").click()
    expect(plain_phone.get_by_text("您的谢意已经转达。")).to_be_visible()
    plain_phone.get_by_text("有件事我不放心").click()
    plain_phone.locator("textarea").fill("门好像没锁好。")
    plain_phone.get_by_role("button", name="发给社区").click()
    expect(plain_phone.get_by_text("社区已收到，会给您回电话。")).to_be_visible()
    desk.goto("/inbox/?show=calls")
    expect(desk.get_by_text("门好像没锁好。")).to_be_visible()
    desk.locator("article", has_text="门好像没锁好。").get_by_role("button", name="已处理").click()
    expect(desk.get_by_text("门好像没锁好。")).to_have_count(0)


def test_news_is_read_aloud_and_goes_on_through_more_news(desk: Page, open_browser: OpenBrowser) -> None:
    phone = open_browser(width=390).new_page()
    phone.add_init_script("""
        window.said = [];
        speechSynthesis.speak = (speech) => { said.push(speech.text); window.speech = speech; };
    """)
    phone.goto(family_link_of(desk, "assigned"))
    button = phone.locator("[data-read-aloud]")
    button.click()
    expect(button).to_have_text("停止")
    words = phone.evaluate("said")[0]
    assert ("来人先说这个词" in words, "读给我听" in words) == (True, False)
    phone.evaluate("refresh.latest = ''; refresh()")
    expect(button).to_have_text("停止")
    phone.evaluate("speech.onend()")
    expect(button).to_have_text("读给我听")


def test_slip_is_one_sheet_even_where_two_come(desk: Page) -> None:
    next(scene for scene in SCENES if scene.name == "slip").open(desk)
    desk.evaluate("""() => {
        const row = document.querySelector(".slip tbody tr");
        row.after(row.cloneNode(true));
        row.closest(".slip").classList.add("several");
        document.querySelector(".to-buy")?.remove();
    }""")
    assert len(re.findall(rb"/Type\s*/Page\b", desk.pdf(prefer_css_page_size=True))) == 1


def text_from_stranger(phones: Page, number: str) -> None:
    """A text from a number that is on no list: something new that waits for a human."""
    phones.goto("/phones/")
    phones.locator(".stranger summary").click()
    form = phones.locator(".stranger form")
    form.locator("input[type=tel], input[name=phone]").first.fill(number)
    form.locator("[name=text]").fill("你们在哪里？")
    form.get_by_role("button").click()
    phones.wait_for_load_state("load")


def test_board_rings_and_counts_only_when_wished(open_browser: OpenBrowser) -> None:
    board, phones = open_browser("dispatcher").new_page(), open_browser("dispatcher").new_page()
    board.goto("/")
    board.locator("[data-live-state=on]").first.wait_for(state="attached")
    ring = board.locator("#alerts")
    expect(ring).to_have_attribute("aria-pressed", "false")
    assert board.title() == "调度台 · 邻助"

    ring.click()
    expect(ring).to_have_attribute("aria-pressed", "true")
    expect(board.locator("#board")).to_have_attribute("data-rang", "1")
    before = int((re.match(r"\((\d+)\)", board.title()) or pytest.fail("no count in the title"))[1])
    text_from_stranger(phones, "19900000777")
    expect(board).to_have_title(re.compile(rf"^(● )?\({before + 1}\) 调度台"), timeout=LIVE_MS)
    expect(board.locator("#board")).to_have_attribute("data-rang", "2")

    board.reload()
    expect(board.locator("#alerts")).to_have_attribute("aria-pressed", "true")
    expect(board).to_have_title(re.compile(rf"^\({before + 1}\) 调度台"))
    board.locator("#alerts").click()
    expect(board).to_have_title("调度台 · 邻助")


def test_wall_follows_by_itself(open_browser: OpenBrowser) -> None:
    wall, phones = open_browser("dispatcher").new_page(), open_browser("dispatcher").new_page()
    wall.goto("/wall/")
    wall.locator("[data-live-state=on]").first.wait_for(state="attached")
    wall.evaluate("window.neverReloaded = true")
    needs = wall.locator(".tile dd").first
    before = int(needs.inner_text())
    text_from_stranger(phones, "19900000778")
    expect(needs).to_have_text(str(before + 1), timeout=LIVE_MS)
    assert wall.evaluate("window.neverReloaded") is True


def test_board_without_a_socket_says_that_it_polls(
    browser: Browser, demo: str, signed_in: Callable[[str], StorageState | None]
) -> None:
    context: BrowserContext = browser.new_context(base_url=demo, locale="zh-CN", storage_state=signed_in("dispatcher"))
    with context:
        page = context.new_page()
        page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
        page.goto("/")
        expect(page.locator(".when-polling")).to_be_visible()
        expect(page.locator(".when-live")).to_be_hidden()
        assert "every 30s" in (page.locator("#board").get_attribute("hx-trigger") or "")


def test_filters_stay_in_the_address(desk: Page) -> None:
    desk.goto("/")
    desk.locator("select[name=group]").select_option("errand")
    desk.wait_for_url("**/?group=errand")
    desk.locator("label.chip", has_text="等人处理").click()
    desk.wait_for_url("**/?group=errand&owed=on")
    desk.get_by_role("link", name="地图").click()
    desk.wait_for_url(re.compile(r"\?group=errand&owed=on&view=map$"))
    desk.get_by_role("link", name="大屏").click()
    desk.wait_for_url("**/wall/?group=errand&owed=on")
    expect(desk.locator("h1")).to_be_visible()
