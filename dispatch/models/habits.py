"""What has been learned of how people answer: counts, for the order of asking. Written by ``dispatch.habits`` alone."""

from __future__ import annotations

from django.db import models

from linzhu.communities.clock import now
from linzhu.communities.models import Community
from linzhu.dispatch import policy
from linzhu.volunteers.models import Volunteer


class PlaceHabits(models.Model):
    """How the people of one tree of communities answer: ``policy.Experience`` as JSON."""

    community = models.OneToOneField(Community, models.CASCADE, primary_key=True, related_name="habits")
    """The tree's root."""
    counts = models.JSONField()
    searched_lately = models.PositiveIntegerField(default=0)
    """Help requests of the last 14 days whose search has come to an end, well or not."""
    unfilled_lately = models.PositiveIntegerField(default=0)
    """Those of them for which nobody was found."""
    counted_at = models.DateTimeField(default=now)
    """When the two were counted last."""

    def __str__(self) -> str:
        return f"habits of {self.community_id}"

    @property
    def experience(self) -> policy.Experience:
        return policy.Experience.from_json(self.counts)


class VolunteerHabits(models.Model):
    """How one volunteer answers, by part of the week: ``policy.Record`` as JSON."""

    volunteer = models.OneToOneField(Volunteer, models.CASCADE, primary_key=True, related_name="habits")
    counts = models.JSONField()

    def __str__(self) -> str:
        return f"habits of volunteer {self.volunteer_id}"
