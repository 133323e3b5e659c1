"""Yesterday's drill in one community of the demo: declared, answered, telephoned through, ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from linzhu.communities.clock import standing_at
from linzhu.communities.models import Community, User
from linzhu.demo.story import MINUTE, deliver, text
from linzhu.dispatch.emergency import asking, call_up, ending, roll_call
from linzhu.dispatch.emergency.area import Area
from linzhu.dispatch.emergency.declare import declare
from linzhu.dispatch.models import CallUp, Emergency, RollCallEntry
from linzhu.requests.models import PriorityGroup

WHERE = "qingyuan"
SAFE, HELP, CAN, CANNOT = "平安", "需要帮助", "接{}", "不接{}"
LOOKS = 3
"""Of the clock: a bite is larger than this community."""
State, By = RollCallEntry.State, RollCallEntry.By


def drill_yesterday(staff: dict[str, User], now: datetime) -> None:
    """Write a storm drill that began yesterday at ten and ended an hour later."""
    local = timezone.localtime(now - timedelta(days=1))
    at = local.replace(hour=10, minute=0, second=0, microsecond=0)
    community = Community.objects.get(code=WHERE)
    area = Area([community], frozenset(PriorityGroup.values), name=community.name)
    with standing_at(at):
        emergency = declare(
            area, Emergency.Kind.STORM, user=staff["dispatcher"], key="demo", expected=len(area.elders()), drill=True
        )
    _look(at + MINUTE)
    _volunteers_answer(emergency, at + 4 * MINUTE)
    _elders_answer(emergency, at + 3 * MINUTE)
    _look(at + 20 * MINUTE)
    _staff_call(emergency, staff["dispatcher"], at + 24 * MINUTE)
    with standing_at(at + 60 * MINUTE):
        ending.end(emergency, user=staff["dispatcher"])


def _look(at: datetime) -> None:
    """The clock asks whoever is due, and the gateway takes the texts."""
    for _look in range(LOOKS):
        with standing_at(at):
            asking.take_due_steps(at)
            call_up.ask_due(at)
    deliver(at)


def _elders_answer(emergency: Emergency, at: datetime) -> None:
    """Most of those who were texted say that they are safe, one asks for help, one keeps silent."""
    texted = emergency.entries.filter(state=State.ASKED).select_related("elder").order_by("pk")
    for number, entry in enumerate(texted):
        if number != 2:
            text(entry.elder.phone, HELP if number == 4 else SAFE, at + number * 2 * MINUTE)


def _volunteers_answer(emergency: Emergency, at: datetime) -> None:
    asked = CallUp.objects.filter(emergency=emergency).exclude(code="").order_by("pk")
    for number, one in enumerate(asked):
        if number % 3 < 2:
            text(one.phone, (CANNOT if number % 3 else CAN).format(one.code), at + number * MINUTE / 4)


def _staff_call(emergency: Emergency, user: User, at: datetime) -> None:
    """Whoever was not heard of is called; all are safe, and whoever asked for help has got it."""
    related = ("emergency", "community", "elder", "help_request")
    for number, entry in enumerate(emergency.entries.unsettled().select_related(*related).order_by("pk")):
        done = State.HELPED if entry.state == State.NEEDS_HELP else State.SAFE
        with standing_at(at + number * 3 * MINUTE):
            roll_call.learn(entry, done, by=By.STAFF, user=user)
