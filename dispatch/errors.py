"""Events of the domain that stop a promise: each for the person who asked, none a fault."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class TooLate(Exception):  # noqa: N818 (an event of the domain, not a fault)
    """All places are taken, or this offer is no longer open."""


class NotCleared(TooLate):
    """The volunteer's clearance has ended, or they were suspended, since they were asked.

    ``gaps`` are the reasons that may be told (``dispatch.reasons``); none where it is somebody's wish.
    """

    def __init__(self, gaps: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__()
        self.gaps = gaps


class MoneyUnsettled(NotCleared):
    """The money of an earlier visit does not agree: no other cash for this volunteer until staff have cleared it."""


class NotYours(Exception):  # noqa: N818 (an answer for the person who asked, not a fault)
    """Nobody settles the money of their own visit."""


class ReasonNeeded(Exception):  # noqa: N818 (an answer for the person who asked, not a fault)
    """More people go for this service: whoever is content with fewer says why."""


class Busy(TooLate):
    """The volunteer has said yes to another visit at that time."""


class AboutThemself(Exception):  # noqa: N818 (a rule, not a fault)
    """A concern about a person is settled by somebody else."""
