"""Tibetan and Uyghur on the pages that families and volunteers open: whole, remembered, and marked as in review."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from linzhu.communities.page_languages import IN_REVIEW, NAMES
from linzhu.dispatch.links import family_url, volunteer_url
from linzhu.requests.models import Status, StatusChange
from linzhu.requests.models.elders import Need
from tests import factories
from tests.reading import pieces_of

pytestmark = pytest.mark.django_db

FOREIGN = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z]{3,}")
ALLOWED = {*NAMES.values(), "简体中文", "English", "Linzhu", "译文待母语人士审校", "Mon", "Fri", "Sat", "链接"}
"""Other languages by their names; the word that a text must hold; the note for the Chinese who stand beside."""


@pytest.fixture(params=sorted(IN_REVIEW))
def language(request):
    return request.param


@pytest.fixture
def phone(language):
    return Client(headers={"accept-language": language})


@pytest.fixture
def help_request(community):
    community.name = "社"
    community.save()
    row = factories.HelpRequestFactory(
        elder__community=community, elder__name="甲", elder__address="", details="", people_needed=2,
        elder__needs=frozenset(Need.values), cash_limit_fen=8000,
    )  # fmt: skip
    StatusChange.objects.create(help_request=row, to_status=Status.OPEN, who="staff", at=row.created_at)
    return row


def foreign(response) -> list[str]:
    """Pieces that are in another language; people and places are named by one Chinese letter here."""
    pieces = [re.sub(r"https?://\S+", "", piece) for piece in pieces_of(response.content.decode())]
    return [piece for piece in pieces if any(word not in ALLOWED and len(word) > 1 for word in FOREIGN.findall(piece))]


@pytest.mark.parametrize("status", list(Status))
def test_family_page_is_whole(phone, help_request, status):
    factories.AssignmentFactory(
        help_request=help_request, volunteer__name="乙", door_word="丙", late_minutes=20, on_my_way_at=timezone.now()
    )
    help_request.status = status
    help_request.save()
    StatusChange.objects.create(help_request=help_request, from_status=Status.OPEN, to_status=status, who="system")
    assert foreign(phone.get(family_url(help_request), follow=True)) == []


@pytest.mark.parametrize("path", ["", "week/"])
def test_volunteer_page_is_whole(language, phone, community, help_request, path):
    volunteer = factories.VolunteerFactory(community=community, name="乙", text_language=language)
    factories.AssignmentFactory(help_request=help_request, volunteer=volunteer, door_word="丙")
    other = factories.HelpRequestFactory(elder__community=community, elder__name="丁", elder__place=None)
    factories.OfferFactory(help_request=other, volunteer=volunteer, expires_at=timezone.now() + timedelta(hours=1))
    page = phone.get(volunteer_url(volunteer), follow=True)
    assert foreign(phone.get(page.redirect_chain[-1][0] + path)) == []


@pytest.mark.parametrize("form", [None, {"handed": "100", "spent": "90", "returned": "5"}, {"receipt": "none"}])
def test_volunteers_page_of_the_money_is_whole(language, phone, community, help_request, form):
    volunteer = factories.VolunteerFactory(community=community, name="乙", text_language=language)
    visit = factories.AssignmentFactory(help_request=help_request, volunteer=volunteer, arrived_at=timezone.now())
    page = phone.get(volunteer_url(volunteer), follow=True)
    own = f"{page.redirect_chain[-1][0]}visits/{visit.pk}/cash/"
    answer = phone.post(own, form) if form else phone.get(own)
    assert foreign(answer) == []


@pytest.mark.parametrize("path", ["/c/", "/f/nothing-is-behind-this/", "/v/nothing-is-behind-this/"])
def test_page_before_the_link_is_whole(phone, path):
    assert foreign(phone.get(path)) == []


@pytest.mark.parametrize("address", ["/f/nothing-is-behind-this/", "/v/nothing-is-behind-this/", "/family/ABCDE/"])
def test_closed_page_is_read_in_another_language(address):
    phone = Client(headers={"accept-language": "zh-CN"})
    assert 'href="?lang=ug"' in phone.get(address).text
    assert '<html lang="ug" dir="rtl">' in phone.get(address, {"lang": "ug"}).text


def test_page_says_that_it_awaits_a_native_reader(phone, help_request):
    assert "译文待母语人士审校" in phone.get(family_url(help_request), follow=True).text


def test_reviewed_language_carries_no_such_note(help_request):
    assert "审校" not in Client(headers={"accept-language": "zh-CN"}).get(family_url(help_request), follow=True).text


def test_uyghur_runs_from_right_to_left_and_tibetan_does_not(help_request):
    pages = {
        language: Client(headers={"accept-language": language}).get(family_url(help_request), follow=True).text
        for language in ("ug", "bo")
    }
    assert ('<html lang="ug" dir="rtl">' in pages["ug"], '<html lang="bo">' in pages["bo"]) == (True, True)


def test_span_of_time_keeps_its_order_from_right_to_left(help_request):
    page = Client(headers={"accept-language": "ug"}).get(family_url(help_request), follow=True).text
    start = timezone.localtime(help_request.window_start)
    assert f"\u2066{start:%H:%M}–" in page


def test_sums_and_hours_keep_their_order_from_right_to_left(community, help_request):
    volunteer = factories.VolunteerFactory(community=community, text_language="ug")
    factories.AssignmentFactory(help_request=help_request, volunteer=volunteer)
    phone = Client()
    page = phone.get(volunteer_url(volunteer), follow=True)
    week = phone.get(f"{page.redirect_chain[-1][0]}week/")
    assert ("\u2066¥80\u2069" in page.text, '<bdi dir="ltr">8–<wbr>12</bdi>' in week.text) == (True, True)


def test_choice_is_remembered_for_every_link_of_a_family(help_request):
    phone = Client(headers={"accept-language": "en"})
    phone.get(family_url(help_request), follow=True)
    phone.get(f"/family/{help_request.ref}/", {"lang": "ug"})
    other = factories.HelpRequestFactory(elder=help_request.elder)
    assert '<html lang="ug"' in phone.get(family_url(other), follow=True).text


def test_choice_of_a_family_leaves_the_office_alone(help_request, dispatcher):
    browser = Client(headers={"accept-language": "en"})
    browser.get(family_url(help_request), follow=True)
    browser.get(f"/family/{help_request.ref}/", {"lang": "bo"})
    browser.force_login(dispatcher, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert '<html lang="en"' in browser.get("/").text


def test_browser_that_wishes_uyghur_gets_the_office_in_the_language_of_the_installation(dispatcher, settings):
    browser = Client(headers={"accept-language": "ug"})
    browser.force_login(dispatcher, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert f'<html lang="{settings.LANGUAGE_CODE}"' in browser.get("/").text


def test_volunteer_gets_the_language_of_their_texts(community):
    volunteer = factories.VolunteerFactory(community=community, text_language="ug")
    assert (
        '<html lang="ug"' in Client(headers={"accept-language": "en"}).get(volunteer_url(volunteer), follow=True).text
    )


@pytest.mark.parametrize("value", ["fr", "../x", ""])
def test_unknown_language_is_none(help_request, value):
    phone = Client(headers={"accept-language": "en"})
    phone.get(family_url(help_request), follow=True)
    response = phone.get(f"/family/{help_request.ref}/", {"lang": value})
    assert (response.status_code, "page-language" in phone.cookies) == (200, False)
