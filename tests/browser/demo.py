"""Linzhu as ``make demo`` starts it, with data of its own in a folder that is thrown away.

Nothing of the product is imported: the tests in this folder know it from outside alone.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 180
STOP_WITHIN_S = 30
WAVE_SECONDS = 900
"""Long enough that no wave ends, and no page changes, while a test looks at it."""
IDLE_MINUTES = 600
"""Long enough for all tests: whoever has signed in for the first may be needed again by the last."""


@contextmanager
def running_demo(folder: Path, *, wave_seconds: int = WAVE_SECONDS) -> Iterator[str]:
    """Run ``manage.py demo`` on a free port; yield its address. At the end it must stop by itself when asked to."""
    port = _free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "IDLE_MINUTES": str(IDLE_MINUTES),
        "LANGUAGE_CODE": "zh-hans",
        "VAR_DIR": str(folder),
        "WAVE_SECONDS": str(wave_seconds),
    }
    with (folder / "demo.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(port, process, folder / "demo.log")
            yield f"http://{HOST}:{port}"
        finally:
            code = _stop(process)
    assert (code, _listens(port)) == (0, False), f"the demo did not end cleanly: exit code {code}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while not _ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the demo does not start:\n{log.read_text()}")
        time.sleep(0.2)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
