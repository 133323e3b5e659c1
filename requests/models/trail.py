"""What happened to a help request, and the links by which families follow it."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.communities.secret_links import SecretLink, SecretLinkQuerySet
from linzhu.requests.models.elders import FamilyContact
from linzhu.requests.models.help_requests import LIVE_STATUSES, HelpRequest, Status

SEARCH_AGAIN = "search-again"
ENOUGH = "enough"
WHY_LABELS = {
    **dict(HelpRequest.PauseReason.choices),
    **dict(HelpRequest.EndReason.choices),
    SEARCH_AGAIN: _("search again"),
    ENOUGH: _("fewer people are enough"),
    "cannot_come": _("the volunteer cannot come"),
}


class StatusChange(models.Model):
    """Who moved a help request from where to where, why and when. Rows are only ever added."""

    class Who(models.TextChoices):
        SYSTEM = "system", _("Linzhu")
        STAFF = "staff", _("staff")
        VOLUNTEER = "volunteer", _("volunteer")
        FAMILY = "family", _("family")
        API = "api", _("hotline or device")

    help_request = models.ForeignKey(HelpRequest, models.CASCADE, related_name="changes")
    from_status = models.CharField(max_length=12, choices=Status, blank=True)
    to_status = models.CharField(max_length=12, choices=Status)
    who = models.CharField(max_length=10, choices=Who)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=80, blank=True)
    why = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.from_status or '–'} → {self.to_status}"

    @property
    def why_label(self) -> str:
        """The reason in the reader's language: a known code's name, or what staff wrote."""
        return str(WHY_LABELS.get(self.why, self.why))


class FamilyLinkQuerySet(SecretLinkQuerySet["FamilyLink"]):
    """They close with their help request; see ``FamilyLink.is_valid``."""


class FamilyLink(SecretLink):
    """A secret link to one help request's family page."""

    LIVES_AFTER_CLOSING = timedelta(hours=24)

    help_request = models.ForeignKey(HelpRequest, models.CASCADE, related_name="family_links")
    contact = models.ForeignKey(FamilyContact, models.SET_NULL, null=True, related_name="links")

    objects = FamilyLinkQuerySet.as_manager()

    @classmethod
    def issue(cls, help_request: HelpRequest, contact: FamilyContact | None = None) -> tuple[FamilyLink, str]:
        """Make a link; its secret is returned this once."""
        secret = cls.new_secret()
        return cls.objects.create(help_request=help_request, contact=contact, digest=cls.digest_of(secret)), secret

    def is_valid(self) -> bool:
        """Not revoked, and the help request not over for longer than a day."""
        if self.revoked_at is not None:
            return False
        if self.help_request.is_live:
            return True
        # From the first end on: a visit that is closed in the books a week later opens no link again.
        ended = self.help_request.changes.exclude(to_status__in=LIVE_STATUSES).first()
        return ended is not None and now() < ended.at + self.LIVES_AFTER_CLOSING
