"""Which line a call is on, and what the clock does about calls."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType

from linzhu.dispatch.voice import elder_calls, hotline, roll_calls
from linzhu.notifications.models import OVER_STATES, Call
from linzhu.notifications.voice import calls

AT_ONCE = 100


def line_of(call: Call) -> ModuleType:
    """Return the module that knows what a key means in this call: we have rung them, or they us."""
    if call.direction == Call.Direction.IN:
        return hotline
    return roll_calls if call.script == roll_calls.SCRIPT else elder_calls


def settle(call: Call) -> None:
    """Draw the conclusion of a call that is over; nothing for one that is not."""
    line_of(call).settle(call)


def settle_due(at: datetime) -> None:
    """Dial what is due, and draw the conclusions that no webhook has drawn."""
    elder_calls.withdraw_overtaken(at)
    calls.dial_due(at)
    hotline.settle_stale(at)
    for call in Call.objects.unsettled().filter(state__in=OVER_STATES).select_related("community")[:AT_ONCE]:
        settle(call)
