"""What a family may see of a help request: who comes, when, how far it is. No address, no phone, no notes.

``track()`` is pure: rows in, a plain description out. Page, JSON API and tests read the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from linzhu.dispatch.cash_verdict import job_of
from linzhu.dispatch.models import Assignment, CashJob
from linzhu.requests.models import HelpRequest, Status, StatusChange

CLOSED_DOOR = {Assignment.Outcome.ELDER_NO_ANSWER, Assignment.Outcome.TURNED_DOWN}


class Stage(Enum):
    """Where the family stands. Finer than the status, which does not say why somebody is (again) being looked for."""

    LOOKING = "looking"
    LOOKING_AGAIN = "looking-again"
    ONE_MORE = "one-more"
    STAFF = "staff"
    COMING = "coming"
    ON_THE_WAY = "on-the-way"
    THERE = "there"
    DONE = "done"
    IN_VAIN = "in-vain"
    """Somebody came and stood before a closed door."""
    CANCELLED = "cancelled"
    UNMET = "unmet"


@dataclass(frozen=True)
class Helper:
    """Somebody who comes: the name to compare with the card at the door, and the word they say there."""

    name: str
    door_word: str
    arrived_at: datetime | None
    finished_at: datetime | None
    set_out_at: datetime | None = None
    late_minutes: int = 0
    """How much later than planned they have said to come."""
    expected_at: datetime | None = None
    """When they should be at the door, if they have said that they come later."""
    was_let_in: bool = True

    @property
    def is_there(self) -> bool:
        return self.arrived_at is not None and self.finished_at is None

    @property
    def is_awaited(self) -> bool:
        return self.arrived_at is None and self.finished_at is None


@dataclass(frozen=True)
class Step:
    """One line of the way, as a parcel has it. ``state`` is did, now, next or (when it stops short) end."""

    name: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class Times:
    """When a help request reached each stage of its present run; None where it has not."""

    logged_at: datetime
    assigned_at: datetime | None
    underway_at: datetime | None
    done_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    unmet_at: datetime | None


@dataclass(frozen=True)
class Tracking:
    """Everything that the family page says."""

    ref: str
    service: str
    window_start: datetime
    window_end: datetime
    stage: Stage
    helpers: list[Helper]
    places: int
    asked: int
    times: Times
    steps: list[Step]
    office: str
    office_phone: str
    money_agreed: bool = False
    """Elder and volunteer say the same of the cash. How much it was the page never says."""

    @property
    def is_over(self) -> bool:
        return self.stage in {Stage.DONE, Stage.IN_VAIN, Stage.CANCELLED, Stage.UNMET}

    @property
    def names(self) -> list[str]:
        return [helper.name for helper in self.helpers]

    @property
    def there(self) -> list[Helper]:
        """Those who are in the home now."""
        return [helper for helper in self.helpers if helper.is_there]

    @property
    def expected(self) -> list[Helper]:
        """Those who have not been at the door yet: their words are still needed."""
        return [] if self.is_over else [helper for helper in self.helpers if helper.is_awaited]

    @property
    def meant(self) -> list[Helper]:
        """Those of whom the stage is true: of two, one may be there before the other has come."""
        part = {Stage.THERE: self.there, Stage.COMING: self.expected, Stage.ON_THE_WAY: self.expected}
        return part.get(self.stage) or self.helpers

    @property
    def expected_at(self) -> datetime | None:
        """When the last of them should be at the door; None where nobody has said that they come later."""
        return max((helper.expected_at for helper in self.expected if helper.expected_at), default=None)

    @property
    def late(self) -> list[Helper]:
        return [helper for helper in self.expected if helper.late_minutes]


def tracking_of(help_request: HelpRequest) -> Tracking:
    """Return what the family may see, read in three queries."""
    return track(
        help_request,
        changes=list(help_request.changes.all()),
        assignments=list(help_request.assignments.select_related("volunteer", "cash")),
        asked=help_request.offers.values("volunteer").distinct().count(),
    )


def track(
    help_request: HelpRequest, *, changes: Sequence[StatusChange], assignments: Sequence[Assignment], asked: int
) -> Tracking:
    """Describe a help request for the family; ``asked`` is how many neighbours have been asked so far."""
    present = [item for item in assignments if item.status != Assignment.Status.RELEASED]
    helpers = [_helper(item, help_request.window_start) for item in present]
    stage = _stage(help_request, helpers, lost=len(present) < len(assignments))
    times = stage_times(help_request, changes)
    return Tracking(
        ref=help_request.ref,
        service=help_request.service.name,
        window_start=help_request.window_start,
        window_end=help_request.window_end,
        stage=stage,
        helpers=helpers,
        places=help_request.people_needed,
        asked=asked,
        times=times,
        steps=_steps(stage, times, _set_out_at(helpers)),
        office=help_request.community.name,
        office_phone=help_request.community.phone_for_callers(),
        money_agreed=_is_money_agreed(present) if help_request.is_about_money else False,
    )


def _is_money_agreed(present: Sequence[Assignment]) -> bool:
    jobs = [job for item in present if (job := job_of(item))]
    return bool(jobs) and all(job.status == CashJob.Status.AGREED for job in jobs)


def _helper(assignment: Assignment, window_start: datetime) -> Helper:
    late = timedelta(minutes=assignment.late_minutes)
    return Helper(
        name=assignment.volunteer.known_as,
        door_word=assignment.door_word,
        arrived_at=assignment.arrived_at,
        finished_at=assignment.finished_at,
        set_out_at=assignment.on_my_way_at,
        late_minutes=assignment.late_minutes,
        expected_at=max(window_start + late, assignment.accepted_at) if late else None,
        was_let_in=assignment.outcome not in CLOSED_DOOR,
    )


def _set_out_at(helpers: list[Helper]) -> datetime | None:
    """When everybody who comes was on the way; None until then, and where somebody just came."""
    moments = [helper.set_out_at for helper in helpers if helper.set_out_at]
    return max(moments) if moments and len(moments) == len(helpers) else None


def stage_times(help_request: HelpRequest, changes: Sequence[StatusChange]) -> Times:
    """Return when each stage was reached, in the run since the search last began anew."""
    reached: dict[str, datetime] = {}
    for change in changes:
        if change.to_status == Status.OPEN and change.from_status != Status.PAUSED:
            reached.clear()
        reached.setdefault(change.to_status, change.at)
    return Times(
        logged_at=help_request.created_at,
        assigned_at=reached.get(Status.ASSIGNED),
        underway_at=reached.get(Status.UNDERWAY),
        done_at=reached.get(Status.DONE),
        closed_at=reached.get(Status.CLOSED),
        cancelled_at=reached.get(Status.CANCELLED),
        unmet_at=reached.get(Status.UNMET),
    )


def _stage(help_request: HelpRequest, helpers: list[Helper], *, lost: bool) -> Stage:
    plain = {
        Status.PAUSED: Stage.STAFF,
        Status.ASSIGNED: Stage.COMING,
        Status.UNDERWAY: Stage.THERE,
        Status.DONE: Stage.DONE,
        Status.CLOSED: Stage.DONE,
        Status.CANCELLED: Stage.CANCELLED,
        Status.UNMET: Stage.UNMET,
    }
    awaited = [helper for helper in helpers if helper.is_awaited]
    promised = help_request.status in (Status.ASSIGNED, Status.UNDERWAY)
    if promised and awaited and not any(helper.is_there for helper in helpers):
        return Stage.ON_THE_WAY if _set_out_at(awaited) else Stage.COMING
    if help_request.status in (Status.DONE, Status.CLOSED) and helpers and not any(item.was_let_in for item in helpers):
        return Stage.IN_VAIN
    if help_request.status in plain:
        return plain[Status(help_request.status)]
    if helpers:
        return Stage.ONE_MORE
    return Stage.LOOKING_AGAIN if lost else Stage.LOOKING


_FOUND = {Stage.COMING, Stage.ON_THE_WAY, Stage.THERE, Stage.DONE, Stage.IN_VAIN}


def _steps(stage: Stage, times: Times, set_out_at: datetime | None = None) -> list[Step]:
    """Return the way with times. One that ended early shows how far it came, and how it ended.

    "On the way" is a step only once it is known: not every volunteer says so.
    """
    steps = [Step("logged", "did", times.logged_at)]
    if stage in {Stage.CANCELLED, Stage.UNMET}:
        return [*steps, Step(stage.value, "end", times.cancelled_at or times.unmet_at)]
    steps.append(Step("looking", "did" if stage in _FOUND else "now"))
    steps.append(Step("found", "did" if stage in _FOUND else "next", times.assigned_at))
    if set_out_at and stage in _FOUND:
        steps.append(Step("on-the-way", "did", set_out_at))
    if stage is Stage.IN_VAIN:
        return [*steps, Step("there", "did", times.underway_at), Step(stage.value, "end", times.done_at)]
    there = {Stage.COMING: "now", Stage.ON_THE_WAY: "now", Stage.THERE: "did", Stage.DONE: "did"}.get(stage, "next")
    steps.append(Step("there", there, times.underway_at))
    done = {Stage.THERE: "now", Stage.DONE: "did"}.get(stage, "next")
    return [*steps, Step("done", done, times.done_at)]
