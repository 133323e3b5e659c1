"""Waves: a few are asked; when the time is up without a yes, the next wave asks wider; at the end a person decides."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.dispatch import todos
from linzhu.dispatch.live import record_event
from linzhu.dispatch.matching import Candidate, rank
from linzhu.dispatch.models import Todo, Wave
from linzhu.dispatch.offers import make_offers
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import SYSTEM, IllegalTransition
from linzhu.requests.models import HelpRequest, Status

DECISION_WITHIN = timedelta(minutes=10)

TODO_OF: dict[str, Todo.Kind] = {
    HelpRequest.PauseReason.NOBODY_FOUND: Todo.Kind.NOBODY_FOUND,
    HelpRequest.PauseReason.NO_POSITION: Todo.Kind.NO_POSITION,
    HelpRequest.PauseReason.QUIET_HOURS: Todo.Kind.QUIET_HOURS,
}


def start_wave(help_request: HelpRequest) -> Wave | None:
    """Ask the next few volunteers. Safe to call at any time and twice: it does nothing where nothing is due.

    Waits silently in quiet hours; hands the help request to a person when nobody is left to ask or the window is over,
    when the elder's home is not on the map, or when the window begins before anybody may be texted.
    """
    help_request.refresh_from_db()
    if help_request.status != Status.OPEN or help_request.waves.filter(ended_at=None).exists():
        return None
    if help_request.window_end <= now():
        _hand_over(help_request, HelpRequest.PauseReason.NOBODY_FOUND)
        return None
    if help_request.elder.position() is None:
        _hand_over(help_request, HelpRequest.PauseReason.NO_POSITION)
        return None
    quiet_until = quiet_end(now())
    if quiet_until and not help_request.service.urgent:
        if help_request.window_start < quiet_until:
            _hand_over(help_request, HelpRequest.PauseReason.QUIET_HOURS)
        return None
    radius_m, chosen = choose(help_request)
    if not chosen:
        _hand_over(help_request, HelpRequest.PauseReason.NOBODY_FOUND)
        return None
    return _open_wave(help_request, radius_m, chosen)


def choose(help_request: HelpRequest) -> tuple[int, list[Candidate]]:
    """Return (radius in metres, whom to ask next): widens at once where too few live near.

    A time-critical service starts one ring further out and asks twice as many.
    """
    urgent = help_request.service.urgent
    asked_waves = help_request.waves.filter(round=help_request.round).count()
    places = help_request.people_needed - help_request.places_filled
    size = settings.WAVE_SIZE * places * (2 if urgent else 1)
    rings = settings.WAVE_RADII_M
    candidates = rank(help_request, radius_m=rings[-1]).candidates
    rings = rings[min(asked_waves + urgent, len(rings) - 1) :]
    in_ring = {
        radius_m: [candidate for candidate in candidates if candidate.distance_m <= radius_m] for radius_m in rings
    }
    enough = min(size, len(in_ring[rings[-1]]))
    radius_m = next(radius_m for radius_m in rings if len(in_ring[radius_m]) >= enough)
    return radius_m, in_ring[radius_m][:size]


def _open_wave(help_request: HelpRequest, radius_m: int, chosen: list[Candidate]) -> Wave | None:
    number = help_request.waves.filter(round=help_request.round).count() + 1
    at = now()
    try:
        with transaction.atomic():
            wave = Wave.objects.create(
                help_request=help_request,
                round=help_request.round,
                number=number,
                radius_m=radius_m,
                started_at=at,
                ends_at=at + timedelta(seconds=settings.WAVE_SECONDS),
            )
            # Whoever moves the help request meanwhile waits for this row, or has made us wait and wins.
            if not HelpRequest.objects.open().filter(pk=help_request.pk, round=wave.round).update(round=wave.round):
                raise IllegalTransition(help_request.ref, Status.OPEN, Status.OPEN)
            make_offers(wave, chosen)
            record_event(help_request)
    except (IntegrityError, IllegalTransition):
        return None  # another process has started this wave, or the search has ended
    return wave


def end_wave(wave: Wave) -> Wave | None:
    """Close a wave whose time is up and start the next one. Open offers may still be answered. Safe to call twice."""
    if not Wave.objects.filter(pk=wave.pk, ended_at=None).update(ended_at=now()):
        return None
    return start_wave(wave.help_request)


def _hand_over(help_request: HelpRequest, reason: HelpRequest.PauseReason) -> None:
    """The system cannot go on alone: a dispatcher owes a decision."""
    try:
        with transaction.atomic():
            lifecycle.move(help_request, Status.PAUSED, actor=SYSTEM, why=reason, pause_reason=reason)
            todos.owe(
                TODO_OF[reason],
                community=help_request.community,
                help_request=help_request,
                due_in=DECISION_WITHIN,
            )
    except IllegalTransition:
        pass  # somebody said yes, or staff acted, in this very moment


def quiet_end(at: datetime) -> datetime | None:
    """Return when the quiet hours around ``at`` end; None if it is not quiet. Local wall time rules."""
    if settings.QUIET_HOURS is None:
        return None
    begin, end = settings.QUIET_HOURS
    local = timezone.localtime(at)
    if not _within(local.time(), begin, end):
        return None
    day = local.date() if local.time() < end else local.date() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, end))


def _within(moment: time, begin: time, end: time) -> bool:
    return begin <= moment < end if begin <= end else moment >= begin or moment < end
