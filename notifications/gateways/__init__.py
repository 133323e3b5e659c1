"""Gateways carry the texts. Which one does is decided by ``SMS_GATEWAY``, read whenever a text goes out or comes in."""

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from linzhu.notifications.gateways.base import Gateway
from linzhu.notifications.gateways.local import LocalGateway
from linzhu.notifications.gateways.twilio import TwilioAccount, TwilioGateway

_local = LocalGateway()
_twilio = cache(TwilioGateway)  # one client, and one pool of connections, for each set of settings


def gateway(name: str = "") -> Gateway:
    """Return the configured gateway, or the one of this name. Raises ImproperlyConfigured for an unknown one."""
    match name or settings.SMS_GATEWAY:
        case "local":
            return _local
        case "twilio":
            return _twilio(TwilioAccount.from_settings())
        case unknown:
            raise ImproperlyConfigured(f"There is no gateway named {unknown!r}.")
