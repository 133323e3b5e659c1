"""What volunteers, families and elders are told of a visit: in time or not at all, and by a person if not by text."""

from datetime import timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.communities.people import TellBy
from linzhu.dispatch import visit_texts
from linzhu.dispatch.assignments import assign, finish, release
from linzhu.dispatch.decisions import cancel
from linzhu.dispatch.models import Todo, VisitStep
from linzhu.dispatch.visits import take_step
from linzhu.dispatch.volunteer_acts import say_no, say_yes
from linzhu.dispatch.waves import start_wave
from linzhu.notifications.models import Message
from linzhu.notifications.optout import opt_out
from linzhu.requests.lifecycle import SYSTEM, log_request
from tests import factories
from tests.asking import ask_all
from tests.factories import window

State, Priority = Message.State, Message.Priority


@pytest.fixture
def elder(community):
    return factories.ElderFactory(community=community, phone="+8619950000001", tell_by=TellBy.TEXT)


@pytest.fixture
def volunteer(community):
    return factories.VolunteerFactory(community=community)


@pytest.fixture
def visit(elder, volunteer):
    help_request = log_request(elder, "groceries", actor=SYSTEM, **window(26))
    return assign(help_request, volunteer, actor=SYSTEM)


def only(template) -> Message:
    return Message.objects.get(template=template)


# --- in time or not at all ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", ["reminder_evening", "reminder_soon"])
def test_reminder_gives_way_to_others_and_does_not_come_after_the_visit_has_begun(visit, template):
    visit_texts.remind(visit, template)
    reminder = only(template)
    assert (reminder.priority, reminder.expires_at) == (Priority.REMINDER, visit.help_request.window_start)
    assert only("visit_yours").priority == Priority.CONFIRMATION


@pytest.mark.parametrize(
    ("kind", "template"), [(VisitStep.Kind.ASK_ARRIVAL, "ask_arrival"), (VisitStep.Kind.ASK_END, "ask_end")]
)
def test_question_is_not_asked_hours_later(visit, kind, template):
    take_step(VisitStep.objects.get_or_create(assignment=visit, kind=kind, defaults={"due_at": now()})[0])
    assert now() < only(template).expires_at <= now() + timedelta(minutes=30)


@pytest.mark.parametrize("end", ["release", "cancel", "finish"])
def test_reminder_still_waiting_is_not_sent_once_the_visit_has_ended(visit, end):
    """The text that calls it off goes first: the reminder after it would send somebody all the same."""
    visit_texts.remind(visit, "reminder_soon")
    match end:
        case "release":
            release(visit, actor=SYSTEM, why="")
        case "cancel":
            cancel(visit.help_request, actor=SYSTEM, reason="by-elder")
        case "finish":
            finish(visit, actor=SYSTEM)
    assert {only(template).state for template in ("reminder_soon", "visit_yours")} == {State.EXPIRED}


def test_text_about_another_visit_of_the_same_volunteer_stays(visit, elder, volunteer):
    other = assign(log_request(elder, "parcel", actor=SYSTEM, **window(50)), volunteer, actor=SYSTEM)
    release(other, actor=SYSTEM, why="")
    assert Message.objects.get(template="visit_yours", about=visit.help_request.ref).state == State.QUEUED


def test_offer_is_not_sent_after_its_wave(elder, volunteer):
    """Others are asked by then. Who has got it may answer until the help is wanted."""
    help_request = log_request(elder, "groceries", actor=SYSTEM, **window(5))
    wave = start_wave(help_request)
    offer = wave.offers.get()
    assert offer.message.expires_at == wave.ends_at
    assert offer.expires_at == help_request.window_start


@pytest.mark.parametrize("answer", [say_yes, say_no])
def test_offer_answered_on_the_page_is_not_sent_any_more(elder, volunteer, answer):
    help_request = log_request(elder, "groceries", actor=SYSTEM, **window(5))
    ask_all(help_request)
    answer(help_request.offers.get())
    assert only("offer").state == State.EXPIRED


# --- by a person if not by text -----------------------------------------------------------------------------------


def test_elder_who_wants_no_texts_any_more_is_called(elder, volunteer):
    opt_out(elder.phone)
    assign(log_request(elder, "groceries", actor=SYSTEM, **window(26)), volunteer, actor=SYSTEM)
    assert Todo.objects.get().kind == Todo.Kind.TELL_ELDER


def test_elder_whose_family_wants_no_texts_any_more_is_called(elder, volunteer):
    elder.tell_by = TellBy.FAMILY
    elder.save()
    opt_out(factories.FamilyContactFactory(elder=elder).phone)
    assign(log_request(elder, "groceries", actor=SYSTEM, **window(26)), volunteer, actor=SYSTEM)
    assert Todo.objects.get().kind == Todo.Kind.TELL_ELDER


def test_elder_one_of_whose_family_takes_texts_is_told_by_them(elder, volunteer):
    elder.tell_by = TellBy.FAMILY
    elder.save()
    opt_out(factories.FamilyContactFactory(elder=elder).phone)
    factories.FamilyContactFactory(elder=elder)
    assign(log_request(elder, "groceries", actor=SYSTEM, **window(26)), volunteer, actor=SYSTEM)
    assert Todo.objects.count() == 0


def test_volunteer_who_takes_no_texts_is_called_about_the_visit(visit, elder, volunteer):
    """Assigned by staff: they have said yes on the phone, and must learn the address and the door word."""
    opt_out(volunteer.phone)
    Todo.objects.all().delete()
    other = assign(log_request(elder, "parcel", actor=SYSTEM, **window(50)), volunteer, actor=SYSTEM)
    release(other, actor=SYSTEM, why="")
    owed = Todo.objects.filter(kind=Todo.Kind.NOT_DELIVERED).order_by("pk")
    assert [todo.message.template for todo in owed] == ["visit_yours", "visit_off"]
