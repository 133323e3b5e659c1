"""What two statements about money come to. Pure: a row in, what does not agree out."""

from __future__ import annotations

from typing import NamedTuple

from linzhu.dispatch.models import Assignment, CashJob
from linzhu.dispatch.reading.money import Figures

Status = CashJob.Status


class Word(NamedTuple):
    """What the elder says: sums in fen, both None where they cannot say; and whether the receipt is there."""

    handed: int | None
    returned: int | None
    has_receipt: bool


def faults(job: CashJob) -> list[str]:
    """Return the codes of what does not agree (``cash_words`` has their sentences). Nothing is tolerated."""
    figures, is_heard, cannot_say = job.figures, job.heard_at is not None, job.elder_handed_fen is None
    found = {
        "uneven": figures is not None and not figures.is_even,
        "over-limit": figures is not None and figures.spent > job.limit_fen,
        "cannot-say": is_heard and cannot_say,
        "no-receipt": job.elder_has_receipt is False,
        "differs": figures is not None and is_heard and not cannot_say and not _agree(job, figures),
        "found-wrong": job.found_wrong,
    }
    return [code for code, is_so in found.items() if is_so]


def _agree(job: CashJob, figures: Figures) -> bool:
    return (job.elder_handed_fen, job.elder_returned_fen) == (figures.handed, figures.returned)


def verdict(job: CashJob) -> CashJob.Status:
    """Return where the statements put it."""
    if faults(job):
        return Status.GAP
    if job.figures is None:
        return Status.DUE
    return Status.AGREED if job.heard_at else Status.REPORTED


def job_of(assignment: Assignment) -> CashJob | None:
    """The money of a visit, as far as anything is known of it."""
    return getattr(assignment, "cash", None)


def is_correctable(assignment: Assignment) -> bool:
    """Whether figures are still taken: before there are any, of a visit that stands; then until both are heard."""
    job = job_of(assignment)
    return assignment.status == Assignment.Status.STANDING if job is None else job.is_correctable
