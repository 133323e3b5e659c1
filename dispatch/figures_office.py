"""Figures for the office: today and this month, of everything that the reader may oversee.

"Answered" is a help request to which somebody has said yes; it is "filled in two hours" where the first yes came within
that time of the intake. Texts for each yes are offers sent, divided by promises that came of an offer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import median

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linzhu.communities.clock import now
from linzhu.communities.models import Community, User
from linzhu.dispatch.figures_charts import Chart, draw
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.requests.models import HelpRequest, Status

QUICKLY = timedelta(hours=2)
WAITS_MIN = (15, 30, 60, 120)
"""Bounds of the columns of waiting times, in minutes."""

CALLS = (
    *Todo.ALARMS,
    Todo.Kind.CALL_WANTED,
    Todo.Kind.CALL_BACK,
    Todo.Kind.UNKNOWN_CALLER,
    Todo.Kind.HELP_WANTED,
    Todo.Kind.NOT_DELIVERED,
    Todo.Kind.TELL_ELDER,
    Todo.Kind.TELL_ELDER_LATE,
    Todo.Kind.TELL_ELDER_LOOKING,
    Todo.Kind.TELL_ELDER_OFF,
    Todo.Kind.AFTER_VISIT,
    Todo.Kind.ROLL_CALL,
)
"""Todos that are a call somebody owes."""


@dataclass(frozen=True)
class Sums:
    """The numbers of one span of time."""

    logged: int
    answered: int
    filled_quickly: int
    waits_min: tuple[float, ...]
    visits: int
    unmet: int
    texts: int
    yeses: int

    @property
    def median_wait_min(self) -> int | None:
        return round(median(self.waits_min)) if self.waits_min else None

    @property
    def texts_a_yes(self) -> float | None:
        return round(self.texts / self.yeses, 1) if self.yeses else None


@dataclass(frozen=True)
class OfficeFigures:
    today: Sums
    month: Sums
    calls_owed: int
    calls_overdue: int
    charts: list[Chart]
    since: date


@dataclass(frozen=True)
class _Logged:
    """One help request: when it was logged, and when somebody first said yes."""

    at: datetime
    yes_at: datetime | None

    @property
    def wait(self) -> timedelta | None:
        return self.yes_at - self.at if self.yes_at else None


@dataclass(frozen=True)
class _Facts:
    logged: list[_Logged]
    visits: list[datetime]
    unmet: list[tuple[datetime, str]]
    texts: list[tuple[date, int]]
    yeses: list[datetime]


def read_office_figures(user: User, community: Community | None = None) -> OfficeFigures:
    """Return the figures of today and of this month, of one community with all below or of all: six queries."""
    at = now()
    today = timezone.localtime(at).date()
    since = today.replace(day=1)
    within = Community.objects.overseen_by(user)
    if community:
        within = within.filter(path__startswith=community.path)
    facts = _read(within, _midnight(since))
    owed = Todo.objects.open().filter(community__in=within, kind__in=CALLS)
    calls = owed.aggregate(owed=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=at)))
    return OfficeFigures(
        today=_sums(facts, today),
        month=_sums(facts, since),
        calls_owed=calls["owed"],
        calls_overdue=calls["overdue"],
        charts=_charts(facts, since, today),
        since=since,
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def _read(within: QuerySet[Community], since: datetime) -> _Facts:
    inside = HelpRequest.objects.filter(community__in=within).order_by()
    logged = inside.filter(created_at__gte=since).annotate(yes_at=Min("assignments__accepted_at"))
    promises = Assignment.objects.filter(help_request__community__in=within).order_by()
    asked = Offer.objects.filter(help_request__community__in=within, created_at__gte=since).order_by()
    visits = promises.filter(outcome=Assignment.Outcome.DONE, finished_at__gte=since)
    unmet = inside.filter(status=Status.UNMET, status_at__gte=since)
    texts = asked.annotate(day=TruncDate("created_at")).values_list("day").annotate(n=Count("pk"))
    return _Facts(
        logged=[_Logged(at, yes_at) for at, yes_at in logged.values_list("created_at", "yes_at")],
        visits=[at for at in visits.values_list("finished_at", flat=True) if at],
        unmet=list(unmet.values_list("status_at", "end_reason")),
        texts=list(texts),
        yeses=list(promises.filter(offer__isnull=False, accepted_at__gte=since).values_list("accepted_at", flat=True)),
    )


def _sums(facts: _Facts, since: date) -> Sums:
    """Count what has happened from this day on."""
    logged = [row for row in facts.logged if _day(row.at) >= since]
    waits = [row.wait for row in logged if row.wait is not None]
    return Sums(
        logged=len(logged),
        answered=len(waits),
        filled_quickly=sum(wait <= QUICKLY for wait in waits),
        waits_min=tuple(wait.total_seconds() / 60 for wait in waits),
        visits=_since(facts.visits, since),
        unmet=_since((at for at, _reason in facts.unmet), since),
        texts=sum(count for day, count in facts.texts if day >= since),
        yeses=_since(facts.yeses, since),
    )


def _since(moments: Iterable[datetime], since: date) -> int:
    return sum(_day(at) >= since for at in moments)


# --- charts -------------------------------------------------------------------------------------------------------


def _charts(facts: _Facts, since: date, today: date) -> list[Chart]:
    days = [since + timedelta(days=n) for n in range((today - since).days + 1)]
    return [_of_days(facts, days), _of_visits(facts, days), _of_waits(facts), _of_reasons(facts)]


def _of_days(facts: _Facts, days: list[date]) -> Chart:
    answered = Counter(_day(row.at) for row in facts.logged if row.yes_at)
    others = Counter(_day(row.at) for row in facts.logged if not row.yes_at)
    series = [(gettext_lazy("somebody said yes"), "green"), (gettext_lazy("nobody yet"), "amber")]
    rows = [(str(day.day), (answered[day], others[day])) for day in days]
    title = gettext_lazy("Help requests of this month, day by day")
    return draw("logged", title, series, rows, name_of_columns=gettext_lazy("Day"), every=5)


def _of_visits(facts: _Facts, days: list[date]) -> Chart:
    visits = Counter(map(_day, facts.visits))
    rows = [(str(day.day), (visits[day],)) for day in days]
    series = [(gettext_lazy("visits"), "blue")]
    title = gettext_lazy("Visits of this month, day by day")
    return draw("visits", title, series, rows, name_of_columns=gettext_lazy("Day"), every=5)


def _of_waits(facts: _Facts) -> Chart:
    waits = [row.wait.total_seconds() / 60 for row in facts.logged if row.wait is not None]
    bounds = [0, *WAITS_MIN]
    rows = [
        (f"≤ {upper}", (sum(lower < wait <= upper or wait <= 0 == lower for wait in waits),))
        for lower, upper in pairwise(bounds)
    ]
    rows.append((f"> {WAITS_MIN[-1]}", (sum(wait > WAITS_MIN[-1] for wait in waits),)))
    series = [(gettext_lazy("help requests"), "green")]
    title = gettext_lazy("Minutes until the first yes")
    return draw("waits", title, series, rows, name_of_columns=gettext_lazy("Minutes"))


def _of_reasons(facts: _Facts) -> Chart:
    labels = dict(HelpRequest.EndReason.choices)
    reasons = Counter(reason for _at, reason in facts.unmet)
    rows = [(str(labels.get(reason, reason) or _("no reason given")), (n,)) for reason, n in reasons.most_common()]
    series = [(gettext_lazy("not met"), "red")]
    title = gettext_lazy("Not met, by reason")
    return draw("unmet", title, series, rows, name_of_columns=gettext_lazy("Reason"))
