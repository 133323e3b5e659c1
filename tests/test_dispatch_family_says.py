"""Afterwards a family may say thanks, or what worries them: kept beside the help request, and a call is owed."""

import pytest
from django.test import Client
from django.utils import timezone

from linzhu.dispatch.family_says import MOST_WORRIES, form_token
from linzhu.dispatch.keeping import LONGEST
from linzhu.dispatch.links import family_url, volunteer_url
from linzhu.dispatch.models import Todo
from linzhu.dispatch.todos import close_overtaken
from linzhu.notifications.models import InboundMessage
from linzhu.requests.models import FamilyLink, HelpRequest, Status, StatusChange
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(community):
    row = factories.HelpRequestFactory(elder__community=community, status=Status.DONE)
    factories.FamilyContactFactory(elder=row.elder, phone="+8613912340001")
    factories.AssignmentFactory(help_request=row, volunteer__name="陈磊", outcome="done", status="finished")
    StatusChange.objects.create(help_request=row, from_status=Status.UNDERWAY, to_status=Status.DONE, who="volunteer")
    return row


@pytest.fixture
def phone(done):
    # As a phone posts from a page that sends no referrer: no token of Django's, and an origin of "null".
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en", "origin": "null"})
    browser.get(family_url(done), follow=True)
    return browser


def say(phone, row, what, **data):
    return phone.post(f"/family/{row.ref}/say/{what}/", {"token": form_token(FamilyLink.objects.get()), **data})


def test_thanks_stand_beside_the_help_request(phone, done):
    assert say(phone, done, "thanks").url == f"/family/{done.ref}/"
    said = InboundMessage.objects.get()
    assert (said.about, said.sender, said.text) == (done.ref, "+8613912340001", "Thank you!")
    assert "Your thanks have been passed on." in phone.get(f"/family/{done.ref}/").text


def test_form_of_the_page_brings_its_token(phone, done):
    assert f'name="token" value="{form_token(FamilyLink.objects.get())}"' in phone.get(f"/family/{done.ref}/").text


def test_thanks_are_kept_once(phone, done):
    for _press in range(2):
        say(phone, done, "thanks")
    assert InboundMessage.objects.count() == 1


def test_thanks_owe_nobody_anything(phone, done):
    say(phone, done, "thanks")
    assert Todo.objects.count() == 0


def test_volunteer_reads_the_thanks(phone, done):
    done.assignments.update(finished_at=timezone.now())
    say(phone, done, "thanks")
    page = Client(headers={"accept-language": "en"}).get(volunteer_url(done.assignments.get().volunteer), follow=True)
    assert "The family says thank you!" in page.text


def test_worry_is_a_call_that_somebody_owes(phone, done, desk):
    say(phone, done, "worry", words="She says her purse is missing.")
    todo = Todo.objects.get(kind="call-wanted")
    assert (todo.kind, todo.help_request, todo.inbound.sender) == ("call-wanted", done, "+8613912340001")
    inbox = desk.get("/inbox/").text
    assert ("She says her purse is missing." in inbox, "page after the visit" in inbox) == (True, True)
    assert 'href="tel:+8613912340001"' in inbox


def test_worry_outlives_the_closing_of_the_books(phone, done):
    say(phone, done, "worry", words="The door was left open.")
    close_overtaken(done)
    assert Todo.objects.open().count() == 1


def test_empty_worry_is_none(phone, done):
    say(phone, done, "worry", words="   ")
    assert InboundMessage.objects.count() == 0


def test_long_worry_is_cut(phone, done):
    say(phone, done, "worry", words="长" * (LONGEST + 100))
    assert len(InboundMessage.objects.get().text) == LONGEST


def test_worries_have_an_end(phone, done):
    for number in range(MOST_WORRIES + 2):
        say(phone, done, "worry", words=f"{number}")
    assert InboundMessage.objects.count() == MOST_WORRIES


def test_markup_in_a_worry_is_text(phone, done, desk):
    say(phone, done, "worry", words="<script>alert(1)</script>")
    assert "<script>alert" not in desk.get("/inbox/").text


def test_without_contact_the_elder_is_called_back(community):
    row = factories.HelpRequestFactory(elder__community=community, elder__phone="+862220001234", status=Status.DONE)
    StatusChange.objects.create(help_request=row, to_status=Status.DONE, who="staff")
    browser = Client()
    browser.get(family_url(row), follow=True)
    say(browser, row, "worry", words="?")
    assert InboundMessage.objects.get().sender == "+862220001234"


@pytest.mark.parametrize("token", ["", "1", "1:made-up"])
def test_form_of_another_site_is_refused(phone, done, token):
    response = phone.post(f"/family/{done.ref}/say/thanks/", {"token": token})
    assert (response.status_code, InboundMessage.objects.count()) == (403, 0)


def test_token_of_another_link_is_refused(phone, done):
    other, _secret = FamilyLink.issue(factories.HelpRequestFactory())
    response = phone.post(f"/family/{done.ref}/say/thanks/", {"token": form_token(other)})
    assert response.status_code == 403


@pytest.mark.parametrize("status", [Status.OPEN, Status.ASSIGNED, Status.UNDERWAY])
def test_before_the_end_there_is_nothing_to_say_here(phone, done, status):
    HelpRequest.objects.update(status=status)
    token = form_token(FamilyLink.objects.get())
    response = phone.post(f"/family/{done.ref}/say/thanks/", {"token": token})
    assert (response.status_code, "afterwards" in phone.get(f"/family/{done.ref}/").text) == (404, False)


def test_unknown_word_is_not_found(phone, done):
    assert say(phone, done, "nonsense").status_code == 404


def test_revoked_link_says_nothing_any_more(phone, done):
    link = FamilyLink.objects.get()
    FamilyLink.objects.update(revoked_at=timezone.now())
    response = phone.post(f"/family/{done.ref}/say/thanks/", {"token": form_token(link)})
    assert (response.status_code, InboundMessage.objects.count()) == (410, 0)
