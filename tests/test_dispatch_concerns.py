"""Concerns: what they are about, who does not settle them, how soon somebody sees them, and words that cannot wait."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from linzhu.communities.clock import now
from linzhu.communities.models import CommunityRules
from linzhu.dispatch import todos
from linzhu.dispatch.concerns import SEEN_WITHIN
from linzhu.dispatch.errors import AboutThemself
from linzhu.dispatch.family_says import form_token
from linzhu.dispatch.links import family_url
from linzhu.dispatch.models import Todo
from linzhu.requests.models import FamilyLink, Status, StatusChange
from tests import factories

Kind, Subject = Todo.Kind, Todo.Subject
pytestmark = pytest.mark.django_db


@pytest.fixture
def done(community):
    """A visit of 陈磊's, which the elder is asked about."""
    row = factories.HelpRequestFactory(elder__community=community, status=Status.DONE)
    factories.FamilyContactFactory(elder=row.elder, phone="+8613912340001")
    visit = {"volunteer__name": "陈磊", "volunteer__community": community, "outcome": "done", "status": "finished"}
    factories.AssignmentFactory(help_request=row, finished_at=now(), **visit)
    StatusChange.objects.create(help_request=row, from_status=Status.UNDERWAY, to_status=Status.DONE, who="volunteer")
    factories.TodoFactory(community=community, help_request=row, kind=Kind.AFTER_VISIT)
    return row


@pytest.fixture
def came(done):
    return done.assignments.get().volunteer


def complain(desk, done, about, words="少找了十块钱"):
    """Note what the elder says on the phone; returns the concern."""
    asked = Todo.objects.get(help_request=done, kind=Kind.AFTER_VISIT)
    desk.post(f"/inbox/{asked.pk}/", {"act": "concern", "words": words, "about": about})
    return Todo.objects.get(kind=Kind.CONCERN)


def settle(client, todo):
    page = client.post(f"/inbox/{todo.pk}/", {"act": "settled"}, follow=True).text
    todo.refresh_from_db()
    return page


@pytest.mark.parametrize("subject", Subject.values)
def test_concern_says_what_it_is_about(done, desk, subject):
    assert complain(desk, done, subject).subject == subject


def test_concern_about_the_volunteer_names_who_came(done, came, desk):
    assert complain(desk, done, f"volunteer-{came.pk}").about_volunteer == came
    assert "About: 陈磊" in desk.get("/inbox/?show=decisions").text


def test_only_volunteer_who_came_is_meant(done, came, desk):
    assert complain(desk, done, "volunteer").about_volunteer == came


def test_of_two_who_came_neither_is_guessed(done, desk):
    factories.AssignmentFactory(help_request=done, place=2, outcome="done", status="finished")
    assert complain(desk, done, "volunteer").about_volunteer is None


@pytest.mark.parametrize("chosen", ["volunteer-999", "staff-999", "nonsense", "staff-x", ""])
def test_what_cannot_be_chosen_names_nobody(done, desk, chosen):
    todo = complain(desk, done, chosen)
    assert (todo.about_volunteer, todo.about_staff) == (None, None)


def test_staff_of_elsewhere_cannot_be_chosen(done, desk):
    stranger = factories.RoleFactory().user
    assert complain(desk, done, f"staff-{stranger.pk}").about_staff is None


def test_form_offers_who_came_and_the_colleagues(done, came, desk, dispatcher):
    page = desk.get("/inbox/?show=calls").text
    assert f'value="volunteer-{came.pk}">陈磊' in page
    assert f'value="staff-{dispatcher.pk}">{dispatcher}' in page


def test_concern_about_a_colleague_is_settled_by_another(done, desk, dispatcher, community, client_of):
    todo = complain(desk, done, f"staff-{dispatcher.pk}")
    assert ("a colleague settles it" in settle(desk, todo), todo.closed_at) == (True, None)
    settle(client_of(factories.RoleFactory(community=community).user), todo)
    assert todo.closed_at


def test_concern_about_a_volunteer_is_not_settled_by_themself_on_the_staff(done, came, desk, dispatcher):
    todo = complain(desk, done, f"volunteer-{came.pk}")
    dispatcher.name = came.name
    dispatcher.save()
    assert ("a colleague settles it" in settle(desk, todo), todo.closed_at) == (True, None)


def test_concern_about_a_volunteer_is_settled_by_staff(done, came, desk):
    todo = complain(desk, done, f"volunteer-{came.pk}")
    settle(desk, todo)
    assert todo.closed_at


def test_whoever_it_is_about_has_no_button(done, desk, dispatcher):
    todo = complain(desk, done, f"staff-{dispatcher.pk}")
    page = desk.get("/inbox/?show=decisions").text
    card = page[page.index(f'id="todo-{todo.pk}"') :].partition("</article>")[0]
    assert ('value="settled"' in card, "a colleague settles it" in card) == (False, True)


def test_domain_itself_refuses_whoever_it_is_about(done, desk, dispatcher):
    todo = complain(desk, done, f"staff-{dispatcher.pk}")
    with pytest.raises(AboutThemself):
        todos.settle(todo, user=dispatcher)


def test_danger_that_an_elder_tells_of_is_an_alarm(done, desk):
    complain(desk, done, "volunteer", "救命，他打我")
    assert Todo.objects.filter(kind=Kind.DANGER, help_request=done, due_at__lt=now() + timedelta(minutes=3)).exists()


def test_complaint_without_danger_is_no_alarm(done, desk):
    complain(desk, done, "service")
    assert not Todo.objects.filter(kind=Kind.DANGER).exists()


@pytest.mark.parametrize("many", [1, 8])
def test_inbox_asks_as_much_for_many_concerns_as_for_one(done, desk, community, dispatcher, many):
    for _number in range(many):
        row = factories.HelpRequestFactory(elder__community=community, status=Status.DONE)
        factories.TodoFactory(community=community, help_request=row, kind=Kind.AFTER_VISIT)
        volunteer = factories.VolunteerFactory(community=community)
        todo = factories.TodoFactory(community=community, help_request=row, kind=Kind.CONCERN)
        Todo.objects.filter(pk=todo.pk).update(subject="volunteer", about_volunteer=volunteer, about_staff=dispatcher)
    with CaptureQueriesContext(connection) as queries:
        desk.get("/inbox/")
    assert len(queries) <= 16


# --- what the family writes on its page ---------------------------------------------------------------------------


@pytest.fixture
def phone(done):
    browser = Client(headers={"accept-language": "en", "origin": "null"})
    browser.get(family_url(done), follow=True)
    return browser


def worry(phone, done, words="他没有给收据", **chosen):
    token = form_token(FamilyLink.objects.get())
    phone.post(f"/family/{done.ref}/say/worry/", {"token": token, "words": words, **chosen})
    return Todo.objects.get(kind=Kind.CALL_WANTED)


def test_family_says_whom_it_worries_about(phone, done, came):
    todo = worry(phone, done, about="volunteer")
    assert (todo.subject, todo.about_volunteer) == (Subject.VOLUNTEER, came)


def test_family_need_not_say(phone, done):
    assert worry(phone, done).subject == ""


def test_worry_is_seen_within_a_quarter_of_an_hour(phone, done):
    assert abs(worry(phone, done).due_at - now() - SEEN_WITHIN) < timedelta(seconds=20)


def test_worry_of_the_night_is_seen_in_the_morning(phone, done, community):
    CommunityRules.objects.create(community=community, quiet_from=time(21), quiet_to=time(7, 30))
    night = datetime.combine(now().date(), time(14), tzinfo=UTC)  # 22:00 in Shanghai, while the link is good
    with travel(night, tick=False):
        assert worry(phone, done).due_at == night.replace(hour=23, minute=30) + SEEN_WITHIN


def test_words_of_danger_on_the_page_are_an_alarm(phone, done):
    worry(phone, done, words="救命！我妈摔倒了")
    assert Todo.objects.filter(kind=Kind.DANGER, help_request=done).count() == 1


def test_family_s_page_names_120_and_110(phone, done):
    page = phone.get(f"/family/{done.ref}/").text
    assert ('href="tel:120"' in page, 'href="tel:110"' in page) == (True, True)
