"""Waves: a few are asked; when the time is up without a yes, the next wave asks wider; at the end a person decides."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction

from linzhu.communities.clock import now
from linzhu.communities.rules import Rules, rules_of
from linzhu.dispatch import todos
from linzhu.dispatch.head_start import head_start
from linzhu.dispatch.live import record_event
from linzhu.dispatch.matching import Candidate, wave_candidates
from linzhu.dispatch.models import Todo, Wave
from linzhu.dispatch.offers import make_offers
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import SYSTEM, IllegalTransition
from linzhu.requests.models import HelpRequest, Status

POOL = 60
"""How many of the nearest candidates a wave chooses from, at least."""

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
    rules = rules_of(help_request.community)
    quiet_until = rules.quiet_end(now())
    if quiet_until and not help_request.service.urgent:
        if help_request.window_start < quiet_until:
            _hand_over(help_request, HelpRequest.PauseReason.QUIET_HOURS)
        return None
    radius_m, chosen, length = _first_or_next(help_request, rules)
    if not chosen:
        _hand_over(help_request, HelpRequest.PauseReason.NOBODY_FOUND)
        return None
    return _open_wave(help_request, radius_m, chosen, length)


def _first_or_next(help_request: HelpRequest, rules: Rules) -> tuple[int, list[Candidate], timedelta]:
    """Return (radius in metres, whom to ask, for how long alone): paired volunteers before everybody else."""
    enough = max(POOL, wave_size(help_request, rules))
    candidates = wave_candidates(help_request, radius_m=rules.wave_radii_m[-1], enough=enough)
    first = head_start(help_request, candidates, now())
    if first:
        return max(one.distance_m for one in first.chosen), first.chosen, first.length
    return *choose(help_request, rules, candidates), timedelta(seconds=rules.wave_seconds)


def wave_size(help_request: HelpRequest, rules: Rules) -> int:
    """How many are asked together: for each empty place the community's number, twice as many if time is critical."""
    places = help_request.people_needed - help_request.places_filled
    return rules.wave_size * places * (2 if help_request.service.urgent else 1)


def choose(help_request: HelpRequest, rules: Rules, candidates: list[Candidate]) -> tuple[int, list[Candidate]]:
    """Return (radius in metres, whom to ask next): widens at once where too few live near.

    A time-critical service starts one ring further out and asks twice as many.
    """
    urgent = help_request.service.urgent
    asked_waves = help_request.waves.filter(round=help_request.round).count()
    size = wave_size(help_request, rules)
    rings = rules.wave_radii_m
    rings = rings[min(asked_waves + urgent, len(rings) - 1) :]
    in_ring = {
        radius_m: [candidate for candidate in candidates if candidate.distance_m <= radius_m] for radius_m in rings
    }
    enough = min(size, len(in_ring[rings[-1]]))
    radius_m = next(radius_m for radius_m in rings if len(in_ring[radius_m]) >= enough)
    return radius_m, in_ring[radius_m][:size]


def _open_wave(help_request: HelpRequest, radius_m: int, chosen: list[Candidate], length: timedelta) -> Wave | None:
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
                ends_at=at + length,
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
                due_in=rules_of(help_request.community).decide_within,
            )
    except IllegalTransition:
        pass  # somebody said yes, or staff acted, in this very moment
