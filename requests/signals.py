"""News that travels up. Sent inside the transaction that moved the help request: what receivers write stands or
falls with the move; what must not happen before the commit they put behind ``transaction.on_commit``."""

from django.dispatch import Signal

status_changed = Signal()  # help_request: HelpRequest, change: StatusChange
