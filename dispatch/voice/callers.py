"""What calls in and out have in common: keys, callers whom a person must call back, danger."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto

from linzhu.communities.clock import now
from linzhu.communities.models import Community
from linzhu.communities.rules import rules_of
from linzhu.dispatch import todos
from linzhu.dispatch.models import Todo
from linzhu.dispatch.replies import Kind, read_reply
from linzhu.notifications.models import Call, InboundMessage
from linzhu.notifications.voice import reports
from linzhu.requests.models import HelpRequest

CALL_BACK_WITHIN = timedelta(minutes=10)
DANGER_WITHIN = timedelta(minutes=2)
READING = "call"
"""How a call is marked among what has come in."""


class Key(Enum):
    """What somebody on the phone means."""

    AGAIN = auto()
    UNDERSTOOD = auto()
    HUMAN = auto()
    OTHER = auto()
    NONE = auto()
    DANGER = auto()


_OF_DIGIT = {"1": Key.AGAIN, "2": Key.UNDERSTOOD, "0": Key.HUMAN}
_SAID = {
    Key.HUMAN: ("人工", "工作人员", "找人", "person", "operator", "somebody"),
    Key.AGAIN: ("再说", "再听", "重复", "没听清", "again", "repeat"),
}


def key_of(digits: str, speech: str) -> Key:
    """Return what was meant: keys before words, danger before all.

    Words never say that something was understood: voicemails and televisions talk.
    """
    if speech and read_reply(speech).kind == Kind.DANGER:
        return Key.DANGER
    if digits:
        return _OF_DIGIT.get(digits[0], Key.OTHER)
    said = speech.casefold()
    return next((key for key, words in _SAID.items() if any(word in said for word in words)), Key.NONE)


def note_call(call: Call, speech: str = "") -> InboundMessage:
    """Keep what somebody said or pressed beside the texts that came in: staff must read it even if all else ends."""
    row, _is_new = InboundMessage.objects.get_or_create(
        gateway=call.gateway,
        gateway_ref=call.gateway_ref or f"call-{call.ref}",
        defaults={
            "sender": call.phone,
            "text": speech or f"☎ {call.keys}".strip(),
            "handled_at": now(),
            "reading": READING,
            "about": call.about,
        },
    )
    return row


def alarm(call: Call, speech: str, *, help_request: HelpRequest | None = None) -> Call:
    """Somebody sounds as if in danger: name 120 and 110 at once, and alert staff."""
    reports.settle(call)
    todos.owe(
        Todo.Kind.DANGER,
        community=call.community,
        help_request=help_request,
        inbound=note_call(call, speech),
        due_in=DANGER_WITHIN,
    )
    return reports.say(call, "danger")


def minutes_to_tell(community: Community, within: timedelta) -> str:
    """The minutes within which staff call back, as a script's parameter; empty while nobody is in the office."""
    return "" if rules_of(community).quiet_end(now()) else str(int(within.total_seconds() // 60))
