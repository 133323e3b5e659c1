"""Texts and calls, out and in; what all processes share about the gateways; a community's own wording."""

from linzhu.notifications.models.calls import AT_THE_GATEWAY, OVER_STATES, Call, CallQuerySet
from linzhu.notifications.models.gateways import GatewayLine
from linzhu.notifications.models.outgoing import Outgoing
from linzhu.notifications.models.texts import (
    FINAL_STATES,
    InboundMessage,
    Message,
    MessageQuerySet,
    OptOut,
    is_late,
    lost_since,
)
from linzhu.notifications.models.wording import TextOverride

__all__ = [
    "AT_THE_GATEWAY",
    "FINAL_STATES",
    "OVER_STATES",
    "Call",
    "CallQuerySet",
    "GatewayLine",
    "InboundMessage",
    "Message",
    "MessageQuerySet",
    "OptOut",
    "Outgoing",
    "TextOverride",
    "is_late",
    "lost_since",
]
