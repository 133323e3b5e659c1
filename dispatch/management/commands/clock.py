import os
import signal
import socket
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection

from linzhu.dispatch.clock import give_up_lease, hold_lease, tick


class Command(BaseCommand):
    help = "Does what is due: wave ends, texts to be sent, texts to be read. Runs until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=0.5, help="seconds between two looks (default 0.5)")
        parser.add_argument("--once", action="store_true", help="look once and end")

    def handle(self, *args: Any, every: float, once: bool, **options: Any) -> None:
        holder = f"{socket.gethostname()}:{os.getpid()}"
        stop = threading.Event()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, lambda *_args: stop.set())
        while not stop.is_set():
            began = time.monotonic()
            self._look(holder)
            if once:
                break
            stop.wait(max(0.05, every - (time.monotonic() - began)))
        self._leave(holder)

    def _look(self, holder: str) -> None:
        try:
            close_old_connections()
            if hold_lease(holder):
                tick()
        except DatabaseError as error:
            # The database restarts: reconnect at the next look. Nothing is lost, it is all in there.
            self.stderr.write(f"clock: {type(error).__name__}, trying again")
            connection.close()

    def _leave(self, holder: str) -> None:
        try:
            give_up_lease(holder)
        except DatabaseError:
            pass  # the lease runs out by itself in a few seconds
