"""Who knows whom in the demo, and what comes back every week."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random

from django.utils import timezone

from linzhu.communities.clock import standing_at
from linzhu.communities.models import User
from linzhu.demo.story import MINUTE, Story, deliver
from linzhu.dispatch import bonds, elder_states
from linzhu.dispatch.matching import Candidate, rank
from linzhu.dispatch.models import Assignment, Bond
from linzhu.dispatch.waves import start_wave
from linzhu.requests import recurring
from linzhu.requests.catalogue import SERVICES, Code
from linzhu.requests.models import Elder, ElderState, HelpRequest, RecurringRequest
from linzhu.requests.recurrence import DAYS

WEEKLY_SHOPPING = "每周一次：牛奶两盒、鸡蛋一板、当季青菜，别买太多。"


def make_bonds(staff: dict[str, User], now: datetime) -> None:
    """After the week, one elder would like the same person again, and another one never."""
    dispatcher = staff["dispatcher"]
    visits = Assignment.objects.filter(outcome=Assignment.Outcome.DONE).order_by("finished_at", "pk")
    first, second = list(visits.select_related("help_request__elder", "volunteer"))[:2]
    with standing_at(now - timedelta(days=1)):
        bonds.prefer(first.help_request.elder, first.volunteer, user=dispatcher, note="聊得来，还会修收音机。")
        bonds.never(
            second.help_request.elder,
            second.volunteer,
            by=Bond.Kind.NEVER_BY_ELDER,
            user=dispatcher,
            note="说话太急，老人跟不上。",
        )


def ask_the_paired_one(staff: dict[str, User], random: Random, elder: Elder, now: datetime, start: datetime) -> None:
    """A pairing (结对), and a request for which the paired volunteer alone has been asked so far."""
    best = _best_for(elder, Code.COMPANIONSHIP, start)
    with standing_at(now - timedelta(days=2)):
        bonds.pair(elder, best.volunteer, user=staff["lead"], note="同一个楼，认识多年。")
    Story(staff, random).log(
        elder, Code.COMPANIONSHIP, "想有人陪着下楼走走，晒晒太阳。", at=now - 2 * MINUTE, start=start
    )


def _best_for(elder: Elder, service_code: str, start: datetime) -> Candidate:
    wanted = HelpRequest(
        elder=elder,
        community=elder.community,
        service_code=service_code,
        window_start=start,
        window_end=start + timedelta(hours=2),
        needs_clearance=SERVICES[service_code].clearance,
    )
    return rank(wanted).candidates[0]


def be_in_hospital(staff: dict[str, User], elder: Elder, now: datetime) -> None:
    """One elder is away for a while."""
    until = timezone.localtime(now).date() + timedelta(days=9)
    with standing_at(now - timedelta(days=3)):
        elder_states.note(elder, ElderState.AWAY, user=staff["intake"], why="女儿来电：住院观察。", until=until)


def shop_every_week(staff: dict[str, User], elder: Elder, now: datetime) -> None:
    """Groceries come back every week; tomorrow's are open already, and neighbours are asked."""
    tomorrow = timezone.localtime(now).date() + timedelta(days=1)
    weekly = RecurringRequest(
        elder=elder,
        service_code=Code.GROCERIES,
        rrule=f"FREQ=WEEKLY;BYDAY={DAYS[tomorrow.weekday()]}",
        begins=time(9, 30),
        finishes=time(11, 30),
        starts_on=tomorrow,
        same_volunteer=True,
        details=WEEKLY_SHOPPING,
        cash_limit_fen=100_00,
    )
    at = now - 6 * MINUTE
    with standing_at(at):
        recurring.save(weekly, user=staff["intake"])
        recurring.open_due(at)
        start_wave(HelpRequest.objects.get(occurrence__recurring=weekly))
    deliver(at)
