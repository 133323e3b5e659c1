"""Volunteers called up: each is asked once whether they can help; whoever says yes comes first in the searches there.

A no is final for this emergency. A yes lifts the weekly limit of offers and the usual free times while the emergency
lasts: they have said so; every task is still an offer of its own that they may refuse.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from linzhu.communities.clock import now
from linzhu.communities.models import Community
from linzhu.dispatch.emergency.wording import drill_mark, event_name
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import CallUp, Emergency, Offer
from linzhu.dispatch.offers import free_code
from linzhu.dispatch.replies import Reply
from linzhu.dispatch.telling import tell_volunteer
from linzhu.notifications.models import InboundMessage, Message
from linzhu.volunteers.models import Volunteer

logger = logging.getLogger(__name__)

AT_ONCE = 50


def ask_due(at: datetime) -> None:
    """Ask the next few volunteers. Once each, however often this runs."""
    running = list(Emergency.objects.running().values_list("pk", flat=True))
    waiting = CallUp.objects.filter(emergency__in=running, asked_at__isnull=True).order_by("emergency", "pk")
    for call_up in waiting.select_related("emergency", "volunteer__community")[:AT_ONCE]:
        try:
            with transaction.atomic():
                _ask(call_up)
        except Exception:
            logger.exception("call-up %s failed", call_up.pk)


def _ask(call_up: CallUp) -> None:
    volunteer = call_up.volunteer
    code = free_code(volunteer.phone)
    unasked = CallUp.objects.filter(pk=call_up.pk, asked_at=None, emergency__ended_at=None)
    if not _may_be_asked(volunteer):  # since the emergency was declared they have opted out, or taken a pause
        unasked.delete()
        return
    if not unasked.update(asked_at=now(), code=code):
        return
    emergency, language = call_up.emergency, volunteer.text_language
    tell_volunteer(
        volunteer,
        "call_up",
        None,
        priority=Message.Priority.OFFER,
        drill=drill_mark(emergency, language),
        event=event_name(emergency, language),
        code=code,
    )


def _may_be_asked(volunteer: Volunteer) -> bool:
    rests = volunteer.paused_until is not None and volunteer.paused_until > now()
    return volunteer.status == Volunteer.Status.ACTIVE and volunteer.opted_out_at is None and not rests


# --- answers ----------------------------------------------------------------------------------------------------------


def take(inbound: InboundMessage, reply: Reply, said: str) -> bool:
    """Take a text as the answer to being called up if it surely is one; False if it is none, or may answer an offer."""
    meant = _meant(inbound.sender, reply)
    if meant is None:
        return False
    inbound.reading = said
    answer(meant, said)
    return True


def unanswered(phone: str) -> list[CallUp]:
    """Return the questions to this phone that wait for an answer, the latest first."""
    return list(_open_for(phone).filter(answer=""))


def _open_for(phone: str) -> QuerySet[CallUp]:
    asked = CallUp.objects.filter(phone=phone, asked_at__isnull=False, emergency__ended_at=None)
    return asked.select_related("emergency", "volunteer__community").order_by("-asked_at", "-pk")


def _meant(phone: str, reply: Reply) -> CallUp | None:
    if reply.code:
        return _open_for(phone).filter(code=reply.code).first()
    waiting = unanswered(phone)
    if len(waiting) != 1 or Offer.objects.open().filter(phone=phone).exists():
        return None
    return waiting[0]


def answer(call_up: CallUp, said: str) -> bool:
    """Note a yes or no, and thank for it. A yes may become a no at any time; a no is final. False if it changed
    nothing."""
    with transaction.atomic():
        may_say = CallUp.objects.filter(pk=call_up.pk, emergency__ended_at=None).exclude(answer__in=[said, "no"])
        if not may_say.update(answer=said, answered_at=now()):
            return False
        if said == CallUp.Answer.YES:
            emergency, language = call_up.emergency, call_up.volunteer.text_language
            drill = drill_mark(emergency, language)
            tell_volunteer(call_up.volunteer, "call_up_yes", None, drill=drill)
        else:
            tell_volunteer(call_up.volunteer, "no_thanks", None)
        _tell_pages(call_up)
    return True


def _tell_pages(call_up: CallUp) -> None:
    for node in Community.objects.filter(emergencies=call_up.emergency_id):
        record_event(community=node)
