"""Offers: made, accepted, declined, withdrawn. The one place where a yes is decided."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django_q.tasks import async_task

from linzhu.communities.clock import now
from linzhu.communities.rules import rules_of
from linzhu.dispatch import cash, telling, visit_texts
from linzhu.dispatch.doorwords import new_door_word
from linzhu.dispatch.errors import Busy, MoneyUnsettled, NotCleared, TooLate
from linzhu.dispatch.live import record_event
from linzhu.dispatch.matching import Candidate, clearance_gaps
from linzhu.dispatch.models import Assignment, CallUp, Offer, OfferQuerySet, Wave
from linzhu.dispatch.ties import are_kept_apart
from linzhu.dispatch.visits import plan_steps
from linzhu.notifications import outbox
from linzhu.notifications.models import Message
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import Actor
from linzhu.requests.models import HelpRequest, Status
from linzhu.volunteers.models import Volunteer

CODE_RESTS = timedelta(days=2)
"""A code is not used again for the same phone while somebody may still answer to it."""

SENT_WITHIN = timedelta(minutes=2)
"""An offer is not sent after its wave, when others are asked already: after an outage of the gateway all waves of it
would ask at once. One that replaces a no at the end of its wave gets this long."""

STAND_BYS = 2
"""So many of those who say yes too late stand by."""

SEARCHING = (Status.OPEN, Status.PAUSED)
"""A yes to an open offer counts even while staff are already looking at the help request."""


def make_offers(wave: Wave, candidates: Iterable[Candidate]) -> list[Offer]:
    """Write the offers of a wave and queue their texts; call it inside a transaction."""
    return [_make_offer(wave, candidate) for candidate in candidates]


def _make_offer(wave: Wave, candidate: Candidate) -> Offer:
    help_request, volunteer = wave.help_request, candidate.volunteer
    offer = Offer(
        help_request=help_request,
        wave=wave,
        volunteer=volunteer,
        round=wave.round,
        phone=volunteer.phone,
        code=free_code(volunteer.phone),
        distance_m=candidate.distance_m,
        reasons=candidate.reasons,
        expectation=candidate.chance._asdict() if candidate.chance else None,
        expires_at=offer_end(help_request, now()),  # the wave may have begun before the window did
    )
    until = max(wave.ends_at, now() + SENT_WITHIN)
    template = "offer_standby" if candidate.has("standby") else "offer"
    offer.message = telling.send_offer(offer, template, until=until)
    offer.save()
    return offer


def offer_end(help_request: HelpRequest, at: datetime) -> datetime:
    """An offer can be answered until the window begins; if it has begun, until it ends."""
    return help_request.window_start if help_request.window_start > at else help_request.window_end


def free_code(phone: str) -> str:
    """Return a two-digit code that no recent question to this phone carries (three digits if all are taken)."""
    taken = codes_in_use(phone)
    free = [code for code in map(str, range(10, 100)) if code not in taken]
    return secrets.choice(free or [code for code in map(str, range(100, 1000)) if code not in taken])


def codes_in_use(phone: str) -> set[str]:
    """Return the codes that this phone may still answer to: of offers, and of being called up. One query."""
    recent = Q(created_at__gt=now() - CODE_RESTS) | Q(status=Offer.Status.OPEN)
    offers = Offer.objects.filter(recent, phone=phone).order_by().values_list("code", flat=True)
    called_up = CallUp.objects.filter(phone=phone, asked_at__gt=now() - CODE_RESTS).order_by()
    return set(offers.union(called_up.values_list("code", flat=True)))


def accept(offer: Offer, *, actor: Actor, via: str = Assignment.Via.TEXT) -> Assignment:
    """Give the volunteer a place: exactly one yes wins each place, however many arrive together.

    The help request's row decides: its conditional UPDATE makes every other yes wait, and then miss. Behind it stands
    the partial unique constraint ``one_winner_a_place``. A "no" may become a yes while the search goes on. Raises
    TooLate, or NotCleared; nothing is changed then.
    """
    with transaction.atomic():
        _claim_place(offer.help_request_id, offer.round)
        answered = Offer.objects.filter(
            pk=offer.pk, status__in=[Offer.Status.OPEN, Offer.Status.DECLINED], expires_at__gt=now()
        ).update(status=Offer.Status.ACCEPTED, answer=Offer.Answer.YES, answered_at=now())
        if not answered:
            raise TooLate
        offer.refresh_from_db(from_queryset=Offer.objects.with_everybody())
        if via == Assignment.Via.TEXT:
            _check_time(offer.help_request, offer.volunteer)
        return seat(offer.help_request, offer.volunteer, actor=actor, via=via, offer=offer)


def _claim_place(help_request_id: int, round_number: int) -> None:
    """Count one more place as filled, or raise TooLate. Takes the row's lock on PostgreSQL."""
    claimed = HelpRequest.objects.filter(
        pk=help_request_id, status__in=SEARCHING, round=round_number, places_filled__lt=F("people_needed")
    ).update(places_filled=F("places_filled") + 1)
    if not claimed:
        raise TooLate


def claim_by_hand(help_request: HelpRequest, volunteer: Volunteer, *, actor: Actor, via: str) -> Assignment:
    """Give a place to a volunteer whom staff have spoken to. An open offer of theirs is answered by it."""
    with transaction.atomic():
        _claim_place(help_request.pk, help_request.round)
        offer = Offer.objects.filter(
            help_request=help_request, round=help_request.round, volunteer=volunteer, assignment=None
        ).first()
        if offer:
            said_yes = {"status": Offer.Status.ACCEPTED, "answer": Offer.Answer.YES, "answered_at": now()}
            Offer.objects.filter(pk=offer.pk).update(**said_yes)
        help_request.refresh_from_db()
        return seat(help_request, volunteer, actor=actor, via=via, offer=offer)


def seat(help_request: HelpRequest, volunteer: Volunteer, *, actor: Actor, via: str, offer: Offer | None) -> Assignment:
    """Write the assignment of a claimed place, tell the volunteer, and end the search once every place is filled."""
    _check_clearance(help_request, volunteer)
    taken = dict(help_request.assignments.current().values_list("volunteer", "place"))
    if volunteer.pk in taken:
        raise TooLate
    assignment = Assignment.objects.create(
        help_request=help_request,
        volunteer=volunteer,
        offer=offer,
        place=min(set(range(1, help_request.people_needed + 1)) - set(taken.values())),
        via=via,
        door_word=new_door_word(help_request.elder),
    )
    visit_texts.confirm(assignment)
    plan_steps(assignment)
    if help_request.places_filled == help_request.people_needed:
        withdraw_offers(help_request)
        lifecycle.move(help_request, Status.ASSIGNED, actor=actor, why=volunteer.known_as)
    else:
        if offer:
            outbox.withdraw(Message.objects.filter(offer=offer))  # one that still waits need not ask any more
        record_event(help_request)
    return assignment


def _check_time(help_request: HelpRequest, volunteer: Volunteer) -> None:
    """Two offers of one morning may both be open: the second yes of the same volunteer needs a person."""
    elsewhere = Assignment.objects.standing().filter(
        volunteer=volunteer,
        help_request__window_start__lt=help_request.window_end,
        help_request__window_end__gt=help_request.window_start,
    )
    if elsewhere.exclude(help_request=help_request).exists():
        raise Busy


def _check_clearance(help_request: HelpRequest, volunteer: Volunteer) -> None:
    """Clearance, training and insurance are checked at the offer and again at the yes (safeguarding rule 1)."""
    visit_day = timezone.localtime(help_request.window_start).date()
    gaps = clearance_gaps(volunteer, help_request.needs_clearance, visit_day, rules_of(help_request.community))
    if gaps:
        raise NotCleared(gaps)
    if volunteer.status != Volunteer.Status.ACTIVE or are_kept_apart(help_request.elder_id, volunteer.pk):
        raise NotCleared
    if help_request.is_about_money and cash.is_blocked(volunteer):
        raise MoneyUnsettled


def decline(offer: Offer, *, actor: Actor) -> None:
    """Note a no. Others are asked in their place if need be; said to an offer that is over, it changes nothing."""
    with transaction.atomic():
        said_no = {"answer": Offer.Answer.NO, "answered_at": now()}
        Offer.objects.filter(pk=offer.pk, answer="").update(**said_no)
        answerable = Offer.objects.filter(pk=offer.pk, status__in=[Offer.Status.OPEN, Offer.Status.STANDBY])
        if answerable.update(status=Offer.Status.DECLINED, **said_no):
            outbox.withdraw(Message.objects.filter(offer=offer))
            record_event(offer.help_request)
            # What is due stands in the row; the queue only wakes somebody up for it.
            if offer.help_request.waves.filter(ended_at=None).update(due_at=now()):
                async_task("linzhu.dispatch.tasks.look_again", offer.help_request_id)


def stand_by(offer: Offer) -> bool:
    """Note a yes that came too late. Returns whether they stand by now: a few do, and are asked first if need be.

    They do so only while somebody else is expected, if they have the time and may come. Of two who say it in the same
    moment one too many may stand by, which does no harm.
    """
    with transaction.atomic(savepoint=False):
        Offer.objects.filter(pk=offer.pk, answer="").update(answer=Offer.Answer.YES, answered_at=now())
        offer.refresh_from_db(from_queryset=Offer.objects.with_everybody())
        if offer.status == Offer.Status.STANDBY:
            return True
        help_request = offer.help_request
        others = help_request.offers.filter(round=offer.round, status=Offer.Status.STANDBY)
        wanted = help_request.status == Status.ASSIGNED and help_request.round == offer.round
        if not wanted or others.count() >= STAND_BYS or not _could_come(help_request, offer.volunteer):
            return False
        late = Offer.objects.filter(pk=offer.pk, status__in=[Offer.Status.WITHDRAWN, Offer.Status.DECLINED])
        return bool(late.update(status=Offer.Status.STANDBY, answer=Offer.Answer.YES, answered_at=now()))


def _could_come(help_request: HelpRequest, volunteer: Volunteer) -> bool:
    if volunteer.opted_out_at or help_request.window_start <= now():
        return False
    try:
        _check_time(help_request, volunteer)
        _check_clearance(help_request, volunteer)
    except (Busy, NotCleared):
        return False
    return True


def withdraw_offers(help_request: HelpRequest) -> None:
    """Close what is still open of a help request's search: its wave, its offers, all their texts not yet sent.

    Call it with the help request's row held. The others are taken as everywhere: offers, texts, waves.
    """
    help_request.offers.open().update(status=Offer.Status.WITHDRAWN)
    outbox.withdraw(Message.objects.filter(offer__help_request=help_request))
    help_request.waves.filter(ended_at=None).update(ended_at=now())


def release_stand_bys(help_request: HelpRequest) -> int:
    """Nobody need keep the time free any more: who stands by is thanked and told so. Returns how many."""
    waiting = list(help_request.offers.filter(status=Offer.Status.STANDBY).select_related("volunteer"))
    for offer in waiting:
        if Offer.objects.filter(pk=offer.pk, status=Offer.Status.STANDBY).update(status=Offer.Status.WITHDRAWN):
            telling.tell_volunteer(offer.volunteer, "offer_cancelled", help_request)
    return len(waiting)


def void_offers(offers: OfferQuerySet) -> None:
    """Close those of these offers that are open, whoever's help request they belong to; others are asked instead."""
    with transaction.atomic():
        open_offers = list(offers.open())
        # Help requests, offers, texts: rows are taken in the order of a yes, or the two could deadlock on PostgreSQL.
        searches = list(
            HelpRequest.objects.select_for_update(no_key=True, of=("self",))
            .select_related("community")
            .filter(pk__in={offer.help_request_id for offer in open_offers})
            .order_by("pk")
        )
        Offer.objects.open().filter(pk__in=[offer.pk for offer in open_offers]).update(status=Offer.Status.WITHDRAWN)
        outbox.withdraw(Message.objects.filter(offer__in=open_offers))
        # As after a no: the clock asks others in their place.
        Wave.objects.filter(help_request__in=searches, ended_at=None).update(due_at=now())
        for help_request in searches:
            record_event(help_request)


def expire_offers(at: datetime) -> int:
    """Close offers whose time has passed; returns how many."""
    return Offer.objects.open().filter(expires_at__lte=at).update(status=Offer.Status.EXPIRED)
