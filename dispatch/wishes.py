"""What volunteers text about themselves: a pause, more offers, fewer."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from linzhu.communities.rules import rules_of
from linzhu.dispatch import telling
from linzhu.dispatch.models import Offer
from linzhu.dispatch.offers import void_offers
from linzhu.dispatch.replies import Reply
from linzhu.notifications.models import InboundMessage
from linzhu.volunteers.models import Volunteer

STEP = 2
FEWEST, MOST = 1, 14


def pause(inbound: InboundMessage, reply: Reply) -> bool:
    """No offers until that day: open ones are withdrawn, promised visits stand. False if the phone is nobody's."""
    volunteers = list(Volunteer.objects.filter(phone=inbound.sender))
    until = _last_day(reply) + timedelta(days=1)
    midnight = timezone.make_aware(datetime.combine(until, time.min))
    void_offers(Offer.objects.filter(phone=inbound.sender))
    for volunteer in volunteers:
        volunteer.paused_until = midnight
        volunteer.save(update_fields=["paused_until"])
        with translation.override(volunteer.text_language):
            shown = date_format(until, _("j F"))
        telling.tell_volunteer(volunteer, "paused", None, until=shown)
    return bool(volunteers)


def _last_day(reply: Reply) -> date:
    """A date that has passed this year means the next."""
    today = timezone.localdate()
    if reply.until is None:
        return today + timedelta(days=(reply.days or 7) - 1)
    month, day = reply.until
    for year in (today.year, today.year + 1):
        try:
            until = date(year, month, day)
        except ValueError:
            continue  # 29 February
        if until > today:
            return until - timedelta(days=1)
    return today + timedelta(days=6)


def more(inbound: InboundMessage, reply: Reply) -> bool:
    """Two more offers a week."""
    return _change_cap(inbound, STEP)


def less(inbound: InboundMessage, reply: Reply) -> bool:
    """Two offers a week fewer, but not none: that would be a pause."""
    return _change_cap(inbound, -STEP)


def _change_cap(inbound: InboundMessage, step: int) -> bool:
    volunteers = list(Volunteer.objects.filter(phone=inbound.sender).select_related("community"))
    for volunteer in volunteers:
        cap = volunteer.weekly_cap
        if cap is None:
            cap = rules_of(volunteer.community).weekly_text_cap
        volunteer.weekly_cap = max(FEWEST, min(MOST, cap + step))
        volunteer.save(update_fields=["weekly_cap"])
        telling.tell_volunteer(volunteer, "cap_changed", None, cap=str(volunteer.weekly_cap))
    return bool(volunteers)
