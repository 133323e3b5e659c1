"""The demo's phones: who sees which, and that typing there is receiving a text."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linzhu.notifications.models import InboundMessage, Message
from tests.cash import report, shop
from tests.factories import (
    AssignmentFactory,
    CommunityFactory,
    ElderFactory,
    FamilyContactFactory,
    HelpRequestFactory,
    InboundMessageFactory,
    MessageFactory,
    OfferFactory,
    RoleFactory,
    VolunteerFactory,
    WaveFactory,
)

pytestmark = pytest.mark.django_db


def text_to(phone, community, text="Can you help?", **fields):
    return MessageFactory(to=phone, community=community, text=text, state=Message.State.DELIVERED, **fields)


def page_of(client, **query):
    return client.get("/phones/", query).content.decode()


@pytest.fixture
def volunteer(community):
    return VolunteerFactory(community=community, name="陈磊")


# --- what it shows ------------------------------------------------------------------------------------------------


def test_phones_that_nobody_has_texted_invite_to_log_a_request(desk):
    assert "No phone has rung yet." in page_of(desk)


def test_phone_shows_its_owner_and_what_it_has_received(desk, community, volunteer):
    text_to(volunteer.phone, community)

    page = page_of(desk)

    assert "陈磊 · volunteer" in page
    assert "Can you help?" in page


def test_text_that_has_not_been_handed_over_is_on_no_phone(desk, community, volunteer):
    MessageFactory(to=volunteer.phone, community=community, text="Can you help?", state=Message.State.QUEUED)

    assert "Can you help?" not in page_of(desk)


def test_open_offer_gives_buttons_for_yes_and_no(desk, community, volunteer):
    offer = OfferFactory(help_request__elder__community=community, volunteer=volunteer, code="47")
    text_to(offer.phone, community)

    page = page_of(desk)

    assert 'value="YES 47"' in page
    assert 'value="NO 47"' in page


def test_buttons_are_chinese_for_who_reads_chinese(desk, community):
    volunteer = VolunteerFactory(community=community, text_language="zh-hans")
    OfferFactory(help_request__elder__community=community, volunteer=volunteer, code="47")
    text_to(volunteer.phone, community)

    page = page_of(desk)

    assert 'value="接47"' in page
    assert 'value="不接47"' in page


def test_answered_offer_gives_no_buttons(desk, community, volunteer):
    OfferFactory(help_request__elder__community=community, volunteer=volunteer, code="47", status="declined")
    text_to(volunteer.phone, community)

    assert "YES 47" not in page_of(desk)


def test_volunteer_on_a_job_gets_buttons_to_report(desk, community, volunteer):
    AssignmentFactory(help_request__elder__community=community, volunteer=volunteer)
    text_to(volunteer.phone, community)

    assert 'value="arrived"' in page_of(desk)


def test_links_in_texts_can_be_clicked(desk, community):
    text_to("+8619912345678", community, text="See http://127.0.0.1:8000/f/abc/ please")

    assert '<a href="http://127.0.0.1:8000/f/abc/" target="_blank" rel="noopener noreferrer">' in page_of(desk)


def test_markup_in_a_text_is_shown_as_text(desk, community):
    text_to("+8619912345678", community, text="<b>hello</b>")

    assert "&lt;b&gt;hello&lt;/b&gt;" in page_of(desk)


def test_family_phone_names_its_elder(desk, community):
    contact = FamilyContactFactory(elder=ElderFactory(community=community, name="张秀英"))
    text_to(contact.phone, community)

    assert "王芳 · family of 张秀英" in page_of(desk)


def test_number_of_nobody_is_shown_as_unknown(desk):
    InboundMessageFactory(sender="+8619912345678", text="who is this")

    page = page_of(desk)

    assert "Unknown number" in page
    assert "who is this" in page


def test_several_phones_are_open_side_by_side(desk, community):
    for number in range(9):
        text_to(f"+861991234567{number}", community)

    page = page_of(desk)

    assert page.count('class="handset"') == 6
    assert page.count("data-phone=") == 9


def test_phone_asked_for_comes_first(desk, community):
    for number in range(9):
        text_to(f"+861991234567{number}", community)

    page = page_of(desk, open="8619912345670")

    assert page.index('id="reply-8619912345670"') < page.index('id="reply-8619912345678"')


def test_page_says_nothing_when_nothing_is_new(desk, community, volunteer):
    text_to(volunteer.phone, community)
    state = desk.get("/phones/", headers={"hx-request": "true"}).context["state"]

    again = desk.get("/phones/", {"state": state}, headers={"hx-request": "true"})
    text_to(volunteer.phone, community, "One more")
    later = desk.get("/phones/", {"state": state}, headers={"hx-request": "true"})

    assert (again.status_code, later.status_code) == (204, 200)


def test_queries_do_not_grow_with_the_phones(desk, community, volunteer):
    text_to(volunteer.phone, community)
    with CaptureQueriesContext(connection) as one:
        page_of(desk)
    help_request = HelpRequestFactory(elder__community=community)
    wave = WaveFactory(help_request=help_request)
    for _neighbour in range(30):
        offer = OfferFactory(help_request=help_request, wave=wave)
        text_to(offer.phone, community)
        InboundMessageFactory(sender=offer.phone)
    with CaptureQueriesContext(connection) as many:
        page_of(desk)

    assert len(many) == len(one)


# --- who sees it --------------------------------------------------------------------------------------------------


def test_page_does_not_exist_with_a_real_gateway(desk, settings):
    settings.SMS_GATEWAY = "twilio"

    assert desk.get("/phones/").status_code == 404
    assert desk.post("/phones/text/", {"phone": "+8619912345678", "text": "YES"}).status_code == 404
    assert not InboundMessage.objects.exists()


def test_anonymous_reader_is_asked_to_sign_in(client):
    assert client.get("/phones/").status_code == 302


def test_overseer_sees_no_phones(client_of, community):
    overseer = RoleFactory(community=community, kind="overseer").user

    assert client_of(overseer).get("/phones/").status_code == 403


def test_phones_of_another_community_are_not_shown(desk):
    elsewhere = CommunityFactory()
    stranger = VolunteerFactory(community=elsewhere, name="李强")
    text_to(stranger.phone, elsewhere, "Not for you")
    InboundMessageFactory(sender=stranger.phone, text="Nor this")

    page = page_of(desk)

    assert [words for words in ("李强", "Not for you", "Nor this") if words in page] == []


# --- typing -------------------------------------------------------------------------------------------------------


def test_typed_text_comes_in_by_the_door_of_real_texts(desk, community, volunteer):
    text_to(volunteer.phone, community)

    response = desk.post("/phones/text/", {"phone": volunteer.phone, "text": "in two hours?"})

    inbound = InboundMessage.objects.get()
    assert response.status_code == 302
    assert (inbound.gateway, inbound.sender, inbound.text) == ("local", volunteer.phone, "in two hours?")
    assert "in two hours?" in page_of(desk)


def test_same_text_typed_twice_is_two_texts(desk, volunteer):
    for _time in range(2):
        desk.post("/phones/text/", {"phone": volunteer.phone, "text": "hello"})

    assert InboundMessage.objects.count() == 2


def test_text_from_another_number_is_read_as_people_write_it(desk):
    desk.post("/phones/text/", {"phone": "199 1234 5678", "text": "hello"})

    assert InboundMessage.objects.get().sender == "+8619912345678"


def test_wrong_number_keeps_what_was_typed(desk):
    response = desk.post("/phones/text/", {"phone": "123", "text": "hello"})

    page = response.content.decode()
    assert "This is too short" in page
    assert 'value="hello"' in page
    assert not InboundMessage.objects.exists()


def test_yes_typed_on_a_phone_wins_the_help_request(desk, community, volunteer):
    offer = OfferFactory(help_request__elder__community=community, volunteer=volunteer, code="47")

    desk.post("/phones/text/", {"phone": volunteer.phone, "text": "YES 47"})

    assert offer.help_request.assignments.get().volunteer == volunteer


def test_phone_of_whoever_owes_the_figures_offers_to_report_them(desk, community):
    elder, volunteer = ElderFactory(community=community), VolunteerFactory(community=community)
    visit = shop(elder, volunteer)
    text_to(volunteer.phone, community)
    offered = "got 100 spent 86.50 back 13.50"
    assert offered in page_of(desk, open=volunteer.phone)
    report(visit)
    assert offered not in page_of(desk, open=volunteer.phone)
