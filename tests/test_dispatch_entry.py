"""Where texts carry no links or no answers: what they say instead, and the page that a code opens."""

import re
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from linzhu.communities import entry_codes
from linzhu.dispatch import entry, telling, visit_texts
from linzhu.dispatch.models import Assignment, Offer
from linzhu.dispatch.volunteer_links import revoke_links
from linzhu.notifications import by_code
from linzhu.notifications.gateways.local import LocalGateway
from linzhu.notifications.models import Message
from linzhu.requests.models import FamilyLink
from linzhu.volunteers.models import VolunteerLink
from tests import factories

pytestmark = pytest.mark.django_db

PHONE, OTHER_PHONE = "+8619920000001", "+8619920000002"
WRONG = "do not open a page"


@pytest.fixture
def one_way(monkeypatch):
    """A gateway like most in mainland China: no links, no replies."""
    monkeypatch.setattr(LocalGateway, "capabilities", replace(LocalGateway.capabilities, links=False, two_way=False))


@pytest.fixture
def browser():
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def offer(one_way, community):
    volunteer = factories.VolunteerFactory(community=community, phone=PHONE, text_language="zh-hans")
    offer = factories.OfferFactory(volunteer=volunteer, help_request__community=community)
    telling.send_offer(offer)
    return offer


@pytest.fixture
def help_request(one_way, community):
    help_request = factories.HelpRequestFactory(elder__community=community, community=community)
    factories.FamilyContactFactory(elder=help_request.elder, phone=PHONE)
    return help_request


def code_in(message):
    return re.search(r"(?<!\d)\d{8}(?!\d)", message.text)[0]


def code_of(template):
    return code_in(Message.objects.filter(template=template).latest("pk"))


def enter(browser, code, ending="0001", **extra):
    return browser.post("/c/", {"code": code, "ending": ending}, **extra)


# --- what the texts say -------------------------------------------------------------------------------------------


def test_offer_by_a_gateway_without_replies_points_to_the_page(offer):
    message = Message.objects.get()
    assert "testserver/c/" in message.text
    assert "回“接" not in message.text
    assert message.params["page_code"] == code_in(message)
    assert (message.template, "code" in message.params) == ("offer", False)


def test_family_by_a_gateway_without_links_gets_a_code(help_request):
    telling.tell_logged(help_request)
    message = Message.objects.get()
    assert (message.template, "/f/" in message.text, "testserver/c/" in message.text) == ("family_logged", False, True)


def test_gateway_that_can_do_both_sends_links_and_asks_for_replies(community):
    help_request = factories.HelpRequestFactory(elder__community=community, community=community)
    factories.FamilyContactFactory(elder=help_request.elder, phone=PHONE)
    telling.tell_logged(help_request)
    telling.send_offer(factories.OfferFactory(help_request=help_request))
    assert "/f/" in Message.objects.get(template="family_logged").text
    assert "page_code" not in Message.objects.get(template="offer").params


def test_one_gateway_that_cannot_decides_for_both(settings, one_way):
    settings.SMS_GATEWAY_FALLBACK = "twilio"
    assert by_code.can_all("two_way") is False


def test_every_volunteer_text_that_asks_for_an_answer_carries_a_code(one_way, community):
    volunteer = factories.VolunteerFactory(community=community, phone=PHONE)
    assignment = factories.AssignmentFactory(volunteer=volunteer, door_word="石榴")
    visit_texts.confirm(assignment)
    for template in ("reminder_evening", "reminder_soon"):
        visit_texts.remind(assignment, template)
    during = ("ask_arrival", "arrived_thanks", "on_my_way_thanks", "ask_end", "ask_cash", "done_cash")
    for template in (*during, "late_standby"):
        telling.tell_volunteer(volunteer, template, assignment.help_request)
    telling.tell_volunteer(volunteer, "which_one", None, choices="47 Groceries, 52 Medicine")
    assert {message.template for message in Message.objects.all() if code_in(message)} == (
        by_code.FOR_VOLUNTEERS - {"offer", "offer_standby", "offer_again"}
    )


def test_offer_tells_nothing_of_the_elder(offer):
    elder = offer.help_request.elder
    text = Message.objects.get().text
    assert not any(fact and fact in text for fact in (elder.name, elder.phone, elder.notes))


# --- the page -----------------------------------------------------------------------------------------------------


def test_page_asks_for_two_numbers_and_changes_nothing(browser, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = browser.get("/c/")
    page = response.content.decode()
    assert (response.status_code, 'name="code"' in page, 'name="ending"' in page) == (200, True, True)
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")


def test_volunteer_enters_and_says_yes(offer, browser):
    response = enter(browser, code_of("offer"))
    assert response.url == f"/my/{offer.volunteer_id}/"
    assert "Can you help?" in browser.get(response.url, headers={"accept-language": "en"}).content.decode() or (
        f"/my/{offer.volunteer_id}/offers/{offer.pk}/yes/" in browser.get(response.url).content.decode()
    )
    browser.post(f"/my/{offer.volunteer_id}/offers/{offer.pk}/yes/")
    offer.refresh_from_db()
    assert offer.status == Offer.Status.ACCEPTED
    assert Assignment.objects.get().volunteer == offer.volunteer


def test_page_behind_the_code_hides_the_elder_before_a_yes(offer, browser):
    page = browser.get(enter(browser, code_of("offer")).url).content.decode()
    assert offer.help_request.elder.name not in page


def test_family_enters_its_page(help_request, browser):
    telling.tell_logged(help_request)
    response = enter(browser, code_of("family_logged"))
    assert response.url == f"/family/{help_request.ref}/"
    assert browser.get(response.url).status_code == 200


@pytest.mark.parametrize("typed", ["{0}{1}{2}{3} {4}{5}{6}{7}", "号码{0}{1}{2}{3}-{4}{5}{6}{7}", "fullwidth"])
def test_code_is_read_as_people_type_it(offer, browser, typed):
    code = code_of("offer")
    wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert enter(browser, wide if typed == "fullwidth" else typed.format(*code)).status_code == 302


def test_cookie_is_for_that_page_alone(offer, browser):
    response = enter(browser, code_of("offer"))
    (cookie,) = response.cookies.values()
    assert (cookie["path"], cookie["httponly"]) == (f"/my/{offer.volunteer_id}/", True)


# --- who does not get in ------------------------------------------------------------------------------------------


def refused(response):
    return response.status_code == 422 and WRONG in response.content.decode() and not response.cookies.get("volunteer")


def test_every_wrong_try_gets_the_same_answer(offer, browser):
    code = code_of("offer")
    other = f"{(int(code) + 1) % 10**8:08}"
    answers = [
        enter(browser, *pair) for pair in [(code, "0002"), (other, "0001"), (code[:7], "0001"), ("", ""), (code, "")]
    ]
    assert all(refused(answer) for answer in answers)
    bodies = {re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode()) for answer in answers}
    assert len(bodies) == 1
    assert code not in bodies.pop()


def test_code_of_another_phone_does_not_open(offer, browser, community):
    other = factories.VolunteerFactory(community=community, phone=OTHER_PHONE)
    params = entry.for_volunteer(other, "offer")
    assert refused(enter(browser, params["page_code"], "0001"))
    assert enter(browser, params["page_code"], "0002").url == f"/my/{other.pk}/"


@pytest.mark.parametrize(("days", "opens"), [(2.9, True), (3.1, False)])
def test_volunteers_code_is_good_for_three_days(offer, browser, days, opens):
    VolunteerLink.objects.update(created_at=timezone.now() - timedelta(days=days))
    assert (enter(browser, code_of("offer")).status_code == 302) is opens


@pytest.mark.parametrize(("days", "opens"), [(6.9, True), (7.1, False)])
def test_familys_code_is_good_for_seven_days(help_request, browser, days, opens):
    telling.tell_logged(help_request)
    FamilyLink.objects.update(created_at=timezone.now() - timedelta(days=days))
    assert (enter(browser, code_of("family_logged")).status_code == 302) is opens


def test_code_of_a_suspended_volunteer_does_not_open(offer, browser):
    revoke_links(offer.volunteer)
    assert refused(enter(browser, code_of("offer")))


def test_code_without_a_contact_does_not_open(help_request, browser):
    telling.tell_logged(help_request)
    FamilyLink.objects.update(contact=None)
    assert refused(enter(browser, code_of("family_logged")))


def test_code_is_kept_as_a_keyed_hash_alone(offer, settings, browser):
    code = code_of("offer")
    assert VolunteerLink.objects.get().digest == entry_codes.digest_of(code)
    assert VolunteerLink.objects.get().digest != VolunteerLink.digest_of(code)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [settings.SECRET_KEY]
    assert enter(browser, code).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []
    assert refused(enter(browser, code))


def test_code_is_no_secret_of_a_link(offer, browser):
    assert browser.get(f"/v/{code_of('offer')}/").status_code == 404


def test_code_that_is_taken_is_thrown_again(offer, monkeypatch):
    taken = code_of("offer")
    throws = iter([taken, taken, "12345678"])
    monkeypatch.setattr(entry_codes, "new_code", lambda: next(throws))
    assert entry.for_volunteer(offer.volunteer, "offer")["page_code"] == "12345678"


# --- tries are counted --------------------------------------------------------------------------------------------


def test_address_with_too_many_wrong_tries_has_to_wait(offer, browser):
    code = code_of("offer")
    for number in range(entry_codes.MOST_BY_ADDRESS):
        assert enter(browser, "00000000", f"{number:04}").status_code == 422
    assert enter(browser, code).status_code == 429
    assert enter(browser, code, REMOTE_ADDR="198.51.100.9").status_code == 302


def test_ending_with_too_many_wrong_tries_has_to_wait_from_everywhere(offer, browser):
    code = code_of("offer")
    for number in range(entry_codes.MOST_BY_ENDING):
        enter(browser, "00000000", REMOTE_ADDR=f"198.51.100.{number}")
    assert enter(browser, code, REMOTE_ADDR="203.0.113.1").status_code == 429


def test_right_tries_do_not_count(offer, browser):
    code = code_of("offer")
    assert {enter(browser, code).status_code for _time in range(entry_codes.MOST_BY_ADDRESS + 2)} == {302}


def test_wait_ends(offer, browser, monkeypatch):
    monkeypatch.setattr(entry_codes, "WINDOW_S", 0.05)
    for _try in range(entry_codes.MOST_BY_ADDRESS + 1):
        enter(browser, "00000000")
    time.sleep(0.1)
    assert enter(browser, code_of("offer")).status_code == 302
