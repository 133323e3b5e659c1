"""Nobody new is left to ask: those who have kept silent are asked once more, and only then a person decides."""

from collections import Counter
from datetime import timedelta

import pytest
from django.http import QueryDict

from linzhu.communities.clock import now
from linzhu.communities.rules import rules_of
from linzhu.dispatch import clock, habits, wishes
from linzhu.dispatch.actions import perform
from linzhu.dispatch.assignments import assign
from linzhu.dispatch.decisions import cancel, search_again
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.models import Offer, PlaceHabits, Todo, Wave
from linzhu.dispatch.offers import accept, decline
from linzhu.dispatch.once_more import ask_once_more, silent_offers
from linzhu.dispatch.opting import opt_out
from linzhu.dispatch.replies import Kind, Reply
from linzhu.dispatch.waves import _open_wave, start_wave
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest, Status
from linzhu.volunteers import lifecycle
from tests import factories
from tests.asking import ask_all, neighbours, text_lately
from tests.factories import window
from tests.invariants import broken_rules, forgotten

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock", "room")]

State = Message.State


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def hand_over_texts() -> None:
    Message.objects.filter(state=State.QUEUED).update(state=State.DELIVERED, handed_at=now())


def let_time_run_out(need, stopped_clock) -> None:
    """Everybody has their text, and the running wave ends without an answer."""
    hand_over_texts()
    stopped_clock.move_to(need.waves.get(ended_at=None).ends_at)
    clock.tick_decisions()


def asked_again(need) -> list[Offer]:
    return list(need.offers.exclude(asked_again_in=None))


def second_texts() -> list[Message]:
    return list(Message.objects.filter(template="offer_again"))


@pytest.fixture
def asked(community, need) -> list[Offer]:
    """All three who live near have been asked."""
    neighbours(community, 3)
    ask_all(need)
    return list(need.offers.all())


@pytest.fixture
def only(community, need) -> Offer:
    """The one volunteer near has been asked."""
    neighbours(community, 1)
    return start_wave(need).offers.get()


# --- asked once more ----------------------------------------------------------------------------------------------


def test_who_kept_silent_is_asked_once_more_before_a_person_decides(asked, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    wave = need.waves.get(ended_at=None)
    assert fresh(need).status == Status.OPEN
    assert {offer.pk: offer.asked_again_in for offer in need.offers.all()} == {offer.pk: wave for offer in asked}
    assert Counter(text.to for text in second_texts()) == Counter(offer.phone for offer in asked)
    assert (wave.offers.count(), wave.radius_m) == (0, max(offer.distance_m for offer in asked))


def test_second_text_asks_the_same_with_urgency(only, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    [text] = second_texts()
    assert "Still nobody found" in text.text
    assert f"YES {only.code} or NO {only.code}" in text.text
    assert fresh(only).message == text


def test_second_text_goes_out_like_an_offer_and_not_after_its_wave(only, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    [text] = second_texts()
    assert (text.priority, text.expires_at) == (Message.Priority.OFFER, need.waves.get(ended_at=None).ends_at)


def test_second_text_names_a_page_where_no_replies_come_in(only, need, stopped_clock, settings):
    settings.SMS_GATEWAY = "aliyun"
    let_time_run_out(need, stopped_clock)
    [text] = second_texts()
    assert "testserver/c/" in text.text
    assert {"page", "page_code"} <= text.params.keys()


def test_when_that_brings_no_yes_a_person_decides(asked, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    let_time_run_out(need, stopped_clock)
    assert (fresh(need).status, fresh(need).pause_reason) == (Status.PAUSED, "nobody-found")
    assert [todo.kind for todo in Todo.objects.open()] == [Todo.Kind.NOBODY_FOUND]
    assert len(second_texts()) == len(asked)


def test_when_all_say_no_to_it_a_person_decides_at_once(asked, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    for offer in asked:
        decline(offer, actor=SYSTEM)
    clock.tick_decisions()
    assert Todo.objects.open().get().kind == Todo.Kind.NOBODY_FOUND


def test_yes_to_the_second_text_gets_the_place(asked, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    accept(fresh(asked[1]), actor=SYSTEM)
    assert fresh(need).status == Status.ASSIGNED
    assert {text.state for text in second_texts()} == {State.EXPIRED}
    assert broken_rules() == []


@pytest.mark.parametrize("answer", [accept, decline])
def test_answer_to_the_first_text_ends_the_second_that_still_waits(only, need, stopped_clock, answer):
    let_time_run_out(need, stopped_clock)
    answer(fresh(only), actor=SYSTEM)
    assert [text.state for text in second_texts()] == [State.EXPIRED]


def test_no_to_it_is_a_no_and_the_others_are_waited_for(asked, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    decline(fresh(asked[0]), actor=SYSTEM)
    clock.tick_decisions()
    assert (fresh(need).status, need.offers.open().count(), need.waves.filter(ended_at=None).count()) == ("open", 2, 1)


def test_who_turns_up_meanwhile_is_asked_as_usual(only, need, community, stopped_clock):
    let_time_run_out(need, stopped_clock)
    [newcomer] = neighbours(community, 1)
    let_time_run_out(need, stopped_clock)
    wave = need.waves.get(ended_at=None)
    assert [offer.volunteer for offer in wave.offers.all()] == [newcomer]
    let_time_run_out(need, stopped_clock)
    assert (len(second_texts()), fresh(need).status) == (1, Status.PAUSED)  # once in a round


def test_for_the_second_place_the_silent_are_asked_once_more(community, elder, stopped_clock):
    neighbours(community, 3, clearance=2)
    need = log_request(elder, "benefit-certification", actor=SYSTEM, **window(8))
    ask_all(need)
    comes, *silent = need.offers.all()
    accept(comes, actor=SYSTEM)
    let_time_run_out(need, stopped_clock)
    assert asked_again(need) == silent


# --- who is left alone --------------------------------------------------------------------------------------------


def says_no(offer):
    decline(offer, actor=SYSTEM)


def writes(offer):
    factories.InboundMessageFactory(sender=offer.phone, received_at=now() + timedelta(minutes=1))


def opts_out(offer):
    opt_out(factories.InboundMessageFactory(sender=offer.phone), Reply(Kind.OPT_OUT))


def rests(offer):
    wishes.rest(offer.volunteer, now().date() + timedelta(days=7))


def is_suspended(offer):
    lifecycle.suspend(offer.volunteer, user=None)


def comes_to_somebody_else(offer):
    this = offer.help_request
    times = {"window_start": this.window_start, "window_end": this.window_end}
    assign(log_request(this.elder, "parcel", actor=SYSTEM, **times), offer.volunteer, actor=SYSTEM, via="phone")


def has_had_all_texts_of_the_week(offer):
    offer.volunteer.weekly_cap = 1
    offer.volunteer.save()


def never_got_it(offer):
    Message.objects.filter(offer=offer).update(state=State.UNDELIVERED, handed_at=now())


def got_it_just_now(offer):
    Message.objects.filter(offer=offer).update(state=State.DELIVERED, handed_at=now() + timedelta(minutes=8))


LEFT_ALONE = [
    says_no,
    writes,
    opts_out,
    rests,
    is_suspended,
    comes_to_somebody_else,
    has_had_all_texts_of_the_week,
    never_got_it,
    got_it_just_now,
]


@pytest.mark.parametrize("fact", LEFT_ALONE)
def test_others_alone_are_asked_once_more(asked, need, stopped_clock, fact):
    fact(fresh(asked[1]))
    let_time_run_out(need, stopped_clock)
    assert asked_again(need) == [asked[0], asked[2]]


def test_room_for_one_more_text_in_the_week_is_enough(only, need, elder, stopped_clock, settings):
    settings.WEEKLY_TEXT_CAP = 3
    text_lately(only.volunteer, elder, 1)
    let_time_run_out(need, stopped_clock)
    assert asked_again(need) == [only]


def test_if_nobody_qualifies_a_person_decides_at_once(only, need, stopped_clock):
    never_got_it(only)
    let_time_run_out(need, stopped_clock)
    assert (fresh(need).status, Wave.objects.count()) == (Status.PAUSED, 1)


def test_no_more_than_a_wave_may_ask_and_the_likeliest_first(asked, need, stopped_clock, settings):
    settings.WAVE_SIZE = 2
    for offer, value in zip(asked, [0.1, 0.3, 0.2], strict=True):
        Offer.objects.filter(pk=offer.pk).update(expectation=offer.expectation | {"value": value})
    let_time_run_out(need, stopped_clock)
    assert asked_again(need) == asked[1:]


def test_nobody_is_asked_once_more_in_two_rounds(only, need, community, stopped_clock):
    let_time_run_out(need, stopped_clock)
    let_time_run_out(need, stopped_clock)
    [newcomer] = neighbours(community, 1)
    search_again(fresh(need), actor=SYSTEM)
    ask_all(fresh(need))
    let_time_run_out(need, stopped_clock)
    assert [(offer.volunteer, offer.round) for offer in asked_again(need)] == [(only.volunteer, 1), (newcomer, 2)]


# --- when there is no time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "begins", "pressed"),
    [
        (timedelta(0), timedelta(minutes=48), 1),
        (timedelta(0), timedelta(minutes=47), 0),
        (timedelta(hours=5), timedelta(minutes=84), 1),
        (timedelta(hours=5), timedelta(minutes=83), 0),
    ],
)
def test_only_if_the_wave_ends_before_a_person_is_called_anyway(only, need, stopped_clock, since, begins, pressed):
    """Two waves take 24 minutes; a person is called an hour before the visit, or when half of the time is over."""
    times = {"window_start": now() + begins, "window_end": now() + timedelta(hours=4), "status_at": now() - since}
    HelpRequest.objects.filter(pk=need.pk).update(**times)
    let_time_run_out(need, stopped_clock)
    assert len(second_texts()) == pressed


def test_once_the_visit_should_have_begun_a_person_decides(community, elder, stopped_clock):
    neighbours(community, 1)
    need = log_request(elder, "meal", actor=SYSTEM, **window(0.1))
    start_wave(need)
    let_time_run_out(need, stopped_clock)
    assert (fresh(need).status, second_texts()) == (Status.PAUSED, [])


@pytest.fixture
def evening(settings):
    """Quiet hours begin in the middle of the wave, and end long before the visit."""
    local = now().astimezone(factories.timezone.get_current_timezone())
    settings.QUIET_HOURS = ((local + timedelta(minutes=1)).time(), (local + timedelta(hours=2)).time())


def test_nobody_is_asked_once_more_in_quiet_hours_but_afterwards(evening, only, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    assert (fresh(need).status, second_texts()) == (Status.OPEN, [])
    stopped_clock.shift(timedelta(hours=2))
    clock.tick_decisions()
    assert asked_again(need) == [only]


def test_time_critical_help_is_asked_for_once_more_in_quiet_hours(evening, community, elder, stopped_clock):
    neighbours(community, 1)
    need = log_request(elder, "meal", actor=SYSTEM, **window(8))
    start_wave(need)
    let_time_run_out(need, stopped_clock)
    assert len(second_texts()) == 1


# --- at the same moment -------------------------------------------------------------------------------------------


def test_clock_that_ticks_twice_asks_once_more_once(asked, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    waves = need.waves.count()
    clock.tick_decisions()
    start_wave(need)
    assert (len(second_texts()), need.waves.count()) == (len(asked), waves)
    assert (forgotten(now()), broken_rules()) == ([], [])


def about_to_ask(need, stopped_clock) -> list[Offer]:
    """Those who are to be asked once more, as a process has read them that writes a moment later."""
    hand_over_texts()
    stopped_clock.move_to(need.waves.get(ended_at=None).ends_at)
    return silent_offers(need, rules_of(need.community), timedelta(minutes=12))


def test_no_at_the_same_moment_gets_no_second_text(asked, need, stopped_clock):
    offers = about_to_ask(need, stopped_clock)
    decline(asked[0], actor=SYSTEM)
    ask_once_more(need.waves.latest("pk"), offers)
    assert asked_again(need) == asked[1:]


def test_if_all_answer_at_the_same_moment_no_wave_begins(only, need, stopped_clock):
    offers = about_to_ask(need, stopped_clock)
    Wave.objects.update(ended_at=now())
    decline(only, actor=SYSTEM)
    assert _open_wave(need, offers, timedelta(minutes=12), ask_once_more) is None
    assert (need.waves.count(), second_texts()) == (1, [])
    clock.tick_decisions()
    assert fresh(need).status == Status.PAUSED


def test_two_who_ask_once_more_at_the_same_moment_send_one_text(only, need, stopped_clock):
    offers, same = about_to_ask(need, stopped_clock), about_to_ask(need, stopped_clock)
    ask_once_more(need.waves.latest("pk"), offers)
    with pytest.raises(TooLate):
        ask_once_more(need.waves.latest("pk"), same)
    assert len(second_texts()) == 1


# --- staff act ----------------------------------------------------------------------------------------------------


def test_cancel_ends_the_second_texts(asked, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    cancel(fresh(need), actor=SYSTEM, reason="mistake")
    assert {text.state for text in second_texts()} == {State.EXPIRED}
    assert not need.offers.open().exists()


def test_suspended_volunteer_gets_no_second_text_that_still_waits(only, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    lifecycle.suspend(only.volunteer, user=None)
    clock.tick_decisions()
    assert [text.state for text in second_texts()] == [State.EXPIRED]


def test_staff_who_do_not_wait_for_it_decide_themselves(only, need, stopped_clock, dispatcher):
    let_time_run_out(need, stopped_clock)
    perform("ask-next", fresh(need), QueryDict(), dispatcher)
    assert Todo.objects.open().get().kind == Todo.Kind.NOBODY_FOUND


# --- what is learned ----------------------------------------------------------------------------------------------


def test_silence_counts_although_the_second_text_was_not_sent_any_more(only, need, stopped_clock):
    let_time_run_out(need, stopped_clock)
    Message.objects.filter(template="offer_again").update(state=State.EXPIRED)
    habits.learn_due(need.window_start)
    assert PlaceHabits.objects.get().experience.silences == 1
