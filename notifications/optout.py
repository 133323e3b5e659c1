"""Opting out is immediate and final until the owner of the number opts in again."""

from django.db import transaction

from linzhu.communities.clock import now
from linzhu.notifications.models import Message, OptOut
from linzhu.notifications.texts import DESPITE_OPT_OUT


def is_opted_out(phone: str) -> bool:
    return OptOut.objects.filter(phone=phone).exists()


def opt_out(phone: str) -> int:
    """Send this number nothing more, not even what is queued. Returns how many texts were held back."""
    with transaction.atomic():
        OptOut.objects.get_or_create(phone=phone)
        queued = Message.objects.filter(to=phone, state=Message.State.QUEUED).exclude(template__in=DESPITE_OPT_OUT)
        return queued.update(state=Message.State.SUPPRESSED, finished_at=now())


def opt_in(phone: str) -> bool:
    """Send this number texts again, from the next one on. Returns whether it had opted out."""
    deleted, _by_model = OptOut.objects.filter(phone=phone).delete()
    return bool(deleted)
