"""The roll-call of an emergency: declared, asked in small bites, answered, never forgotten."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.communities.rules import rules_of
from linzhu.dispatch import clock
from linzhu.dispatch.asking import plan_wave
from linzhu.dispatch.emergency import asking, ending, roll_call
from linzhu.dispatch.emergency.area import Area, Circle
from linzhu.dispatch.emergency.declare import NotNow, declare, plan
from linzhu.dispatch.emergency.telling import text_of
from linzhu.dispatch.history import read_history
from linzhu.dispatch.matching import find_pool
from linzhu.dispatch.models import CallUp, Emergency, RollCallChange, RollCallEntry, Todo
from linzhu.dispatch.reading.roll_call import Said, read_roll_call
from linzhu.dispatch.replies import Kind
from linzhu.notifications.gateways.local import LocalGateway
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.wording import find_template
from linzhu.requests.models import HelpRequest, PriorityGroup, Status
from tests import factories
from tests.emergencies import MOBILE, declared, entry_of, mobile_elder, text, ticks

State, Step, By = RollCallEntry.State, RollCallEntry.Step, RollCallEntry.By

pytestmark = pytest.mark.django_db


def states(emergency: Emergency) -> list[str]:
    return list(emergency.entries.order_by("elder").values_list("state", flat=True))


# --- whom it concerns -------------------------------------------------------------------------------------------------


def test_area_of_a_node_holds_everybody_below():
    district = factories.CommunityFactory()
    below = mobile_elder(factories.CommunityFactory(parent=district))
    mobile_elder(factories.CommunityFactory())
    assert Area([district]).elders() == [below]


def test_area_of_a_circle_holds_whoever_lives_inside(community):
    near = mobile_elder(community, lat=39.1205)
    mobile_elder(community, lat=39.20)
    assert Area([community], circle=Circle(39.12, 117.2, 500)).elders() == [near]


def test_circle_does_not_reach_into_communities_that_are_not_named(community):
    mobile_elder(factories.CommunityFactory())
    assert Area([community], circle=Circle(39.12, 117.2, 500)).elders() == []


def test_elder_without_a_position_lives_where_the_community_has_its_middle(community):
    elder = mobile_elder(community, lat=None, lng=None)
    assert Area([community], circle=Circle(39.12, 117.2, 500)).elders() == [elder]


def test_only_the_chosen_groups_are_asked_after(community):
    alone = mobile_elder(community, groups=frozenset({PriorityGroup.LIVING_ALONE}))
    mobile_elder(community, groups=frozenset())
    assert Area([community], frozenset({PriorityGroup.LIVING_ALONE, PriorityGroup.DISABLED})).elders() == [alone]


@pytest.mark.parametrize("left_out", ["paused", "opted out", "suspended", "not cleared", "does other things"])
def test_volunteers_who_may_not_be_asked_are_not_called_up(community, left_out):
    fields = {
        "paused": {"paused_until": now() + timedelta(days=1)},
        "opted out": {"opted_out_at": now()},
        "suspended": {"status": "suspended"},
        "not cleared": {"cleared_until": None},
        "does other things": {"skills": frozenset({"bookings"})},
    }
    factories.VolunteerFactory(community=community, **fields[left_out])
    assert Area([community]).volunteers() == []


# --- the preview ------------------------------------------------------------------------------------------------------


def test_plan_counts_phones_texts_and_volunteers(community):
    mobile_elder(community)
    mobile_elder(community, languages=frozenset({"en"}))
    factories.ElderFactory(community=community)
    factories.ElderFactory(community=community, phone="")
    factories.VolunteerFactory(community=community)
    found = plan(Area([community]), "heat", drill=False, call_up=True)
    assert (found.elders, found.texts, found.landlines, found.no_phone, found.volunteers) == (4, 2, 1, 1, 1)
    assert {sample.language: sample.people for sample in found.samples} == {"zh-hans": 1, "en": 1}
    assert found.parts == sum(sample.parts for sample in found.samples)


def test_plan_writes_and_sends_nothing(community):
    mobile_elder(community)
    plan(Area([community]), "heat", drill=False, call_up=True)
    assert (Emergency.objects.count(), Message.objects.count()) == (0, 0)


def test_plan_says_how_many_texts_the_days_limit_holds_back(community, settings):
    for _number in range(3):
        mobile_elder(community)
    parts = plan(Area([community]), "heat", drill=False, call_up=False).samples[0].parts
    settings.SMS_CAP_COMMUNITY = 2 * parts
    assert plan(Area([community]), "heat", drill=False, call_up=False).above_cap == 1


def test_plan_costs_the_same_for_many(community, django_assert_num_queries):
    mobile_elder(community)
    area = Area([community])
    with django_assert_num_queries(6) as first:
        plan(area, "heat", drill=False, call_up=True)
    for _number in range(30):
        mobile_elder(community)
    with django_assert_num_queries(len(first)):
        plan(area, "heat", drill=False, call_up=True)


# --- the declaration --------------------------------------------------------------------------------------------------


def test_declaration_sends_nothing_by_itself(community, dispatcher):
    mobile_elder(community)
    assert states(declared(community, dispatcher)) == [State.UNKNOWN]
    assert not Message.objects.exists()


def test_declaration_sent_twice_is_one(community, dispatcher):
    mobile_elder(community)
    first = declared(community, dispatcher, key="same")
    assert declared(community, dispatcher, key="same") == first
    assert RollCallEntry.objects.count() == 1


def test_declaration_with_other_numbers_than_were_read_is_refused(community, dispatcher):
    mobile_elder(community)
    with pytest.raises(NotNow):
        declare(Area([community]), "heat", user=dispatcher, key="k", expected=2)
    assert not Emergency.objects.exists()


def test_drill_is_refused_where_elders_are_asked_after_in_earnest(community, dispatcher):
    mobile_elder(community)
    declared(community, dispatcher)
    with pytest.raises(NotNow):
        declared(community, dispatcher, drill=True, key="drill")


# --- asking -----------------------------------------------------------------------------------------------------------


def test_mobile_is_texted_once_however_often_the_clock_looks(community, dispatcher):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    for _time in range(3):
        asking.take_due_steps(now())
    assert list(Message.objects.values_list("to", "template")) == [(elder.phone, "roll_call_heat")]
    assert states(emergency) == [State.ASKED]


def test_emergency_asks_at_night_as_well(community, dispatcher, stopped_clock):
    stopped_clock.move_to("2026-11-23T16:30:00Z")
    mobile_elder(community)
    declared(community, dispatcher)
    asking.take_due_steps(now())
    assert Message.objects.filter(template="roll_call_heat").exists()


@pytest.mark.parametrize("phone", ["+862220001234", MOBILE])
def test_who_cannot_be_texted_is_owed_a_call(community, dispatcher, phone):
    elder = factories.ElderFactory(community=community, phone=phone)
    if phone == MOBILE:
        text(phone, "TD")
    emergency = declared(community, dispatcher)
    clock.tick()
    entry = entry_of(emergency, elder)
    assert (entry.step, entry.state) == (Step.STAFF_CALL, State.UNKNOWN)
    assert Todo.objects.open().get().kind == Todo.Kind.ROLL_CALL


def test_who_has_no_phone_is_looked_in_on_at_once(community, dispatcher):
    elder = factories.ElderFactory(community=community, phone="")
    emergency = declared(community, dispatcher)
    for _look in range(2):
        asking.take_due_steps(now())
    entry = entry_of(emergency, elder)
    assert (entry.step, entry.state, entry.help_request.service_code) == (Step.VISIT, State.NOT_REACHED, "safety-check")


def test_silence_leads_to_a_call_and_then_to_a_neighbour(community, dispatcher, stopped_clock):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    ticks(stopped_clock, 0)
    ticks(stopped_clock, 16)
    assert (entry_of(emergency, elder).step, entry_of(emergency, elder).state) == (Step.STAFF_CALL, State.ASKED)
    ticks(stopped_clock, 31)
    entry = entry_of(emergency, elder)
    assert (entry.step, entry.state, entry.due_at) == (Step.VISIT, State.NOT_REACHED, None)
    assert entry.help_request.channel == HelpRequest.Channel.ROLL_CALL
    ticks(stopped_clock, 500)
    assert HelpRequest.objects.count() == 1


def test_text_that_did_not_arrive_is_not_waited_for(community, dispatcher):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    factories.MessageFactory._meta.model.objects.update(state="failed", finished_at=now())
    asking.take_due_steps(now())
    assert entry_of(emergency, elder).step == Step.STAFF_CALL


def test_text_above_the_days_limit_is_not_written_and_a_person_calls(community, dispatcher, settings):
    settings.SMS_CAP_COMMUNITY = 1
    factories.MessageFactory(community=community, state="delivered", handed_at=now())
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    assert entry_of(emergency, elder).step == Step.STAFF_CALL
    assert Message.objects.count() == 1


def test_without_replies_the_text_warns_and_a_person_calls_at_once(community, dispatcher, monkeypatch):
    monkeypatch.setattr(LocalGateway, "capabilities", replace(LocalGateway.capabilities, two_way=False))
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    asking.take_due_steps(now())
    assert entry_of(emergency, elder).step == Step.STAFF_CALL


# --- the table of moves -----------------------------------------------------------------------------------------------

WORDS = (State.SAFE, State.NEEDS_HELP, State.HELPED)
MOVES = [(before, after) for before in State for after in WORDS if before != after]


@pytest.fixture
def entry(community, dispatcher) -> RollCallEntry:
    mobile_elder(community)
    return declared(community, dispatcher).entries.get()


def put(entry: RollCallEntry, state: str) -> RollCallEntry:
    RollCallEntry.objects.filter(pk=entry.pk).update(state=state)
    entry.refresh_from_db()
    return entry


@pytest.mark.parametrize(
    ("before", "after"), [(a, b) for a, b in MOVES if b in (State.SAFE, State.NEEDS_HELP, State.HELPED)]
)
def test_word_moves_an_entry_as_the_table_says(entry, before, after):
    put(entry, before)
    allowed = after in roll_call.TRANSITIONS[before]
    assert roll_call.learn(entry, after, by=By.STAFF) is allowed
    entry.refresh_from_db()
    assert entry.state == (after if allowed else before)
    change = RollCallChange.objects.get()
    assert (change.from_state, change.to_state, change.said) == (before, entry.state, after)


@pytest.mark.parametrize("state", WORDS)
def test_word_said_twice_leaves_one_trail(entry, state):
    put(entry, State.NEEDS_HELP if state == State.HELPED else State.ASKED)
    assert [roll_call.learn(entry, state, by=By.STAFF) for _time in range(2)] == [True, False]
    assert RollCallChange.objects.count() == 1


def test_safe_does_not_take_back_that_help_is_needed(entry):
    roll_call.learn(entry, State.NEEDS_HELP, by=By.ELDER_TEXT)
    roll_call.learn(entry, State.SAFE, by=By.FAMILY_TEXT)
    entry.refresh_from_db()
    assert (entry.state, Todo.objects.open().get(kind=Todo.Kind.NEEDS_HELP).help_request) == (
        State.NEEDS_HELP,
        entry.help_request,
    )


def test_safe_ends_everything_that_was_owed(entry, dispatcher):
    roll_call.claim(entry, dispatcher)
    roll_call.learn(entry, State.SAFE, by=By.STAFF, user=dispatcher)
    entry.refresh_from_db()
    assert (entry.step, entry.due_at, entry.claimed_by) == (Step.NONE, None, None)


def test_help_needed_opens_one_safety_check_and_one_alarm(entry):
    roll_call.learn(entry, State.NEEDS_HELP, by=By.ELDER_TEXT)
    roll_call.learn(entry, State.NEEDS_HELP, by=By.STAFF)
    assert (HelpRequest.objects.count(), Todo.objects.filter(kind=Todo.Kind.NEEDS_HELP).count()) == (1, 1)


def test_helped_by_staff_settles_the_alarm(entry, dispatcher):
    roll_call.learn(entry, State.NEEDS_HELP, by=By.ELDER_TEXT)
    roll_call.learn(entry, State.HELPED, by=By.STAFF, user=dispatcher)
    assert not Todo.objects.open().filter(kind=Todo.Kind.NEEDS_HELP).exists()
    assert HelpRequest.objects.get().status == Status.CANCELLED


def test_help_needed_again_opens_another_safety_check(entry, dispatcher):
    roll_call.learn(entry, State.NEEDS_HELP, by=By.ELDER_TEXT)
    roll_call.learn(entry, State.HELPED, by=By.STAFF, user=dispatcher)
    roll_call.learn(entry, State.NEEDS_HELP, by=By.ELDER_TEXT)
    assert HelpRequest.objects.count() == 2


# --- answers by text --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "state"),
    [("平安", State.SAFE), ("Safe!", State.SAFE), ("需要帮助", State.NEEDS_HELP), ("help", State.NEEDS_HELP)],
)
def test_elders_text_is_read_by_closed_lists(community, dispatcher, words, state):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    text(elder.phone, words)
    entry = entry_of(emergency, elder)
    assert (entry.state, entry.learned_from) == (state, By.ELDER_TEXT)
    assert InboundMessage.objects.get().reading == state


@pytest.mark.parametrize("words", ["还行吧", "不平安吗", "好的", "safe?", "明天可以吗", "不需要帮助了吧"])
def test_unclear_text_is_never_taken_for_safe(community, dispatcher, words):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    text(elder.phone, words)
    entry = entry_of(emergency, elder)
    assert (entry.state, entry.step) == (State.ASKED, Step.STAFF_CALL)
    assert entry.unclear_at is not None
    assert Todo.objects.open().filter(inbound__isnull=False).exists()


def test_word_of_danger_alarms_and_counts_as_needing_help(community, dispatcher):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    text(elder.phone, "救命")
    assert entry_of(emergency, elder).state == State.NEEDS_HELP
    assert Todo.objects.open().filter(kind=Todo.Kind.DANGER).exists()
    assert Message.objects.filter(template="danger").exists()


def test_opt_out_stays_an_opt_out(community, dispatcher):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    text(elder.phone, "TD")
    assert InboundMessage.objects.get().reading == Kind.OPT_OUT
    assert entry_of(emergency, elder).state == State.ASKED


def test_familys_text_counts_for_the_elder(community, dispatcher):
    elder = mobile_elder(community)
    contact = factories.FamilyContactFactory(elder=elder)
    emergency = declared(community, dispatcher)
    text(contact.phone, "我妈平安")
    entry = entry_of(emergency, elder)
    assert (entry.state, entry.learned_from) == (State.SAFE, By.FAMILY_TEXT)
    assert not Message.objects.filter(template="family_safe").exists()


def test_safe_from_a_shared_phone_is_not_guessed_for_both(community, dispatcher):
    both = [mobile_elder(community, phone=MOBILE) for _person in range(2)]
    emergency = declared(community, dispatcher)
    text(MOBILE, "平安")
    assert {entry_of(emergency, elder).state for elder in both} == {State.UNKNOWN}
    text(MOBILE, "都平安")
    assert {entry_of(emergency, elder).state for elder in both} == {State.SAFE}


def test_same_text_brought_twice_is_answered_once(community, dispatcher):
    elder = mobile_elder(community)
    declared(community, dispatcher)
    for _time in range(2):
        text(elder.phone, "平安")
    assert Message.objects.filter(template="roll_call_safe").count() == 1


def test_answer_counts_for_the_real_emergency_rather_than_a_drill(community, dispatcher):
    elder = mobile_elder(community)
    drill = declared(community, dispatcher, drill=True, key="drill")
    real = declared(community, dispatcher, key="real")
    text(elder.phone, "平安")
    assert (entry_of(real, elder).state, entry_of(drill, elder).state) == (State.SAFE, State.UNKNOWN)


def test_late_answer_counts_for_a_day_after_the_end(community, dispatcher, stopped_clock):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    ending.end(emergency, user=dispatcher)
    stopped_clock.shift(timedelta(hours=23))
    text(elder.phone, "平安")
    assert entry_of(emergency, elder).state == State.SAFE
    stopped_clock.shift(timedelta(hours=2))
    text(elder.phone, "需要帮助")
    assert entry_of(emergency, elder).state == State.SAFE


@pytest.mark.parametrize("language", ["zh-hans", "en", "bo", "ug"])
@pytest.mark.parametrize("kind", Emergency.Kind.values)
def test_words_that_a_text_asks_for_are_understood(kind, language):
    source = find_template(text_of(Emergency(kind=kind)), language)[0].source
    quoted = re.findall(r"\b(SAFE|HELP)\b", source) if language == "en" else re.findall(r"[“«]([^”»]+)[”»]", source)
    assert [read_roll_call(words) for words in quoted] == [Said.SAFE, Said.NEEDS_HELP]


# --- families ---------------------------------------------------------------------------------------------------------


def test_family_is_told_once_that_the_elder_is_safe(community, dispatcher):
    elder = mobile_elder(community)
    factories.FamilyContactFactory(elder=elder)
    factories.FamilyContactFactory(elder=elder, gets_texts=False)
    emergency = declared(community, dispatcher)
    text(elder.phone, "平安")
    assert Message.objects.filter(template="family_safe").count() == 1
    roll_call.learn(entry_of(emergency, elder), State.NEEDS_HELP, by=By.STAFF)
    roll_call.learn(entry_of(emergency, elder), State.HELPED, by=By.STAFF)
    assert Message.objects.filter(template="family_safe").count() == 1


def test_family_with_a_link_gets_no_second_text(community, dispatcher, stopped_clock):
    elder = factories.ElderFactory(community=community, phone="")
    contact = factories.FamilyContactFactory(elder=elder)
    emergency = declared(community, dispatcher)
    for _look in range(2):
        asking.take_due_steps(now())
    roll_call.learn(entry_of(emergency, elder), State.SAFE, by=By.STAFF)
    told = Message.objects.filter(to=contact.phone).values_list("template", flat=True)
    assert sorted(told) == ["family_logged", "family_off"]


# --- volunteers -------------------------------------------------------------------------------------------------------


def called_up(community, dispatcher, **kwargs) -> CallUp:
    mobile_elder(community)
    factories.VolunteerFactory(community=community, **kwargs)
    declared(community, dispatcher)
    clock.tick()
    return CallUp.objects.get()


def test_volunteer_is_asked_once_whether_they_can_help(community, dispatcher):
    call_up = called_up(community, dispatcher)
    clock.tick()
    assert Message.objects.filter(to=call_up.phone, template="call_up").count() == 1


@pytest.mark.parametrize(("words", "answer"), [("yes", "yes"), ("接{}", "yes"), ("no", "no"), ("不接{}", "no")])
def test_answer_to_a_call_up_is_noted(community, dispatcher, words, answer):
    call_up = called_up(community, dispatcher)
    text(call_up.phone, words.format(call_up.code))
    call_up.refresh_from_db()
    assert call_up.answer == answer


def test_no_to_a_call_up_is_final(community, dispatcher):
    call_up = called_up(community, dispatcher)
    text(call_up.phone, "no")
    text(call_up.phone, f"yes {call_up.code}")
    call_up.refresh_from_db()
    assert call_up.answer == "no"


def test_bare_yes_beside_an_open_offer_is_asked_about(community, dispatcher):
    call_up = called_up(community, dispatcher)
    help_request = factories.HelpRequestFactory(elder__community=community)
    factories.OfferFactory(help_request=help_request, volunteer=call_up.volunteer)
    text(call_up.phone, "yes")
    call_up.refresh_from_db()
    help_request.refresh_from_db()
    assert (call_up.answer, help_request.status) == ("", Status.OPEN)
    assert call_up.code in Message.objects.get(template="which_one").text


def test_volunteer_who_opts_out_meanwhile_is_not_asked(community, dispatcher):
    mobile_elder(community)
    volunteer = factories.VolunteerFactory(community=community)
    declared(community, dispatcher)
    text(volunteer.phone, "TD")
    clock.tick()
    assert not Message.objects.filter(template="call_up").exists()


def test_yes_lifts_the_weekly_limit_and_comes_first_in_the_search(community, dispatcher):
    call_up = called_up(community, dispatcher, weekly_cap=0, lat=39.125)
    factories.VolunteerFactory(community=community, lat=39.12)
    elder = RollCallEntry.objects.get().elder
    help_request = factories.HelpRequestFactory(elder=elder, service_code="safety-check")
    rules = rules_of(community)

    def order() -> list[int]:
        pool = find_pool(help_request, rules, enough=10)
        return [one.volunteer.pk for one in plan_wave(help_request, pool, rules).order]

    assert call_up.volunteer_id not in order()
    text(call_up.phone, "yes")
    assert order()[0] == call_up.volunteer_id


def test_who_said_no_gets_no_offer_of_the_roll_call_but_of_everything_else(community, dispatcher):
    call_up = called_up(community, dispatcher)
    text(call_up.phone, "no")
    elder = RollCallEntry.objects.get().elder
    check = factories.HelpRequestFactory(elder=elder, service_code="safety-check", channel="rollcall")
    errand = factories.HelpRequestFactory(elder=elder)
    assert read_history(check).said_no == {call_up.volunteer_id}
    assert read_history(errand).said_no == set()


def test_yes_counts_only_while_the_emergency_lasts(community, dispatcher):
    call_up = called_up(community, dispatcher)
    text(call_up.phone, "yes")
    help_request = factories.HelpRequestFactory(elder=RollCallEntry.objects.get().elder)
    assert read_history(help_request).ready == {call_up.volunteer_id}
    ending.end(Emergency.objects.get(), user=dispatcher)
    assert read_history(help_request).ready == set()
