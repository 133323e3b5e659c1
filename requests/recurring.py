"""Recurring help requests: what opens when, and what staff change about it. Every step is safe to do twice or late."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.requests import recurrence
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import Elder, HelpRequest, Occurrence, RecurringRequest
from linzhu.requests.windows import Window

logger = logging.getLogger(__name__)

AT_ONCE = 100
"""How many one call of :func:`open_due` takes: a long backlog must not hold up the clock."""
LOOKS_AHEAD = timedelta(days=2 * 366)
"""A date is looked for no further: the rarest pattern comes once a year."""
SHOWN = 5


@dataclass(frozen=True)
class Upcoming:
    """A date ahead, as staff see it. ``fate`` is empty while it is still to be opened."""

    on: date
    window: Window
    fate: str = ""
    help_request: HelpRequest | None = None
    is_holiday: bool = False
    is_paused: bool = False
    is_away: bool = False
    """The elder is."""

    @property
    def takes_place(self) -> bool:
        return self.fate != Occurrence.Fate.LEFT_OUT and not (self.is_holiday or self.is_paused or self.is_away)


# --- the clock ----------------------------------------------------------------------------------------------------


def open_due(at: datetime) -> int:
    """Open help requests for all dates that are due, at most ``AT_ONCE``; returns how many dates were dealt with.

    One that fails is logged, left as it was, and does not hold up the others.
    """
    dealt_with = 0
    for recurring in list(RecurringRequest.objects.due(at)[:AT_ONCE]):
        try:
            dealt_with += open_next(recurring, at)
        except Exception:
            logger.exception("recurring request %s could not be opened", recurring.pk)
    return dealt_with


def open_next(recurring: RecurringRequest, at: datetime) -> bool:
    """Open the next date's help request and move on to the date after; False if somebody else has just done so.

    A date whose window is over is noted and not opened.
    """
    with transaction.atomic():
        # One conditional UPDATE decides between two clocks, and holds the row against an edit until we are through.
        taken = RecurringRequest.objects.filter(
            pk=recurring.pk, ended_at=None, next_on=recurring.next_on, next_opens_at=recurring.next_opens_at
        ).update(next_opens_at=None)
        if not taken:
            return False
        recurring.refresh_from_db()
        day = recurring.next_on
        if day is None:
            return False
        if _takes_place(recurring, day):
            _open(recurring, day, at)
        _schedule(recurring, day + timedelta(days=1))
    return True


def _open(recurring: RecurringRequest, day: date, at: datetime) -> None:
    window = recurring.window_on(day).left_at(at)
    help_request = _log(recurring, day, window) if window else None
    fate = Occurrence.Fate.OPENED if help_request else Occurrence.Fate.TOO_LATE
    Occurrence.objects.create(recurring=recurring, on=day, fate=fate, help_request=help_request, at=at)


def _takes_place(recurring: RecurringRequest, day: date) -> bool:
    """Asked again at the last moment: the year's holidays may have been announced meanwhile, or the elder be away."""
    if not recurring.elder.is_active or not recurring.takes_place_on(day):
        return False
    return not recurring.occurrences.filter(on=day).exists()


def _log(recurring: RecurringRequest, day: date, window: Window) -> HelpRequest:
    """Log the help request of that date. Its key is the date: however often it is opened, there is one."""
    return log_request(
        recurring.elder,
        recurring.service_code,
        actor=SYSTEM,
        idempotency_key=f"recurring:{recurring.pk}:{day.isoformat()}",
        channel=HelpRequest.Channel.REPEAT,
        window_start=window.start,
        window_end=window.end,
        details=recurring.details,
        needs_vehicle=recurring.needs_vehicle,
        needs_gender=recurring.needs_gender,
        needs_language=recurring.needs_language,
        cash_limit_fen=recurring.cash_limit_fen,
    )


# --- staff --------------------------------------------------------------------------------------------------------


def save(recurring: RecurringRequest, *, user: User) -> None:
    """Save a new recurring request, or changes to one, and find its next date anew.

    What was due under the old rule is opened by the old rule first. Dates that have been opened stay as they are.
    """
    at = now()
    with transaction.atomic():
        if not recurring.pk:
            recurring.made_by = user
        else:
            _open_overdue(recurring.pk, at)
        recurring.save()
        _schedule_anew(recurring, at)


def pause(recurring: RecurringRequest, *, until: date) -> None:
    """No help up to and including that day."""
    _change(recurring, paused_until=until)


def resume(recurring: RecurringRequest) -> None:
    """The pause is over."""
    _change(recurring, paused_until=None)


def end(recurring: RecurringRequest) -> None:
    """No more dates. Help requests that are open already go on."""
    _change(recurring, ended_at=recurring.ended_at or now())


def follow_elder(elder: Elder, *, user: User | None = None, why: str = "") -> int:
    """The elder's state has changed: nothing opens while they are away, and all ends where they are gone for good.

    Back at home, the next dates open again. ``why`` goes into the trail of what ends. Returns how many go on or ended.
    """
    rows = list(elder.recurring.filter(ended_at=None))
    for recurring in rows:
        _lock(recurring)
        if elder.is_gone:
            recurring.ended_at = elder.state_at
            recurring._change_reason, recurring._history_user = why[:100], user  # type: ignore[attr-defined]  # noqa: SLF001
            recurring.save(update_fields=["ended_at"])
        _schedule_anew(recurring, now())
    return len(rows)


def leave_out(recurring: RecurringRequest, day: date, *, user: User) -> bool:
    """Not this time: returns False if that date has been dealt with already, or is none of this rule's."""
    if next(_dates(recurring, day), None) != day:
        return False
    with transaction.atomic():
        _lock(recurring)
        _row, new = Occurrence.objects.get_or_create(
            recurring=recurring, on=day, defaults={"fate": Occurrence.Fate.LEFT_OUT, "user": user}
        )
        _schedule_anew(recurring, now())
    return new


def put_back(recurring: RecurringRequest, day: date) -> bool:
    """This time after all: returns False if that date was not left out."""
    with transaction.atomic():
        _lock(recurring)
        gone, _by_model = recurring.occurrences.filter(on=day, fate=Occurrence.Fate.LEFT_OUT).delete()
        _schedule_anew(recurring, now())
    return bool(gone)


def upcoming(recurring: RecurringRequest, at: datetime, count: int = SHOWN) -> list[Upcoming]:
    """Return the next dates, also those on which nothing takes place. Asks nothing if occurrences are prefetched."""
    if recurring.ended_at:
        return []
    known = {row.on: row for row in recurring.occurrences.all()}
    days = islice(_dates(recurring, _first_day(recurring, at)), count)
    return [_look_ahead(recurring, day, known.get(day)) for day in days]


def _look_ahead(recurring: RecurringRequest, day: date, known: Occurrence | None) -> Upcoming:
    if known:
        return Upcoming(day, recurring.window_on(day), known.fate, known.help_request)
    return Upcoming(
        day,
        recurring.window_on(day),
        is_holiday=recurring.rests_on(day),
        is_paused=recurring.pauses_on(day),
        is_away=recurring.elder.is_absent_on(day),
    )


# --- the next date ------------------------------------------------------------------------------------------------


def _change(recurring: RecurringRequest, **fields: object) -> None:
    at = now()
    with transaction.atomic():
        _open_overdue(recurring.pk, at)
        for name, value in fields.items():
            setattr(recurring, name, value)
        recurring.save(update_fields=[*fields])
        _schedule_anew(recurring, at)


def _lock(recurring: RecurringRequest) -> None:
    """Let the clock, or a colleague, finish what they are doing with this row, and then wait for us."""
    RecurringRequest.objects.filter(pk=recurring.pk).update(next_on=F("next_on"))


def _open_overdue(pk: int, at: datetime) -> None:
    """Do what the clock has not done yet."""
    while overdue := RecurringRequest.objects.due(at).filter(pk=pk).first():
        if not open_next(overdue, at):
            return


def _schedule_anew(recurring: RecurringRequest, at: datetime) -> None:
    recurring.refresh_from_db()  # somebody may have changed another part of it
    _schedule(recurring, _first_day(recurring, at))


def _schedule(recurring: RecurringRequest, since: date) -> None:
    """Set the next date on or after that day, or none: nothing opens while the elder is away, not even ahead."""
    dealt_with = set(recurring.occurrences.filter(on__gte=since).values_list("on", flat=True))
    ahead = (day for day in _dates(recurring, since) if day not in dealt_with and recurring.takes_place_on(day))
    day = next(ahead, None) if recurring.ended_at is None and recurring.elder.is_active else None
    recurring.next_on, recurring.next_opens_at = day, recurring.opens_at(day) if day else None
    RecurringRequest.objects.filter(pk=recurring.pk).update(
        next_on=recurring.next_on, next_opens_at=recurring.next_opens_at
    )


def _dates(recurring: RecurringRequest, since: date) -> Iterator[date]:
    first = max(since, recurring.starts_on)
    last = first + LOOKS_AHEAD
    if recurring.paused_until:
        last = max(last, recurring.paused_until + LOOKS_AHEAD)
    return recurrence.dates(recurring.rrule, recurring.starts_on, first, min(last, recurring.ends_on or last))


def _first_day(recurring: RecurringRequest, at: datetime) -> date:
    """Today, if enough of today's window is left; else tomorrow."""
    today = timezone.localdate(at)
    return today if recurring.window_on(today).left_at(at) else today + timedelta(days=1)
