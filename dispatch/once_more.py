"""Asked once more: nobody new is left to ask, and those who have kept silent read that nobody has been found yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from linzhu.communities.clock import now
from linzhu.communities.rules import Rules
from linzhu.dispatch import telling, todos
from linzhu.dispatch.asking import most_at_once
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.matching import Exclusion, consider_all
from linzhu.dispatch.models import Offer, OfferQuerySet, Wave
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.models import HelpRequest

PATIENCE = 0.75
"""Of a wave's time: whoever has had their text for less than that is not pressed."""
REACHED = [Message.State.ACCEPTED, Message.State.SENT, Message.State.DELIVERED]


def silent_offers(help_request: HelpRequest, rules: Rules, length: timedelta) -> list[Offer]:
    """Return the offers to be sent once more in a wave of that length, the likeliest yes first; mostly there are none.

    Once in a round, nobody twice about one help request, no more than a wave may ask, and only if the wave ends before
    a person is called anyway.
    """
    at = now()
    pressed = help_request.offers.exclude(asked_again_in=None)
    too_late = at + length > todos.decision_due_at(help_request)
    if too_late or pressed.filter(round=help_request.round).exists():
        return []
    silent = list(_silent(help_request, at - length * PATIENCE).exclude(volunteer__in=pressed.values("volunteer")))
    able = _able(help_request, silent)
    likeliest = sorted((offer for offer in silent if offer.volunteer_id in able), key=_expected, reverse=True)
    return likeliest[: most_at_once(help_request, rules)]


def _silent(help_request: HelpRequest, since: datetime) -> OfferQuerySet:
    """Open offers, which are all of this round: handed over by then, and nothing has come from their phones ever since.

    Whoever has written, about whatever, is not silent: Linzhu or a person has answered them.
    """
    written = InboundMessage.objects.filter(sender=OuterRef("phone"), received_at__gte=OuterRef("created_at"))
    offers: OfferQuerySet = help_request.offers.filter(
        ~Exists(written), status=Offer.Status.OPEN, message__state__in=REACHED, message__handed_at__lte=since
    )
    return offers.select_related("volunteer", "help_request__elder__place", "help_request__community")


def _able(help_request: HelpRequest, offers: Iterable[Offer]) -> set[int]:
    """Return the volunteers against whom nothing speaks but that they have been asked.

    Whoever has had all the offers of their week is not among them: this text must have room in it, too.
    """
    people = consider_all(help_request, [offer.volunteer_id for offer in offers])
    excluded = (one for one in people if isinstance(one, Exclusion))
    return {one.volunteer.pk for one in excluded if [reason["code"] for reason in one.reasons] == ["asked"]}


def _expected(offer: Offer) -> float:
    return float(offer.expectation["value"]) if offer.expectation else 0.0


def ask_once_more(wave: Wave, offers: Iterable[Offer]) -> None:
    """Send these offers again, with urgency; call it inside a transaction. Raises TooLate if all are answered."""
    asked = 0
    for offer in offers:
        unanswered = Offer.objects.open().filter(pk=offer.pk, asked_again_in=None)
        if unanswered.update(asked_again_in=wave):
            telling.send_offer_again(offer, "offer_again", until=wave.ends_at)
            asked += 1
    if not asked:
        raise TooLate
