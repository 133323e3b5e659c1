"""Nobody opens, or the volunteer is turned away: a person calls the elder at once, whatever becomes of the visit."""

from datetime import timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.dispatch import clock, decisions
from linzhu.dispatch.assignments import arrive, assign, finish, release
from linzhu.dispatch.doorstep import nobody_opens
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.models import Assignment, Todo
from linzhu.dispatch.replies import Kind, read_reply
from linzhu.dispatch.todos import settle
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.lifecycle import SYSTEM, Actor, log_request
from linzhu.requests.models import HelpRequest, Status
from tests import factories
from tests.factories import window

pytestmark = pytest.mark.django_db
Outcome = Assignment.Outcome


@pytest.fixture
def elder(community):
    elder = factories.ElderFactory(community=community, name="王德福", phone="+862220001234")
    factories.FamilyContactFactory(elder=elder, name="王芳", relation="女儿", phone="+8613900000011")
    return elder


@pytest.fixture
def actor(dispatcher):
    return Actor.staff(dispatcher)


@pytest.fixture
def visit(community, elder, actor):
    need = log_request(elder, "groceries", actor=SYSTEM, **window(0.2))
    return assign(need, factories.VolunteerFactory(community=community, name="陈磊"), actor=actor)


def text(phone, body):
    ref = f"t-{InboundMessage.objects.count()}"
    receive(gateway("local"), Inbound(gateway_ref=ref, sender=phone, text=body))


def owed(kind):
    return Todo.objects.open().filter(kind=kind)


@pytest.mark.parametrize(
    ("outcome", "kind"), [(Outcome.ELDER_NO_ANSWER, "no-answer-at-door"), (Outcome.TURNED_DOWN, "turned-away")]
)
@pytest.mark.parametrize("end", ["finish", "release"])
def test_visit_that_ends_at_the_door_owes_a_call_at_once(visit, actor, end, outcome, kind):
    if end == "finish":
        finish(visit, actor=actor, outcome=outcome)
    else:
        release(visit, actor=actor, why="", outcome=outcome, tell_volunteer=False)
    todo = owed(kind).get()
    assert todo.help_request == visit.help_request
    assert now() < todo.due_at <= now() + timedelta(minutes=10)


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.NO_SHOW, Outcome.CANNOT_COME])
def test_other_endings_owe_no_call(visit, actor, outcome):
    if outcome == Outcome.DONE:
        finish(visit, actor=actor, outcome=outcome)
    else:
        release(visit, actor=actor, why="", outcome=outcome)
    assert not Todo.objects.filter(kind__in=["no-answer-at-door", "turned-away"]).exists()


def test_ending_that_is_noted_twice_owes_one_call(visit, actor):
    stale = Assignment.objects.get(pk=visit.pk)
    finish(visit, actor=actor, outcome=Outcome.ELDER_NO_ANSWER)
    with pytest.raises(TooLate):
        finish(stale, actor=actor, outcome=Outcome.ELDER_NO_ANSWER)
    assert Todo.objects.filter(kind="no-answer-at-door").count() == 1


def test_call_stays_owed_when_the_help_request_is_closed(visit, actor):
    finish(visit, actor=actor, outcome=Outcome.ELDER_NO_ANSWER)
    decisions.close(HelpRequest.objects.get(), actor=actor)
    assert owed("no-answer-at-door").count() == 1


def test_call_stays_owed_when_the_help_request_is_cancelled(visit, actor):
    nobody_opens(visit)
    decisions.cancel(HelpRequest.objects.get(), actor=actor, reason="mistake")
    assert owed("no-answer-at-door").count() == 1


# --- by text ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["没人开门", "敲门没人应", "你好，敲门没人应。", "家里没人", "No answer", "nobody home", "Nobody's home!"]
)
def test_words_of_a_closed_door_are_read(words):
    assert read_reply(words).kind == Kind.NO_ANSWER


@pytest.mark.parametrize("words", ["没人开门我就走了", "有人开门", "没人", "nobody", "no answer yesterday"])
def test_other_words_are_not_taken_for_a_closed_door(words):
    assert read_reply(words).kind != Kind.NO_ANSWER


def test_volunteer_who_texts_that_nobody_opens_is_asked_to_wait_and_staff_call(visit):
    text(visit.volunteer.phone, "没人开门")
    assert owed("no-answer-at-door").count() == 1
    assert Message.objects.filter(to=visit.volunteer.phone, template="no_answer_ack").count() == 1
    visit.refresh_from_db()
    assert visit.status == Assignment.Status.STANDING


def test_text_sent_twice_owes_one_call(visit):
    text(visit.volunteer.phone, "没人开门")
    text(visit.volunteer.phone, "敲门没人应")
    assert Todo.objects.filter(kind="no-answer-at-door").count() == 1


def test_closed_door_without_a_visit_goes_to_a_person(community):
    volunteer = factories.VolunteerFactory(community=community)
    text(volunteer.phone, "没人开门")
    assert owed("unclear-reply").count() == 1
    assert not owed("no-answer-at-door").exists()


def test_whoever_stands_at_the_door_is_not_asked_whether_they_have_arrived(visit):
    text(visit.volunteer.phone, "没人开门")
    clock.tick(visit.help_request.window_end)
    assert not Message.objects.filter(template="ask_arrival").exists()
    assert not owed("not-arrived").exists()


def test_door_that_was_seen_to_is_not_owed_anew_when_the_visit_is_noted_as_over(visit, actor, dispatcher):
    nobody_opens(visit)
    settle(owed("no-answer-at-door").get(), user=dispatcher, outcome="at her daughter's")
    finish(visit, actor=actor, outcome=Outcome.ELDER_NO_ANSWER)
    assert not owed("no-answer-at-door").exists()


def test_second_volunteer_before_a_closed_door_owes_a_call_of_their_own(community, visit, actor, dispatcher):
    release(visit, actor=actor, why="", outcome=Outcome.ELDER_NO_ANSWER, tell_volunteer=False)
    settle(owed("no-answer-at-door").get(), user=dispatcher)
    second = assign(HelpRequest.objects.get(), factories.VolunteerFactory(community=community), actor=actor)
    nobody_opens(second)
    assert owed("no-answer-at-door").count() == 1


def test_door_of_a_visit_that_was_released_is_too_late(visit, actor):
    stale = Assignment.objects.get(pk=visit.pk)
    release(visit, actor=actor, why="ill")
    with pytest.raises(TooLate):
        nobody_opens(stale)
    assert not owed("no-answer-at-door").exists()


# --- what staff see and do ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["/", "/inbox/?show=calls", "request"])
def test_call_is_shown_with_its_words_and_phones(desk, visit, page):
    nobody_opens(visit)
    page = f"/requests/{visit.help_request.ref}/" if page == "request" else page
    shown = desk.get(page).content.decode()
    assert "陈磊 rang the bell" in shown
    for phone in ("tel:+862220001234", "tel:+8613900000011", f"tel:{visit.volunteer.phone}"):
        assert phone in shown


def test_visit_that_is_over_still_names_who_rang(desk, visit, actor):
    arrive(visit, actor=actor)
    finish(visit, actor=actor, outcome=Outcome.TURNED_DOWN)
    assert "陈磊 was not let in" in desk.get("/inbox/").content.decode()


def test_timeline_does_not_say_that_somebody_at_the_door_was_asked_whether_they_have_arrived(desk, visit):
    nobody_opens(visit)
    assert "have you arrived?" not in desk.get(f"/requests/{visit.help_request.ref}/").content.decode()


@pytest.mark.parametrize("page", ["/", "/inbox/"])
def test_alarm_stands_before_what_is_long_overdue(desk, community, visit, page):
    late = [factories.HelpRequestFactory(elder__community=community) for _number in range(7)]
    for row in late:
        factories.TodoFactory(community=community, help_request=row, due_at=now() - timedelta(hours=1))
    nobody_opens(visit)
    shown = desk.get(page).content.decode()
    assert shown.index("rang the bell") < min(shown.index(row.ref) for row in late)


def test_button_reports_a_closed_door(desk, visit):
    desk.post(f"/requests/{visit.help_request.ref}/no-answer/", {"assignment": visit.pk})
    desk.post(f"/requests/{visit.help_request.ref}/no-answer/", {"assignment": visit.pk})
    assert owed("no-answer-at-door").count() == 1
    assert HelpRequest.objects.get().status == Status.ASSIGNED


def test_call_that_reached_somebody_is_settled(desk, visit, dispatcher):
    nobody_opens(visit)
    desk.post(f"/inbox/{Todo.objects.get(kind='no-answer-at-door').pk}/", {"act": "well"})
    todo = Todo.objects.get(kind="no-answer-at-door")
    assert (todo.closed_by, todo.outcome) == (dispatcher, "all is well")


def test_call_that_nobody_picks_up_is_due_again_within_five_minutes(desk, visit):
    nobody_opens(visit)
    desk.post(f"/inbox/{Todo.objects.get(kind='no-answer-at-door').pk}/", {"act": "missed"})
    todo = owed("no-answer-at-door").get()
    assert todo.due_at <= now() + timedelta(minutes=5)


def test_doors_cost_the_inbox_the_same_with_one_and_with_many(
    desk, community, actor, visit, django_assert_max_num_queries
):
    nobody_opens(visit)
    for number in range(6):
        elder = factories.ElderFactory(community=community)
        factories.FamilyContactFactory.create_batch(2, elder=elder)
        need = log_request(elder, "parcel", actor=SYSTEM, **window(24 * (number + 1)))
        nobody_opens(assign(need, visit.volunteer, actor=actor))
    with django_assert_max_num_queries(13):
        assert desk.get("/inbox/").content.decode().count("rang the bell") == 7
