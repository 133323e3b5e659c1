"""What a person owes."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, Q, When
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import Community, ScopedQuerySet, User
from linzhu.dispatch.models.search import Offer
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.models import Elder, HelpRequest
from linzhu.volunteers.models import Volunteer


class TodoQuerySet(ScopedQuerySet):
    def open(self) -> TodoQuerySet:
        return self.filter(closed_at=None)

    def most_urgent_first(self) -> TodoQuerySet:
        """Alarms before everything else, then whatever is due, or overdue, first; what is past can wait for that."""
        rank = Case(When(kind__in=Todo.ALARMS, then=0), When(kind__in=Todo.AFTERWARDS, then=2), default=1)
        return self.order_by(rank, "due_at", "pk")


class Todo(models.Model):
    """Something a person owes: a decision, a call-back, an answer to a text that Linzhu does not understand."""

    class Kind(models.TextChoices):
        NOBODY_FOUND = "nobody-found", _("nobody found")
        NO_POSITION = "no-position", _("home not on the map")
        QUIET_HOURS = "quiet-hours", _("too late to text anybody")
        DEADLINE_NEAR = "deadline-near", _("time is running out")
        UNCLEAR_REPLY = "unclear-reply", _("unclear reply")
        UNKNOWN_SENDER = "unknown-sender", _("text from an unknown number")
        VOLUNTEER_CANNOT = "volunteer-cannot", _("volunteer cannot come")
        TELL_ELDER = "tell-elder", _("call the elder: who comes")
        TELL_ELDER_OFF = "tell-elder-off", _("call the elder: it is off")
        DANGER = "danger", _("danger")
        NOT_ARRIVED = "not-arrived", _("volunteer has not arrived")
        NOT_FINISHED = "not-finished", _("visit has not ended")
        TELL_ELDER_LATE = "tell-elder-late", _("call the elder: it gets later")
        HELP_WANTED = "help-wanted", _("volunteer asks for help")
        NOT_DELIVERED = "not-delivered", _("text did not arrive")
        NO_TEXTS = "no-texts", _("no texts go out")
        TEXTS_HELD = "texts-held", _("texts held back")
        NO_ANSWER_AT_DOOR = "no-answer-at-door", _("nobody opened: call at once")
        TURNED_AWAY = "turned-away", _("turned away at the door: call")
        CALL_BACK = "call-back", _("call back: what is needed?")
        CALL_WANTED = "call-wanted", _("asks for a call")
        UNKNOWN_CALLER = "unknown-caller", _("call from an unknown number")
        TELL_ELDER_LOOKING = "tell-elder-looking", _("call the elder: still looking")
        AFTER_VISIT = "after-visit", _("call the elder: how was it?")
        CONCERN = "concern", _("concern: put it right")
        CASH_GAP = "cash-gap", _("money does not agree")
        CASH_CHECK = "cash-check", _("random check of the money")
        NEEDS_HELP = "needs-help", _("needs help: call at once")
        ROLL_CALL = "roll-call", _("roll-call: calls to make")
        CALL_FAMILY = "call-family", _("call the family")
        TELL_VOLUNTEER = "tell-volunteer", _("call the volunteer")
        IS_BACK = "is-back", _("call the elder: home again?")

    class Subject(models.TextChoices):
        """What a concern is about."""

        VOLUNTEER = "volunteer", _("the volunteer")
        ELDER = "elder", _("how the elder is")
        SERVICE = "service", _("the help itself")
        OFFICE = "office", _("the office")

    ALARMS = (Kind.DANGER, Kind.NO_ANSWER_AT_DOOR, Kind.TURNED_AWAY, Kind.NEEDS_HELP)
    """Somebody may be in danger. No end of a help request settles these, only a person who has made sure."""

    AFTERWARDS = (Kind.AFTER_VISIT, Kind.CASH_GAP, Kind.CASH_CHECK)
    """Owed about a visit that is over: its end does not settle them either."""

    ABOUT_SEARCH = (Kind.NOBODY_FOUND, Kind.QUIET_HOURS, Kind.DEADLINE_NEAR, Kind.NO_POSITION)
    """Settled where neighbours are chosen."""

    TELLS_ELDER = (Kind.TELL_ELDER, Kind.TELL_ELDER_LATE, Kind.TELL_ELDER_LOOKING, Kind.TELL_ELDER_OFF)
    IS_TOLD = (*TELLS_ELDER, Kind.NOT_DELIVERED, Kind.CALL_FAMILY, Kind.TELL_VOLUNTEER, Kind.IS_BACK)
    """Settled by saying it to somebody."""

    IN_THE_MIDST = (Kind.NOT_ARRIVED, Kind.NOT_FINISHED)
    ASKS_ELDER = (*TELLS_ELDER, *AFTERWARDS, *IN_THE_MIDST, Kind.CONCERN, Kind.DANGER)
    """The elder is called about these, or may be."""

    CALLERS = (Kind.HELP_WANTED, Kind.CALL_WANTED, Kind.UNKNOWN_CALLER, Kind.CALL_BACK)
    AT_THE_DOOR = (Kind.NO_ANSWER_AT_DOOR, Kind.TURNED_AWAY, Kind.NEEDS_HELP)
    MAY_MISS = (*IS_TOLD, *CALLERS, *AT_THE_DOOR, *IN_THE_MIDST, Kind.AFTER_VISIT)
    """Somebody is called who may not pick up."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="todos")
    kind = models.CharField(max_length=20, choices=Kind)
    help_request = models.ForeignKey(HelpRequest, models.CASCADE, null=True, related_name="todos")
    offer = models.ForeignKey(Offer, models.SET_NULL, null=True, related_name="todos")
    inbound = models.ForeignKey(InboundMessage, models.SET_NULL, null=True, related_name="todos")
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="todos")
    subject = models.CharField(max_length=10, choices=Subject, blank=True)
    about_volunteer = models.ForeignKey(Volunteer, models.SET_NULL, null=True, related_name="+")
    about_staff = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    """Who a concern is about, if it is a person: somebody else settles it."""
    elder = models.ForeignKey(Elder, models.CASCADE, null=True, related_name="todos")
    """Whom it is about, where it is about no help request."""
    volunteer = models.ForeignKey(Volunteer, models.CASCADE, null=True, related_name="todos")
    """Who is to be called about that elder."""
    owed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    """By whom, where it is not for whoever comes first."""
    opened_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=200, blank=True)

    objects = TodoQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [models.Index(fields=["community", "due_at"], name="todo_open", condition=Q(closed_at=None))]
        constraints = [
            # A fact is owed once, however often the system notices it.
            models.UniqueConstraint(
                fields=["help_request", "kind"],
                condition=Q(closed_at=None, inbound=None, message=None),
                name="todo_once",
            ),
            # These are about a community as a whole: its texts, its roll-call.
            models.UniqueConstraint(
                fields=["community", "kind"],
                condition=Q(closed_at=None, kind__in=["no-texts", "texts-held", "roll-call"]),
                name="todo_about_all_texts_once",
            ),
            # What follows for an elder who is away or gone.
            models.UniqueConstraint(
                fields=["elder", "kind"], condition=Q(closed_at=None, volunteer=None), name="todo_about_elder_once"
            ),
            models.UniqueConstraint(
                fields=["elder", "volunteer", "kind"], condition=Q(closed_at=None), name="todo_about_both_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_alarm(self) -> bool:
        return self.kind in self.ALARMS

    @property
    def about_whom(self) -> str:
        """What a concern is about, in words: the person if it is one."""
        person = self.about_volunteer or self.about_staff
        return str(person or self.get_subject_display())

    def may_be_settled_by(self, user: User) -> bool:
        """Whether it is for this person to say that all is well: not where it is about themself."""
        volunteer = self.about_volunteer
        return self.about_staff_id != user.pk and not (volunteer and volunteer.is_same_person_as(user))
