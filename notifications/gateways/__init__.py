"""Gateways carry the texts. Which one does is decided by ``SMS_GATEWAY``, read whenever a text goes out or comes in."""

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from linzhu.notifications.gateways.base import Gateway
from linzhu.notifications.gateways.local import LocalGateway

_local = LocalGateway()


def gateway(name: str = "") -> Gateway:
    """Return the configured gateway, or the one of this name. Raises ImproperlyConfigured for an unknown one."""
    match name or settings.SMS_GATEWAY:
        case "local":
            return _local
        case "twilio":
            # Its client takes 11 MB of every process: not for those who text otherwise.
            from linzhu.notifications.gateways.twilio import TwilioAccount

            return _twilio(TwilioAccount.from_settings())
        case unknown:
            raise ImproperlyConfigured(f"There is no gateway named {unknown!r}.")


@cache
def _twilio(account: object) -> Gateway:
    """One client, and one pool of connections, for each set of settings."""
    from linzhu.notifications.gateways.twilio import TwilioGateway

    return TwilioGateway(account)  # type: ignore[arg-type]
