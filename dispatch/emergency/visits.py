"""The neighbour who looks in: a safety check, which lives like every help request and reports back (``reports``)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from linzhu.communities.clock import now
from linzhu.dispatch import decisions
from linzhu.dispatch.emergency.telling import note_family_told
from linzhu.dispatch.emergency.wording import event_name
from linzhu.dispatch.models import RollCallEntry
from linzhu.requests.catalogue import Code
from linzhu.requests.lifecycle import SYSTEM, IllegalTransition, log_request
from linzhu.requests.models import HelpRequest, Status

State, Step = RollCallEntry.State, RollCallEntry.Step

WITHIN = timedelta(hours=2)
"""In this time somebody should have looked in."""
SEARCHING = (Status.OPEN, Status.PAUSED)


def look_in(entry: RollCallEntry) -> HelpRequest:
    """Return the safety check of this entry, opened now unless one is under way. In the caller's transaction."""
    entry.refresh_from_db()
    help_request = entry.help_request if entry.help_request and entry.help_request.is_live else _open(entry)
    RollCallEntry.objects.filter(pk=entry.pk).update(step=Step.VISIT, due_at=None, claimed_by=None)
    return help_request


def _open(entry: RollCallEntry) -> HelpRequest:
    at = now()
    help_request = log_request(
        entry.elder,
        Code.SAFETY_CHECK,
        actor=SYSTEM,
        idempotency_key=f"roll-call:{entry.pk}:{entry.visits + 1}",
        channel=HelpRequest.Channel.ROLL_CALL,
        details=_details(entry),
        window_start=at,
        window_end=at + WITHIN,
    )
    note_family_told(entry)  # log_request() has sent them the link
    RollCallEntry.objects.filter(pk=entry.pk).update(help_request=help_request, visits=F("visits") + 1)
    return help_request


def _details(entry: RollCallEntry) -> str:
    language = settings.LANGUAGE_CODE
    with translation.override(language):
        needs_help = entry.state == State.NEEDS_HELP
        words = _("Says that they need help.") if needs_help else _("Has not answered. Please look in.")
        return f"{event_name(entry.emergency, language)}: {words}"


def call_off(entry: RollCallEntry) -> None:
    """Nobody need look in any more. Whoever has promised it still goes: an elder is glad of the visit."""
    help_request = entry.help_request
    if help_request and help_request.status in SEARCHING and not help_request.places_filled:
        with suppress(IllegalTransition):  # somebody has said yes in this very moment
            decisions.cancel(help_request, actor=SYSTEM, reason=HelpRequest.EndReason.NO_LONGER_NEEDED)
