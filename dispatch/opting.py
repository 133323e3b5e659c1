"""Opting out and in by text: immediate, and final until the owner of the phone writes again."""

from __future__ import annotations

from django.db import transaction

from linzhu.communities.clock import now
from linzhu.dispatch import telling, todos
from linzhu.dispatch.handover import READ_WITHIN, is_phone
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.offers import void_offers
from linzhu.dispatch.replies import Kind, Reply
from linzhu.notifications import optout
from linzhu.notifications.models import InboundMessage
from linzhu.volunteers.models import Volunteer


def opt_out(inbound: InboundMessage, reply: Reply) -> None:
    """No more texts to this number, from now on."""
    if not is_phone(inbound.sender):
        return  # an advertisement that says how to unsubscribe from it
    said_before = optout.is_opted_out(inbound.sender)
    heed(inbound.sender)
    optout.opt_out(inbound.sender)
    if not said_before:  # a machine that sends our confirmation back must not get another one
        _confirm(inbound, "opt_out_done")


def heed(phone: str) -> None:
    """The owner of a phone wants no texts, whoever told us: their offers end. Staff learn of it if they have promised
    a visit."""
    volunteers = Volunteer.objects.filter(phone=phone)
    promised = Assignment.objects.standing().filter(volunteer__in=volunteers).select_related("help_request__community")
    with transaction.atomic():
        void_offers(Offer.objects.filter(phone=phone))
        volunteers.update(opted_out_at=now())
        for assignment in promised:
            todos.owe(
                Todo.Kind.VOLUNTEER_CANNOT,
                community=assignment.help_request.community,
                help_request=assignment.help_request,
                due_in=READ_WITHIN,
            )


def opt_in(inbound: InboundMessage, reply: Reply) -> None:
    """Texts are welcome again."""
    inbound.reading = Kind.OPT_IN
    optout.opt_in(inbound.sender)
    Volunteer.objects.filter(phone=inbound.sender).update(opted_out_at=None)
    _confirm(inbound, "opt_in_done")


def _confirm(inbound: InboundMessage, template: str) -> None:
    """Where the carrier has answered its own word already, a second answer would only confuse."""
    volunteer = Volunteer.objects.filter(phone=inbound.sender).first()
    if volunteer and not inbound.carrier_handled:
        telling.tell_volunteer(volunteer, template, None)
