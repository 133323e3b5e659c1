"""Emergencies: whom everybody asks after (the roll-call), and which volunteers were called up."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.fields import ChoiceSetField
from linzhu.communities.models import Community, ScopedQuerySet, User
from linzhu.notifications.models import Call, Message
from linzhu.requests.models import Elder, HelpRequest, PriorityGroup
from linzhu.volunteers.models import Volunteer


class EmergencyQuerySet(models.QuerySet["Emergency"]):
    def running(self) -> EmergencyQuerySet:
        return self.filter(ended_at=None)

    def answerable(self, at: datetime) -> EmergencyQuerySet:
        """Running, or ended so lately that people may still answer our text."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=at - Emergency.STILL_ANSWERED))

    def visible_to(self, user: User) -> EmergencyQuerySet:
        """Those that concern elders whom this user may see."""
        return self._concerning(Community.objects.visible_to(user))

    def overseen_by(self, user: User) -> EmergencyQuerySet:
        """Those whose figures this user may see."""
        return self._concerning(Community.objects.overseen_by(user))

    def _concerning(self, communities: models.QuerySet[Community]) -> EmergencyQuerySet:
        entries = RollCallEntry.objects.filter(emergency=OuterRef("pk"), community__in=communities)
        nodes = Emergency.nodes.through.objects.filter(emergency=OuterRef("pk"), community__in=communities)
        return self.filter(Exists(entries) | Exists(nodes))


class Emergency(models.Model):
    """Something that endangers the elders of an area, or the drill of it. Written by ``dispatch.emergency`` alone."""

    class Kind(models.TextChoices):
        HEAT = "heat", _("heat")
        COLD = "cold", _("cold wave")
        STORM = "storm", _("storm or typhoon")
        FLOOD = "flood", _("flood")
        EARTHQUAKE = "earthquake", _("earthquake")
        POWER_CUT = "power-cut", _("power cut")
        EPIDEMIC = "epidemic", _("epidemic")
        OTHER = "other", _("another emergency")

    STILL_ANSWERED = timedelta(days=1)

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    drill = models.BooleanField(_("drill"), default=False)
    area = models.CharField(max_length=200)
    """Where, in the words of whoever declared it."""
    nodes = models.ManyToManyField(Community, related_name="emergencies")
    """What it was declared for, or, around a point, whose elders were looked through."""
    lat = models.FloatField(null=True)
    lng = models.FloatField(null=True)
    radius_m = models.PositiveIntegerField(null=True)
    groups = ChoiceSetField(PriorityGroup, verbose_name=_("whom it concerns"))
    """Elders of one of these groups; none of them: everybody."""
    declared_at = models.DateTimeField(default=now)
    declared_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    summary = models.JSONField(default=dict)
    """What its end found: figures alone, kept when the roll-call itself is forgotten."""
    key = models.CharField(max_length=64, unique=True)
    """Of the form that declared it: sent twice, it declares once."""

    objects = EmergencyQuerySet.as_manager()

    class Meta:
        ordering = ["-declared_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.ended_at is None


class RollCallQuerySet(ScopedQuerySet):
    def due(self, at: datetime) -> RollCallQuerySet:
        """Entries whose next step is the clock's, and whose time has come."""
        return self.filter(due_at__lte=at, step__in=RollCallEntry.BY_CLOCK)

    def owed(self) -> RollCallQuerySet:
        """Those whom a person has to call."""
        return self.filter(due_at__isnull=False, step__in=RollCallEntry.BY_PERSON)

    def unsettled(self) -> RollCallQuerySet:
        """Neither known to be safe nor helped."""
        return self.exclude(state__in=RollCallEntry.SETTLED)


class RollCallEntry(models.Model):
    """One elder in one emergency: are they safe? ``state`` is moved by ``dispatch.emergency.roll_call`` alone."""

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("not asked yet")
        ASKED = "asked", _("asked")
        NOT_REACHED = "not-reached", _("not reached")
        SAFE = "safe", _("safe")
        NEEDS_HELP = "needs-help", _("needs help")
        HELPED = "helped", _("helped")

    class Step(models.TextChoices):
        """What comes next. The clock takes the first three when they are due; a call is owed by a person until then."""

        ASK = "ask", _("is asked")
        ASK_AGAIN = "ask-again", _("is asked in a second way")
        LOOK_IN = "look-in", _("a neighbour is asked to look in")
        STAFF_CALL = "staff-call", _("a person calls, or else a neighbour looks in")
        PERSON = "person", _("a person sees to it")
        VISIT = "visit", _("a neighbour looks in")
        NONE = "", _("nothing")

    class By(models.TextChoices):
        """Who told us."""

        ELDER_TEXT = "elder-text", _("the elder, by text")
        ELDER_CALL = "elder-call", _("the elder, by a key")
        FAMILY_TEXT = "family-text", _("the family, by text")
        FAMILY_PAGE = "family-page", _("the family, on their page")
        VISIT = "visit", _("a neighbour who looked in")
        STAFF = "staff", _("staff, on the phone")
        CLOCK = "clock", _("nobody: time ran out")

    SETTLED = (State.SAFE, State.HELPED)
    BY_CLOCK = (Step.ASK, Step.ASK_AGAIN, Step.LOOK_IN, Step.STAFF_CALL)
    BY_PERSON = (Step.STAFF_CALL, Step.PERSON)

    CLAIMED_FOR = timedelta(minutes=10)
    """So long nobody else is sent to a number that somebody is telephoning with."""

    emergency = models.ForeignKey(Emergency, models.CASCADE, related_name="entries")
    elder = models.ForeignKey(Elder, models.CASCADE, related_name="roll_calls")
    community = models.ForeignKey(Community, models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.UNKNOWN)
    state_at = models.DateTimeField(default=now)
    learned_from = models.CharField(max_length=12, choices=By, blank=True)
    step = models.CharField(max_length=12, choices=Step, default=Step.ASK, blank=True)
    due_at = models.DateTimeField(null=True)
    """When the next step is taken, or by when a person owes theirs; empty where nothing or a visit is to come."""
    asked_at = models.DateTimeField(null=True)
    unclear_at = models.DateTimeField(null=True)
    """When they wrote something that nobody but a person can read."""
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    """Who owes what is still owed after the emergency has ended."""
    claimed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    """Who is telephoning with them at this moment."""
    claimed_at = models.DateTimeField(null=True)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="roll_call_entries")
    call = models.ForeignKey(Call, models.SET_NULL, null=True, related_name="roll_call_entries")
    help_request = models.OneToOneField(HelpRequest, models.SET_NULL, null=True, related_name="roll_call_entry")
    """The safety check: a neighbour looks in."""
    visits = models.PositiveSmallIntegerField(default=0)
    """How many safety checks were opened."""
    family_told_at = models.DateTimeField(null=True)

    objects = RollCallQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["due_at"], name="roll_call_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["emergency", "state"], name="roll_call_state"),
        ]
        constraints = [models.UniqueConstraint(fields=["emergency", "elder"], name="asked_after_once")]

    def __str__(self) -> str:
        return f"{self.emergency_id}/{self.elder_id}: {self.state}"

    @property
    def is_settled(self) -> bool:
        return self.state in self.SETTLED

    @property
    def is_claimed(self) -> bool:
        """Whether somebody is telephoning with them at this moment."""
        return bool(self.claimed_by_id and self.claimed_at and self.claimed_at > now() - self.CLAIMED_FOR)


class RollCallChange(models.Model):
    """The trail: every word about an elder, also one that came too late to change anything."""

    entry = models.ForeignKey(RollCallEntry, models.CASCADE, related_name="changes")
    from_state = models.CharField(max_length=12, choices=RollCallEntry.State)
    to_state = models.CharField(max_length=12, choices=RollCallEntry.State)
    said = models.CharField(max_length=12, choices=RollCallEntry.State)
    """What was said; where it differs from ``to_state`` it changed nothing."""
    by = models.CharField(max_length=12, choices=RollCallEntry.By)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.from_state} → {self.to_state}"


class CallUp(models.Model):
    """One volunteer asked once whether they can help in one emergency."""

    class Answer(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")

    emergency = models.ForeignKey(Emergency, models.CASCADE, related_name="call_ups")
    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="call_ups")
    phone = models.CharField(max_length=16, db_index=True)
    code = models.CharField(max_length=3, blank=True)
    answer = models.CharField(max_length=3, choices=Answer, blank=True)
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["emergency"], name="call_up_unasked", condition=Q(asked_at__isnull=True))]
        constraints = [models.UniqueConstraint(fields=["emergency", "volunteer"], name="called_up_once")]

    def __str__(self) -> str:
        return f"{self.emergency_id} → {self.volunteer_id}: {self.answer}"
