"""What tests of emergencies share."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from linzhu.communities.models import Community, User
from linzhu.dispatch import clock
from linzhu.dispatch.emergency.area import Area
from linzhu.dispatch.emergency.declare import declare
from linzhu.dispatch.models import Emergency, RollCallEntry
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.requests.models import Elder
from tests import factories

MOBILE = "+8619955550000"
_numbers = itertools.count(1)


def mobile_elder(community: Community, **fields: Any) -> Elder:
    """An elder whose phone takes texts."""
    number = {"phone": f"+86199{50000000 + next(_numbers)}"}
    return factories.ElderFactory(community=community, **{**number, **fields})


def declared(
    community: Community, user: User, *, kind: str = "heat", drill: bool = False, key: str = "k", **fields: Any
) -> Emergency:
    """An emergency for everybody of a community."""
    area = Area([community], name=community.name)
    return declare(area, kind, user=user, key=key, expected=len(area.elders()), drill=drill, **fields)


def entry_of(emergency: Emergency, elder: Elder) -> RollCallEntry:
    return RollCallEntry.objects.select_related("help_request").get(emergency=emergency, elder=elder)


def text(phone: str, words: str) -> None:
    """A text comes in."""
    receive(gateway("local"), Inbound(gateway_ref=f"emergency-{next(_numbers)}", sender=phone, text=words))


def ticks(traveller: Any, minutes: float) -> None:
    """Time passes, and the clock looks."""
    traveller.shift(timedelta(minutes=minutes))
    clock.tick()
