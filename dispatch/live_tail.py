"""Without Redis, every web process reads new ``LiveEvent`` rows and tells the sockets that it holds itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.db import Error, connection
from django.db.models import Q

from linzhu.dispatch.live import groups_of, send_notes
from linzhu.dispatch.models import LiveEvent

POLL_S = 0.3
MAX_BACKOFF_S = 30.0
BATCH = 500
FIRST_LOOK_BACK = 50
GAP_PATIENCE_S = 60.0
MAX_GAPS = 1000

logger = logging.getLogger(__name__)


class EventReader:
    """Finds each event once, in whatever order the events become visible.

    On PostgreSQL a row with a smaller id may be committed after one with a larger id. So the ids that were skipped
    are asked for again, until they have appeared or their transaction can only have been rolled back.
    """

    def __init__(self) -> None:
        self.last_id: int | None = None
        self.gaps: dict[int, float] = {}
        """Skipped ids, and when each was skipped (monotonic seconds)."""

    def read(self) -> list[LiveEvent]:
        """Return the events that have become visible since the last call, at most ``BATCH``."""
        if self.last_id is None:
            newest = LiveEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            # Some of the latest may still be uncommitted; telling a page twice costs nothing.
            self.last_id = max(0, newest - FIRST_LOOK_BACK)
        events = list(LiveEvent.objects.filter(Q(pk__gt=self.last_id) | Q(pk__in=self.gaps)).order_by("pk")[:BATCH])
        self._remember({event.pk for event in events})
        return events

    def _remember(self, seen: set[int]) -> None:
        last_id, present = self.last_id or 0, time.monotonic()
        newest = max(seen, default=last_id)
        if newest > last_id:
            skipped = range(max(last_id + 1, newest - MAX_GAPS), newest)
            self.gaps |= dict.fromkeys(skipped, present)
            self.last_id = newest
        self.gaps = {
            pk: since for pk, since in self.gaps.items() if pk not in seen and present - since < GAP_PATIENCE_S
        }


class Tail:
    """The task of one web process that re-sends new events into the process's own channel layer."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start reading, unless it already runs."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="live tail")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        # A thread and a connection of its own: the tail neither waits for requests nor makes them wait, and does not
        # reconnect three times a second as a request-scoped connection would.
        executor = ThreadPoolExecutor(1, thread_name_prefix="live-tail")
        look = sync_to_async(_new_groups, thread_sensitive=False, executor=executor)
        close = sync_to_async(_close_connection, thread_sensitive=False, executor=executor)
        reader = EventReader()
        wait = POLL_S
        try:
            while True:
                try:
                    groups = await look(reader)
                except Error as error:
                    wait = min(max(1.0, wait * 2), MAX_BACKOFF_S)
                    logger.warning("Live events unreadable (%s), next try in %.0f s", type(error).__name__, wait)
                else:
                    wait = POLL_S
                    await send_notes(groups)
                await asyncio.sleep(wait)
        finally:
            await close()
            executor.shutdown(wait=False)


def _new_groups(reader: EventReader) -> set[str]:
    try:
        events = reader.read()
        return groups_of(events) if events else set()
    except Error:
        _close_connection()  # the next read opens a new one
        raise


def _close_connection() -> None:
    connection.close()  # each thread's own, so it is looked up in the thread
