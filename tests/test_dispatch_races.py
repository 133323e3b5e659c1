"""Many at once, and killed anywhere: whatever the order, the rules hold afterwards (tests/invariants.py)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from linzhu.communities.clock import now
from linzhu.dispatch import clock, decisions, habits
from linzhu.dispatch.assignments import arrive, assign, finish, release
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.models import Assignment, Offer, Todo, Wave
from linzhu.dispatch.offers import accept, decline
from linzhu.dispatch.waves import end_wave, look_again, start_wave
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.lifecycle import SYSTEM, IllegalTransition, log_request
from linzhu.requests.models import HelpRequest, Status
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.factories import window
from tests.invariants import broken_rules

CHANCES_MISSED = (TooLate, IllegalTransition)
Step = Callable[[], object]


def need_of_two(people: int = 6) -> HelpRequest:
    """A help request with two places; everybody near has been asked."""
    community = factories.CommunityFactory()
    factories.VolunteerFactory.create_batch(people, community=community, clearance=2)
    elder = factories.ElderFactory(community=community)
    factories.FamilyContactFactory(elder=elder)
    help_request = log_request(elder, "benefit-certification", actor=SYSTEM, **window())
    start_wave(help_request)
    help_request.refresh_from_db()
    return help_request


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# --- at once ------------------------------------------------------------------------------------------------------


def at_once(steps: list[Step]) -> list[BaseException]:
    """Run every step in a thread of its own, all from the same moment on; return what went wrong unexpectedly."""
    gun = Barrier(len(steps))

    def run(step: Step) -> BaseException | None:
        try:
            gun.wait()
            step()
        except CHANCES_MISSED:
            return None
        except BaseException as error:  # noqa: BLE001
            return error
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(steps)) as pool:
        return [error for error in pool.map(run, steps) if error]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_two_who_finish_at_once_leave_nothing_under_way(_round):
    need = need_of_two(2)
    both = [accept(offer, actor=SYSTEM) for offer in need.offers.all()]
    assert at_once([lambda visit=visit: finish(fresh(visit), actor=SYSTEM) for visit in both]) == []
    assert (fresh(need).status, broken_rules()) == (Status.DONE, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_cancel_and_what_volunteers_say_at_once_do_not_deadlock(_round):
    need = need_of_two(2)
    first, second = [accept(offer, actor=SYSTEM) for offer in need.offers.all()]
    steps = [
        lambda: decisions.cancel(fresh(need), actor=SYSTEM, reason="by-elder"),
        lambda: release(fresh(first), actor=SYSTEM, why="ill"),
        lambda: arrive(fresh(second), actor=SYSTEM),
        lambda: finish(fresh(second), actor=SYSTEM),
    ]
    assert (at_once(steps), broken_rules()) == ([], [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_search_again_and_yeses_at_once_do_not_deadlock(_round):
    need = need_of_two()
    HelpRequest.objects.update(status=Status.PAUSED, pause_reason="nobody-found")
    need.changes.create(from_status="open", to_status="paused", who="system")
    steps: list[Step] = [lambda offer=offer: accept(offer, actor=SYSTEM) for offer in need.offers.all()]
    steps += [lambda: decisions.search_again(fresh(need), actor=SYSTEM)] * 2
    errors = at_once(steps)
    clock.tick()
    assert (errors, broken_rules()) == ([], [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
@pytest.mark.parametrize("answer", [accept, decline])
def test_last_wave_twice_and_answers_at_once_ask_nobody_who_has_answered(answer, _round):
    need = need_of_two(3)
    last = need.waves.get()
    HelpRequest.objects.update(window_start=now() + timedelta(hours=8), window_end=now() + timedelta(hours=9))
    Message.objects.update(state=Message.State.DELIVERED, handed_at=now() - timedelta(hours=1))
    first, *silent = need.offers.all()
    steps: list[Step] = [lambda: end_wave(fresh(last))] * 2
    errors = at_once([*steps, lambda: answer(first, actor=SYSTEM)])
    clock.tick_decisions()
    texts = Message.objects.filter(template="offer_again")
    still_to_send = set(texts.filter(state=Message.State.QUEUED).values_list("to", flat=True))
    assert (errors, broken_rules(), still_to_send) == ([], [], {offer.phone for offer in silent})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_worker_and_clock_at_once_replace_a_decliner_once(settings, _round):
    settings.WAVE_SIZE = 2
    need = need_of_two(12)
    wave = need.waves.get()
    asked = wave.offers.count()
    decline(wave.offers.first(), actor=SYSTEM)
    assert at_once([lambda: look_again(Wave.objects.get(pk=wave.pk))] * 4) == []
    assert (wave.offers.count(), broken_rules()) == (asked + 1, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not connection.features.has_select_for_update_skip_locked, reason="one writer at a time anyway")
def test_learning_waits_for_nobody_who_is_answering_in_this_moment():
    need = need_of_two()
    first, *others = need.offers.all()
    for offer in (first, others[0]):
        decline(offer, actor=SYSTEM)

    def learn() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        habits.learn_due(now())

    with transaction.atomic():
        Offer.objects.filter(pk=first.pk).update(answered_at=now())
        assert at_once([learn]) == []
    assert list(Offer.objects.filter(expectation__isnull=True)) == [others[0]]


def by_text(offer: Offer, words: str) -> None:
    ref = f"race-{random.getrandbits(64)}"
    receive(gateway("local"), Inbound(gateway_ref=ref, sender=offer.phone, text=words.format(offer.code)))


def something(dice: random.Random, need: HelpRequest) -> Step:
    """Return what one of forty people or processes does in this moment."""
    offer = dice.choice(list(need.offers.all()))

    def with_visit(act: Callable[[Assignment], object]) -> None:
        if visit := fresh(need).assignments.standing().order_by("?").first():
            act(visit)

    def end_running_wave() -> None:
        if wave := need.waves.filter(ended_at=None).first():
            end_wave(wave)

    deeds: list[tuple[int, Step]] = [
        (8, lambda: accept(fresh(offer), actor=SYSTEM)),
        (6, lambda: by_text(offer, "接{}")),
        (3, lambda: by_text(offer, "来不了")),
        (2, lambda: by_text(offer, "到了")),
        (2, lambda: by_text(offer, "完成45")),
        (2, lambda: by_text(offer, "明天可以吗")),
        (1, lambda: by_text(offer, "TD")),
        (3, lambda: decline(fresh(offer), actor=SYSTEM)),
        (4, lambda: with_visit(lambda visit: release(visit, actor=SYSTEM, why="ill"))),
        (2, lambda: with_visit(lambda visit: arrive(visit, actor=SYSTEM))),
        (2, lambda: with_visit(lambda visit: finish(visit, actor=SYSTEM))),
        (4, lambda: assign(fresh(need), offer.volunteer, actor=SYSTEM)),
        (3, lambda: decisions.search_again(fresh(need), actor=SYSTEM)),
        (1, lambda: decisions.cancel(fresh(need), actor=SYSTEM, reason="by-elder")),
        (1, lambda: decisions.give_up(fresh(need), actor=SYSTEM, reason="nobody-free")),
        (3, lambda: start_wave(fresh(need))),
        (3, end_running_wave),
        (2, lambda: clock.tick_decisions(need.window_end)),
        (2, clock.tick_decisions),
    ]
    return dice.choices([deed for _weight, deed in deeds], [weight for weight, _deed in deeds])[0]


def race(seed: int, threads: int) -> None:
    dice = random.Random(seed)
    need = need_of_two()
    errors = at_once([something(dice, need) for _thread in range(threads)])
    clock.tick()
    stuck = list(InboundMessage.objects.filter(handled_at=None).values_list("text", flat=True))
    assert (errors, stuck, broken_rules()) == ([], [], [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(2))
def test_everything_at_once(seed, caplog):
    race(seed, 16)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(25))
def test_forty_at_once(seed, caplog):
    race(1000 + seed, 40)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


# --- killed anywhere ----------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_before_query(number: int) -> Iterator[list[int]]:
    """End the process before its n-th query: what is not committed then is lost. Yields how many were asked."""
    asked = [0]

    def wrapper(execute, sql, params, many, context):
        asked[0] += 1
        if asked[0] == number:
            if sql.startswith("ROLLBACK"):
                execute(sql, params, many, context)  # who dies before this has rolled back as well
            raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield asked


def paused(need: HelpRequest) -> HelpRequest:
    Offer.objects.update(status=Offer.Status.DECLINED)
    need.waves.update(ended_at=now())
    start_wave(need)
    assert fresh(need).status == Status.PAUSED
    return need


def logged_in_the_past(need: HelpRequest) -> None:
    HelpRequest.objects.update(window_start=need.window_start - timedelta(hours=9))
    HelpRequest.objects.update(window_end=need.window_end - timedelta(hours=9))


def visits(need: HelpRequest) -> list[Assignment]:
    return [accept(offer, actor=SYSTEM) for offer in need.offers.all()[:2]]


STORIES: dict[str, tuple[Callable[[HelpRequest], object], Callable[[HelpRequest], object]]] = {
    "first yes": (lambda _need: None, lambda need: by_text(need.offers.first(), "接{}")),
    "last yes": (
        lambda need: accept(need.offers.first(), actor=SYSTEM),
        lambda need: by_text(need.offers.last(), "接{}"),
    ),
    "cannot come": (visits, lambda need: by_text(need.offers.first(), "来不了")),
    "done": (visits, lambda need: by_text(need.offers.first(), "完成45")),
    "opt-out": (visits, lambda need: by_text(need.offers.first(), "TD")),
    "danger": (visits, lambda need: by_text(need.offers.first(), "救命")),
    "unclear": (lambda _need: None, lambda need: by_text(need.offers.first(), "明天可以吗")),
    "cancel": (visits, lambda need: decisions.cancel(fresh(need), actor=SYSTEM, reason="by-elder")),
    "search again": (paused, lambda need: decisions.search_again(fresh(need), actor=SYSTEM)),
    "end of a wave": (lambda _need: None, lambda need: end_wave(need.waves.get())),
    "nobody left": (
        lambda need: Volunteer.objects.update(paused_until=need.window_end),
        lambda need: end_wave(need.waves.get()),
    ),
    "window over": (logged_in_the_past, lambda _need: clock.tick_decisions()),
}


def kill_at_every(stride: int, story: str) -> None:
    before, deed = STORIES[story]
    need = need_of_two()
    before(need)
    number, finished = 1 - stride, False
    while not finished:
        number += stride
        with transaction.atomic():
            with suppress(Killed), killed_before_query(number) as asked:
                deed(need)
            # Every transaction of the product has undone its own; killed outside of one, there is nothing to undo.
            transaction.set_rollback(False)
            finished = asked[0] < number
            rules_at_once = broken_rules()
            clock.tick()
            rules_after_the_clock = broken_rules()
            transaction.set_rollback(True)
        assert (number, rules_at_once, rules_after_the_clock) == (number, [], [])
    assert number > 5


@pytest.mark.django_db
@pytest.mark.parametrize("story", STORIES)
def test_killed_here_and_there_leaves_nothing_half_done_or_silent(story):
    kill_at_every(5, story)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("story", STORIES)
def test_killed_anywhere_leaves_nothing_half_done_or_silent(story):
    kill_at_every(1, story)


@pytest.mark.django_db
def test_text_whose_handling_was_killed_can_be_brought_again():
    need = need_of_two()
    offer = need.offers.first()
    text = Inbound(gateway_ref="same", sender=offer.phone, text=f"接{offer.code}")
    for number in range(1, 200):
        with killed_before_query(number) as asked:
            try:
                receive(gateway("local"), text)
            except Killed:
                continue
        assert asked[0] < number
        break
    assert (Assignment.objects.count(), InboundMessage.objects.count()) == (1, 1)
    assert Message.objects.filter(template="visit_yours").count() == 1
    assert Todo.objects.filter(kind="unclear-reply").count() == 0
    assert Wave.objects.filter(ended_at=None).count() == 1
