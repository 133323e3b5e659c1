"""What is due around a visit: reminders, "have you arrived?", "is it finished?", and when a person must look.

Every step is a row with its time (``VisitStep``), written when the promise is made. The clock takes each once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.communities.rules import Rules, rules_of
from linzhu.dispatch import cash, cash_owed, telling, todos, visit_texts
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Assignment, Todo, VisitStep
from linzhu.requests.models import HelpRequest

Kind = VisitStep.Kind

LOOK_WITHIN = timedelta(minutes=5)
"""How soon a dispatcher should look after a volunteer who has not arrived or not finished."""
AT_ONCE = 200
LOOK_AGAIN = timedelta(minutes=30)
"""How long after staff have settled an alarm it comes back if the visit has got no further."""
TOO_SOON_TO_REMIND = timedelta(minutes=15)
"""Who has just said yes needs no reminder."""
STALE_AFTER = timedelta(hours=2)
"""A reminder that is later than this is not sent any more."""
RAISED_BY = {Todo.Kind.NOT_ARRIVED: Kind.ALERT_ARRIVAL, Todo.Kind.NOT_FINISHED: Kind.ALERT_END}
"""The alarms about a visit, and the step that raises each."""


def plan_steps(assignment: Assignment) -> None:
    """Write what is due around a visit that has just been promised; what lies in the past is left out."""
    help_request = assignment.help_request
    rules = rules_of(help_request.community)
    start = help_request.window_start
    due = {
        Kind.REMIND_EVENING: _evening_before(start, rules),
        Kind.REMIND_SOON: _shortly_before(start, rules),
        Kind.ASK_ARRIVAL: start + timedelta(minutes=rules.arrival_ask_min),
        Kind.ALERT_ARRIVAL: start + timedelta(minutes=rules.arrival_alert_min),
    }
    earliest = now() + TOO_SOON_TO_REMIND
    for kind in (Kind.REMIND_EVENING, Kind.REMIND_SOON):
        if due[kind] < earliest:
            del due[kind]
    # Somebody who says yes in the middle of the window first needs the time to get there.
    for kind, wait in ((Kind.ASK_ARRIVAL, rules.arrival_ask_min), (Kind.ALERT_ARRIVAL, rules.arrival_alert_min)):
        due[kind] = max(due[kind], now() + timedelta(minutes=wait))
    _write(assignment, due)


def plan_end(assignment: Assignment) -> None:
    """Write when the visit should be over, counted from the arrival."""
    help_request = assignment.help_request
    rules = rules_of(help_request.community)
    over = now() + timedelta(minutes=help_request.service.minutes + rules.overrun_min)
    _write(assignment, {Kind.ASK_END: over, Kind.ALERT_END: over + timedelta(minutes=rules.overrun_min)})


def _write(assignment: Assignment, due: dict[VisitStep.Kind, datetime]) -> None:
    steps = [VisitStep(assignment=assignment, kind=kind, due_at=at) for kind, at in due.items()]
    VisitStep.objects.bulk_create(steps, ignore_conflicts=True)


def _evening_before(start: datetime, rules: Rules) -> datetime:
    """Local wall time on the day before the visit's local day, across daylight saving."""
    day = timezone.localtime(start).date() - timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, rules.reminder_evening_at))


def _shortly_before(start: datetime, rules: Rules) -> datetime:
    """An hour before, or when the quiet hours end, if that is still worth a reminder."""
    at = start - timedelta(hours=rules.reminder_hours_before)
    awake = rules.quiet_end(at) or at
    return awake if awake + TOO_SOON_TO_REMIND <= start else at


def delay(assignment: Assignment, minutes: int) -> None:
    """The volunteer comes later: nobody asks where they are before that. Family and elder are told.

    Raises TooLate if they have arrived, or the assignment no longer stands.
    """
    with transaction.atomic():
        expected = Assignment.objects.standing().filter(pk=assignment.pk, arrived_at=None)
        if not expected.update(late_minutes=minutes):
            raise TooLate
        waiting = VisitStep.objects.filter(assignment=assignment, done_at=None)
        waiting.filter(kind__in=[Kind.ASK_ARRIVAL, Kind.ALERT_ARRIVAL]).update(
            due_at=F("due_at") + timedelta(minutes=minutes)
        )
        settle_alarms(assignment, Todo.Kind.NOT_ARRIVED)
        telling.tell_late(assignment, minutes)
        record_event(assignment.help_request)


def settle_alarms(assignment: Assignment, *kinds: Todo.Kind) -> None:
    """This volunteer has been heard of: these alarms are over, unless they are about another of two who go as well."""
    others = VisitStep.objects.filter(
        assignment__help_request=assignment.help_request_id,
        assignment__status=Assignment.Status.STANDING,
        done_at__isnull=False,
    ).exclude(assignment=assignment)
    for kind in kinds:
        raised = others.filter(kind=RAISED_BY[kind])
        if kind == Todo.Kind.NOT_ARRIVED:
            raised = raised.filter(assignment__arrived_at=None)
        if not raised.exists():
            todos.close_kind(assignment.help_request, kind)


def take_step(step: VisitStep) -> bool:
    """Do what is due; False if it was done before, or the visit no longer needs it."""
    with transaction.atomic():
        if not VisitStep.objects.filter(pk=step.pk, done_at=None).update(done_at=now()):
            return False
        needed = Assignment.objects.current() if step.kind in VisitStep.AFTERWARDS else Assignment.objects.standing()
        related = ["volunteer", "help_request__elder__place", "help_request__community"]
        assignment = needed.select_related(*related).filter(pk=step.assignment_id).first()
        if assignment is None:
            return False
        if _is_stale(step, assignment):
            step.delete()  # or the story of the help request would say that it was sent
            return False
        return _DO[Kind(step.kind)](assignment)


def _is_stale(step: VisitStep, assignment: Assignment) -> bool:
    """A reminder that a clock which was down would send in the night, or after the visit has begun, helps nobody."""
    late = now() - step.due_at > STALE_AFTER or now() > assignment.help_request.window_start
    return late and step.kind in (Kind.REMIND_EVENING, Kind.REMIND_SOON)


def owe_forgotten(at: datetime) -> None:
    """Nothing is due of a volunteer any more, and nobody owes anything: the alarm has been settled, or was lost.

    Until the visit has ended, for each of two who go, somebody looks after it again and again.
    """
    due = VisitStep.objects.filter(assignment=OuterRef("pk"), done_at=None)
    lately = Q(closed_at=None) | Q(closed_at__gt=at - LOOK_AGAIN)
    in_hand = Todo.objects.filter(lately, help_request=OuterRef("help_request")).exclude(kind__in=todos.ABOUT_TELLING)
    expected = Assignment.objects.standing().select_related("help_request__community")
    for assignment in expected.filter(~Exists(due), ~Exists(in_hand))[:AT_ONCE]:
        kind = Todo.Kind.NOT_FINISHED if assignment.arrived_at else Todo.Kind.NOT_ARRIVED
        _alert(assignment.help_request, kind)


def _remind(assignment: Assignment, template: str) -> bool:
    if assignment.arrived_at is None:
        visit_texts.remind(assignment, template)
    return assignment.arrived_at is None


def _ask_arrival(assignment: Assignment) -> bool:
    if assignment.arrived_at is not None:
        return False
    visit_texts.ask(assignment, "ask_arrival")
    return True


def _alert_arrival(assignment: Assignment) -> bool:
    return assignment.arrived_at is None and _alert(assignment.help_request, Todo.Kind.NOT_ARRIVED)


def _ask_end(assignment: Assignment) -> bool:
    visit_texts.ask(assignment, "ask_end")
    return True


def _alert_end(assignment: Assignment) -> bool:
    return _alert(assignment.help_request, Todo.Kind.NOT_FINISHED)


def _alert(help_request: HelpRequest, kind: Todo.Kind) -> bool:
    todos.owe(kind, community=help_request.community, help_request=help_request, due_in=LOOK_WITHIN)
    return True


_DO = {
    Kind.REMIND_EVENING: lambda assignment: _remind(assignment, "reminder_evening"),
    Kind.REMIND_SOON: lambda assignment: _remind(assignment, "reminder_soon"),
    Kind.ASK_ARRIVAL: _ask_arrival,
    Kind.ALERT_ARRIVAL: _alert_arrival,
    Kind.ASK_END: _ask_end,
    Kind.ALERT_END: _alert_end,
    Kind.ASK_CASH: cash_owed.ask_figures,
    Kind.ALERT_CASH: cash.lapse,
}
