"""Texts that a person must read: acknowledged at once, then laid into the dispatchers' inbox."""

from __future__ import annotations

import re
from datetime import timedelta

from django.conf import settings

from linzhu.communities.clock import now
from linzhu.communities.models import Community, Role
from linzhu.communities.phones import show_phone
from linzhu.dispatch import telling, todos
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.replies import Kind, Reply
from linzhu.notifications import outbox
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.models import Elder, FamilyContact, HelpRequest
from linzhu.volunteers.models import Volunteer

READ_WITHIN = timedelta(minutes=15)
DANGER_WITHIN = timedelta(minutes=2)
ONE_NEUTRAL_REPLY_A = timedelta(days=1)
ONE_DANGER_REPLY_IN = timedelta(minutes=5)
"""It passes every cap: a machine that sends our own words back must not be answered for ever. Staff see each text."""

_E164 = re.compile(r"\+\d{7,15}")


def hand_to_staff(inbound: InboundMessage, offer: Offer | None) -> None:
    """An unclear text of a volunteer, with the offer it answers beside it where that is certain."""
    volunteer = offer.volunteer if offer else Volunteer.objects.filter(phone=inbound.sender).first()
    if volunteer is None:
        take_unknown(inbound)
        return
    inbound.reading = Kind.UNCLEAR
    help_request = offer.help_request if offer else None
    inbound.about = help_request.ref if help_request else ""
    todos.owe(
        Todo.Kind.UNCLEAR_REPLY,
        community=help_request.community if help_request else volunteer.community,
        help_request=help_request,
        offer=offer,
        inbound=inbound,
        due_in=READ_WITHIN,
    )
    telling.tell_volunteer(volunteer, "unclear_ack", None)


def take_unknown(inbound: InboundMessage) -> None:
    """A text from a number that is no volunteer's. Staff read it; the sender gets one neutral reply a day."""
    community = community_of(inbound.sender)
    if community is None:
        return
    inbound.reading = Kind.UNCLEAR
    todos.owe(Todo.Kind.UNKNOWN_SENDER, community=community, inbound=inbound, due_in=READ_WITHIN)
    if _may_answer(inbound.sender, "unknown_sender", ONE_NEUTRAL_REPLY_A):
        outbox.queue(
            inbound.sender,
            "unknown_sender",
            {"office": show_phone(community.phone_for_callers())},
            community=community,
            language=settings.LANGUAGE_CODE,
        )


def alert_danger(inbound: InboundMessage, reply: Reply) -> None:
    """Answer with 120 and 110 at once, and alert staff. The visit that the sender is on stands beside it."""
    volunteer = Volunteer.objects.filter(phone=inbound.sender).first()
    on_visit = (
        HelpRequest.objects.live()
        .filter(assignments__volunteer__phone=inbound.sender, assignments__status=Assignment.Status.STANDING)
        .order_by("window_start")
        .first()
    )
    owner = on_visit or volunteer
    community = owner.community if owner else community_of(inbound.sender)
    if community is None:
        return
    inbound.about = on_visit.ref if on_visit else ""
    todos.owe(Todo.Kind.DANGER, community=community, help_request=on_visit, inbound=inbound, due_in=DANGER_WITHIN)
    if _may_answer(inbound.sender, "danger", ONE_DANGER_REPLY_IN):
        language = volunteer.text_language if volunteer else settings.LANGUAGE_CODE
        outbox.queue(inbound.sender, "danger", {}, community=community, language=language, about=inbound.about)


def is_phone(sender: str) -> bool:
    """Whether somebody reads what we answer: nobody does behind a short code or a name."""
    return _E164.fullmatch(sender) is not None


def _may_answer(phone: str, template: str, once_in: timedelta) -> bool:
    lately = Message.objects.filter(to=phone, template=template, created_at__gt=now() - once_in)
    return is_phone(phone) and not lately.exists()


def community_of(phone: str) -> Community | None:
    """The community that knows this number as an elder's or a family's, else the topmost one with a dispatcher."""
    elder = Elder.objects.filter(phone=phone).select_related("community").first()
    if elder is None:
        contact = FamilyContact.objects.filter(phone=phone).select_related("elder__community").first()
        elder = contact.elder if contact else None
    if elder is not None:
        return elder.community
    staffed = Community.objects.filter(roles__kind__in=Role.DISPATCHES, roles__user__is_active=True)
    return min(staffed, key=lambda community: (community.path.count("/"), community.path), default=None)
