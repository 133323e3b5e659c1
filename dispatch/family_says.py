"""What a family says on its page once a visit is over: thanks, or what worries them.

Both are kept as texts that came in. Staff and the volunteer read the thanks; a worry is a call that somebody owes.
"""

from __future__ import annotations

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet

from linzhu.dispatch import todos
from linzhu.dispatch.concerns import alarm_if_danger, read_about, seen_within
from linzhu.dispatch.emergency import roll_call
from linzhu.dispatch.keeping import BY_PAGE, keep_words
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import RollCallEntry, Todo
from linzhu.notifications.models import InboundMessage
from linzhu.requests.models import FamilyLink, HelpRequest

THANKS, WORRY = "thanks", "worry"
KNOWN = {"safe": RollCallEntry.State.SAFE, "needs-help": RollCallEntry.State.NEEDS_HELP}
"""What a family may tell us while we ask after the elder in an emergency."""
MOST_WORRIES = 5
"""A page left open, or a child with the phone, shall not fill the inbox."""

_signer = signing.Signer(salt="linzhu.family-says")


def form_token(link: FamilyLink) -> str:
    """Return what a form of this page must bring back. Django's own check refuses pages that send no referrer."""
    return _signer.sign(str(link.pk))


def is_from_page(token: str, link: FamilyLink) -> bool:
    try:
        return _signer.unsign(token) == str(link.pk)
    except signing.BadSignature:
        return False


def said_about(help_request: HelpRequest) -> set[str]:
    """Return what has been said already, by whoever of the family."""
    return set(_said(help_request).values_list("reading", flat=True))


def thank(link: FamilyLink, words: str) -> bool:
    """Keep the family's thanks; False if they have been said already."""
    with transaction.atomic():
        if _said(link.help_request).filter(reading=THANKS).exists():
            return False
        _keep(link, THANKS, words)
        record_event(link.help_request)
    return True


def asks_after(help_request: HelpRequest) -> RollCallEntry | None:
    """Return the roll-call entry behind a safety check that is under way: the family may know how the elder is."""
    if help_request.channel != HelpRequest.Channel.ROLL_CALL or not help_request.is_live:
        return None
    entries = RollCallEntry.objects.unsettled().filter(help_request=help_request)
    return entries.select_related("emergency", "community", "elder", "help_request").first()


def know(link: FamilyLink, state: str) -> bool:
    """Take in that the elder is safe or needs help; False if nobody asks any more, or that is known."""
    entry = asks_after(link.help_request)
    return entry is not None and roll_call.learn(entry, state, by=RollCallEntry.By.FAMILY_PAGE)


def worry(link: FamilyLink, words: str, chosen: str = "") -> bool:
    """Keep what worries the family, and let a person owe them a call; False if nothing was written, or too often.

    ``chosen``: what it is about (``concerns.read_about``). Words of danger are an alarm as well.
    """
    help_request = link.help_request
    with transaction.atomic():
        if not words or _said(help_request).filter(reading=WORRY).count() >= MOST_WORRIES:
            return False
        said = _keep(link, WORRY, words)
        todos.owe(
            Todo.Kind.CALL_WANTED,
            community=help_request.community,
            help_request=help_request,
            inbound=said,
            due_in=seen_within(help_request.community),
            about=read_about(chosen, help_request),
        )
        alarm_if_danger(said, help_request)
    return True


def _said(help_request: HelpRequest) -> QuerySet[InboundMessage]:
    return InboundMessage.objects.filter(about=help_request.ref, gateway=BY_PAGE, reading__in=[THANKS, WORRY])


def _keep(link: FamilyLink, reading: str, words: str) -> InboundMessage:
    return keep_words(_phone_of(link), words, reading=reading, about=link.help_request.ref)


def _phone_of(link: FamilyLink) -> str:
    """The number to call back: of whom the link was made for, else of the first of the family."""
    contact = link.contact or link.help_request.elder.family.order_by("pk").first()
    return contact.phone if contact else link.help_request.elder.phone
