"""What all processes share about the gateways."""

from __future__ import annotations

from django.db import models

from linzhu.communities.clock import now


class GatewayLine(models.Model):
    """What all processes on all machines share about one gateway. Every change is one conditional UPDATE."""

    name = models.CharField(max_length=12, primary_key=True)
    busy_until = models.DateTimeField(default=now)
    """Until when the texts already taken keep the line busy, at the rate it is allowed (``notifications.rates``)."""

    failures = models.PositiveIntegerField(default=0)
    """Tries in a row that failed by the gateway's own fault (``notifications.breakers``)."""
    down_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    """Nothing is sent until then; after it, one text tries whether the gateway is well again."""

    read_up_to = models.DateTimeField(default=now)
    """Everything that the gateway's own list held until then is known here (``notifications.reconcile``)."""
    next_reading_at = models.DateTimeField(default=now)
    next_long_reading_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name
