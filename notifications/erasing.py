"""Whose data are erased leaves no words and no number in texts and calls. That there were any stays, for the costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from linzhu.notifications import outbox
from linzhu.notifications.models import Call, InboundMessage, Message

FORGOTTEN: dict[str, Any] = {"text": "", "params": {}}


def forget_about(refs: Iterable[str]) -> None:
    """Forget the words of all texts and calls about these help requests, whoever got them."""
    Message.objects.filter(about__in=refs).exclude(state__in=Message.IN_FLIGHT).update(**FORGOTTEN)
    InboundMessage.objects.filter(about__in=refs).update(text="")
    Call.objects.filter(about__in=refs).exclude(state__in=Call.IN_FLIGHT).update(params={})


def forget_number(phone: str, about: Iterable[str] | None = None) -> None:
    """Forget this number, and what was said with it; only in what is about these help requests, if others use it, too.

    An opt-out stays: it is a promise to the phone, and names nobody.
    """
    only = {} if about is None else {"about__in": about}
    texts = Message.objects.filter(to=phone, **only)
    outbox.withdraw(texts.filter(state__in=Message.IN_FLIGHT))
    texts.exclude(state__in=Message.IN_FLIGHT).update(to="", **FORGOTTEN)
    InboundMessage.objects.filter(sender=phone, **only).update(sender="", text="")
    calls = Call.objects.filter(phone=phone, **only)
    calls.exclude(state__in=Call.IN_FLIGHT).update(phone="", params={})
