"""The page that says how long what is kept, what was deleted lately, and whose data were erased and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.clock import now
from linzhu.communities.models import Community, Erasure, Role
from linzhu.dispatch.models import Forgotten, Lease
from linzhu.dispatch.retention import LEASE
from linzhu.dispatch.retention_rules import KEPT, What

MAY_LOOK = Role.LEADS | {Role.Kind.OVERSEER.value}
LATELY = timedelta(days=30)
SHOWN = 20
AFTER_VISIT = (What.NOTES, What.FORMER_NOTES, What.DETAILS)
AFTER_END = (What.RECURRING_DETAILS, What.BOND_NOTES)


@dataclass(frozen=True)
class Row:
    """One kind of thing: how long it is kept, how much went last night and in a month."""

    what: str
    kept: str
    last_night: int
    lately: int


@require_safe
@staff_required(MAY_LOOK)
def retention(request: StaffRequest) -> HttpResponse:
    """For those who lead or oversee: counts of the whole installation, which name nobody."""
    led = Community.objects.led_by(request.user)
    lease = Lease.objects.filter(name=LEASE).first()
    context = {
        "rows": _rows(),
        "next_at": lease.expires_at if lease else None,
        "is_late": lease is None or lease.expires_at < now() - timedelta(hours=1),
        "leads": may(request.user, Role.LEADS),
        "erasures": Erasure.objects.filter(community__in=led).select_related("user", "community")[:SHOWN],
    }
    return render(request, "dispatch/retention.html", context)


def _rows() -> list[Row]:
    today = timezone.localdate(now())
    counted = Forgotten.objects.filter(night__gt=today - LATELY).order_by().values_list("what")
    sums = {
        what: (last or 0, all_of_them)
        for what, last, all_of_them in counted.annotate(last=Sum("count", filter=Q(night=today)), all=Sum("count"))
    }
    return [Row(str(what.label), _kept(what, span), *sums.get(what.value, (0, 0))) for what, span in KEPT.items()]


def _kept(what: What, span: timedelta) -> str:
    if span >= timedelta(days=366):
        return ngettext("%(n)d year", "%(n)d years", span.days // 366) % {"n": span.days // 366}
    if what in AFTER_VISIT:
        return _("%(n)d days after the last visit") % {"n": span.days}
    if what in AFTER_END:
        return _("%(n)d days after the end") % {"n": span.days}
    return ngettext("%(n)d day", "%(n)d days", span.days) % {"n": span.days}
