"""Shared computers: whoever was away is asked for the password, comes back to the same page, and loses nothing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import travel

from linzhu.communities.models import Place
from tests.factories import RoleFactory

PASSWORD = "a long enough one"
MINUTES = 60
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked(settings):
    settings.IDLE_MINUTES = 15


@pytest.fixture
def staff(community):
    user = RoleFactory(community=community, kind="lead").user
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def clock():
    with travel(1_796_000_000) as traveller:
        yield traveller


@pytest.fixture
def browser(staff, clock):
    """A computer at which somebody has signed in and looked at the elders."""
    client = Client(headers={"accept-language": "en"})
    client.post(reverse("account_login"), {"login": staff.username, "password": PASSWORD})
    client.get(reverse("elders"))
    return client


def wait(clock, minutes: float) -> None:
    clock.shift(minutes * MINUTES)


def is_open(client: Client) -> bool:
    return client.get(reverse("elders")).status_code == 200


def give_password(client: Client, page, password: str = PASSWORD):
    return client.post(page.url, {"password": password})


def test_page_opens_after_a_few_minutes(browser, clock):
    wait(clock, 14)
    assert is_open(browser)


def test_page_asks_for_the_password_after_a_quarter_of_an_hour(browser, clock):
    wait(clock, 16)
    assert browser.get("/elders/?q=w").url == "/accounts/again/?next=%2Felders%2F%3Fq%3Dw"


def test_acts_keep_it_open(browser, clock):
    for _time in range(4):
        wait(clock, 10)
        assert is_open(browser)


def test_same_page_comes_back(browser, clock):
    wait(clock, 16)
    asked = browser.get("/elders/?q=w")
    assert (give_password(browser, asked).url, is_open(browser)) == ("/elders/?q=w", True)


def test_wrong_password_opens_nothing(browser, clock):
    wait(clock, 16)
    page = give_password(browser, browser.get("/elders/"), "wrong")
    assert (page.status_code, is_open(browser)) == (200, False)


def test_page_at_rest_stays_so_until_the_password(browser, clock):
    wait(clock, 16)
    assert [is_open(browser) for _time in range(3)] == [False] * 3


def test_page_that_asks_shows_whom_and_no_menu(browser, clock, staff):
    wait(clock, 16)
    page = browser.get("/elders/", follow=True).text
    assert (f"Are you back, {staff}?" in page, "<nav" in page, "Sign in as yourself" in page) == (True, False, True)


@pytest.mark.parametrize("name", ["board", "inbox", "phones"])
def test_page_that_renews_itself_keeps_nobody_signed_in(browser, clock, name):
    for _half_minute in range(32):
        wait(clock, 0.5)
        answer = browser.get(reverse(name), headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Refresh"], answer.content) == (401, "true", b"")


def test_what_was_sent_too_late_is_done_after_the_password(browser, clock, community):
    values = {"name": "新华里", "kind": Place.Kind.COMPOUND, "community": community.pk, "lat": "39.12", "lng": "117.2"}
    wait(clock, 16)
    asked = browser.post(reverse("place-new"), values)
    assert not Place.objects.exists()
    assert (give_password(browser, asked).url, Place.objects.get().name) == (reverse("places"), "新华里")


def test_what_was_given_up_is_not_done_some_other_time(browser, clock, community):
    values = {"name": "新华里", "kind": Place.Kind.COMPOUND, "community": community.pk, "lat": "39.12", "lng": "117.2"}
    wait(clock, 16)
    browser.post(reverse("place-new"), values)
    asked = browser.get(reverse("place-new"))
    assert (give_password(browser, asked).url, Place.objects.exists()) == (reverse("place-new"), False)


def test_typing_on_a_page_is_an_act(browser, clock):
    for _time in range(3):
        wait(clock, 10)
        assert browser.post(reverse("still-here")).status_code == 204
    assert is_open(browser)


def test_typing_on_a_page_at_rest_opens_nothing(browser, clock):
    wait(clock, 16)
    assert (browser.post(reverse("still-here")).status_code, is_open(browser)) == (401, False)


def test_stranger_is_not_there(db):
    assert Client().post(reverse("still-here")).status_code == 401


def test_page_hides_itself(browser):
    asked = browser.post(reverse("rest"), {"next": "/volunteers/"})
    assert (asked.url, is_open(browser)) == ("/accounts/again/?next=%2Fvolunteers%2F", False)


def test_page_that_hides_itself_leads_nowhere_else(browser):
    assert browser.post(reverse("rest"), {"next": "//evil.example/"}).url == "/accounts/again/?next=%2F"


def test_wall_runs_on(browser, clock):
    browser.get(reverse("wall"))
    for _hour in range(3):
        wait(clock, 60)
        assert browser.get(reverse("wall"), headers=HTMX).status_code == 200


def test_wall_keeps_the_other_pages_of_its_browser_closed(browser, clock):
    for _minute in range(16):
        wait(clock, 1)
        browser.get(reverse("wall"))
    assert (is_open(browser), browser.get(reverse("wall")).status_code) == (False, 200)


def test_wall_does_not_hide_itself(browser):
    assert ('id="rest"' in browser.get("/").text, 'id="rest"' in browser.get(reverse("wall")).text) == (True, False)


def test_busy_person_signs_in_anew_after_the_hours_of_a_session(browser, clock, settings):
    for _time in range(73):
        wait(clock, 10)
        answer = browser.get("/elders/")
    assert answer.url == "/accounts/login/?next=/elders/"


def test_colleague_signs_in_as_herself(browser, clock):
    wait(clock, 16)
    browser.post(reverse("account_logout"))
    assert browser.get("/elders/").url == "/accounts/login/?next=/elders/"


def test_overseer_s_figures_rest_too(client_of, clock):
    browser = client_of(RoleFactory(kind="overseer").user)
    browser.get(reverse("figures"))
    wait(clock, 16)
    assert browser.get(reverse("figures")).status_code == 302


def test_office_may_set_another_time(browser, clock, settings):
    settings.IDLE_MINUTES = 60
    wait(clock, 50)
    assert is_open(browser)


def test_office_may_never_ask(browser, clock, settings):
    settings.IDLE_MINUTES = 0
    wait(clock, 300)
    assert (is_open(browser), 'id="rest"' in browser.get("/").text) == (True, False)


# --- One's own device ---------------------------------------------------------------------------------------------


def sign_in_on_own_device(staff) -> Client:
    client = Client(headers={"accept-language": "en"})
    values = {"login": staff.username, "password": PASSWORD, "own_device": "on"}
    client.post(reverse("account_login"), values)
    client.get(reverse("elders"))
    return client


def test_own_device_does_not_ask_where_the_office_allows_it(staff, clock, settings):
    settings.OWN_DEVICES = True
    client = sign_in_on_own_device(staff)
    wait(clock, 120)
    assert is_open(client)


def test_own_device_is_not_offered_otherwise(staff, clock):
    client = sign_in_on_own_device(staff)
    wait(clock, 16)
    assert (is_open(client), "own_device" in Client().get(reverse("account_login")).text) == (False, False)


def test_office_takes_it_back_for_those_who_are_signed_in(staff, clock, settings):
    settings.OWN_DEVICES = True
    client = sign_in_on_own_device(staff)
    settings.OWN_DEVICES = False
    wait(clock, 16)
    assert not is_open(client)


def test_shared_computer_asks_also_where_own_devices_are_allowed(browser, clock, settings):
    settings.OWN_DEVICES = True
    wait(clock, 16)
    assert not is_open(browser)


# --- The price ----------------------------------------------------------------------------------------------------


def test_page_writes_the_session_at_most_twice_a_minute(browser, clock):
    written = []
    for seconds in (61, 20, 11):
        clock.shift(seconds)
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("design"))
        written.append(sum("UPDATE" in query["sql"] for query in queries))
    assert written == [1, 0, 1]
