"""What the queue's workers are woken for. Arguments are ids only; every task may run twice."""

from linzhu.dispatch.waves import start_wave
from linzhu.requests.models import HelpRequest


def search(help_request_id: int) -> None:
    """Begin to look for volunteers."""
    start_wave(HelpRequest.objects.get(pk=help_request_id))
