"""Calls on the demo's phones: what each of them hears, and its keys. They go the way of the real webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from linzhu.communities.models import User
from linzhu.dispatch.voice import hotline, lines
from linzhu.notifications.models import Call
from linzhu.notifications.voice import reports
from linzhu.notifications.voice.base import CallReport
from linzhu.notifications.voice.scripts import SCRIPTS, words

LOCAL = "local"
ON_A_PHONE = [Call.State.RINGING, Call.State.IN_PROGRESS]
KEYS = {Call.Direction.OUT: ("1", "2", "0"), Call.Direction.IN: ("1", "2", "3", "0")}
PICK_UP, MISS, HANG_UP, SILENCE, KEY = "pick-up", "miss", "hang-up", "silence", "key-"


@dataclass(frozen=True)
class Handset:
    """What a phone offers while it rings or is in use."""

    ref: UUID
    at: datetime
    rings: bool
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One thing said in a call, or what became of it. ``mine``: by the owner of the phone."""

    text: str
    at: datetime
    mine: bool = False


def calls_since(user: User, since: datetime, limit: int) -> list[Call]:
    """Return the calls that this user may see and that a phone has noticed, the newest first."""
    noticed = Call.objects.visible_to(user).exclude(gateway_ref="").filter(created_at__gte=since)
    return list(noticed.order_by("-created_at")[:limit])


def handset_of(call: Call) -> Handset | None:
    """Return what can be done about a call now, nothing if it is over."""
    if call.gateway != LOCAL or call.state not in ON_A_PHONE:
        return None
    rings = call.state == Call.State.RINGING
    keys = () if rings else KEYS[Call.Direction(call.direction)]
    return Handset(call.ref, call.handed_at or call.created_at, rings, keys)


def lines_of(call: Call) -> Iterator[Line]:
    """Yield what was said and pressed, in its order."""
    at = call.handed_at or call.created_at
    if call.direction == Call.Direction.IN:
        yield Line(_("☎ calls the hotline"), at, mine=True)
    elif call.saying:
        first = call.script if call.readings else call.saying
        yield Line(f"☎ {words(first, call.params, call.language)}", at)
    elif call.is_over:
        yield Line(f"☎ {call.get_state_display()}", at)
    if call.keys:
        yield Line(" ".join(call.keys), call.settled_at or at, mine=True)
    if call.saying and (call.direction == Call.Direction.IN or (call.readings and call.saying != call.script)):
        yield Line(words(call.saying, call.params, call.language), call.settled_at or at)


def ring_hotline(phone: str) -> Call | None:
    """An elder presses the one key (一键呼叫)."""
    call = hotline.ring_in(LOCAL, f"local-{uuid4()}", phone)
    if call:
        _hang_up_after_the_last_word(call)
    return call


def do(call: Call, act: str) -> None:
    """Pick up, press a key, say nothing, hang up, or let it ring. What comes too late changes nothing."""
    if call.is_over:
        return
    if act == PICK_UP:
        _report(call, Call.State.IN_PROGRESS)
        lines.line_of(call).pick_up(call)
    elif act == MISS:
        _end(call, Call.State.NO_ANSWER)
    elif act == HANG_UP:
        _end(call, Call.State.COMPLETED)
    elif act == SILENCE or act.startswith(KEY):
        lines.line_of(call).press(call, digits=act.removeprefix(KEY)[:1] if act != SILENCE else "")
    _hang_up_after_the_last_word(call)


def _hang_up_after_the_last_word(call: Call) -> None:
    """A real gateway hangs up by itself after a script that asks for nothing."""
    if call.saying and not SCRIPTS[call.saying].asks:
        _end(call, Call.State.COMPLETED)


def _end(call: Call, state: Call.State) -> None:
    _report(call, state)
    lines.settle(call)


def _report(call: Call, state: Call.State) -> None:
    reports.record(LOCAL, CallReport(ref=str(call.ref), gateway_ref=call.gateway_ref, state=state))
    call.refresh_from_db()
