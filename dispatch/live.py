"""Tells open pages that something changed. A note carries no data: a page fetches what it shows with its own rights.

The note is a ``LiveEvent`` row, written in the transaction of the change. Without Redis every web process reads the
rows itself (``live_tail``); with Redis the note goes to the layer that all processes share, after the commit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from linzhu.communities.models import Community
from linzhu.dispatch.models import LiveEvent
from linzhu.requests.models import HelpRequest

NOTE = {"type": "live.note"}
REDIS_PATIENCE_S = 2.0

logger = logging.getLogger(__name__)


def record_event(help_request: HelpRequest | None = None, community: Community | None = None) -> None:
    """Note, in the caller's transaction, that a help request or something else of a community has changed.

    Raises ValueError if neither is given.
    """
    community = community or (help_request.community if help_request else None)
    if community is None:
        raise ValueError("An event is about a help request or a community.")
    event = LiveEvent.objects.create(community_path=community.path, help_request=help_request)
    if settings.REDIS_URL:
        groups = groups_of([event])
        transaction.on_commit(lambda: _tell_everyone(groups), robust=True)


def board_group(community_id: int) -> str:
    return f"board.{community_id}"


def family_group(help_request_id: int) -> str:
    return f"family.{help_request_id}"


def groups_of(events: Iterable[LiveEvent]) -> set[str]:
    """Return who wants to know: the boards of the events' communities and of all above them, the families."""
    events = list(events)
    paths = {path for event in events for path in Community(path=event.community_path).ancestor_paths()}
    boards = Community.objects.filter(path__in=paths).values_list("pk", flat=True)
    families = {event.help_request_id for event in events if event.help_request_id}
    return {board_group(pk) for pk in boards} | {family_group(pk) for pk in families}


async def send_notes(groups: Iterable[str]) -> None:
    """Send a note to each group through the channel layer."""
    layer = get_channel_layer()
    for group in groups:
        await layer.group_send(group, NOTE)


def prune_events(before: datetime) -> int:
    """Delete the events older than ``before``; return how many. Every process has long read them."""
    deleted, _by_model = LiveEvent.objects.filter(at__lt=before).delete()
    return deleted


def _tell_everyone(groups: set[str]) -> None:
    async def tell() -> None:
        await asyncio.wait_for(send_notes(groups), REDIS_PATIENCE_S)

    try:
        async_to_sync(tell)()
    except (RedisError, OSError, TimeoutError) as error:
        # What changed is committed, and pages poll as well: a lost note costs seconds of freshness.
        logger.warning("Live note not sent: %s", type(error).__name__)
