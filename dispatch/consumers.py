"""The sockets of open pages. They only ever say ``{"changed": true}``, and look at the reader's rights each time."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.db import Error

from linzhu.communities.models import Role
from linzhu.dispatch.links import family_door
from linzhu.dispatch.live import board_group, family_group

QUIET_S = 0.3
"""At most one note in this time: a burst of changes is one look for the page."""

NOT_ALLOWED = 4403
RIGHTS_CHANGED = 4409
TRY_AGAIN = 1013


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """Passes on the notes of the groups its reader may follow: gathered, and with the rights looked up anew."""

    joined: frozenset[str] = frozenset()
    _sending: asyncio.Task[None] | None = None
    _sent_at = float("-inf")

    async def groups_allowed(self) -> frozenset[str]:
        """Return the groups that the reader may follow at this moment; none means that they may not listen."""
        raise NotImplementedError

    async def connect(self) -> None:
        self.joined = await self.groups_allowed()
        if not self.joined:
            await self.close(NOT_ALLOWED)
            return
        for group in self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self._sending is not None:
            self._sending.cancel()
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def live_note(self, event: dict[str, Any]) -> None:
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_note())

    async def receive(self, *args: Any, **kwargs: Any) -> None:
        """Nothing that a page sends matters."""

    async def _send_note(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._sent_at + QUIET_S - loop.time()))
        try:
            allowed = await self.groups_allowed()
        except Error:
            await self.close(TRY_AGAIN)
            return
        # From here on a new event is news again: the page may fetch before it is committed.
        self._sending, self._sent_at = None, loop.time()
        if allowed == self.joined:
            await self.send_json({"changed": True})
        else:
            await self.close(RIGHTS_CHANGED if allowed else NOT_ALLOWED)


class BoardConsumer(LiveConsumer):
    """Staff: one group for each community that a role of theirs stands on; what is below it sends there too."""

    async def groups_allowed(self) -> frozenset[str]:
        store = import_module(settings.SESSION_ENGINE).SessionStore
        # The session is read again each time: signing out ends the socket too.
        user = await get_user({"session": store(self.scope["session"].session_key)})
        return frozenset(await database_sync_to_async(_boards_of)(user.pk))


class FamilyConsumer(LiveConsumer):
    """A family: the one help request that their cookie opens."""

    async def groups_allowed(self) -> frozenset[str]:
        cookies = SimpleCookie(dict(self.scope["headers"]).get(b"cookie", b"").decode("latin-1"))
        value = cookies[family_door.cookie].value if family_door.cookie in cookies else ""
        return frozenset(await database_sync_to_async(_family_of)(self.scope["url_route"]["kwargs"]["ref"], value))


def _boards_of(user_id: int | None) -> list[str]:
    if user_id is None:
        return []
    roles = Role.objects.filter(user_id=user_id, user__is_active=True, kind__in=Role.HANDLES_PEOPLE)
    return [board_group(pk) for pk in roles.values_list("community_id", flat=True)]


def _family_of(ref: str, cookie: str) -> list[str]:
    link = family_door.link_of_cookie(cookie, help_request__ref=ref)
    return [family_group(link.help_request_id)] if link and link.is_valid() else []
