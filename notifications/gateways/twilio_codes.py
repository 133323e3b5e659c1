"""What Twilio's words and error codes mean to us (twilio.com/docs/api/errors; docs/sms.md says what to do)."""

from linzhu.notifications.gateways.faults import Fault
from linzhu.notifications.models import Message

State = Message.State

STATES: dict[str, Message.State] = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "sent": State.SENT,
    "partially_delivered": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.UNDELIVERED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}


FAULTS: dict[str, Fault] = {
    "21211": Fault.NUMBER,  # not a phone number
    "21614": Fault.NUMBER,  # not a mobile number
    "21635": Fault.NUMBER,  # a landline
    "30005": Fault.NUMBER,  # unknown destination
    "30006": Fault.NUMBER,  # landline or unreachable carrier
    "21610": Fault.OPTED_OUT,
    "20003": Fault.CONFIGURATION,  # wrong account or token
    "21408": Fault.CONFIGURATION,  # this country is not enabled
    "21606": Fault.CONFIGURATION,  # the sender is not ours or cannot text
    "21612": Fault.CONFIGURATION,  # no route from this sender to this number
    "30004": Fault.HUMAN,  # blocked
    "30007": Fault.HUMAN,  # filtered by the carrier
    "30001": Fault.PASSING,  # their queue is full
    "30003": Fault.PASSING,  # phone switched off or out of reach
    "30008": Fault.PASSING,  # unknown carrier error
}


def fault_of(code: str) -> Fault:
    """Return what kind of fault an error code is; for a code that nobody has met yet, a human looks."""
    return FAULTS.get(code, Fault.HUMAN)


def state_of(status: str | None, code: str = "") -> Message.State:
    """Return our state for Twilio's status: a new word of theirs counts as the least, *accepted*."""
    if fault_of(code) is Fault.OPTED_OUT:
        return State.SUPPRESSED
    return STATES.get(status or "", State.ACCEPTED)
