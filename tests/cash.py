"""Visits with cash, as tests need them: over, reported, asked about."""

from linzhu.dispatch import cash
from linzhu.dispatch.assignments import arrive, assign, finish
from linzhu.dispatch.cash_verdict import Word
from linzhu.dispatch.models import Assignment, CashJob, Todo
from linzhu.dispatch.reading.money import Figures
from linzhu.requests.lifecycle import SYSTEM, Actor, log_request
from linzhu.requests.models import StatusChange
from tests.factories import window

VOLUNTEER = Actor(StatusChange.Who.VOLUNTEER)
EVEN = Figures(100_00, 86_50, 13_50)
AGREES = Word(100_00, 13_50, has_receipt=True)


def shop(elder, volunteer, service="groceries", outcome=Assignment.Outcome.DONE, limit_fen=200_00):
    """A visit with cash that has just ended; nobody has said anything of the money yet."""
    need = log_request(elder, service, actor=SYSTEM, **window(), cash_limit_fen=limit_fen)
    visit = assign(need, volunteer, actor=SYSTEM)
    arrive(visit, actor=SYSTEM)
    finish(visit, actor=SYSTEM, outcome=outcome)
    return visit


def job_of(visit) -> CashJob:
    return CashJob.objects.get(assignment=visit)


def report(visit, figures=EVEN):
    return cash.report(visit, figures, actor=VOLUNTEER)


def owed(visit, kind=Todo.Kind.CASH_GAP) -> int:
    return Todo.objects.open().filter(help_request=visit.help_request, kind=kind).count()


def gap(elder, volunteer):
    """A visit whose money does not agree."""
    visit = shop(elder, volunteer)
    report(visit, Figures(100_00, 86_50, 10_00))
    return visit
