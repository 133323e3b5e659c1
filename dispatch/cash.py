"""The money of a visit: what both sides say of it, what does not agree, and who puts that right. The one door.

The volunteer's figures and the elder's word are two statements, each in whole fen. They agree to the fen, or somebody
owes an answer; until a person who may has cleared such a gap, its volunteer gets no other visit with cash.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.communities.rules import rules_of
from linzhu.dispatch import todos
from linzhu.dispatch.cash_verdict import Word, verdict
from linzhu.dispatch.errors import NotYours, ReasonNeeded, TooLate
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Assignment, CashJob, CashJobQuerySet, CashNote, Todo, VisitStep
from linzhu.dispatch.reading.money import Figures
from linzhu.requests.lifecycle import SYSTEM, Actor
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.models import Volunteer

Status = CashJob.Status
TRANSITIONS: dict[str, set[str]] = {
    Status.DUE: {Status.DUE, Status.REPORTED, Status.AGREED, Status.GAP},
    Status.REPORTED: {Status.REPORTED, Status.AGREED, Status.GAP},
    # Late or corrected figures close a gap that they alone have made; once both sides are heard, a person does.
    Status.GAP: {Status.GAP, Status.REPORTED, Status.AGREED, Status.CLEARED},
    Status.AGREED: {Status.GAP},  # the random check
    Status.CLEARED: set(),
}
SETTLED = (Status.AGREED, Status.CLEARED)

ASK_AFTER = timedelta(minutes=30)
ALERT_AFTER = timedelta(hours=2)
"""Counted from the question."""
STILL_CORRECTS = timedelta(days=7)
"""How long after a visit its volunteer may speak of its money by text or on their page."""
CLEAR_WITHIN = timedelta(days=1)
CHECK_WITHIN = timedelta(days=7)


# --- what is said -------------------------------------------------------------------------------------------------


def begin(assignment: Assignment) -> None:
    """The visit is over: if it was one with cash, its figures are due. One of two who went answers for the money."""
    help_request = assignment.help_request
    if assignment.outcome != Assignment.Outcome.DONE or not help_request.is_about_money:
        return
    if not CashJob.objects.filter(assignment__in=help_request.assignments.current()).exists():
        _open(assignment)
        ask_at = now() + ASK_AFTER
        ask_at = rules_of(help_request.community).quiet_end(ask_at) or ask_at
        due = {VisitStep.Kind.ASK_CASH: ask_at, VisitStep.Kind.ALERT_CASH: ask_at + ALERT_AFTER}
        VisitStep.objects.bulk_create(
            [VisitStep(assignment=assignment, kind=kind, due_at=at) for kind, at in due.items()], ignore_conflicts=True
        )


def report(assignment: Assignment, figures: Figures, *, actor: Actor) -> CashJob:
    """Note the volunteer's figures; a correction counts until the elder has been heard. Raises TooLate after that."""
    with transaction.atomic():
        # The steps before the help request: the clock, which takes one of them, locks them in this order.
        VisitStep.objects.filter(assignment=assignment, kind__in=VisitStep.AFTERWARDS, done_at=None).delete()
        job = _hold(assignment)
        if not job.is_correctable:
            raise TooLate
        handed, spent, returned = figures
        said = {"handed_fen": handed, "spent_fen": spent, "returned_fen": returned}
        return _move(job, "figures", actor, fields={**said, "reported_at": now()}, said=said)


def hear(assignment: Assignment, word: Word, *, user: User, is_well: bool = False) -> CashJob:
    """Note the elder's word, once. ``is_well``: this was the call how the visit was, and nothing else is wrong.

    Raises TooLate if the elder has been heard already, NotYours if it is the user's own visit.
    """
    with transaction.atomic():
        job = _hold(assignment)
        _refuse_own(job, user)
        if job.heard_at or job.settled_at:
            raise TooLate
        sums = {"elder_handed_fen": word.handed, "elder_returned_fen": word.returned}
        fields = {**sums, "elder_has_receipt": word.has_receipt, "heard_at": now()}
        said = {"handed_fen": word.handed, "returned_fen": word.returned, "has_receipt": word.has_receipt}
        _move(job, "word", Actor.staff(user), fields=fields, said=said)
        if is_well and not _jobs_beside(job).unsettled().filter(heard_at=None).exists():
            for todo in _help_request(job).todos.open().filter(kind=Todo.Kind.AFTER_VISIT):
                todos.settle(todo, user=user, outcome=_("all is well"))
        return job


def note_receipt(job: CashJob, actor: Actor) -> None:
    """A photo of the receipt has come (``dispatch.receipts`` keeps it): the trail says so."""
    _note(job, "receipt", actor)


# --- what staff decide --------------------------------------------------------------------------------------------


def clear(assignment: Assignment, why: str, *, user: User) -> CashJob:
    """Settle a gap, and say why. Raises ReasonNeeded, TooLate if there is none (any more), NotYours."""
    with transaction.atomic():
        job = _hold(assignment)
        _refuse_own(job, user)
        if not why:
            raise ReasonNeeded
        return _move(job, "cleared", Actor.staff(user), Status.CLEARED, why=why)


def check(assignment: Assignment, *, is_right: bool, why: str = "", user: User) -> CashJob:
    """Answer the random check. What was found wrong is a gap after all, and ``why`` says what it was.

    Raises ReasonNeeded, TooLate if no check is owed (any more), NotYours.
    """
    with transaction.atomic():
        job = _hold(assignment)
        _refuse_own(job, user)
        owed = _help_request(job).todos.open().filter(kind=Todo.Kind.CASH_CHECK).first()
        if owed is None:
            raise TooLate
        if not is_right and not why:
            raise ReasonNeeded
        if not todos.settle(owed, user=user, outcome=why or _("all is well")):
            raise TooLate
        if is_right:
            _note(job, "checked", Actor.staff(user))
            return job
        return _move(job, "checked", Actor.staff(user), fields={"found_wrong": True}, why=why)


def _refuse_own(job: CashJob, user: User) -> None:
    if job.volunteer.is_same_person_as(user):
        raise NotYours


def limit_of(help_request: HelpRequest) -> int:
    """Return what may be spent at most, in fen: where nothing was written down, what is usual in its community."""
    own = help_request.cash_limit_fen
    return rules_of(help_request.community).cash_limit_fen if own is None else own


def awaits_figures(assignment: Assignment) -> bool:
    """Whether this visit's volunteer still owes the figures of its money."""
    return CashJob.objects.unsettled().filter(assignment=assignment, reported_at=None).exists()


def is_blocked(volunteer: Volunteer) -> bool:
    """Whether a gap stands between this volunteer and other visits with cash."""
    return CashJob.objects.gaps().filter(volunteer=volunteer).exists()


def lapse(assignment: Assignment) -> bool:
    """No more statements are to be expected by themselves: a person owes the rest. False if it is settled."""
    job = _hold(assignment)
    if job.status not in (Status.DUE, Status.REPORTED):
        return False
    _move(job, "lapsed", SYSTEM, Status.GAP)
    return True


# --- how it moves -------------------------------------------------------------------------------------------------


def _hold(assignment: Assignment) -> CashJob:
    """Take the help request's row, then the money's, which is opened if there is none: the order of every move."""
    HelpRequest.objects.select_for_update(no_key=True).get(pk=assignment.help_request_id)
    job = CashJob.objects.select_related("volunteer").filter(assignment=assignment).first()
    return job or _open(assignment)


def _open(assignment: Assignment) -> CashJob:
    limit = limit_of(assignment.help_request)
    job = CashJob.objects.create(assignment=assignment, volunteer=assignment.volunteer, limit_fen=limit)
    _note(job, "opened", SYSTEM)
    return job


def _move(
    job: CashJob,
    what: str,
    actor: Actor,
    to: CashJob.Status | None = None,
    *,
    fields: Mapping[str, Any] | None = None,
    said: Mapping[str, Any] | None = None,
    why: str = "",
) -> CashJob:
    """Write a statement or a decision, and where it puts the job. Raises TooLate where that is not legal (any more)."""
    before = job.status
    for name, value in (fields or {}).items():
        setattr(job, name, value)
    if to is None:
        to = verdict(job)
        if before == Status.GAP and to == Status.DUE:
            to = Status.GAP  # the elder has been heard, and the figures are still missing
    if to not in TRANSITIONS[before]:
        raise TooLate
    settled_at = now() if to in SETTLED else None
    if not CashJob.objects.filter(pk=job.pk, status=before).update(status=to, settled_at=settled_at, **fields or {}):
        raise TooLate
    job.refresh_from_db(fields=["status", "settled_at"])
    _note(job, what, actor, why=why, **said or {})
    _follow(job, before)
    return job


def _note(job: CashJob, what: str, actor: Actor, **said: Any) -> None:
    CashNote.objects.create(job=job, what=what, who=actor.who, user=actor.user, status=job.status, **said)


def _follow(job: CashJob, before: str) -> None:
    """What is owed now, and what is not any more."""
    help_request = _help_request(job)
    if job.status == Status.GAP:
        owe_clearing(job)
    elif not _jobs_beside(job).gaps().exists():
        last = job.notes.last()
        for todo in help_request.todos.open().filter(kind=Todo.Kind.CASH_GAP):
            todos.settle(todo, user=last.user if last else None, outcome=last.why if last else "")
    if job.status == Status.AGREED and before != Status.AGREED:
        percent = rules_of(help_request.community).cash_check_percent
        if secrets.randbelow(100) < percent:
            _owe(job, Todo.Kind.CASH_CHECK, CHECK_WITHIN)
    record_event(help_request)


def owe_clearing(job: CashJob) -> None:
    """A person owes an answer to this gap."""
    _owe(job, Todo.Kind.CASH_GAP, CLEAR_WITHIN)


def _owe(job: CashJob, kind: Todo.Kind, due_in: timedelta) -> None:
    help_request = _help_request(job)
    todos.owe(kind, community=help_request.community, help_request=help_request, due_in=due_in)


def _jobs_beside(job: CashJob) -> CashJobQuerySet:
    """The money of all who went there, this one's, too."""
    return CashJob.objects.filter(assignment__help_request=job.assignment.help_request_id)


def _help_request(job: CashJob) -> HelpRequest:
    return job.assignment.help_request
