"""A week that lies behind the demo: most went well, some did not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from random import Random

from django.utils import timezone

from linzhu.communities.models import User
from linzhu.demo.errands import ERRANDS
from linzhu.demo.story import Story
from linzhu.requests.models import Elder, HelpRequest

DAYS = 7
A_DAY = 6
End = HelpRequest.EndReason

CANCELLED = {8: End.BY_ELDER, 19: End.HELPED_OTHERWISE, 33: End.NO_LONGER_NEEDED}
UNMET = {14: End.NOBODY_FREE, 29: End.TOO_LATE}
CALLED_OFF = {5, 24}
"""The volunteer could not come after all, and another one went."""


def live_through_the_week(staff: dict[str, User], random: Random, until: datetime) -> None:
    """Write a week of help requests that are over, the last one before ``until``."""
    elders = list(Elder.objects.order_by("pk"))
    for number, (at, start) in enumerate(_moments(random, until)):
        service_code, details = ERRANDS[number % len(ERRANDS)]
        story = Story(staff, random)
        story.log(elders[number * 11 % len(elders)], service_code, details, at=at, start=start, hours=3)
        _how_it_went(story, number, random, at, start)


def _moments(random: Random, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield (logged at, window start): six a day, between breakfast and supper, all over by ``until``."""
    today = timezone.localtime(until).date()
    for days_ago in range(DAYS, 0, -1):
        for slot in range(A_DAY):
            day = today - timedelta(days=days_ago)
            at = timezone.make_aware(
                datetime.combine(day, time(8 + slot, random.randint(0, 59), random.randint(0, 59)))
            )
            start = at.replace(minute=0, second=0) + timedelta(hours=random.choice([2, 2, 3, 4]))
            yield at, start


def _how_it_went(story: Story, number: int, random: Random, at: datetime, start: datetime) -> None:
    minutes = timedelta(minutes=1)
    if number in CANCELLED:
        story.cancel(at + 12 * minutes, CANCELLED[number])
        story.told(at + 20 * minutes)
        return
    if number in UNMET:
        story.next_wave(at + 5 * minutes)
        story.give_up(start - 5 * minutes, UNMET[number])
        story.told(start)
        return
    if number % 5 == 2:
        story.next_wave(at + 5 * minutes)
    story.somebody_says_yes(at + random.randint(6, 20) * minutes)
    if number in CALLED_OFF:
        story.cannot_come(at + 30 * minutes)
        story.somebody_says_yes(at + 40 * minutes)
    story.told(at + 50 * minutes)
    story.arrive(start + random.randint(0, 12) * minutes)
    took = story.help_request.service.minutes + random.randint(-10, 25)
    story.finish(start + (took + 12) * minutes, max(10, took))
    story.report_money(start + (took + 14) * minutes)
    story.ask_how_it_was(start + timedelta(hours=5))
    if number % 3:
        story.close(start + timedelta(hours=5))
