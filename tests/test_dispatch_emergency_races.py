"""Many at once, killed in the middle, thousands of elders: nobody is lost, nobody is asked twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from linzhu.communities.clock import now
from linzhu.dispatch.emergency import asking, roll_call, telling, visits
from linzhu.dispatch.models import RollCallChange, RollCallEntry, Todo
from linzhu.notifications.models import Message
from linzhu.requests.models import Elder, HelpRequest
from tests import factories
from tests.emergencies import declared, mobile_elder

State, Step, By = RollCallEntry.State, RollCallEntry.Step, RollCallEntry.By


def at_once(steps):
    """Run every step in a thread of its own, all from the same moment on; return what each returned."""
    gun = Barrier(len(steps))

    def run(step):
        try:
            gun.wait()
            return step()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def fresh(entry: RollCallEntry) -> RollCallEntry:
    return RollCallEntry.objects.select_related("emergency", "community", "elder", "help_request").get(pk=entry.pk)


@pytest.fixture
def entry(transactional_db) -> RollCallEntry:
    user = factories.RoleFactory().user
    community = user.roles.get().community
    factories.FamilyContactFactory(elder=mobile_elder(community))
    return declared(community, user).entries.get()


@pytest.mark.parametrize("_round", range(3))
def test_same_word_said_by_many_at_once_counts_once(entry, _round):
    said = at_once([lambda: roll_call.learn(fresh(entry), State.NEEDS_HELP, by=By.STAFF)] * 8)
    assert sorted(said) == [False] * 7 + [True]
    assert RollCallChange.objects.count() == 1
    assert HelpRequest.objects.count() == 1
    assert Todo.objects.filter(kind=Todo.Kind.NEEDS_HELP).count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_safe_and_help_at_once_end_in_help(entry, _round):
    """Whichever comes first: help after safe is heard, safe after help changes nothing."""
    words = [State.SAFE, State.NEEDS_HELP] * 4
    at_once([lambda state=state: roll_call.learn(fresh(entry), state, by=By.ELDER_TEXT) for state in words])
    assert fresh(entry).state == State.NEEDS_HELP
    assert Message.objects.filter(template="family_safe").count() <= 1
    assert HelpRequest.objects.count() == 1


def test_one_call_is_taken_by_one_of_many(entry):
    community = entry.community
    staff = [factories.RoleFactory(community=community).user for _person in range(6)]
    taken = at_once([lambda user=user: roll_call.claim(fresh(entry), user) for user in staff])
    assert sum(taken) == 1


def test_two_clocks_at_once_ask_everybody_once(entry):
    at_once([lambda: asking.take_due_steps(now())] * 4)
    assert Message.objects.filter(template="roll_call_heat").count() == 1


def test_step_killed_in_the_middle_is_taken_later(entry, monkeypatch):
    """The text is written, then the process dies: neither the text nor the step has happened."""
    real = telling.ask_elder

    def dies(entry):
        real(entry)
        raise KeyboardInterrupt

    monkeypatch.setattr(telling, "ask_elder", dies)
    with pytest.raises(KeyboardInterrupt):
        asking.take_due_steps(now())
    assert (Message.objects.count(), fresh(entry).step) == (0, Step.ASK)
    monkeypatch.undo()
    asking.take_due_steps(now())
    assert (Message.objects.count(), fresh(entry).step) == (1, Step.ASK_AGAIN)


def test_step_that_fails_is_tried_again_and_holds_up_nobody(entry, monkeypatch, stopped_clock):
    other = mobile_elder(entry.community)
    real, failing = telling.ask_elder, entry.elder_id
    RollCallEntry.objects.create(
        emergency=entry.emergency, elder=other, community=entry.community, due_at=entry.due_at
    )  # fmt: skip

    def fails(asked):
        if asked.elder_id == failing:
            raise ValueError
        return real(asked)

    RollCallEntry.objects.update(due_at=now())
    monkeypatch.setattr(telling, "ask_elder", fails)
    asking.take_due_steps(now())
    assert list(Message.objects.values_list("to", flat=True)) == [other.phone]
    monkeypatch.undo()
    stopped_clock.shift(timedelta(minutes=2))
    asking.take_due_steps(now())
    assert Message.objects.filter(to=entry.elder.phone).count() == 1


@pytest.mark.parametrize("elders", [150, pytest.param(2000, marks=pytest.mark.slow)])
def test_thousands_are_opened_in_bites_though_some_fail_in_the_middle(db, monkeypatch, settings, elders):
    """Half have a phone that texts, half have none: a text or a safety check for each, none lost, none twice."""
    settings.SMS_CAP_COMMUNITY = settings.SMS_CAP_ALL = 0
    user = factories.RoleFactory().user
    community = user.roles.get().community
    Elder.objects.bulk_create(
        Elder(
            community=community, name=f"老人{n}", phone=f"+86199{60000000 + n}" if n % 2 else "", lat=39.12, lng=117.2
        )
        for n in range(elders)
    )  # fmt: skip
    emergency = declared(community, user, call_up=False)
    real, calls = visits.look_in, iter(range(10**6))

    def sometimes_fails(entry):
        if next(calls) % 29 == 13:
            raise RuntimeError
        return real(entry)

    monkeypatch.setattr(visits, "look_in", sometimes_fails)
    at, bites = now(), 0
    while emergency.entries.filter(step__in=[Step.ASK, Step.LOOK_IN]).exists():
        asking.take_due_steps(at)
        at += timedelta(seconds=1)
        bites += 1
        assert bites < 400
    assert bites >= elders / asking.AT_ONCE
    assert Message.objects.filter(template="roll_call_heat").count() == elders / 2
    checks = HelpRequest.objects.filter(channel=HelpRequest.Channel.ROLL_CALL)
    assert checks.count() == checks.values("elder").distinct().count() == elders / 2
    assert not emergency.entries.unsettled().filter(due_at=None, help_request=None).exists()
