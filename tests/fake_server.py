"""What the fake gateways have in common: an HTTP server on a real socket, as long as a ``with`` block lasts.

A fake says in :meth:`FakeServer.answer` what comes back to a request of the app; None is silence until the client gives
up. Faults of ``fail_next`` wait in a row, and each fake decides which requests they hit.
"""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Generic, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

FaultT = TypeVar("FaultT")
Answer = tuple[int, dict[str, Any] | str]
"""HTTP status, and what becomes JSON; a string goes out as it is."""


@dataclass(frozen=True)
class Asked:
    """One request of the app."""

    method: str
    path: str
    raw_query: str
    headers: dict[str, str]
    """By names in small letters."""
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw_query))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class FakeServer(ABC, Generic[FaultT]):
    """Listens on a port that the system chooses; requests come in threads of their own."""

    def __init__(self) -> None:
        self.app_url = ""
        """Where webhooks go."""
        self.tries = 0
        """Requests to send or to dial, whatever came of them."""
        self.down = False
        """Refuse everything."""
        self._faults: deque[FaultT] = deque()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @abstractmethod
    def answer(self, asked: Asked) -> Answer | None:
        """Answer one request; None is silence."""

    def fail_next(self, *faults: FaultT) -> None:
        self._faults.extend(faults)

    def next_fault(self) -> FaultT | None:
        """Take the fault that hits the present request."""
        with self._lock:
            return self._faults.popleft() if self._faults else None

    def keep_silent(self) -> None:
        """Hold a request until its client has given up, or the test is over."""
        self._closing.wait(5)


def _handler_of(fake: FakeServer[Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = fake.answer(Asked(self.command, url.path, url.query, headers, body))
            if answer is None:
                fake.keep_silent()
                self.close_connection = True
                return
            status, content = answer
            payload = (content if isinstance(content, str) else json.dumps(content)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json;charset=utf-8")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *args: object) -> None:
            """Keep the tests' output quiet."""

    return Handler
