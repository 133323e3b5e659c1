"""Every page in one language only: no English left on a Chinese page, and no Chinese on an English one."""

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from linzhu.dispatch.links import family_url, volunteer_url
from linzhu.dispatch.models import Todo
from linzhu.requests.catalogue import Code
from linzhu.requests.models import HelpRequest, Status, StatusChange
from tests import factories
from tests.reading import pieces_of

pytestmark = pytest.mark.django_db

FOREIGN = {"zh-hans": re.compile(r"[A-Za-z]{4,}"), "en": re.compile(r"[\u4e00-\u9fff]+")}
ALLOWED = {
    "zh-hans": {"English", "glish", "xlsx"},
    "en": {"中文", "简体中文"},
}
"""The way to the other language is written in that language (EN-glish); a file's ending is what it is."""

DATA = {
    "zh-hans": {"community": "新华社区", "place": "新华里", "elder": "张秀英", "helper": "陈磊", "relation": "女儿",
                "contact": "王芳", "text": "下午三点行不行？", "notes": "耳背，请大声", "staff": "林主任"},
    "en": {"community": "Elm Court", "place": "Elm House", "elder": "Mary", "helper": "Tom", "relation": "daughter",
           "contact": "Ann", "text": "three o'clock?", "notes": "speak up", "staff": "Lee"},
}  # fmt: skip
SAID = {Todo.Kind.UNCLEAR_REPLY, Todo.Kind.UNKNOWN_SENDER, Todo.Kind.DANGER}
"""Todos that come with a text."""
PAGES = [
    "account_login", "account_change_password", "account_logout", "board", "inbox", "help-requests", "intake", "elders",
    "elder-new", "volunteers", "volunteer-new", "places", "place-new", "phones", "figures", "import",
    "texts",
]  # fmt: skip


@pytest.fixture(params=["zh-hans", "en"])
def office(request) -> SimpleNamespace:
    """A community with people and one help request in every state, in the words of one language."""
    words = DATA[request.param]
    community = factories.CommunityFactory(name=words["community"])
    lead = factories.RoleFactory(community=community, kind="lead", user__name=words["staff"]).user
    place = factories.PlaceFactory(community=community, name=words["place"])
    elder = factories.ElderFactory(
        community=community, name=words["elder"], place=place, address="7-501", notes=words["notes"],
        groups=frozenset({"advanced-age", "living-alone"}), needs=frozenset({"hearing"}),
    )  # fmt: skip
    factories.FamilyContactFactory(elder=elder, name=words["contact"], relation=words["relation"], may_act=True)
    helper = factories.VolunteerFactory(
        community=community, name=words["helper"], text_language=request.param, place=place, has_vehicle=True,
        paused_until=timezone.now() + timedelta(days=2),
    )  # fmt: skip
    factories.VolunteerFactory(community=community, name=words["helper"], cleared_until=None)
    browser = Client(headers={"accept-language": {"zh-hans": "zh-CN"}.get(request.param, request.param)})
    browser.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    return SimpleNamespace(
        language=request.param, words=words, community=community, elder=elder, helper=helper, browser=browser,
        help_requests=[_help_request(elder, helper, status) for status in Status.values],
    )  # fmt: skip


def _help_request(elder, helper, status: str) -> HelpRequest:
    row = factories.HelpRequestFactory(
        elder=elder, details="", status=status, service_code=Code.RIDE, needs_vehicle=True
    )
    row.pause_reason = "nobody-found" if status == Status.PAUSED else ""
    row.end_reason = "nobody-free" if status in (Status.UNMET, Status.CANCELLED) else ""
    row.save()
    StatusChange.objects.create(help_request=row, to_status=Status.OPEN, who="staff")
    wave = factories.WaveFactory(help_request=row, ended_at=None if status == Status.OPEN else timezone.now())
    offer = factories.OfferFactory(
        help_request=row, wave=wave, volunteer=helper, reasons=[{"code": "distance", "m": 320}]
    )
    if status in (Status.ASSIGNED, Status.UNDERWAY, Status.DONE, Status.CLOSED):
        StatusChange.objects.create(help_request=row, from_status=Status.OPEN, to_status=status, who="volunteer")
        factories.AssignmentFactory(help_request=row, volunteer=helper, offer=offer, door_word="")
    return row


def foreign(response, office) -> list[str]:
    """Return what is not in the page's language. Links are addresses, and references are letters by chance."""
    found = []
    for piece in pieces_of(response.content.decode()):
        readable = re.sub(r"https?://\S+|\b[2-9A-Z]{5}\b", "", piece)
        if set(FOREIGN[office.language].findall(readable)) - ALLOWED[office.language]:
            found.append(piece)
    return found


@pytest.mark.parametrize("name", PAGES)
def test_page_speaks_one_language(office, name):
    assert foreign(office.browser.get(reverse(name)), office) == []


def test_every_kind_of_todo_speaks_one_language(office):
    for kind in Todo.Kind.values:
        said = factories.InboundMessageFactory(text=office.words["text"]) if kind in SAID else None
        row = None if kind == Todo.Kind.UNKNOWN_SENDER else office.help_requests[0]
        factories.TodoFactory(community=office.community, kind=kind, help_request=row, inbound=said)
    shown = [foreign(office.browser.get(reverse(name)), office) for name in ("board", "inbox")]
    assert shown == [[], []]


def test_help_request_in_every_state_speaks_one_language(office):
    pages = {row.status: office.browser.get(reverse("help-request", args=[row.ref])) for row in office.help_requests}
    assert {status: found for status, page in pages.items() if (found := foreign(page, office))} == {}


def test_family_page_in_every_state_speaks_one_language(office):
    phone = Client(headers={"accept-language": "zh-CN" if office.language == "zh-hans" else "en"})
    open_link: Callable[[HelpRequest], object] = lambda row: phone.get(family_url(row), follow=True)  # noqa: E731
    pages = {row.status: open_link(row) for row in office.help_requests}
    assert {status: found for status, page in pages.items() if (found := foreign(page, office))} == {}


@pytest.mark.parametrize("path", ["", "week/"])
def test_volunteer_s_own_page_speaks_one_language(office, path):
    assigned = next(row for row in office.help_requests if row.status == Status.ASSIGNED)
    wave = factories.WaveFactory(help_request=assigned, round=2, ended_at=timezone.now())
    factories.OfferFactory(help_request=assigned, wave=wave, volunteer=office.helper, status="standby")
    phone = Client(headers={"accept-language": "fr"})
    page = phone.get(volunteer_url(office.helper), follow=True)
    assert foreign(phone.get(page.redirect_chain[-1][0] + path), office) == []


@pytest.mark.parametrize("name", ["elder", "elder-edit"])
def test_elder_s_card_speaks_one_language(office, name):
    assert foreign(office.browser.get(reverse(name, args=[office.elder.pk])), office) == []


@pytest.mark.parametrize("name", ["volunteer", "volunteer-edit", "volunteer-record", "volunteer-link-card"])
def test_volunteer_s_card_speaks_one_language(office, name):
    assert foreign(office.browser.get(reverse(name, args=[office.helper.pk])), office) == []


@pytest.mark.parametrize("name", ["intake", "elder-new", "volunteer-new", "place-new", "account_change_password"])
def test_mistakes_in_a_form_are_told_in_one_language(office, name):
    mistakes = {"password1": "x", "oldpassword": "y", "phone": "2731"}
    formset = {"family-TOTAL_FORMS": 0, "family-INITIAL_FORMS": 0}
    assert foreign(office.browser.post(reverse(name), mistakes | formset), office) == []


@pytest.mark.parametrize("path", ["/no/such/page/", "/requests/QQQQQ/", "/f/nothing/", "/v/nothing/"])
def test_what_is_not_there_is_told_in_one_language(office, path):
    assert foreign(office.browser.get(path, follow=True), office) == []
