"""A yes that gives no place: which kind words answer it, by text and on the volunteer's page alike."""

from __future__ import annotations

from linzhu.dispatch.models import Offer
from linzhu.dispatch.offers import stand_by
from linzhu.requests.models import Status


def note_late_yes(offer: Offer) -> str:
    """Let the volunteer stand by if that helps; return the key of the text that tells them how it is."""
    stands_by = stand_by(offer)
    volunteer, help_request = offer.volunteer, offer.help_request
    if help_request.assignments.current().filter(volunteer=volunteer).exists():
        return "already_yours"
    if help_request.status in (Status.CANCELLED, Status.UNMET):
        return "offer_cancelled"
    if help_request.is_live and help_request.places_filled < help_request.people_needed:
        return "offer_expired"
    return "late_standby" if stands_by else "late_taken"
