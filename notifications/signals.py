"""News that travels up. Sent inside the transaction that handles the text (see ``requests/signals.py``)."""

from django.dispatch import Signal

message_received = Signal()  # inbound: InboundMessage
