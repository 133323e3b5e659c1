"""The one door through which a volunteer's status moves. It takes effect at once: only active volunteers are asked."""

from __future__ import annotations

from django.db import transaction

from linzhu.communities.models import User
from linzhu.volunteers.models import Volunteer

Status = Volunteer.Status

TRANSITIONS: dict[str, set[str]] = {
    Status.ACTIVE: {Status.SUSPENDED, Status.LEFT, Status.ERASED},
    Status.SUSPENDED: {Status.ACTIVE, Status.LEFT, Status.ERASED},
    Status.LEFT: {Status.ACTIVE, Status.ERASED},
    Status.ERASED: set(),
}


class IllegalMove(Exception):  # noqa: N818 (an event of the domain, named like its table)
    """A move that the table does not allow, or that somebody else has just made."""


def suspend(volunteer: Volunteer, *, user: User, why: str = "") -> Volunteer:
    """Ask this volunteer nothing any more, until somebody reactivates them."""
    return _move(volunteer, Status.SUSPENDED, user, why)


def reactivate(volunteer: Volunteer, *, user: User, why: str = "") -> Volunteer:
    """Let a suspended volunteer, or one who had left, help again."""
    return _move(volunteer, Status.ACTIVE, user, why)


def leave(volunteer: Volunteer, *, user: User, why: str = "") -> Volunteer:
    """The volunteer has stopped helping."""
    return _move(volunteer, Status.LEFT, user, why)


def erase(volunteer: Volunteer) -> Volunteer:
    """Their data are about to be erased (``volunteers.erasing``): they are asked nothing any more."""
    return _move(volunteer, Status.ERASED, None, "")


def _move(volunteer: Volunteer, to_status: str, user: User | None, why: str) -> Volunteer:
    """Check, move by a conditional UPDATE, and leave a history row with who and why. Raises IllegalMove."""
    from_status = volunteer.status
    if to_status not in TRANSITIONS[from_status]:
        raise IllegalMove(f"{volunteer.pk}: {from_status} → {to_status}")
    with transaction.atomic():
        if not Volunteer.objects.filter(pk=volunteer.pk, status=from_status).update(status=to_status):
            raise IllegalMove(f"{volunteer.pk}: somebody else was faster")
        volunteer.refresh_from_db()
        # update() leaves no history row, so that of this move is written by a save that changes nothing.
        volunteer._change_reason, volunteer._history_user = why[:100], user  # type: ignore[attr-defined]  # noqa: SLF001
        volunteer.save(update_fields=["status"])
    return volunteer
