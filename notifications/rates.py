"""How fast texts may go out: so many parts a second for each gateway, the urgent ones first.

One moment in the gateway's row says until when the texts already taken keep the line busy (the generic cell rate
algorithm, ITU-T I.371; a token bucket in one column). A text takes its place by one conditional UPDATE, so relays on
several machines share the rate without talking. Nobody sleeps: who finds no place comes back when there is one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value
from django.db.models.functions import Greatest

from linzhu.notifications.models import GatewayLine, Message

AHEAD = {
    Message.Priority.CONFIRMATION: timedelta(seconds=6),
    Message.Priority.OFFER: timedelta(seconds=3),
    Message.Priority.REMINDER: timedelta(0),
}
"""How far ahead the line may be booked. A backlog of offers books three seconds and no more, so a confirmation finds
a place at once; reminders go when nobody else wants to."""


def take_place(name: str, message: Message, at: datetime) -> bool:
    """Book the gateway for the time that this text's parts take; False if it is booked too far ahead already."""
    if not settings.SMS_RATE:
        return True
    lasts = timedelta(seconds=message.parts / settings.SMS_RATE)
    line = GatewayLine.objects.filter(name=name, busy_until__lte=at + ahead(message))
    begins = Greatest(F("busy_until"), Value(at, DateTimeField()))
    ends = ExpressionWrapper(begins + Value(lasts, DurationField()), DateTimeField())
    return line.update(busy_until=ends) == 1


def next_place(line: GatewayLine, message: Message, at: datetime) -> datetime:
    """Return when a text that found no place should come back."""
    return max(at + timedelta(milliseconds=100), line.busy_until - ahead(message))


def ahead(message: Message) -> timedelta:
    return AHEAD.get(Message.Priority(message.priority), timedelta(0))
