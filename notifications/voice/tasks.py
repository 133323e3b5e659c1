"""What the queue's workers are woken for. Tasks carry ids only: their payload is stored, and must name nobody."""

from linzhu.notifications.voice.calls import dial_contained


def dial_call(call_id: int) -> None:
    """Dial one number, if that is still due."""
    dial_contained(call_id)
