"""How volunteers get the link to their page: they ask for it by text, or staff send it."""

from __future__ import annotations

from django.db import transaction

from linzhu.dispatch import telling
from linzhu.dispatch.links import volunteer_url
from linzhu.dispatch.replies import Reply
from linzhu.notifications.by_code import can_all
from linzhu.notifications.models import InboundMessage
from linzhu.notifications.optout import is_opted_out
from linzhu.volunteers.models import Volunteer


def wants_link(inbound: InboundMessage, reply: Reply) -> bool:
    """A volunteer asks for their page by text; each of two on one phone gets a link of their own.

    False if the phone is no active volunteer's, or if the gateway carries no links.
    """
    volunteers = Volunteer.objects.active().filter(phone=inbound.sender).select_related("community")
    return can_send() and sum(send_link(volunteer) for volunteer in volunteers) > 0


def can_send() -> bool:
    """Whether the gateway carries links: domestic ones mostly do not."""
    return can_all("links")


@transaction.atomic
def send_link(volunteer: Volunteer) -> bool:
    """Text the volunteer a new link; those sent before still open. False if they do not help, or want no texts."""
    if volunteer.status != Volunteer.Status.ACTIVE or is_opted_out(volunteer.phone):
        return False
    telling.tell_volunteer(
        volunteer, "volunteer_link", None, volunteer=volunteer.known_as, link=volunteer_url(volunteer)
    )
    return True


def revoke_links(volunteer: Volunteer) -> int:
    """Close every link of this volunteer: a lost phone. Returns how many were open."""
    return volunteer.links.all().revoke()
