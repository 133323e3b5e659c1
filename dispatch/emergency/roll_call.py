"""The one door through which a roll-call entry moves, and who telephones with whom.

However many say something in the same moment, each word is decided by one conditional UPDATE and leaves a trail. That
somebody needs help is taken back by no "safe", however it comes: a person who has seen to it says *helped*.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Greatest

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.dispatch import todos
from linzhu.dispatch.emergency import telling, visits
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Emergency, RollCallChange, RollCallEntry, Todo
from linzhu.notifications.voice import calls
from linzhu.requests.models import Elder, HelpRequest

State, Step, By = RollCallEntry.State, RollCallEntry.Step, RollCallEntry.By

TRANSITIONS: dict[str, set[str]] = {
    State.UNKNOWN: {State.ASKED, State.NOT_REACHED, State.SAFE, State.NEEDS_HELP},
    State.ASKED: {State.NOT_REACHED, State.SAFE, State.NEEDS_HELP},
    State.NOT_REACHED: {State.SAFE, State.NEEDS_HELP},
    State.SAFE: {State.NEEDS_HELP},
    State.NEEDS_HELP: {State.HELPED},
    State.HELPED: {State.NEEDS_HELP},
}
CLAIMED_FOR = RollCallEntry.CLAIMED_FOR
TRIED_AGAIN_IN = timedelta(minutes=20)
HELP_WITHIN = timedelta(minutes=5)
AT_ONCE = 500
CALL_SCRIPT = "roll_call"
NOTHING_OWED = {"step": Step.NONE, "due_at": None, "claimed_by": None, "owner": None, "unclear_at": None}


def learn(entry: RollCallEntry, state: str, *, by: str, user: User | None = None) -> bool:
    """Take in what somebody says about an elder; returns whether it changed anything.

    What the table does not allow is kept in the trail and changes nothing; the same thing said twice is one word.
    """
    with transaction.atomic():
        _hold_visit(entry)
        if not _move(entry, state, by=by, user=user):
            return False
        _FOLLOWS[state](entry)
        record_event(community=entry.community)
    return True


def _hold_visit(entry: RollCallEntry) -> None:
    """Take the safety check's row before the entry's, as the end of a visit does, or the two could deadlock."""
    visit = RollCallEntry.objects.filter(pk=entry.pk).values("help_request")
    HelpRequest.objects.select_for_update(no_key=True).filter(pk__in=visit).first()


def _move(entry: RollCallEntry, state: str, *, by: str, user: User | None = None) -> bool:
    """Move and leave a trail, in the caller's transaction. Tried again only where somebody else has just moved it."""
    while True:
        before = RollCallEntry.objects.values_list("state", flat=True).get(pk=entry.pk)
        if before == state:
            return False
        if state not in TRANSITIONS[before]:
            _note(entry, before, before, said=state, by=by, user=user)
            return False
        moved = RollCallEntry.objects.filter(pk=entry.pk, state=before)
        if moved.update(state=state, state_at=now(), learned_from=by):
            entry.refresh_from_db()
            _note(entry, before, state, said=state, by=by, user=user)
            return True


def _note(entry: RollCallEntry, before: str, after: str, *, said: str, by: str, user: User | None) -> None:
    RollCallChange.objects.create(entry=entry, from_state=before, to_state=after, said=said, by=by, user=user)


def give_up_asking(entry: RollCallEntry) -> bool:
    """Nobody has answered in any way: not reached. Part of the caller's transaction."""
    return _move(entry, State.NOT_REACHED, by=By.CLOCK)


def give_up_all(emergency: Emergency) -> None:
    """The same for everybody of whom nothing was heard until its end; a few statements for thousands."""
    silent = emergency.entries.filter(state__in=[State.UNKNOWN, State.ASKED]).order_by("pk")
    rows = list(silent.select_for_update(no_key=True).values_list("pk", "state"))
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        silent.filter(pk__in=[pk for pk, _state in some]).update(
            state=State.NOT_REACHED, state_at=now(), learned_from=By.CLOCK
        )
        RollCallChange.objects.bulk_create(
            RollCallChange(
                entry_id=pk, from_state=state, to_state=State.NOT_REACHED, said=State.NOT_REACHED, by=By.CLOCK
            )
            for pk, state in some
        )


def count_as_asked(entry: RollCallEntry) -> bool:
    """The first question is on its way. Part of the caller's transaction."""
    return _move(entry, State.ASKED, by=By.CLOCK)


# --- what follows from it ---------------------------------------------------------------------------------------------


def about_of(entry: RollCallEntry) -> str:
    """Return what calls about this entry are marked by; no help request has such a reference."""
    return f"#{entry.pk:x}"


def _safe(entry: RollCallEntry) -> None:
    calls.withdraw(about_of(entry), CALL_SCRIPT)
    RollCallEntry.objects.filter(pk=entry.pk).update(**NOTHING_OWED)
    visits.call_off(entry)
    telling.tell_family_safe(entry)


def _helped(entry: RollCallEntry) -> None:
    RollCallEntry.objects.filter(pk=entry.pk).update(**NOTHING_OWED)
    visits.call_off(entry)
    if entry.help_request and entry.learned_from == By.STAFF:
        todos.close_kind(entry.help_request, Todo.Kind.NEEDS_HELP)


def _needs_help(entry: RollCallEntry) -> None:
    """A neighbour is sent at once and a person is alarmed. A drill sends nobody: there the person alone sees to it."""
    calls.withdraw(about_of(entry), CALL_SCRIPT)
    if entry.emergency.drill:
        due = {"step": Step.PERSON, "due_at": now() + HELP_WITHIN}
        RollCallEntry.objects.filter(pk=entry.pk).update(**due, claimed_by=None)
        todos.owe(Todo.Kind.ROLL_CALL, community=entry.community, due_in=HELP_WITHIN)
        return
    help_request = visits.look_in(entry)
    todos.owe(Todo.Kind.NEEDS_HELP, community=help_request.community, help_request=help_request, due_in=HELP_WITHIN)


_FOLLOWS: dict[str, Callable[[RollCallEntry], None]] = {
    State.SAFE: _safe,
    State.HELPED: _helped,
    State.NEEDS_HELP: _needs_help,
}


def leave_out(elder: Elder, *, user: User | None) -> None:
    """Who is away or gone is asked after no more: the roll-call is about those at home. Who needed help is seen to.

    Part of the caller's transaction, before the elder's help requests are called off.
    """
    for entry in (
        RollCallEntry.objects.unsettled().filter(elder=elder).select_related("emergency", "community", "elder")
    ):
        if entry.state == State.NEEDS_HELP:
            learn(entry, State.HELPED, by=By.STAFF, user=user)
        else:
            calls.withdraw(about_of(entry), CALL_SCRIPT)
            entry.delete()
            record_event(community=entry.community)


# --- on the phone -----------------------------------------------------------------------------------------------------


def claim(entry: RollCallEntry, user: User) -> bool:
    """Take the call with this elder; False if a colleague is telephoning with them, or nothing is owed any more."""
    at = now()
    free = Q(claimed_by=None) | Q(claimed_by=user) | Q(claimed_at__lte=at - CLAIMED_FOR)
    with transaction.atomic():
        unsettled = RollCallEntry.objects.unsettled().filter(free, pk=entry.pk)
        if not unsettled.update(claimed_by=user, claimed_at=at):
            return False
        # Nobody is sent to the door while somebody is on the phone with them.
        RollCallEntry.objects.filter(pk=entry.pk, step__in=[Step.STAFF_CALL, Step.LOOK_IN]).update(
            due_at=Greatest(F("due_at"), Value(at + CLAIMED_FOR, DateTimeField()))
        )
        record_event(community=entry.community)
    return True


def let_go(entry: RollCallEntry, user: User) -> None:
    """Give the call back: somebody else may make it."""
    with transaction.atomic():
        if RollCallEntry.objects.filter(pk=entry.pk, claimed_by=user).update(claimed_by=None):
            record_event(community=entry.community)


def nobody_picks_up(entry: RollCallEntry, user: User) -> None:
    """Staff have called in vain: a neighbour looks in as soon as the clock comes round; where one does, or in a drill
    or after its end, a person tries again."""
    at = now()
    with transaction.atomic():
        mine = RollCallEntry.objects.unsettled().filter(pk=entry.pk)
        mine.filter(step__in=[Step.ASK, Step.ASK_AGAIN, Step.STAFF_CALL]).update(step=Step.LOOK_IN, due_at=at)
        mine.filter(step=Step.PERSON).update(due_at=at + TRIED_AGAIN_IN)
        if mine.filter(claimed_by=user).update(claimed_by=None):
            _note(entry, entry.state, entry.state, said=State.NOT_REACHED, by=By.STAFF, user=user)
        record_event(community=entry.community)


def has_written_unclearly(entry: RollCallEntry) -> None:
    """They have written, but what it means only a person can tell: who is called at once."""
    at = now()
    with transaction.atomic():
        open_entry = RollCallEntry.objects.unsettled().filter(pk=entry.pk)
        open_entry.update(unclear_at=at)
        open_entry.filter(step__in=[Step.ASK, Step.ASK_AGAIN]).update(step=Step.STAFF_CALL, due_at=at + HELP_WITHIN)
        todos.owe(Todo.Kind.ROLL_CALL, community=entry.community, due_in=HELP_WITHIN)
