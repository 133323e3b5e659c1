"""The head start of paired volunteers: asked first, and alone for a while."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from linzhu.communities.rules import rules_of
from linzhu.dispatch.matching import Candidate
from linzhu.dispatch.ties import Ties, ties_of
from linzhu.requests.models import HelpRequest

SHARE_OF_THE_TIME = 4
"""A head start takes at most this part (a quarter) of the time until the window begins."""


@dataclass(frozen=True)
class HeadStart:
    """The paired volunteers, who are asked before anybody else, and for how long alone."""

    chosen: list[Candidate]
    length: timedelta


def head_start(
    help_request: HelpRequest, candidates: Iterable[Candidate], at: datetime, ties: Ties | None = None
) -> HeadStart | None:
    """Return the paired volunteers who are to be asked first and alone, or None where everybody is asked at once.

    Only as the first wave of a round, never for time-critical help, and never for longer than a quarter of the time
    that is left: a pairing must not cost the elder the help.
    """
    rules = rules_of(help_request.community)
    length = min(rules.head_start, (help_request.window_start - at) / SHARE_OF_THE_TIME)
    if help_request.service.urgent or length < timedelta(seconds=rules.wave_seconds):
        return None
    if help_request.waves.filter(round=help_request.round).exists():
        return None
    paired = (ties or ties_of(help_request)).paired
    chosen = [candidate for candidate in candidates if candidate.volunteer.pk in paired]
    return HeadStart(chosen, length) if chosen else None
