"""The ten seconds in which staff may take something back, passed in no time."""

from linzhu.dispatch.deferred import carry_out
from linzhu.dispatch.models import DeferredAct


def let_it_happen() -> None:
    """What was pressed happens, as the clock does it."""
    for act in DeferredAct.objects.waiting().select_related("user"):
        carry_out(act)
