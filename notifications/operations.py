"""What the page of texts shows to those who lead or oversee: what is stuck and why, the gateways, the costs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from linzhu.communities.models import Community, User
from linzhu.notifications import breakers
from linzhu.notifications.caps import midnight
from linzhu.notifications.gateways import configured
from linzhu.notifications.models import GatewayLine, Message, is_late, lost_since
from linzhu.notifications.reasons import Reason, reason_of
from linzhu.notifications.reconcile import metered

State = Message.State

LATE = timedelta(minutes=2)
LOOKS_BACK = timedelta(hours=24)
SHOWN = 50
MONTHS = 3
SMALLEST_SHOWN = 5
"""Overseers see figures: smaller counts could point at one person."""


@dataclass(frozen=True)
class GatewayRow:
    """One gateway, or ``name`` empty: the texts that no gateway has tried yet."""

    name: str
    line: GatewayLine | None
    rests: bool
    waiting: str
    late: str
    unknown: str
    failed: str
    """In the last 24 hours."""
    parts: int
    """Handed over today."""


@dataclass
class CostRow:
    """One community's parts in each month shown, and what they cost in fen if a price is set."""

    community: Community
    parts: list[int]

    @property
    def priced(self) -> list[tuple[int, int]]:
        return [(parts, fen_of(parts)) for parts in self.parts]


@dataclass
class Costs:
    months: list[date]
    rows: list[CostRow] = field(default_factory=list)

    @property
    def total(self) -> list[int]:
        return [sum(column) for column in zip(*(row.parts for row in self.rows), strict=True)]

    @property
    def total_priced(self) -> list[tuple[int, int]]:
        return [(parts, fen_of(parts)) for parts in self.total]


def fen_of(parts: int) -> int:
    """Return what so many parts cost, in whole fen."""
    price: float = settings.SMS_PRICE_FEN
    return round(parts * price)


# --- the gateways -------------------------------------------------------------------------------------------------


def read_gateways(user: User, at: datetime, *, exact: bool) -> list[GatewayRow]:
    """Return a row for each gateway with the texts of the communities that this user oversees: three queries."""
    counted = {
        name: counts
        for name, *counts in _overseen(user)
        .filter(_pending() | lost_since(at - LOOKS_BACK) | Q(handed_at__gte=midnight(at)))
        .order_by()
        .values_list("gateway")
        .annotate(
            waiting=Count("pk", filter=Q(state__in=[State.QUEUED, State.SENDING])),
            late=Count("pk", filter=_late(at)),
            unknown=Count("pk", filter=Q(state=State.UNKNOWN)),
            failed=Count("pk", filter=lost_since(at - LOOKS_BACK)),
            parts=Sum("parts", filter=Q(handed_at__gte=midnight(at)), default=0),
        )
    }
    lines = {line.name: line for line in breakers.lines(metered())}
    names = dict.fromkeys([*configured(), *sorted(counted)])
    return [_gateway_row(name, lines.get(name), counted.get(name, [0] * 5), at, exact=exact) for name in names]


def _gateway_row(name: str, line: GatewayLine | None, counts: list[int], at: datetime, *, exact: bool) -> GatewayRow:
    waiting, late, unknown, failed = (
        str(count) if exact or not 0 < count < SMALLEST_SHOWN else f"< {SMALLEST_SHOWN}" for count in counts[:4]
    )
    rests = line is not None and breakers.is_resting(line, at)
    return GatewayRow(name, line, rests, waiting, late, unknown, failed, parts=counts[4])


# --- single texts -------------------------------------------------------------------------------------------------


def read_troubled(user: User, at: datetime) -> list[Message]:
    """Return the texts that are late, unknown, or ended badly in the last day and were not sent again, newest first.

    Each has a ``reason``. For those who lead a community; two queries.
    """
    led = Message.objects.visible_to(user).filter(community__in=Community.objects.led_by(user))
    troubled = led.filter(_late(at) | Q(state=State.UNKNOWN) | lost_since(at - LOOKS_BACK) & Q(again=None))
    shown = list(troubled.select_related("community").order_by("-created_at", "-pk")[:SHOWN])
    for message in shown:
        message.reason = reason_of(message.state, message.error_code)
    return shown


def count_reasons(user: User, at: datetime) -> list[tuple[Reason, int]]:
    """Return why texts ended badly in the last day, the most frequent reason first."""
    counted = _overseen(user).filter(lost_since(at - LOOKS_BACK)).order_by().values_list("state", "error_code")
    totals: dict[Reason, int] = defaultdict(int)
    for state, code, count in counted.annotate(count=Count("pk")):
        totals[reason_of(state, code)] += count
    return sorted(totals.items(), key=lambda item: -item[1])


def _pending() -> Q:
    return Q(state__in=[State.QUEUED, State.SENDING, State.UNKNOWN])


def _late(at: datetime) -> Q:
    return Q(is_late(at - LATE), state__in=[State.QUEUED, State.SENDING])


def _overseen(user: User) -> QuerySet[Message]:
    return Message.objects.filter(community__in=Community.objects.overseen_by(user))


# --- costs --------------------------------------------------------------------------------------------------------


def read_costs(user: User, at: datetime) -> Costs:
    """Return the parts handed over by community and month, the present one first: two queries."""
    months = last_months(timezone.localtime(at).date(), MONTHS)
    begin = timezone.make_aware(datetime.combine(months[-1], datetime.min.time()))
    counted = (
        _overseen(user)
        .filter(handed_at__gte=begin)
        .order_by()
        .annotate(month=TruncMonth("handed_at"))
        .values_list("community", "month")
        .annotate(parts=Sum("parts"))
    )
    parts = {(community, month.date()): count for community, month, count in counted}
    texting = Community.objects.filter(pk__in={community for community, _month in parts})
    return Costs(months, [CostRow(row, [parts.get((row.pk, month), 0) for month in months]) for row in texting])


def last_months(today: date, count: int) -> list[date]:
    """Return the first days of this month and of those before it, the latest first."""
    first = today.replace(day=1)
    months = [first]
    while len(months) < count:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months
