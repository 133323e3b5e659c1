"""The local gateway for calls: the phone rings on the Phones page, and whoever looks at it picks up or does not."""

from datetime import timedelta

from linzhu.communities.clock import now
from linzhu.notifications.models import Call
from linzhu.notifications.voice.base import DialResult

RINGS_FOR = timedelta(minutes=2)
"""Longer than a real phone: somebody may have to find the right page first."""


class LocalVoice:
    """Rings at once, costs nothing, reaches nobody outside. There is no webhook to knock at."""

    name = "local"
    metered = False

    def dial(self, call: Call) -> DialResult:
        return DialResult.accepted(f"local-{call.ref}", Call.State.RINGING)

    def look_up(self, call: Call) -> DialResult | None:
        if not call.gateway_ref:
            return None
        rang_at = call.handed_at or call.created_at
        if now() - rang_at < RINGS_FOR:
            return DialResult.accepted(call.gateway_ref, Call.State(call.state))
        answered = call.state == Call.State.IN_PROGRESS
        return DialResult.accepted(call.gateway_ref, Call.State.COMPLETED if answered else Call.State.NO_ANSWER)
