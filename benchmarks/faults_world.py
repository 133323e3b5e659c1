"""What goes on around the relays while they are killed (``faults.py``)."""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar

from faults_postgres import OwnPostgres
from race import web_server

PHONES = 50
Result = TypeVar("Result")


def stubbornly(deed: Callable[[], Result]) -> Result:
    """Do it, however often the database goes away in the middle."""
    from django.db import DatabaseError, InterfaceError, connection

    while True:
        try:
            return deed()
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.1)


class World:
    """What goes on around the relays: texts are written, phones text in, reports come, servers are killed."""

    def __init__(self, options: argparse.Namespace, gateways: list[Any], cluster: OwnPostgres | None) -> None:
        from linzhu.communities.models import Community

        self.options, self.gateways, self.cluster = options, gateways, cluster
        self.dice = random.Random(options.seed)
        code = f"faults-{secrets.token_hex(4)}"
        self.community = Community.objects.create(code=code, name="Faults", path=f"{code}/")
        self.promised: set[str] = set()
        """Marks of the texts whose transaction has ended well: they may never be gone."""
        self.said: list[str] = []
        """Ids of the texts that phones have sent."""
        self.web_kills = 0
        self.restarts = 0
        self.until = 0.0
        """When the faults end (``time.monotonic()``)."""
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self.web_is_up = threading.Event()

    def live(self, begin: Callable[[], None]) -> None:
        """Return when the faults are over; reports keep coming until :meth:`end`. ``begin`` tells the others."""
        self.until = time.monotonic() + 60
        self._start(self.kill_web)
        self.web_is_up.wait()
        self.until = time.monotonic() + self.options.seconds
        begin()
        deeds = [self._start(deed) for deed in (self.write_texts, self.text_in, self.misbehave, self.restart_database)]
        self._start(self.report)
        for thread in deeds:
            thread.join()

    def end(self) -> None:
        """Return when nothing goes on any more, and the web server is gone."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _start(self, deed: Callable[[], None]) -> threading.Thread:
        def do_it() -> None:
            from django.db import connection

            deed()
            connection.close()

        thread = threading.Thread(target=do_it)
        thread.start()
        self._threads.append(thread)
        return thread

    def write_texts(self) -> None:
        began, pause = time.monotonic(), self.options.seconds / self.options.texts
        for number in range(self.options.texts):
            time.sleep(max(0, began + (number + self.dice.random()) * pause - time.monotonic()))
            tries = count(1)
            stubbornly(lambda tries=tries, number=number: self.write(f"no. {number}.{next(tries)}"))

    def write(self, mark: str) -> None:
        """Write one text. A try whose end nobody knows may have written it: each has a mark of its own."""
        from linzhu.notifications.models import Message
        from linzhu.notifications.outbox import queue

        phone = f"+86199{self.dice.randrange(PHONES):08d}"
        priority = self.dice.choice(Message.Priority.values)
        queue(phone, "late_taken", {"service": mark}, community=self.community, language="en", priority=priority)
        self.promised.add(mark)

    def text_in(self) -> None:
        """Phones answer with an opt-in word: it is understood from anybody, and answered once by a text of its own."""
        dice = random.Random(self.options.seed + 1)
        while time.monotonic() < self.until:
            gateway, phone = dice.choice(self.gateways), f"+86188{len(self.said):08d}"
            if dice.random() < 0.1:
                self.said.append(gateway.keep_inbound(phone, "START"))
            else:
                sid = f"SM{dice.getrandbits(128):032x}"
                self.said.append(sid)
                for _twice in range(1 + (dice.random() < 0.2)):
                    with suppress(OSError):  # the web server is dead: the text stands in the list
                        gateway.deliver_inbound(phone, "START", sid=sid)
            time.sleep(0.4)

    def report(self) -> None:
        dice = random.Random(self.options.seed + 2)
        while not self._over.is_set():
            for gateway in self.gateways:
                gateway.post_callbacks(shuffle=dice, times=dice.choice([1, 1, 2]))
            time.sleep(1)

    def misbehave(self) -> None:
        """A tenth of the requests fails all the time; the first gateway is away for a while, then the second."""
        for number, gateway in enumerate(self.gateways):
            gateway.chaos(rate=self.options.fault_rate, seed=self.options.seed + number)
        span = (self.until - time.monotonic()) / 6
        for gateway in self.gateways:
            time.sleep(span)
            gateway.down = True
            time.sleep(span)
            gateway.down = False
        time.sleep(max(0, self.until - time.monotonic()))
        for gateway in self.gateways:
            gateway.chaos(rate=0, seed=0)

    def restart_database(self) -> None:
        dice = random.Random(self.options.seed + 3)
        while self.cluster and time.monotonic() + self.options.restart_every < self.until:
            time.sleep(self.options.restart_every)
            self.cluster.restart(dice.choice(["fast", "immediate"]))
            self.restarts += 1

    def kill_web(self) -> None:
        while time.monotonic() < self.until:
            with web_server(self.options):
                server = self.server()
                self.web_is_up.set()
                time.sleep(min(15, max(0, self.until - time.monotonic())))
                os.kill(server, signal.SIGKILL)
                self.web_kills += 1
        with web_server(self.options):
            self._over.wait()

    def server(self) -> int:
        found = subprocess.run(
            ["pgrep", "-n", "-P", str(os.getpid()), "-f", f"uvicorn.*--port {self.options.port}"],
            capture_output=True,
            check=True,
        )
        return int(found.stdout.split()[0])
