"""What the queue's workers are woken for. Tasks carry ids only: their payload is stored, and must name nobody."""

from linzhu.notifications.relay import relay_contained


def relay_message(message_id: int) -> None:
    """Hand one text to its gateway, if that is still due."""
    relay_contained(message_id)
