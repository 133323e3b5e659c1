"""Calls: dialled from rows, spoken from templates. ``VOICE_GATEWAY`` carries them; empty: no calls (docs/voice.md)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from linzhu.notifications.voice.base import VoiceGateway, VoiceWebhooks
from linzhu.notifications.voice.local import LocalVoice

if TYPE_CHECKING:
    from linzhu.notifications.gateways.twilio_account import TwilioAccount
    from linzhu.notifications.voice.twilio import TwilioVoice

KNOWN = ("local", "twilio")

_local = LocalVoice()


def is_on() -> bool:
    """Whether Linzhu makes and takes calls here."""
    return bool(settings.VOICE_GATEWAY)


def voice_gateway(name: str = "") -> VoiceGateway:
    """Return the configured gateway, or the one of this name. Raises ImproperlyConfigured for an unknown one."""
    match name or settings.VOICE_GATEWAY:
        case "local":
            return _local
        case "twilio":
            return _twilio()
        case unknown:
            raise ImproperlyConfigured(f"There is no voice gateway named {unknown!r}.")


def voice_webhooks(name: str) -> VoiceWebhooks | None:
    """Return who reads the webhooks of this name; None unless it carries our calls and has any."""
    return _twilio() if name == settings.VOICE_GATEWAY == "twilio" else None


def _twilio() -> TwilioVoice:
    # Its client takes 11 MB of every process: not for those who call otherwise.
    from linzhu.notifications.gateways.twilio_account import TwilioAccount

    return _twilio_of(TwilioAccount.from_settings("twilio"), settings.VOICE_FROM or settings.TWILIO_FROM)


@cache
def _twilio_of(account: TwilioAccount, sender: str) -> TwilioVoice:
    """One client for each set of settings."""
    from linzhu.notifications.voice.twilio import TwilioVoice

    return TwilioVoice(account, sender)
