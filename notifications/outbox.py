"""The outbox: a text is a row, written in the transaction of what it tells about, before anybody tries to send it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django_q.tasks import async_task

from linzhu.communities.clock import now
from linzhu.communities.models import Community
from linzhu.notifications import by_code
from linzhu.notifications.models import Message
from linzhu.notifications.optout import is_opted_out
from linzhu.notifications.overrides import render_for
from linzhu.notifications.texts import DESPITE_OPT_OUT, TEXTS
from linzhu.notifications.wording import count_parts

State = Message.State
RELAY = "linzhu.notifications.tasks.relay_message"
CAN_GO_AGAIN = (State.FAILED, State.UNDELIVERED)


def queue(
    to: str,
    template: str,
    params: Mapping[str, object],
    *,
    community: Community,
    language: str,
    about: str = "",
    priority: int = Message.Priority.CONFIRMATION,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> Message:
    """Write a text to this number (E.164) into the outbox, wake a worker for it, and return it.

    Row and wake-up are part of the caller's transaction: what is rolled back is not sent. It is not sent before
    ``not_before`` (the clock finds it then) nor after ``expires_at``. To a number that has opted out it is kept as
    SUPPRESSED and never sent. Raises KeyError for an unknown template or a missing parameter.
    """
    suppressed = template not in DESPITE_OPT_OUT and is_opted_out(to)
    text, used = _words(community, template, params, language)
    with transaction.atomic(savepoint=False):
        message = Message.objects.create(
            to=to,
            template=template,
            params={name: str(params[name]) for name in used},
            language=language,
            text=text,
            parts=count_parts(text),
            community=community,
            about=about,
            priority=priority,
            not_before=not_before,
            next_attempt_at=not_before or now(),
            expires_at=expires_at,
            state=State.SUPPRESSED if suppressed else State.QUEUED,
            finished_at=now() if suppressed else None,
        )
        if not suppressed and not_before is None:
            # The queue lives in the same database. It carries the id alone; the row says what to do and when.
            async_task(RELAY, message.pk)
    return message


def _words(
    community: Community, template: str, params: Mapping[str, object], language: str
) -> tuple[str, tuple[str, ...]]:
    """Return the text, and which of the parameters went into it."""
    if by_code.is_reworded(template):
        return by_code.render(template, params, language), by_code.params_of(template)
    return render_for(community, template, params, language), TEXTS[template].params


def withdraw(messages: QuerySet[Message]) -> int:
    """Do not send these any more, as nobody needs them. Returns how many had not gone out and now never will.

    One that is being sent, or that nobody knows whether it was, may still arrive; but it gets no second try, nor does
    staff send again one that has failed. If they have, that second text is withdrawn as well.
    """
    at = now()
    mine = Message.objects.filter(pk__in=_with_second_texts(messages))
    with transaction.atomic(savepoint=False):
        may_go_again = mine.filter(state__in=[State.SENDING, State.UNKNOWN, *CAN_GO_AGAIN])
        may_go_again.filter(Q(expires_at=None) | Q(expires_at__gt=at)).update(expires_at=at)
        return mine.filter(state=State.QUEUED).update(state=State.EXPIRED, finished_at=at)


def _with_second_texts(messages: QuerySet[Message]) -> set[int]:
    found: dict[int, int | None] = {}
    latest = messages
    while rows := dict(latest.values_list("pk", "again")):
        found |= rows
        latest = Message.objects.filter(pk__in=[second for second in rows.values() if second])
    return set(found)


def send_again(message: Message) -> bool:
    """Try a waiting text at once, or send one that did not arrive once more; False if it is too late for that.

    The second text is a row of its own: reports about the first may still come. However often this is pressed, there
    is one (``again_of`` is unique). A text whose outcome is unknown is looked up, never sent on suspicion.
    """
    at = now()
    if not message.text or (message.expires_at and message.expires_at <= at):
        return False  # its words are no longer kept, or nobody needs them any more
    with transaction.atomic():
        waiting = Message.objects.filter(pk=message.pk, state=State.QUEUED)
        if waiting.update(next_attempt_at=at, not_before=None):
            async_task(RELAY, message.pk)
            return True
        if not Message.objects.filter(pk=message.pk, state__in=CAN_GO_AGAIN).exists():
            return False
        copied = ("to", "template", "params", "language", "text", "parts", "community_id", "about", "priority")
        fields = {name: getattr(message, name) for name in (*copied, "expires_at")}
        again, is_new = Message.objects.get_or_create(again_of=message, defaults=fields)
        if is_new:
            async_task(RELAY, again.pk)
    return is_new


def give_up(message: Message) -> bool:
    """Try no more; returns False if the text has gone, or has ended, meanwhile. A late receipt is still believed."""
    pending = Message.objects.filter(pk=message.pk, state__in=[State.QUEUED, State.UNKNOWN])
    return pending.update(state=State.FAILED, error_code="given-up", finished_at=now()) == 1
