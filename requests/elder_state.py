"""The one door through which an elder's state moves: at home, away, moved away, died. What follows: ``dispatch``."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.requests.models import Elder, ElderState

State = ElderState

TRANSITIONS: dict[str, set[str]] = {
    State.ACTIVE: {State.AWAY, State.MOVED, State.DIED, State.ERASED},
    State.AWAY: {State.ACTIVE, State.AWAY, State.MOVED, State.DIED, State.ERASED},  # once more: they stay longer
    State.MOVED: {State.ACTIVE, State.DIED, State.ERASED},
    State.DIED: {State.ACTIVE, State.ERASED},  # at home: it was noted by mistake
    State.ERASED: set(),
}


class IllegalMove(Exception):  # noqa: N818 (an event of the domain, named like its table)
    """A move that the table does not allow, or that somebody else has just made."""


def move(elder: Elder, to_state: str, *, user: User | None, why: str = "", until: date | None = None) -> Elder:
    """Move an elder's state and leave a version that says who, why and when; the object is brought up to date.

    ``until`` is the last day away. It decides against the row as the caller has read it: IllegalMove if somebody else
    has moved it since, or the table forbids the move.
    """
    from_state, before = elder.state, elder.away_until
    if to_state not in TRANSITIONS[from_state]:
        raise IllegalMove(f"{elder.pk}: {from_state} → {to_state}")
    until = until if to_state == State.AWAY else None
    with transaction.atomic():
        unmoved = Elder.objects.filter(pk=elder.pk, state=from_state, away_until=before, state_at=elder.state_at)
        if not unmoved.update(state=to_state, away_until=until, state_at=now()):
            raise IllegalMove(f"{elder.pk}: somebody else was faster")
        elder.refresh_from_db()
        # update() leaves no version, so that of this move is written by a save that changes nothing.
        elder._change_reason, elder._history_user = why[:100], user  # type: ignore[attr-defined]  # noqa: SLF001
        elder.save(update_fields=["state"])
    return elder
