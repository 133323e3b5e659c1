"""Does the worker still work? A cluster whose worker was killed can hang without ending (docs/operations.md)."""

from __future__ import annotations

import time
from pathlib import Path

from django.db import DatabaseError, connection
from django_q.tasks import async_task

ASK_EVERY_S = 10.0
STALE_AFTER_S = 60.0


def beat(path: str) -> None:
    """The task: whoever runs it is alive."""
    Path(path).touch()


class Heartbeat:
    """Puts a small task into the queue now and then; :meth:`__call__` says whether one was run lately."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked_at = 0.0
        self.answered = True
        self.waiting_since = 0.0

    def __call__(self) -> bool:
        now = time.monotonic()
        if self.answered and now - self.asked_at > ASK_EVERY_S:
            self._ask(now)
        elif not self.answered:
            self.answered = self.path.exists()
        if self.answered or now - self.waiting_since < STALE_AFTER_S:
            return True
        self.answered = True  # the worker started in its place is asked afresh
        return False

    def _ask(self, now: float) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self.asked_at = now
        try:
            async_task("linzhu.demo.heartbeat.beat", str(self.path))
        except DatabaseError:
            connection.close()  # the database is away: no fault of the worker's; a new connection next time
            return
        self.answered, self.waiting_since = False, now
