"""How the web process takes part in live updates: the sockets' addresses, and the tail's beginning and end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.conf import settings
from django.urls import path

from linzhu.dispatch.consumers import BoardConsumer, FamilyConsumer
from linzhu.dispatch.live_tail import Tail

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def live_application(django_application: Application) -> Application:
    """Return an application that answers HTTP by Django, and sockets that come from our own pages."""
    sockets = URLRouter(
        [
            path("ws/board", SessionMiddlewareStack(BoardConsumer.as_asgi())),
            # Below the page's own address, because the family's cookie is sent nowhere else.
            path("family/<ref>/live", FamilyConsumer.as_asgi()),
        ]
    )
    own_pages_only = AllowedHostsOriginValidator(_RefuseUnknown(sockets))
    application: Application = ProtocolTypeRouter({"http": django_application, "websocket": own_pages_only})
    return application


class _RefuseUnknown:
    """Closes a socket at an address that does not exist; Channels' router would fail with an error in the log."""

    def __init__(self, sockets: URLRouter) -> None:
        self.sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = any(route.pattern.match(scope["path"].lstrip("/")) for route in self.sockets.routes)
        if known:
            await self.sockets(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 4404})


def with_tail(application: Application) -> Application:
    """Wrap an application so that the tail runs beside it whenever there is no Redis.

    It starts with the first socket, so that a process that nobody watches asks nothing, and servers without a
    lifespan work too; it ends with the server's lifespan.
    """
    tail = Tail()

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(tail, receive, send)
            return
        if scope["type"] == "websocket" and not settings.REDIS_URL:
            tail.start()
        await application(scope, receive, send)

    return wrapped


async def _live(tail: Tail, receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await tail.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
