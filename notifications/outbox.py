"""The outbox: a text is a row, written in the transaction of what it tells about, before anybody tries to send it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django_q.tasks import async_task

from linzhu.communities.clock import now
from linzhu.communities.models import Community
from linzhu.notifications.models import Message
from linzhu.notifications.optout import DESPITE_OPT_OUT, is_opted_out
from linzhu.notifications.texts import TEXTS
from linzhu.notifications.wording import count_parts, render

State = Message.State


def queue(
    to: str,
    template: str,
    params: Mapping[str, object],
    *,
    community: Community,
    language: str,
    about: str = "",
    priority: int = Message.Priority.CONFIRMATION,
    expires_at: datetime | None = None,
) -> Message:
    """Write a text to this number (E.164) into the outbox, wake a worker for it, and return it.

    Row and wake-up are part of the caller's transaction: what is rolled back is not sent. After ``expires_at`` it is
    not sent any more. To a number that has opted out it is kept as SUPPRESSED and never sent. Raises KeyError for an
    unknown template or a missing parameter.
    """
    suppressed = template not in DESPITE_OPT_OUT and is_opted_out(to)
    text = render(template, params, language)
    with transaction.atomic():
        message = Message.objects.create(
            to=to,
            template=template,
            params={name: str(params[name]) for name in TEXTS[template].params},
            language=language,
            text=text,
            parts=count_parts(text),
            community=community,
            about=about,
            priority=priority,
            expires_at=expires_at,
            state=State.SUPPRESSED if suppressed else State.QUEUED,
            finished_at=now() if suppressed else None,
        )
        if not suppressed:
            # The queue lives in the same database. It carries the id alone; the row says what to do and when.
            async_task("linzhu.notifications.tasks.relay_message", message.pk)
    return message


def withdraw(messages: Iterable[Message]) -> int:
    """Do not send these any more, as nobody needs them. Returns how many had not gone out and now never will.

    One that is being sent, or that nobody knows whether it was, may still arrive; but it gets no second try.
    """
    at = now()
    mine = Message.objects.filter(pk__in=[message.pk for message in messages])
    with transaction.atomic():
        under_way = mine.filter(state__in=[State.SENDING, State.UNKNOWN])
        under_way.filter(Q(expires_at=None) | Q(expires_at__gt=at)).update(expires_at=at)
        return mine.filter(state=State.QUEUED).update(state=State.EXPIRED, finished_at=at)
