"""What happened to a help request, in order, who did it and why. Pure: rows in, entries out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linzhu.dispatch.cash_words import note_words
from linzhu.dispatch.deferred_words import never_happened
from linzhu.dispatch.models import Assignment, CashNote, DeferredAct, Offer, Todo, VisitStep, Wave
from linzhu.dispatch.reasons import show_distance
from linzhu.notifications.models import Call
from linzhu.requests.models import HelpRequest, Status, StatusChange

SAME_MOMENT = timedelta(seconds=3)
"""A move of the status this close to the fact behind it was written with it: one entry tells both."""


@dataclass(frozen=True)
class Entry:
    """One line of the story. ``side`` says who speaks: linzhu, staff, volunteer, family, or todo for what was owed."""

    at: datetime
    side: str
    who: str
    text: str
    note: str = ""
    status: str = ""
    """The status that the help request came to by it, if it did."""
    offers: tuple[Offer, ...] = ()
    causes: str = ""
    """The status that this fact leads to; a StatusChange of the same moment is folded into it."""


def tell(
    help_request: HelpRequest,
    *,
    changes: Sequence[StatusChange],
    waves: Sequence[Wave],
    offers: Sequence[Offer],
    assignments: Sequence[Assignment],
    todos: Sequence[Todo],
    steps: Sequence[VisitStep],
    calls: Sequence[Call] = (),
    acts: Sequence[DeferredAct] = (),
    cash: Sequence[CashNote] = (),
) -> list[Entry]:
    """Return the story, oldest first. Every row is told once."""
    facts = [
        *_of_waves(waves, offers),
        *(_no(offer) for offer in offers if offer.status == Offer.Status.DECLINED and offer.answered_at),
        *(entry for assignment in assignments for entry in _of_assignment(assignment)),
        *_of_steps(steps, assignments),
        *(_of_money(note, assignments) for note in cash if note_words(note)),
        *(entry for todo in todos for entry in _of_todo(todo)),
        *(_of_call(call) for call in calls if call.is_over and not call.withdrawn_at),
        *(_of_act(act) for act in acts if act.fate in (DeferredAct.Fate.UNDONE, DeferredAct.Fate.OVERTAKEN)),
    ]
    ends = [change.at for change in changes if change.to_status in (Status.CANCELLED, Status.UNMET)]
    facts = [fact for fact in facts if not (fact.causes == Status.OPEN and _near(fact.at, ends))]
    for change in changes:
        facts = _fold(facts, change, help_request)
    # In one and the same moment a search begins before its first wave; all else stands cause before effect already.
    return sorted(facts, key=lambda entry: (entry.at, entry.status != Status.OPEN))


def _fold(facts: list[Entry], change: StatusChange, help_request: HelpRequest) -> list[Entry]:
    """Put the change into the fact that caused it, or beside the facts as an entry of its own."""
    for position, fact in enumerate(facts):
        if fact.causes == change.to_status and not fact.status and _near(change.at, [fact.at]):
            told = replace(fact, status=change.to_status, note=_fold_note(change))
            return [*facts[:position], told, *facts[position + 1 :]]
    return [*facts, _of_change(change, help_request)]


def _fold_note(change: StatusChange) -> str:
    """Who noted it, if staff did; and why somebody does not come. Else the reason is the volunteer's own name."""
    why = change.why_label if change.to_status == Status.OPEN else ""
    return " · ".join(part for part in (_by(change), why) if part)


def _near(at: datetime, others: Iterable[datetime]) -> bool:
    return any(abs(at - other) <= SAME_MOMENT for other in others)


# --- moves --------------------------------------------------------------------------------------------------------


def _of_change(change: StatusChange, help_request: HelpRequest) -> Entry:
    side = {StatusChange.Who.SYSTEM: "linzhu", StatusChange.Who.API: "linzhu"}.get(change.who, change.who)  # type: ignore[call-overload]
    note = "" if change.from_status == "" else change.why_label
    return Entry(change.at, side, _who(change), _move_words(change, help_request), note, change.to_status)


def _move_words(change: StatusChange, help_request: HelpRequest) -> str:
    if not change.from_status:
        return _("Logged: %(service)s (%(channel)s)") % {
            "service": help_request.service.name,
            "channel": help_request.get_channel_display(),
        }
    if change.to_status == Status.OPEN:
        return _("Looking again") if change.from_status != Status.PAUSED else _("The search goes on")
    return {
        Status.PAUSED: _("Handed over to staff"),
        Status.ASSIGNED: _("Everybody who is needed has said yes"),
        Status.UNDERWAY: _("At the elder's home"),
        Status.DONE: _("The visit is over"),
        Status.CLOSED: _("Closed: everything is settled"),
        Status.CANCELLED: _("Cancelled late") if help_request.cancelled_late else _("Cancelled"),
        Status.UNMET: _("Ended without help"),
    }[Status(change.to_status)]


def _who(change: StatusChange) -> str:
    return str(change.user or change.name or change.get_who_display())


def _by(change: StatusChange) -> str:
    if change.who != StatusChange.Who.STAFF:
        return ""
    return _("noted by %(name)s") % {"name": _who(change)}


# --- waves, answers, visits ---------------------------------------------------------------------------------------


def _of_waves(waves: Sequence[Wave], offers: Sequence[Offer]) -> Iterator[Entry]:
    for wave in waves:
        people = tuple(offer for offer in offers if offer.wave_id == wave.pk)
        text = ngettext(
            "Wave %(wave)d: asked %(n)d neighbour within %(reach)s",
            "Wave %(wave)d: asked %(n)d neighbours within %(reach)s",
            len(people),
        )
        if not people and any(offer.asked_again_in_id == wave.pk for offer in offers):
            text = _("Wave %(wave)d: once more asked those who have not answered")
        values = {"wave": wave.number, "n": len(people), "reach": show_distance(wave.radius_m)}
        yield Entry(wave.started_at, "linzhu", _("Linzhu"), text % values, offers=people)


def _no(offer: Offer) -> Entry:
    assert offer.answered_at is not None  # noqa: S101 (the caller looked; this tells mypy)
    return Entry(offer.answered_at, "volunteer", offer.volunteer.name, _("Cannot this time"))


def _of_assignment(assignment: Assignment) -> Iterator[Entry]:
    name = assignment.volunteer.name
    words = {
        Assignment.Via.TEXT: _("Says yes"),
        Assignment.Via.PHONE: _("Says yes on the phone"),
        Assignment.Via.STAFF: _("Comes, assigned by staff"),
    }[Assignment.Via(assignment.via)]
    yield Entry(assignment.accepted_at, "volunteer", name, words, causes=Status.ASSIGNED)
    if assignment.on_my_way_at:
        yield Entry(assignment.on_my_way_at, "volunteer", name, _("Has set out"))
    if assignment.arrived_at:
        yield Entry(assignment.arrived_at, "volunteer", name, _("Is at the door"), causes=Status.UNDERWAY)
    if assignment.finished_at:
        yield Entry(assignment.finished_at, "volunteer", name, _finish_words(assignment), causes=Status.DONE)
    if assignment.released_at:
        text = _unhappy_words(assignment.outcome) or _("Does not come after all")
        yield Entry(assignment.released_at, "volunteer", name, text, causes=Status.OPEN)


def _finish_words(assignment: Assignment) -> str:
    if text := _unhappy_words(assignment.outcome):
        return text
    if assignment.minutes:
        return _("Has finished, %(n)d minutes") % {"n": assignment.minutes}
    return _("Has finished")


def _unhappy_words(outcome: str) -> str:
    return {
        Assignment.Outcome.NO_SHOW.value: _("Did not come"),
        Assignment.Outcome.ELDER_NO_ANSWER.value: _("Rang, and the elder did not answer"),
        Assignment.Outcome.TURNED_DOWN.value: _("Was turned away at the door"),
    }.get(outcome, "")


# --- around a visit -----------------------------------------------------------------------------------------------


def _of_steps(steps: Sequence[VisitStep], assignments: Sequence[Assignment]) -> Iterator[Entry]:
    """What Linzhu did around a visit. An alarm is told by what staff owe since."""
    visits = {assignment.pk: assignment for assignment in assignments}
    words = {
        VisitStep.Kind.REMIND_EVENING.value: _("Reminded %(name)s the evening before"),
        VisitStep.Kind.REMIND_SOON.value: _("Reminded %(name)s of the visit"),
        VisitStep.Kind.ASK_ARRIVAL.value: _("Asked %(name)s: have you arrived?"),
        VisitStep.Kind.ASK_END.value: _("Asked %(name)s: is it finished?"),
        VisitStep.Kind.ASK_CASH.value: _("Asked %(name)s about the money"),
    }
    for step in steps:
        visit = visits[step.assignment_id]
        if step.kind in words and step.done_at and _was_needed(step, visit):
            text = words[step.kind] % {"name": visit.volunteer.name}
            yield Entry(step.done_at, "linzhu", _("Linzhu"), text)


def _was_needed(step: VisitStep, visit: Assignment) -> bool:
    """The clock ticks off what is due even where the volunteer was quicker; then nobody was asked anything."""
    if step.kind in VisitStep.AFTERWARDS:
        return True  # what has become needless there is deleted
    quicker = [visit.finished_at, visit.released_at]
    if step.kind != VisitStep.Kind.ASK_END:
        quicker.append(visit.arrived_at)
    return step.done_at is not None and all(at is None or step.done_at < at for at in quicker)


def _of_call(call: Call) -> Entry:
    """How the machine's call to the elder ended."""
    if call.understood:
        text = _("Called the elder: understood")
    elif "0" in call.keys:
        text = _("Called the elder: asks for a person")
    elif call.state == Call.State.COMPLETED:
        text = _("Called the elder: picked up, no key pressed")
    else:
        text = _("Called the elder: %(what)s") % {"what": call.get_state_display()}
    return Entry(call.finished_at or call.created_at, "linzhu", _("Linzhu"), text)


# --- what was owed ------------------------------------------------------------------------------------------------


def _of_todo(todo: Todo) -> Iterator[Entry]:
    yield Entry(todo.opened_at, "todo", _("Owed by staff"), todo.get_kind_display())
    if todo.closed_at and (todo.closed_by or todo.outcome):
        text = _("Settled: %(what)s") % {"what": todo.get_kind_display()}
        yield Entry(todo.closed_at, "staff", str(todo.closed_by or _("staff")), text, _outcome(todo))


def _outcome(todo: Todo) -> str:
    """What became of an unclear reply is kept as the offer's state; all else is what somebody wrote."""
    states = Offer.Status
    return str(states(todo.outcome).label) if todo.outcome in states.values else todo.outcome


def _of_money(note: CashNote, assignments: Sequence[Assignment]) -> Entry:
    """What was said, and by whom; what a member of staff noted in the volunteer's name bears both names."""
    volunteer = next(visit.volunteer.name for visit in assignments if visit.pk == note.job.assignment_id)
    if note.what in ("figures", "receipt"):
        by = _("noted by %(name)s") % {"name": note.user or _("staff")} if note.who == StatusChange.Who.STAFF else ""
        return Entry(note.at, "volunteer", volunteer, note_words(note), by)
    return Entry(note.at, "staff", str(note.user or _("staff")), note_words(note), note.why)


# --- what staff thought better of ---------------------------------------------------------------------------------


def _of_act(act: DeferredAct) -> Entry:
    """What was pressed and never happened. What did happen is told by what came of it."""
    at, words = act.over_at or act.asked_at, never_happened(act)
    if act.fate == DeferredAct.Fate.UNDONE:
        return Entry(at, "staff", str(act.over_by or _("staff")), words)
    return Entry(at, "linzhu", _("Linzhu"), words, _("asked for by %(name)s") % {"name": act.user or _("staff")})
