"""What an elder's answer means for what is under way: without consent no text goes to the family any more."""

from __future__ import annotations

from django.db import transaction

from linzhu.communities.models import User
from linzhu.dispatch.live import record_event
from linzhu.notifications import outbox
from linzhu.notifications.models import Message
from linzhu.requests import consents
from linzhu.requests.models import Consent, Elder, HelpRequest


def record(elder: Elder, kind: Consent.Kind, *, is_given: bool, how: str, user: User) -> None:
    """Write down the elder's answer; a no to sharing fetches back what has not gone out to the family yet."""
    with transaction.atomic():
        consents.record(elder, kind, is_given=is_given, how=how, user=user)
        if kind == Consent.Kind.FAMILY and not is_given:
            phones = set(elder.family.values_list("phone", flat=True)) - {elder.phone}
            refs = HelpRequest.objects.filter(elder=elder).values("ref")
            texts = Message.objects.filter(to__in=phones, about__in=refs, template__startswith="family_")
            outbox.withdraw(texts)
        for help_request in HelpRequest.objects.live().filter(elder=elder).select_related("community"):
            record_event(help_request)
