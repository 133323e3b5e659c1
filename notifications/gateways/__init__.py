"""Gateways carry the texts. ``SMS_GATEWAY`` does, and ``SMS_GATEWAY_FALLBACK`` while that one is down.

Both are names. ``twilio`` is set up by the variables ``TWILIO_…``, a second account ``twilio2`` by ``TWILIO2_…``.
The settings are read whenever a text goes out or comes in.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from linzhu.notifications.gateways.base import Gateway
from linzhu.notifications.gateways.local import LocalGateway

if TYPE_CHECKING:
    from linzhu.notifications.gateways.aliyun import AliyunAccount
    from linzhu.notifications.gateways.twilio_account import TwilioAccount

KNOWN = ("local", "twilio", "twilio2", "aliyun")

_local = LocalGateway()


def configured() -> list[str]:
    """Return the names of the gateways that carry texts here, the one to try first in front."""
    return list(dict.fromkeys(name for name in (settings.SMS_GATEWAY, settings.SMS_GATEWAY_FALLBACK) if name))


def gateway(name: str = "") -> Gateway:
    """Return the configured gateway, or the one of this name. Raises ImproperlyConfigured for an unknown one."""
    match name or settings.SMS_GATEWAY:
        case "local":
            return _local
        case "twilio" | "twilio2" as account:
            # Its client takes 11 MB of every process: not for those who text otherwise.
            from linzhu.notifications.gateways.twilio_account import TwilioAccount

            return _twilio(TwilioAccount.from_settings(account))
        case "aliyun":
            from linzhu.notifications.gateways.aliyun import AliyunAccount

            return _aliyun(AliyunAccount.from_settings())
        case unknown:
            raise ImproperlyConfigured(f"There is no gateway named {unknown!r}.")


@cache
def _twilio(account: TwilioAccount) -> Gateway:
    """One client, and one pool of connections, for each set of settings."""
    from linzhu.notifications.gateways.twilio import TwilioGateway

    return TwilioGateway(account)


@cache
def _aliyun(account: AliyunAccount) -> Gateway:
    from linzhu.notifications.gateways.aliyun import AliyunGateway

    return AliyunGateway(account)
