"""What the queue's workers are woken for. Arguments are ids only; every task may run twice."""

import logging

from django.db import InterfaceError, OperationalError

from linzhu.dispatch.waves import start_wave
from linzhu.requests.models import HelpRequest

logger = logging.getLogger(__name__)


def search(help_request_id: int) -> None:
    """Begin to look for volunteers. What fails here, the clock tries again.

    Only a lost database is let out: of every other error the queue would keep the text, in a row and in the log, and
    it might quote a number.
    """
    try:
        start_wave(HelpRequest.objects.get(pk=help_request_id))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001
        logger.error("search for help request %s: %s", help_request_id, type(error).__name__)
