"""The money of visits in sentences: what does not agree, and how the story of a help request tells of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from linzhu.communities.models import User
from linzhu.dispatch import cash_verdict
from linzhu.dispatch.cash_verdict import is_correctable, job_of
from linzhu.dispatch.models import Assignment, CashJob, CashNote, Todo
from linzhu.dispatch.words import yuan_words
from linzhu.requests.models import HelpRequest


@dataclass(frozen=True)
class Money:
    """What a page shows of one visit's money."""

    visit: Assignment
    job: CashJob | None
    limit_fen: int | None
    """What was agreed to be spent at most; None where nothing was written down, and nothing has been said yet."""
    faults: list[str]
    """Sentences: why it is a gap."""
    is_own: bool
    """The reader is this volunteer, and decides nothing about it."""
    takes_figures: bool
    takes_word: bool

    @property
    def at(self) -> str:
        """Where its form stands on a page with several."""
        return f"money-{self.visit.pk}"


def money_of(help_request: HelpRequest, visits: Sequence[Assignment], user: User) -> list[Money]:
    """Return the money of these visits (``cash`` and its receipt read along) that have to do with any."""
    if not help_request.is_about_money:
        return []
    limit = help_request.cash_limit_fen
    return [
        _money(visit, user, limit) for visit in visits if job_of(visit) or visit.status == Assignment.Status.STANDING
    ]


def _money(visit: Assignment, user: User | None, limit_fen: int | None = None) -> Money:
    job = job_of(visit)
    return Money(
        visit=visit,
        job=job,
        limit_fen=job.limit_fen if job else limit_fen,
        faults=fault_words(job) if job else [],
        is_own=user is not None and visit.volunteer.is_same_person_as(user),
        takes_figures=is_correctable(visit),
        takes_word=job is not None and job.heard_at is None and job.settled_at is None,
    )


def tell_money(todos: Sequence[Todo], reader: User | None) -> None:
    """Give each of these todos ``money``: what it is about. One query, and none where there are none."""
    pks = {todo.help_request_id for todo in todos}
    related = ["volunteer", "assignment__volunteer"]
    jobs = list(CashJob.objects.filter(assignment__help_request__in=pks).select_related(*related)) if pks else []
    for todo in todos:
        meant = [
            job for job in jobs if job.assignment.help_request_id == todo.help_request_id and _ABOUT[todo.kind](job)
        ]
        todo.money = [_money(job.assignment, reader) for job in meant]  # type: ignore[attr-defined]


_ABOUT: dict[str, Callable[[CashJob], bool]] = {
    Todo.Kind.AFTER_VISIT.value: lambda job: job.heard_at is None and job.settled_at is None,
    Todo.Kind.CASH_GAP.value: lambda job: job.status == CashJob.Status.GAP,
    Todo.Kind.CASH_CHECK.value: lambda job: job.status == CashJob.Status.AGREED,
}


def fault_words(job: CashJob) -> list[str]:
    """Return why it is a gap, a sentence for each reason; nothing if it is none."""
    if job.status != CashJob.Status.GAP:
        return []
    missing = []
    if job.figures is None:
        missing.append(_("The volunteer has not said how much was given, spent and given back."))
    if job.heard_at is None:
        missing.append(_("The elder has not been asked about the money."))
    found = cash_verdict.faults(job)
    return [_FAULTS[code](job) for code in found] or missing


def _uneven(job: CashJob) -> str:
    handed, spent, returned = job.figures or (0, 0, 0)
    if handed > spent + returned:
        return _("The figures do not add up: %(sum)s is missing.") % {"sum": yuan_words(handed - spent - returned)}
    return _("The figures do not add up: %(sum)s too much.") % {"sum": yuan_words(spent + returned - handed)}


_FAULTS: dict[str, Callable[[CashJob], str]] = {
    "uneven": _uneven,
    "over-limit": lambda job: _("More was spent than agreed: at most %(sum)s.") % {"sum": yuan_words(job.limit_fen)},
    "cannot-say": lambda _job: _("The elder cannot say how much it was."),
    "no-receipt": lambda _job: _("The elder has no receipt."),
    "differs": lambda _job: _("Volunteer and elder say different sums."),
    "found-wrong": lambda _job: _("The random check found that something was wrong."),
}


# --- the story ----------------------------------------------------------------------------------------------------


def note_words(note: CashNote) -> str:
    """Return what the story says of one line of the trail; empty for what it does not tell."""
    return {
        "figures": lambda: _("Money: %(sums)s") % {"sums": _sums_words(note)},
        "word": lambda: _word_words(note),
        "receipt": lambda: _("A photo of the receipt has come in"),
        "cleared": lambda: _("Cleared the money"),
        "checked": lambda: (
            _("The random check found the money right")
            if note.status == CashJob.Status.AGREED
            else _("The random check found something wrong")
        ),
    }.get(note.what, lambda: "")()


def _sums_words(said: CashNote) -> str:
    return _("got %(handed)s, spent %(spent)s, gave back %(returned)s") % {
        "handed": yuan_words(said.handed_fen or 0),
        "spent": yuan_words(said.spent_fen or 0),
        "returned": yuan_words(said.returned_fen or 0),
    }


def _word_words(note: CashNote) -> str:
    receipt = _("the receipt is there") if note.has_receipt else _("there is no receipt")
    if note.handed_fen is None or note.returned_fen is None:
        return _("The elder cannot say how much; %(receipt)s") % {"receipt": receipt}
    return _("The elder says: gave %(handed)s, got back %(returned)s; %(receipt)s") % {
        "handed": yuan_words(note.handed_fen),
        "returned": yuan_words(note.returned_fen),
        "receipt": receipt,
    }
