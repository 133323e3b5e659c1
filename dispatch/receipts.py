"""Photos of receipts: kept clean, one for each visit with cash, shown to those staff alone who may see its elder."""

from __future__ import annotations

from django.db import transaction

from linzhu.communities.clock import now
from linzhu.dispatch.cash import note_receipt
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import CashJob, CashReceipt
from linzhu.dispatch.pictures import clean
from linzhu.requests.lifecycle import Actor


def keep(job: CashJob, data: bytes, *, actor: Actor) -> CashReceipt:
    """Keep a photo instead of the one before it. Raises NotAPicture; its address is new each time."""
    kind, picture = clean(data)
    with transaction.atomic():
        CashReceipt.objects.filter(job=job).delete()
        receipt = CashReceipt.objects.create(job=job, kind=kind, picture=picture, at=now())
        note_receipt(job, actor)
        record_event(job.assignment.help_request)
    return receipt
