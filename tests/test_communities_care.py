"""Care mode: remembered without an account, on every page, and harmless whoever presses it."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from linzhu.communities.care import COOKIE, SIZES_PT
from linzhu.dispatch.links import family_url, volunteer_url
from tests import factories

pytestmark = pytest.mark.django_db


def switched_on(size="18"):
    browser = Client(headers={"accept-language": "en"})
    browser.post(reverse("care"), {"text": size, "next": "/"})
    return browser


@pytest.mark.parametrize("size", SIZES_PT)
def test_switch_is_remembered(size):
    assert f'data-care="{size}"' in switched_on(size).get(reverse("account_login")).text


def test_switch_can_be_left():
    browser = switched_on()
    browser.post(reverse("care"), {"text": "off"})
    assert "data-care" not in browser.get(reverse("account_login")).text


@pytest.mark.parametrize("text", ["", "17", "100", "<b>"])
def test_unknown_size_is_no_care_mode(text):
    assert "data-care" not in switched_on(text).get(reverse("account_login")).text


def test_made_up_cookie_is_no_care_mode():
    browser = Client()
    browser.cookies[COOKIE] = '18" onload="'
    assert "data-care" not in browser.get(reverse("account_login")).text


def test_cookie_lasts_for_a_year_and_no_script_reads_it():
    cookie = switched_on().cookies[COOKIE]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (365 * 24 * 3600, True, "Lax")


def test_page_without_a_referrer_may_switch():
    """A family's page sends "Origin: null", and has no CSRF token."""
    browser = Client(enforce_csrf_checks=True, headers={"origin": "null"})
    assert browser.post(reverse("care"), {"text": "24", "next": "/c/"}).url == "/c/"


@pytest.mark.parametrize(
    "path", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "/\\elsewhere.example", ""]
)
def test_switch_leads_nowhere_else(path):
    assert Client().post(reverse("care"), {"text": "18", "next": path}).url == "/"


def test_switch_keeps_the_filters_of_the_page(desk):
    assert 'name="next" value="/?owed=on&amp;view=map"' in desk.get("/?owed=on&view=map").text


@pytest.mark.parametrize("name", ["board", "inbox", "elders", "volunteers", "help-requests", "figures", "intake"])
def test_every_page_of_the_office_has_the_switch_and_the_number_for_help(desk, community, name):
    community.office_phone = "+862220000001"
    community.save()
    page = desk.get(reverse(name)).text
    footer = page[page.index('<footer class="foot">') :]
    assert (page.count(f'action="{reverse("care")}"'), 'href="tel:+862220000001"' in footer) == (1, True)


def test_pages_behind_a_link_have_both_as_well(community):
    community.office_phone = "+862220000001"
    community.save()
    row = factories.HelpRequestFactory(elder__community=community)
    volunteer = factories.VolunteerFactory(community=community)
    for url in (family_url(row), volunteer_url(volunteer)):
        page = Client().get(url, follow=True).text
        footer = page[page.index('<footer class="foot">') :]
        assert (page.count(f'action="{reverse("care")}"'), 'href="tel:+862220000001"' in footer) == (1, True)


def test_page_that_knows_no_office_names_the_number_of_the_installation(settings):
    settings.HELP_PHONE = "+862223450000"
    assert 'href="tel:+862223450000"' in Client().get(reverse("account_login")).text


def test_family_s_page_is_switched_without_a_script(community):
    browser = switched_on("30")
    row = factories.HelpRequestFactory(elder__community=community)
    page = browser.get(family_url(row), follow=True).text
    assert (page.count('data-care="30"'), "css/care.css" in page, 'aria-pressed="true">Largest' in page) == (
        1,
        True,
        True,
    )


def test_menu_is_short_and_no_map_is_drawn(desk):
    desk.cookies[COOKIE] = "18"
    page = desk.get("/?view=map").text
    menu = page[page.index("<nav") : page.index("<details")]
    assert (re.findall(r'href="([^"]+)"', menu), 'id="map"' in page) == (["/", "/inbox/"], False)


def test_no_size_of_text_escapes_care_mode():
    """Small sizes are tokens that care mode lifts; one written out would stay small."""
    sheets = [path for path in Path("static/css").glob("*.css") if path.name != "care.css"]
    small = {path.name: re.findall(r"font-size: 0?\.\d+rem", path.read_text()) for path in sheets}
    assert {name: found for name, found in small.items() if found} == {}
