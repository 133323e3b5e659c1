"""The three processes of Linzhu on one machine: web, worker and clock."""

from __future__ import annotations

import errno
import http.client
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError

from linzhu.demo.heartbeat import Heartbeat
from linzhu.demo.supervisor import Child

HOST = "127.0.0.1"
MANAGE = [sys.executable, "-m", "django"]


def children(port: int) -> list[Child]:
    """Return web, worker and clock, not started yet; they share this process's environment."""
    web = [sys.executable, "-m", "uvicorn", "linzhu.asgi:application", "--host", HOST, "--port", str(port)]
    web += ["--timeout-graceful-shutdown", "3", "--log-level", "warning", "--no-access-log"]
    heartbeat = Heartbeat(Path(settings.VAR_DIR) / f"worker-beat-{port}")
    return [
        Child("web server", web),
        Child("worker", [*MANAGE, "qcluster"], beat=heartbeat),
        Child("clock", [*MANAGE, "clock"]),
    ]


def require_free_port(port: int) -> None:
    """Raise CommandError, with the cure, if the port cannot be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            if getattr(error, "errno", None) != errno.EADDRINUSE:
                raise CommandError(f"Port {port} cannot be used: {error}. Try: make demo PORT=8001") from None
            raise CommandError(f"Port {port} is taken. Choose another: make demo PORT={port + 1}") from None


def answers(port: int) -> bool:
    """Whether the web server is up and reaches its database."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
