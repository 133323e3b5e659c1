"""What a community settles for itself; read through ``communities.rules``, never directly."""

from __future__ import annotations

from datetime import time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from linzhu.communities.clock import now


def _between(least: int, most: int) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class CommunityRules(models.Model):
    """One community's own settings. An empty field is inherited from the nearest community above that has it set."""

    community = models.OneToOneField("communities.Community", models.CASCADE, related_name="rules")

    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(
        _("quiet to"), null=True, blank=True, help_text=_("The same time twice: no quiet hours at all.")
    )
    weekly_text_cap = models.PositiveSmallIntegerField(
        _("offers a week at most"), null=True, blank=True, validators=_between(1, 100),
        help_text=_("For volunteers who have set no limit of their own."),
    )  # fmt: skip
    wave_seconds = models.PositiveIntegerField(
        _("wait for answers at most (s)"), null=True, blank=True, validators=_between(30, 24 * 3600),
        help_text=_("Linzhu asks the next ones sooner where people usually answer fast."),
    )  # fmt: skip
    wave_size = models.PositiveSmallIntegerField(
        _("people asked at a time at most"), null=True, blank=True, validators=_between(1, 100),
        help_text=_("Linzhu asks as few as will do."),
    )  # fmt: skip
    furthest_m = models.PositiveIntegerField(
        _("ask people as far away as (m)"), null=True, blank=True, validators=_between(100, 50_000),
        help_text=_("The nearer and likelier ones are asked first."),
    )  # fmt: skip
    decision_min = models.PositiveSmallIntegerField(
        _("minutes to decide"), null=True, blank=True, validators=_between(1, 24 * 60),
        help_text=_("When nobody is found, a dispatcher decides within this time."),
    )  # fmt: skip
    pairing_head_start_min = models.PositiveSmallIntegerField(
        _("head start of a paired volunteer (min)"), null=True, blank=True, validators=_between(0, 24 * 60),
        help_text=_("They are asked first and alone for so long; 0: together with the others."),
    )  # fmt: skip
    reminder_evening_at = models.TimeField(_("reminder the evening before"), null=True, blank=True)
    reminder_hours_before = models.PositiveSmallIntegerField(
        _("reminder, hours before"), null=True, blank=True, validators=_between(1, 24)
    )
    arrival_ask_min = models.PositiveSmallIntegerField(
        _("ask if late by (min)"), null=True, blank=True, validators=_between(1, 240),
        help_text=_("The volunteer is asked by text."),
    )  # fmt: skip
    arrival_alert_min = models.PositiveSmallIntegerField(
        _("alert if late by (min)"), null=True, blank=True, validators=_between(2, 480),
        help_text=_("A dispatcher looks after it."),
    )  # fmt: skip
    overrun_min = models.PositiveSmallIntegerField(
        _("ask if over by (min)"), null=True, blank=True, validators=_between(5, 480),
        help_text=_("Counted from the expected end."),
    )  # fmt: skip
    calls_elders = models.BooleanField(
        _("calls to elders"), null=True, blank=True,
        help_text=_("A call that Linzhu does not make, or that nobody answers, waits in the inbox for staff."),
    )  # fmt: skip
    call_back_first_pct = models.PositiveSmallIntegerField(
        _("call back after first visits (%)"), null=True, blank=True, validators=_between(0, 100),
        help_text=_("The elder is asked how it was."),
    )  # fmt: skip
    call_back_money_pct = models.PositiveSmallIntegerField(
        _("… after visits with money (%)"), null=True, blank=True, validators=_between(0, 100),
        help_text=_("Also whether receipt and change were right."),
    )  # fmt: skip
    call_back_others_pct = models.PositiveSmallIntegerField(
        _("… after all others (%)"), null=True, blank=True, validators=_between(0, 100),
        help_text=_("Chosen by chance, so that nobody can know which."),
    )  # fmt: skip
    cash_limit_fen = models.PositiveIntegerField(_("cash limit"), null=True, blank=True)
    cash_check_percent = models.PositiveSmallIntegerField(
        _("cash visits checked (%)"), null=True, blank=True, validators=_between(0, 100),
        help_text=_("Drawn at random from those whose money agrees; a person looks into them."),
    )  # fmt: skip
    skip_holidays = models.BooleanField(
        _("recurring on holidays"), null=True, blank=True,
        help_text=_("For new recurring requests; each can say otherwise."),
    )  # fmt: skip
    needs_training = models.BooleanField(
        _("training of volunteers"), null=True, blank=True,
        help_text=_("Whoever has none, or whose training has run out by the day of the visit, is not asked."),
    )  # fmt: skip
    needs_insurance = models.BooleanField(
        _("insurance of volunteers"), null=True, blank=True,
        help_text=_("Whoever has none, or whose insurance has run out by the day of the visit, is not asked."),
    )  # fmt: skip
    needs_consent = models.BooleanField(
        _("consent of elders"), null=True, blank=True,
        help_text=_("Demanded: notes on health, and texts to the family, only once the elder's consent is recorded."),
    )  # fmt: skip
    changed_at = models.DateTimeField(default=now, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("community's settings")
        verbose_name_plural = _("communities' settings")
        constraints = [
            # Beginning and end are inherited together: half of the quiet hours from above would make no sense.
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None) | Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="quiet_hours_whole",
            ),
            models.CheckConstraint(
                condition=Q(arrival_ask_min=None)
                | Q(arrival_alert_min=None)
                | Q(arrival_alert_min__gt=F("arrival_ask_min")),
                name="alert_after_asking",
            ),
        ]

    def __str__(self) -> str:
        return f"rules of {self.community_id}"

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """(from, to) in local wall time as this community has set it; None where it is inherited."""
        if self.quiet_from is None or self.quiet_to is None:
            return None
        return self.quiet_from, self.quiet_to
