"""What volunteers wish for themselves, by text or on their page: a pause, more offers, fewer."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from linzhu.communities.rules import rules_of
from linzhu.dispatch import telling
from linzhu.dispatch.models import Offer
from linzhu.dispatch.offers import void_offers
from linzhu.dispatch.replies import Reply
from linzhu.notifications.models import InboundMessage
from linzhu.notifications.wording import describe_day
from linzhu.volunteers.models import Volunteer

STEP = 2
FEWEST, MOST = 1, 14


def pause(inbound: InboundMessage, reply: Reply) -> bool:
    """A pause by text. False if the phone is nobody's."""
    volunteers = list(Volunteer.objects.filter(phone=inbound.sender))
    back_on = _last_day(reply) + timedelta(days=1)
    for volunteer in volunteers:
        rest(volunteer, back_on)
        telling.tell_volunteer(volunteer, "paused", None, until=describe_day(back_on, volunteer.text_language))
    return bool(volunteers)


def _last_day(reply: Reply) -> date:
    """A date that has passed this year means the next."""
    today = timezone.localdate()
    if reply.weekday is not None:
        return _weekday_from(today, reply.weekday) - timedelta(days=1)
    if reply.month_end:
        return today.replace(day=monthrange(today.year, today.month)[1])
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


def _weekday_from(today: date, weekday: int) -> date:
    """Return the coming such day, today excluded; of next week from 7 on (``Reply.weekday``)."""
    ahead = weekday - today.weekday()
    return today + timedelta(days=ahead if weekday > 6 else ahead % 7 or 7)


def rest(volunteer: Volunteer, back_on: date) -> None:
    """No offers before that day: open ones are withdrawn, promised visits stand."""
    with transaction.atomic():
        void_offers(Offer.objects.filter(volunteer=volunteer))
        volunteer.paused_until = timezone.make_aware(datetime.combine(back_on, time.min))
        volunteer.save(update_fields=["paused_until"])


def end_rest(volunteer: Volunteer) -> None:
    """Offers are welcome again from now on."""
    volunteer.paused_until = None
    volunteer.save(update_fields=["paused_until"])


def more(inbound: InboundMessage, reply: Reply) -> bool:
    """Two more offers a week."""
    return _change_cap(inbound, STEP)


def less(inbound: InboundMessage, reply: Reply) -> bool:
    """Two offers a week fewer, but not none: that would be a pause."""
    return _change_cap(inbound, -STEP)


def _change_cap(inbound: InboundMessage, step: int) -> bool:
    volunteers = list(Volunteer.objects.filter(phone=inbound.sender).select_related("community"))
    for volunteer in volunteers:
        telling.tell_volunteer(volunteer, "cap_changed", None, cap=str(change_cap(volunteer, step)))
    return bool(volunteers)


def change_cap(volunteer: Volunteer, step: int) -> int:
    """Ask so much more (or less) often; returns how many offers a week they get at most now."""
    volunteer.weekly_cap = max(FEWEST, min(MOST, cap_of(volunteer) + step))
    volunteer.save(update_fields=["weekly_cap"])
    return volunteer.weekly_cap


def cap_of(volunteer: Volunteer) -> int:
    """Return how many offers a week the volunteer gets at most: their own wish, or the community's rule."""
    cap: int | None = volunteer.weekly_cap
    return rules_of(volunteer.community).weekly_text_cap if cap is None else cap
