"""What the queue's workers are woken for. Arguments are ids only; every task may run twice."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError

from linzhu.communities.clock import now
from linzhu.dispatch.models import Wave
from linzhu.dispatch.waves import look_again as look_at_wave
from linzhu.dispatch.waves import start_wave
from linzhu.requests.models import HelpRequest

logger = logging.getLogger(__name__)


def search(help_request_id: int) -> None:
    """Begin to look for volunteers."""
    _attempt(lambda: start_wave(HelpRequest.objects.get(pk=help_request_id)), "search", help_request_id)


def look_again(help_request_id: int) -> None:
    """Somebody has said no: perhaps others are to be asked."""
    _attempt(lambda: _look_again(help_request_id), "look again", help_request_id)


def _look_again(help_request_id: int) -> None:
    due = Wave.objects.due(now()).filter(help_request=help_request_id).select_related("help_request")
    for wave in due.filter(ends_at__gt=now()):
        look_at_wave(wave)


def _attempt(deed: Callable[[], object], name: str, help_request_id: int) -> None:
    """What fails here, the clock tries again.

    Only a lost database is let out: of every other error the queue would keep the text, in a row and in the log, and
    it might quote a number.
    """
    try:
        deed()
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001
        logger.error("%s, help request %s: %s", name, help_request_id, type(error).__name__)
