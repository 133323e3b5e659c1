"""The head start: those who stand by, or are paired with the elder, are asked first, and alone for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from linzhu.communities.rules import Rules
from linzhu.dispatch.matching import Candidate
from linzhu.dispatch.offers import offer_end
from linzhu.requests.models import HelpRequest

SHARE_OF_THE_TIME = 4
"""A head start takes at most this part (a quarter) of the time that is left: it must not cost the elder the help."""
STAND_BY, LEAST_STAND_BY = timedelta(minutes=5), timedelta(minutes=1)
"""Who stands by has said yes once and waits for the text: they answer fast, or not at all."""
LEAST_PAIRED = timedelta(minutes=5)
"""Less time than this is no head start for anybody who does not wait for it."""


@dataclass(frozen=True)
class HeadStart:
    """Who is asked before anybody else, and for how long alone."""

    chosen: list[Candidate]
    length: timedelta


def head_start(
    help_request: HelpRequest, candidates: Sequence[Candidate], rules: Rules, at: datetime
) -> HeadStart | None:
    """Return who is to be asked first and alone, or None where everybody is asked at once.

    Whoever stands by comes before paired volunteers. Only as the first wave of a round, never for time-critical help,
    and never for longer than a quarter of the time that is left.
    """
    if help_request.service.urgent or help_request.waves.filter(round=help_request.round).exists():
        return None
    by_code = {code: [one for one in candidates if one.has(code)] for code in ("standby", "paired")}
    stand_by = min(STAND_BY, (offer_end(help_request, at) - at) / SHARE_OF_THE_TIME)
    if by_code["standby"] and stand_by >= LEAST_STAND_BY:
        return HeadStart(by_code["standby"], stand_by)
    paired = min(rules.head_start, (help_request.window_start - at) / SHARE_OF_THE_TIME)
    if by_code["paired"] and paired >= LEAST_PAIRED:
        return HeadStart(by_code["paired"], paired)
    return None
