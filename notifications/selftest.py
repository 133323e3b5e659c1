"""Linzhu texts itself: out through the outbox and a gateway, back in through the webhook.

Off unless ``SMS_SELF_TEST_NUMBER`` names a second number of ours whose texts come in here. One text every two
minutes; two in a row that do not come back are an alarm.
"""

from __future__ import annotations

import logging
import re
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from linzhu.communities.models import Community
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.outbox import queue

logger = logging.getLogger(__name__)

TEMPLATE, READING = "self_test", "self-test"
EVERY = timedelta(minutes=2)
MISSES = 2
KEPT = timedelta(days=1)


def run(at: datetime) -> None:
    """Send the next test if it is time, and forget those of yesterday."""
    root = Community.objects.filter(parent=None).order_by("pk").first()
    if not settings.SMS_SELF_TEST_NUMBER or root is None:
        return
    if _tests().filter(created_at__gt=at - EVERY).exists():
        return
    code = secrets.token_hex(4)
    queue(
        settings.SMS_SELF_TEST_NUMBER,
        TEMPLATE,
        {"code": code},
        community=root,
        language=settings.LANGUAGE_CODE,
        about=code,
        priority=Message.Priority.CONFIRMATION,
        expires_at=at + EVERY,
    )
    _tests().filter(created_at__lt=at - KEPT).delete()
    InboundMessage.objects.filter(reading=READING, received_at__lt=at - KEPT).delete()
    if failing_since(at):
        logger.error("self-test: the last %d texts to ourselves have not come back", MISSES)


def failing_since(at: datetime) -> datetime | None:
    """Return since when texts to ourselves do not come back, once two in a row have not; None while all is well."""
    if not settings.SMS_SELF_TEST_NUMBER:
        return None
    over = _tests().filter(created_at__lte=at - EVERY).annotate(came=Exists(_echoes())).order_by("-created_at")
    latest = list(over.values_list("created_at", "came")[:MISSES])
    if len(latest) < MISSES or any(came for _created_at, came in latest):
        return None
    last_good = over.filter(came=True).values_list("created_at", flat=True).first()
    missed = over.filter(created_at__gt=last_good) if last_good else over
    return missed.values_list("created_at", flat=True).last()


def recognise(inbound: InboundMessage) -> bool:
    """Whether this text is one of ours that has come back; then it is marked so, and nobody answers it."""
    if not settings.SMS_SELF_TEST_NUMBER or inbound.recipient != settings.SMS_SELF_TEST_NUMBER:
        return False
    for code in re.findall(r"\b[0-9a-f]{8}\b", inbound.text):
        if _tests().filter(about=code).exists():
            inbound.reading, inbound.about = READING, code
            return True
    return False


def _tests() -> QuerySet[Message]:
    return Message.objects.filter(to=settings.SMS_SELF_TEST_NUMBER, template=TEMPLATE)


def _echoes() -> QuerySet[InboundMessage]:
    return InboundMessage.objects.filter(about=OuterRef("about"), reading=READING)
