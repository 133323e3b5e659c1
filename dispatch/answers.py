"""What a text that came in sets in motion: who sent it, which offer it means, what is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Q, QuerySet

from linzhu.communities.clock import now
from linzhu.dispatch import cash_answers, telling, visit_answers, volunteer_links, wishes
from linzhu.dispatch.emergency import answers as emergency_answers
from linzhu.dispatch.emergency import call_up
from linzhu.dispatch.emergency.wording import event_name
from linzhu.dispatch.errors import Busy, NotCleared, TooLate
from linzhu.dispatch.handover import alert_danger, hand_to_staff, take_unknown
from linzhu.dispatch.late_yes import note_late_yes
from linzhu.dispatch.models import Assignment, CallUp, Offer
from linzhu.dispatch.offers import accept, decline
from linzhu.dispatch.opting import opt_in, opt_out
from linzhu.dispatch.replies import Kind, Reply, read_reply
from linzhu.dispatch.visit_answers import volunteer_actor
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.optout import is_opted_out
from linzhu.notifications.wording import in_a_row
from linzhu.volunteers.models import Volunteer

STILL_ANSWERS = timedelta(days=7)
"""How long after an offer a text is taken as an answer to it, even if it is no longer open."""

ANSWERED_BY_YES_AND_NO = ["reminder_evening", "reminder_soon", "ask_arrival", "ask_end"]

Report = Callable[[InboundMessage, Reply], bool]
"""Acts on a text; False if it is not certain what it is about."""


def answer(inbound: InboundMessage) -> None:
    """Act on one text. Runs in the transaction that stores it: all of it happens, or none."""
    reply = read_reply(inbound.text)
    if not emergency_answers.take(inbound, reply):
        _ANSWERS[reply.kind](inbound, reply)
    inbound.reading = inbound.reading or reply.kind


def _yes(inbound: InboundMessage, reply: Reply) -> None:
    if inbound.carrier_handled and is_opted_out(inbound.sender):
        opt_in(inbound, reply)  # the carrier takes YES for "start"
    elif not call_up.take(inbound, reply, CallUp.Answer.YES) and (offer := _meant(inbound, reply)):
        if offer.status == Offer.Status.DECLINED and not reply.code:
            hand_to_staff(inbound, offer)  # "ok" may answer our thanks for the no: only with the code is it a yes
        else:
            _take(inbound, offer)


def _take(inbound: InboundMessage, offer: Offer) -> None:
    inbound.about = offer.help_request.ref
    try:
        accept(offer, actor=volunteer_actor(offer.volunteer))
    except (NotCleared, Busy):
        hand_to_staff(inbound, offer)
    except TooLate:
        _say_why_not(offer)


def _say_why_not(offer: Offer) -> None:
    """A yes that gives no place: each case has its own kind words."""
    template = note_late_yes(offer)
    volunteer, help_request = offer.volunteer, offer.help_request
    when = telling.when(help_request, volunteer.text_language)
    telling.tell_volunteer(volunteer, template, help_request, when=when, code=offer.code)


def _no(inbound: InboundMessage, reply: Reply) -> None:
    if call_up.take(inbound, reply, CallUp.Answer.NO):
        return
    offer = _meant(inbound, reply)
    if offer is None:
        return
    inbound.about = offer.help_request.ref
    if Assignment.objects.standing().filter(offer=offer).exists():
        hand_to_staff(inbound, offer)  # a bare no after the yes: a person finds out what it means
    else:
        decline(offer, actor=volunteer_actor(offer.volunteer))
        telling.tell_volunteer(offer.volunteer, "no_thanks", None)


def _cannot_come(inbound: InboundMessage, reply: Reply) -> None:
    """Taken back where one promise alone can be meant; a no where none has been made; else a person finds out."""
    promised = Assignment.objects.standing().filter(volunteer__phone=inbound.sender).exists()
    if not promised:
        _no(inbound, reply)
    elif not reply.code and Offer.objects.open().filter(phone=inbound.sender).exists():
        hand_to_staff(inbound, None)
    elif not _carried_out(visit_answers.cannot_come, inbound, reply):
        _no(inbound, reply) if reply.code else hand_to_staff(inbound, None)


def _or_unclear(report: Report) -> Callable[[InboundMessage, Reply], None]:
    """Let a report act; a person reads the text where it is not certain what is meant."""

    def act(inbound: InboundMessage, reply: Reply) -> None:
        if not _carried_out(report, inbound, reply):
            _unclear(inbound, reply)

    return act


def _carried_out(report: Report, inbound: InboundMessage, reply: Reply) -> bool:
    """Let a report about a visit act; False if it is not certain which one, or that one has ended in this moment."""
    try:
        return report(inbound, reply)
    except TooLate:
        return False


def _meant(inbound: InboundMessage, reply: Reply) -> Offer | None:
    """Return the offer that a yes or no answers; None if that is not certain, and then the sender has been asked."""
    recent = list(_recent_offers(inbound))
    named = [offer for offer in recent if reply.code and offer.code == reply.code]
    if named:
        return named[0]
    open_offers = [offer for offer in recent if offer.status == Offer.Status.OPEN]
    called_up = call_up.unanswered(inbound.sender)
    if not reply.code and not called_up:
        if len(open_offers) == 1 and not _may_mean_a_visit(open_offers[0]):
            return open_offers[0]
        if not open_offers and recent:
            return recent[0]
    if open_offers or called_up:
        _ask_which(inbound, open_offers, called_up)
    else:
        _nothing_open(inbound)
    return None


def _may_mean_a_visit(offer: Offer) -> bool:
    """「好的」 may answer the reminder, “no” our "have you arrived?": a text about a visit that came later."""
    about_a_visit = Message.objects.filter(to=offer.phone, template__in=ANSWERED_BY_YES_AND_NO)
    return about_a_visit.filter(created_at__gt=offer.created_at).exists()


def _recent_offers(inbound: InboundMessage) -> QuerySet[Offer]:
    """Offers to this phone that a text may still answer, latest first."""
    answerable = Q(status=Offer.Status.OPEN) | Q(created_at__gt=now() - STILL_ANSWERS)
    return (
        Offer.objects.filter(answerable, phone=inbound.sender)
        .select_related("volunteer", "help_request")
        .order_by("-created_at", "-pk")
    )


def _ask_which(inbound: InboundMessage, open_offers: list[Offer], called_up: list[CallUp]) -> None:
    inbound.reading = Kind.UNCLEAR
    volunteer = (open_offers or called_up)[0].volunteer
    language = volunteer.text_language
    named = [f"{offer.code} {telling.service_name(offer.help_request, language)}" for offer in reversed(open_offers)]
    named += [f"{one.code} {event_name(one.emergency, language)}" for one in reversed(called_up)]
    telling.tell_volunteer(volunteer, "which_one", None, choices=in_a_row(named, language))


def _nothing_open(inbound: InboundMessage) -> None:
    volunteer = Volunteer.objects.filter(phone=inbound.sender).first()
    if volunteer:
        telling.tell_volunteer(volunteer, "nothing_open", None)
    else:
        take_unknown(inbound)


def _unclear(inbound: InboundMessage, reply: Reply) -> None:
    """Lay it beside the offer it probably answers; beside none if it may be one of several."""
    offers = [offer for offer in _recent_offers(inbound) if reply.code in ("", offer.code)]
    open_offers = [offer for offer in offers if offer.status == Offer.Status.OPEN]
    likely = open_offers or offers[:1]
    hand_to_staff(inbound, likely[0] if len(likely) == 1 else None)


_ANSWERS = {
    Kind.YES: _yes,
    Kind.NO: _no,
    Kind.ON_MY_WAY: _or_unclear(visit_answers.on_my_way),
    Kind.ARRIVED: _or_unclear(visit_answers.arrived),
    Kind.DONE: _or_unclear(visit_answers.done),
    Kind.CASH: _or_unclear(cash_answers.report),
    Kind.LATE: _or_unclear(visit_answers.late),
    Kind.NO_ANSWER: _or_unclear(visit_answers.no_answer),
    Kind.HELP: _or_unclear(visit_answers.wants_help),
    Kind.PAUSE: _or_unclear(wishes.pause),
    Kind.MORE: _or_unclear(wishes.more),
    Kind.LESS: _or_unclear(wishes.less),
    Kind.LINK: _or_unclear(volunteer_links.wants_link),
    Kind.CANNOT_COME: _cannot_come,
    Kind.OPT_OUT: opt_out,
    Kind.OPT_IN: opt_in,
    Kind.DANGER: alert_danger,
    Kind.UNCLEAR: _unclear,
}
