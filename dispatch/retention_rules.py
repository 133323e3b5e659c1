"""How long what is kept: one line for each kind. ``retention`` does it, by night and in portions.

Hours are kept for ever: visits with their minutes, and help requests without their words. So are the counts that the
order of asking has learned (``habits``): an offer is counted before it is old enough to go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from linzhu.dispatch.models import Bond, CallUp, CashReceipt, Offer, RollCallEntry, Todo
from linzhu.notifications.models import OVER_STATES, Call, InboundMessage, Message
from linzhu.requests.looks import KEPT as LOOKS_KEPT
from linzhu.requests.models import LIVE_STATUSES, Elder, FamilyLink, HelpRequest, Look, RecurringRequest, Status
from linzhu.volunteers.models import VolunteerLink

WORDS_KEPT = timedelta(days=30)
ROWS_KEPT = timedelta(days=180)
NOTES_KEPT = timedelta(days=90)
"""After the last visit."""
LINKS_KEPT = timedelta(days=30)
"""So long who opens a closed link is told kindly that it has closed; after that it never was."""
VERSIONS_KEPT = LOOKS_KEPT


class What(models.TextChoices):
    """What is forgotten."""

    TEXTS_SENT = "texts sent", _("texts sent")
    TEXTS_RECEIVED = "texts received", _("texts received")
    CALLS = "calls", _("calls")
    WORDS_SENT = "words of texts sent", _("words of texts sent")
    WORDS_RECEIVED = "words of texts received", _("words of texts received")
    WORDS_OF_CALLS = "words of calls", _("words of calls")
    VOLUNTEER_LINKS = "volunteers' links", _("volunteers' links")
    FAMILY_LINKS = "families' links", _("families' links")
    RECEIPTS = "photos of receipts", _("photos of receipts")
    ROLL_CALLS = "roll-calls", _("roll-calls, one by one")
    CALL_UPS = "call-ups", _("who was called up in an emergency")
    LOOKS = "looks", _("looks at elders' records")
    OFFERS = "offers", _("offers")
    NOTES = "notes about elders", _("notes about elders")
    FORMER_NOTES = "former notes about elders", _("former notes about elders")
    DETAILS = "details of help requests", _("details of help requests")
    RECURRING_DETAILS = "details of recurring requests", _("details of recurring requests that have ended")
    BOND_NOTES = "notes of pairings", _("notes of pairings and wishes that have ended")
    VERSIONS = "versions of records", _("who has changed records, and what they said before")


@dataclass(frozen=True)
class Old:
    """Rows that are old enough: they go, or their columns become what is said here."""

    what: What
    rows: QuerySet[Any]
    becomes: dict[str, object] | None = None
    by: str = "pk"
    """The order in which they are taken: that of the index which finds them."""


KEPT: dict[What, timedelta] = {
    What.WORDS_SENT: WORDS_KEPT,
    What.WORDS_RECEIVED: WORDS_KEPT,
    What.WORDS_OF_CALLS: WORDS_KEPT,
    What.VOLUNTEER_LINKS: LINKS_KEPT,
    What.FAMILY_LINKS: LINKS_KEPT,
    What.NOTES: NOTES_KEPT,
    What.FORMER_NOTES: NOTES_KEPT,
    What.DETAILS: NOTES_KEPT,
    What.RECURRING_DETAILS: NOTES_KEPT,
    What.BOND_NOTES: NOTES_KEPT,
    What.RECEIPTS: NOTES_KEPT,
    What.OFFERS: ROWS_KEPT,
    What.ROLL_CALLS: ROWS_KEPT,
    What.CALL_UPS: ROWS_KEPT,
    What.TEXTS_SENT: ROWS_KEPT,
    What.TEXTS_RECEIVED: ROWS_KEPT,
    What.CALLS: ROWS_KEPT,
    What.LOOKS: LOOKS_KEPT,
    What.VERSIONS: VERSIONS_KEPT,
}
"""In the order in which staff read it."""

OVER = [status for status in Status if status not in LIVE_STATUSES]


def old(at: datetime) -> Iterator[Old]:
    """Yield everything that is old enough, kind by kind."""
    yield from _texts_and_calls(at)
    yield from _links(at)
    yield from _notes(at - NOTES_KEPT)
    learned = Offer.objects.filter(created_at__lt=at - ROWS_KEPT, expectation__isnull=True)
    yield Old(What.OFFERS, learned.exclude(help_request__status__in=LIVE_STATUSES), by="created_at")
    # Once the money is settled: its figures stay with the service record.
    receipts = CashReceipt.objects.filter(at__lt=at - NOTES_KEPT)
    yield Old(What.RECEIPTS, receipts.exclude(job__settled_at=None))
    # What an emergency came to is kept as figures (Emergency.summary).
    ended = {"emergency__ended_at__lt": at - ROWS_KEPT}
    yield Old(What.ROLL_CALLS, RollCallEntry.objects.filter(**ended, step=RollCallEntry.Step.NONE))
    yield Old(What.CALL_UPS, CallUp.objects.filter(**ended))
    yield Old(What.LOOKS, Look.objects.forgettable(at - LOOKS_KEPT))
    for versions in _versions():
        yield Old(What.VERSIONS, versions.filter(history_date__lt=at - VERSIONS_KEPT), by="history_date")


def _texts_and_calls(at: datetime) -> Iterator[Old]:
    words, rows = at - WORDS_KEPT, at - ROWS_KEPT
    sent = Message.objects.exclude(state__in=Message.IN_FLIGHT).filter(_answered("message"))
    came = InboundMessage.objects.filter(_answered("inbound"))
    calls = Call.objects.filter(state__in=OVER_STATES).exclude(settled_at=None)
    yield Old(What.TEXTS_SENT, sent.filter(created_at__lt=rows))
    yield Old(What.TEXTS_RECEIVED, came.filter(received_at__lt=rows))
    yield Old(What.CALLS, calls.filter(created_at__lt=rows))
    yield Old(What.WORDS_SENT, sent.filter(created_at__lt=words).exclude(text=""), {"text": "", "params": {}})
    yield Old(What.WORDS_RECEIVED, came.filter(received_at__lt=words).exclude(text=""), {"text": ""})
    yield Old(What.WORDS_OF_CALLS, calls.filter(created_at__lt=words).exclude(params={}), {"params": {}})


def _links(at: datetime) -> Iterator[Old]:
    links = at - LINKS_KEPT
    closed = Q(expires_at__lt=links) | Q(revoked_at__lt=links)
    yield Old(What.VOLUNTEER_LINKS, VolunteerLink.objects.filter(closed))
    over = ~Q(help_request__status__in=LIVE_STATUSES) & Q(help_request__status_at__lt=links)
    yield Old(What.FAMILY_LINKS, FamilyLink.objects.filter(over | Q(revoked_at__lt=links)))


def _notes(before: datetime) -> Iterator[Old]:
    """What staff have written about elders, their homes and their health, once nobody has come for so long."""
    theirs = HelpRequest.objects.filter(elder=OuterRef("pk"))
    lately = theirs.filter(Q(status__in=LIVE_STATUSES) | Q(status__in=OVER, status_at__gte=before))
    versions = Elder.history.model.objects
    rewritten = versions.filter(id=OuterRef("pk"), history_date__gte=before)
    helped = Elder.objects.filter(Exists(theirs), ~Exists(lately), ~Exists(rewritten), notes__gt="")
    yield Old(What.NOTES, helped, {"notes": ""})
    with_notes = Elder.objects.filter(pk=OuterRef("id"), notes__gt="")
    former = versions.filter(~Exists(with_notes), history_date__lt=before, notes__gt="")
    yield Old(What.FORMER_NOTES, former, {"notes": ""}, by="history_id")
    # Not "one of those that are over": SQLite would take the index of statuses, and read all that ever was.
    details = HelpRequest.objects.exclude(status__in=LIVE_STATUSES).filter(status_at__lt=before, details__gt="")
    yield Old(What.DETAILS, details, {"details": ""}, by="status_at")
    ended = RecurringRequest.objects.filter(ended_at__lt=before, details__gt="")
    yield Old(What.RECURRING_DETAILS, ended, {"details": ""})
    gone = RecurringRequest.objects.filter(pk=OuterRef("id"), details="")
    of_gone = RecurringRequest.history.model.objects.filter(Exists(gone), history_date__lt=before, details__gt="")
    yield Old(What.RECURRING_DETAILS, of_gone, {"details": ""}, by="history_id")
    yield Old(What.BOND_NOTES, Bond.objects.filter(ended_at__lt=before, note__gt=""), {"note": ""})


def _versions() -> list[QuerySet[Any]]:
    """The versions that simple_history keeps, of every kind of record."""
    tables = [model for model in apps.get_models() if hasattr(model, "history_date") and hasattr(model, "history_id")]
    return [model._default_manager.all() for model in tables]  # noqa: SLF001 (a manager by any name)


def _answered(field: str) -> Q:
    """Nobody owes an answer to it."""
    return ~Q(Exists(Todo.objects.open().filter(**{field: OuterRef("pk")})))
