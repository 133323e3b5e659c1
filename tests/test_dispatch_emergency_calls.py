"""The roll-call by telephone: read aloud, answered by a key; and what a neighbour or the family reports."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from linzhu.communities.clock import now
from linzhu.dispatch import assignments, clock, decisions
from linzhu.dispatch.emergency import asking, roll_call
from linzhu.dispatch.family_says import form_token
from linzhu.dispatch.links import family_url
from linzhu.dispatch.models import Assignment, Emergency, RollCallEntry, Todo
from linzhu.dispatch.voice import handsets
from linzhu.notifications.models import Call, Message
from linzhu.notifications.voice import calls
from linzhu.requests.lifecycle import SYSTEM
from linzhu.requests.models import FamilyLink, HelpRequest, Need, Status
from tests import factories
from tests.emergencies import declared, entry_of, mobile_elder, text, ticks

State, Step, By = RollCallEntry.State, RollCallEntry.Step, RollCallEntry.By

pytestmark = pytest.mark.django_db


@pytest.fixture
def voice(settings, stopped_clock):
    settings.VOICE_GATEWAY = "local"
    return stopped_clock


@pytest.fixture
def landline(community):
    return factories.ElderFactory(community=community)


@pytest.fixture
def emergency(voice, landline, community, dispatcher) -> Emergency:
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    return emergency


def ringing() -> Call:
    call = Call.objects.order_by("-pk").first()
    calls.dial(call.pk)
    call.refresh_from_db()
    return call


def press(key: str) -> Call:
    call = ringing()
    handsets.do(call, handsets.PICK_UP)
    handsets.do(call, f"{handsets.KEY}{key}")
    call.refresh_from_db()
    return call


# --- calls ------------------------------------------------------------------------------------------------------------


def test_landline_is_rung_and_hears_the_question(emergency, landline):
    call = ringing()
    handsets.do(call, handsets.PICK_UP)
    assert (call.phone, entry_of(emergency, landline).state) == (landline.phone, State.ASKED)
    assert "按2" in next(iter(handsets.lines_of(Call.objects.get()))).text


@pytest.mark.parametrize(("key", "state"), [("2", State.SAFE), ("0", State.NEEDS_HELP)])
def test_key_tells_how_they_are(emergency, landline, key, state):
    call = press(key)
    entry = entry_of(emergency, landline)
    assert (entry.state, entry.learned_from) == (state, By.ELDER_CALL)
    assert call.is_over


def test_key_pressed_twice_is_one_word(emergency, landline):
    call = press("2")
    handsets.do(call, f"{handsets.KEY}2")
    assert entry_of(emergency, landline).changes.filter(said=State.SAFE).count() == 1


def test_voicemail_and_silence_prove_nothing(emergency, landline):
    call = ringing()
    handsets.do(call, handsets.PICK_UP)
    for _silence in range(4):
        handsets.do(call, handsets.SILENCE)
    assert entry_of(emergency, landline).state == State.ASKED


def test_nobody_picks_up_is_rung_again_and_then_called_by_a_person(emergency, landline, voice):
    handsets.do(ringing(), handsets.MISS)
    assert Call.objects.count() == 2
    voice.shift(timedelta(minutes=4))
    handsets.do(ringing(), handsets.MISS)
    clock.tick()
    assert (Call.objects.count(), entry_of(emergency, landline).step) == (2, Step.STAFF_CALL)


def test_text_unanswered_is_followed_by_a_call(voice, community, dispatcher):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    ticks(voice, 0)
    ticks(voice, 16)
    assert (Call.objects.get().phone, entry_of(emergency, elder).step) == (elder.phone, Step.ASK_AGAIN)


def test_answer_by_text_calls_the_ringing_off(voice, community, dispatcher):
    elder = mobile_elder(community)
    declared(community, dispatcher)
    ticks(voice, 0)
    asking_call_due = 16
    voice.shift(timedelta(minutes=asking_call_due))
    asking.take_due_steps(now())
    text(elder.phone, "平安")
    assert Call.objects.get().state == Call.State.CANCELLED


@pytest.mark.parametrize("fields", [{"phone_ext": "802"}, {"needs": frozenset({Need.HEARING})}, {"languages": {"bo"}}])
def test_who_cannot_be_rung_by_a_machine_is_called_by_a_person(voice, community, dispatcher, fields):
    elder = factories.ElderFactory(community=community, **fields)
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    assert (Call.objects.count(), entry_of(emergency, elder).step) == (0, Step.STAFF_CALL)


def test_drill_says_so_on_the_phone(voice, landline, community, dispatcher):
    declared(community, dispatcher, drill=True)
    asking.take_due_steps(now())
    assert Call.objects.get().params["drill"] != ""


# --- drills -----------------------------------------------------------------------------------------------------------


def test_drill_marks_every_text(community, dispatcher):
    elder = mobile_elder(community)
    factories.FamilyContactFactory(elder=elder)
    volunteer = factories.VolunteerFactory(community=community)
    declared(community, dispatcher, drill=True)
    clock.tick()
    text(volunteer.phone, "yes")
    text(elder.phone, "平安")
    texts = list(Message.objects.values_list("template", "text"))
    assert {template for template, _text in texts} == {
        "roll_call_heat", "call_up", "call_up_yes", "roll_call_safe", "family_safe",
    }  # fmt: skip
    assert [words for _template, words in texts if "DRILL" not in words and "演练" not in words] == []


def test_drill_sends_nobody_to_a_door(community, dispatcher, stopped_clock):
    silent, needy = mobile_elder(community), mobile_elder(community)
    emergency = declared(community, dispatcher, drill=True)
    ticks(stopped_clock, 0)
    text(needy.phone, "需要帮助")
    for minutes in (16, 31, 1):
        ticks(stopped_clock, minutes)
    assert HelpRequest.objects.count() == 0
    entries = [entry_of(emergency, elder) for elder in (silent, needy)]
    assert [(entry.state, entry.step) for entry in entries] == [
        (State.NOT_REACHED, Step.PERSON),
        (State.NEEDS_HELP, Step.PERSON),
    ]


# --- a neighbour looks in ---------------------------------------------------------------------------------------------


@pytest.fixture
def visited(community, dispatcher) -> RollCallEntry:
    """Somebody whom a neighbour goes to see."""
    elder = factories.ElderFactory(community=community, phone="")
    emergency = declared(community, dispatcher)
    for _look in range(2):
        asking.take_due_steps(now())
    return entry_of(emergency, elder)


def seen(entry: RollCallEntry, outcome: str) -> RollCallEntry:
    volunteer = factories.VolunteerFactory(community=entry.community)
    visit = assignments.assign(entry.help_request, volunteer, actor=SYSTEM)
    assignments.arrive(visit, actor=SYSTEM)
    assignments.finish(visit, actor=SYSTEM, outcome=outcome)
    entry.refresh_from_db()
    return entry


def test_neighbour_who_has_looked_in_makes_them_safe(visited):
    entry = seen(visited, Assignment.Outcome.DONE)
    assert (entry.state, entry.learned_from, entry.step) == (State.SAFE, By.VISIT, Step.NONE)


def test_closed_door_is_owed_to_a_person(visited):
    entry = seen(visited, Assignment.Outcome.ELDER_NO_ANSWER)
    assert (entry.state, entry.step) == (State.NOT_REACHED, Step.PERSON)
    assert entry.due_at is not None


def test_neighbour_who_has_helped_ends_the_need_but_not_the_alarm(visited):
    roll_call.learn(visited, State.NEEDS_HELP, by=By.STAFF)
    entry = seen(visited, Assignment.Outcome.DONE)
    assert entry.state == State.HELPED
    assert Todo.objects.open().filter(kind=Todo.Kind.NEEDS_HELP).exists()


def test_safety_check_that_is_called_off_is_owed_to_a_person(visited, dispatcher):
    decisions.cancel(visited.help_request, actor=SYSTEM, reason="mistake")
    visited.refresh_from_db()
    assert (visited.step, visited.due_at is not None) == (Step.PERSON, True)


def test_safe_calls_off_a_search_without_troubling_the_elder(visited):
    roll_call.learn(visited, State.SAFE, by=By.STAFF)
    visited.help_request.refresh_from_db()
    assert visited.help_request.status == Status.CANCELLED
    assert not Todo.objects.open().exists()


def test_safe_leaves_a_promised_visit_alone(visited):
    assignments.assign(
        visited.help_request, factories.VolunteerFactory(community=visited.community), actor=SYSTEM
    )  # fmt: skip
    roll_call.learn(visited, State.SAFE, by=By.STAFF)
    visited.help_request.refresh_from_db()
    assert visited.help_request.status == Status.ASSIGNED


# --- the family's page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("what", "state"), [("safe", State.SAFE), ("needs-help", State.NEEDS_HELP)])
def test_family_tells_on_its_page_how_the_elder_is(visited, what, state):
    browser = Client(headers={"accept-language": "en"})
    page = browser.get(family_url(visited.help_request), follow=True).content.decode()
    assert "Do you know how they are?" in page
    token = form_token(FamilyLink.objects.get())
    for _double_click in range(2):
        browser.post(f"/family/{visited.help_request.ref}/say/{what}/", {"token": token})
    visited.refresh_from_db()
    assert (visited.state, visited.learned_from) == (state, By.FAMILY_PAGE)
    assert visited.changes.filter(said=state).count() == 1


def test_family_page_of_another_visit_does_not_ask(community):
    help_request = factories.HelpRequestFactory(elder__community=community)
    browser = Client(headers={"accept-language": "en"})
    assert "Do you know how they are?" not in browser.get(family_url(help_request), follow=True).content.decode()
    answer = browser.post(f"/family/{help_request.ref}/say/safe/", {"token": form_token(FamilyLink.objects.get())})
    assert answer.status_code == 302
