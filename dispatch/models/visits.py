"""Who comes, and what is due around the visit."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.dispatch.models.search import Offer
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.models import Volunteer


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def standing(self) -> AssignmentQuerySet:
        return self.filter(status=Assignment.Status.STANDING)

    def current(self) -> AssignmentQuerySet:
        """Standing or carried out: everybody who comes or came."""
        return self.filter(status__in=[Assignment.Status.STANDING, Assignment.Status.FINISHED])


class Assignment(models.Model):
    """A volunteer holds one place of a help request: they have said yes and will come."""

    class Status(models.TextChoices):
        STANDING = "standing", _("comes")
        FINISHED = "finished", _("has been")
        RELEASED = "released", _("does not come")

    class Via(models.TextChoices):
        TEXT = "text", _("by text")
        PHONE = "phone", _("said yes on the phone")
        STAFF = "staff", _("assigned by staff")

    class Outcome(models.TextChoices):
        """How a promise ended: the field's standard words."""

        DONE = "done", _("done")
        NO_SHOW = "no-show", _("did not come")
        ELDER_NO_ANSWER = "elder-no-answer", _("elder did not answer")
        TURNED_DOWN = "turned-down", _("turned away at the door")
        CANNOT_COME = "cannot-come", _("could not come")
        CANCELLED = "cancelled", _("cancelled")
        LATE_CANCEL = "late-cancel", _("cancelled late")

    help_request = models.ForeignKey(HelpRequest, models.CASCADE, related_name="assignments")
    volunteer = models.ForeignKey(Volunteer, models.PROTECT, related_name="assignments")
    offer = models.OneToOneField(Offer, models.SET_NULL, null=True, related_name="assignment")
    place = models.PositiveSmallIntegerField()
    """1 … people_needed."""
    status = models.CharField(max_length=10, choices=Status, default=Status.STANDING)
    via = models.CharField(max_length=8, choices=Via, default=Via.TEXT)
    door_word = models.CharField(max_length=24)
    accepted_at = models.DateTimeField(default=now)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    on_my_way_at = models.DateTimeField(null=True)
    late_minutes = models.PositiveSmallIntegerField(default=0)
    """How much later than the window's beginning the volunteer has said to come."""
    arrived_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    minutes = models.PositiveSmallIntegerField(null=True)
    released_at = models.DateTimeField(null=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["place", "accepted_at"]
        indexes = [models.Index(fields=["volunteer"], name="visit_standing", condition=Q(status="standing"))]
        constraints = [
            models.UniqueConstraint(
                fields=["help_request", "place"], condition=~Q(status="released"), name="one_winner_a_place"
            ),
            models.UniqueConstraint(
                fields=["help_request", "volunteer"], condition=~Q(status="released"), name="one_place_a_volunteer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.volunteer_id} → {self.help_request_id}/{self.place}"


class VisitStepQuerySet(models.QuerySet["VisitStep"]):
    def due(self, at: datetime) -> VisitStepQuerySet:
        return self.filter(done_at=None, due_at__lte=at)


class VisitStep(models.Model):
    """Something that is due around a visit: a reminder, a question, an alarm. The clock takes each once."""

    class Kind(models.TextChoices):
        REMIND_EVENING = "remind-evening", _("reminder the evening before")
        REMIND_SOON = "remind-soon", _("reminder before the visit")
        ASK_ARRIVAL = "ask-arrival", _("asked whether they have arrived")
        ALERT_ARRIVAL = "alert-arrival", _("staff told: not arrived")
        ASK_END = "ask-end", _("asked whether it is finished")
        ALERT_END = "alert-end", _("staff told: not finished")
        ASK_CASH = "ask-cash", _("asked about the money")
        ALERT_CASH = "alert-cash", _("staff told: no figures")

    AFTERWARDS = (Kind.ASK_CASH, Kind.ALERT_CASH)
    """Due once the visit is over."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=16, choices=Kind)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects = VisitStepQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [models.Index(fields=["due_at"], name="visit_step_due", condition=Q(done_at=None))]
        constraints = [models.UniqueConstraint(fields=["assignment", "kind"], name="visit_step_once")]

    def __str__(self) -> str:
        return f"{self.assignment_id} {self.kind}"
