"""Runs a few processes together: starts them, starts the fallen again, and leaves none behind.

Each child gets a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone, and dies with it
even if it is killed. The leader of a child's session gets the SIGTERM: django-q's cluster deadlocks when its workers
get one as well. Whatever is left of the session after the leader (or after the grace) is killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0
STEADY_AFTER_S = 60.0
"""A child that has run for so long starts again with the first delay."""
GRACE_S = 20.0
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with(parent: int) -> Callable[[], None]:
    """Return what a child does before it becomes the program: ask for a SIGTERM on its parent's death."""

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # died between the fork and the line above
                os._exit(1)

    return prepare


class Child:
    """One supervised process, with the rest of its session."""

    def __init__(self, name: str, command: Sequence[str], beat: Callable[[], bool] | None = None) -> None:
        self.name, self.command, self.beat = name, command, beat
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_at = 0.0
        self.delay_s = FIRST_DELAY_S

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 (our own commands)
            self.command,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 (the supervisor has one thread)
        )

    def watch(self, say: Callable[[str], None]) -> None:
        """Start it when its time has come; notice that it has ended or works no more."""
        if self.process is None:
            if time.monotonic() >= self.start_at:
                self.start()
            return
        code = self.process.poll()
        if code is None and (self.beat is None or self.beat()):
            return
        what = f"ended ({code})" if code is not None else "does nothing any more"
        self.kill()
        if time.monotonic() - self.started_at > STEADY_AFTER_S:
            self.delay_s = FIRST_DELAY_S
        say(f"The {self.name} {what}; starting it again in {self.delay_s:.0f} s.")
        self.start_at = time.monotonic() + self.delay_s
        self.delay_s = min(self.delay_s * 2, LONGEST_DELAY_S)

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """Kill what is left of the session, the leader's orphans too."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Keeps its children running until SIGINT, SIGTERM or SIGHUP."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children, self.say = children, say
        self.stopping = False

    def run(self, is_ready: Callable[[], bool], on_ready: Callable[[], None]) -> None:
        """Run until told to stop. ``on_ready`` is called once, as soon as ``is_ready`` says so."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        announced = False
        try:
            while not self.stopping:
                for child in self.children:
                    child.watch(self.say)
                if not announced and is_ready():
                    announced = True
                    on_ready()
                time.sleep(0.3)
        finally:
            self.shut_down()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def shut_down(self) -> None:
        """Let every child finish what it has in hand, for at most the grace; then leave nothing behind."""
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline and any(child.is_running for child in self.children):
            time.sleep(0.05)
        for child in self.children:
            child.kill()
