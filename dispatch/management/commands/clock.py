import itertools
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection

from linzhu.dispatch.clock import give_up_lease, hold_lease, tick, tick_decisions, tick_texts

ALL_EVERY = 4
"""One look in so many is at everything; the others are at what is urgent."""


class Command(BaseCommand):
    help = "Does what is due: wave ends, texts to be sent, texts to be read. Runs until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=0.5, help="seconds between two looks (default 0.5)")
        parser.add_argument("--once", action="store_true", help="look once and end")

    def handle(self, *args: Any, every: float, once: bool, **options: Any) -> None:
        if once:
            tick()
            return
        self.holder = f"{socket.gethostname()}:{os.getpid()}"
        self.stop, self.leading = threading.Event(), threading.Event()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, lambda *_args: self.stop.set())
        # Texts have a thread of their own: a gateway that is slow to answer must not make a wave late.
        texts = threading.Thread(target=self._loop, args=(self._texts, every), daemon=True)
        texts.start()
        self._loop(self._decisions, every)
        self._leave()

    def _loop(self, look: Callable[..., None], every: float) -> None:
        for number in itertools.count():
            if self.stop.is_set():
                return
            began = time.monotonic()
            try:
                close_old_connections()
                look(urgent_only=number % ALL_EVERY != 0)
            except DatabaseError as error:
                # The database restarts: reconnect at the next look. Nothing is lost, it is all in there.
                self.stderr.write(f"clock: {type(error).__name__}, trying again")
                connection.close()
            self.stop.wait(max(0.05, every - (time.monotonic() - began)))

    def _decisions(self, *, urgent_only: bool) -> None:
        if hold_lease(self.holder):
            self.leading.set()
            tick_decisions(urgent_only=urgent_only)
        else:
            self.leading.clear()

    def _texts(self, *, urgent_only: bool) -> None:
        if self.leading.is_set():
            tick_texts(urgent_only=urgent_only)

    def _leave(self) -> None:
        with suppress(DatabaseError):  # the lease runs out by itself in a few seconds
            give_up_lease(self.holder)
