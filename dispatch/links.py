"""The ways in without an account: a family opens one help request, a volunteer their own page."""

from __future__ import annotations

from django.urls import reverse

from linzhu.communities.secret_links import LinkDoor
from linzhu.requests.models import FamilyContact, FamilyLink, HelpRequest
from linzhu.volunteers.models import Volunteer, VolunteerLink

family_door = LinkDoor(
    kind="family",
    links=lambda: FamilyLink.objects.select_related("help_request__community__parent__parent", "contact"),
    address="family-link",
    page=lambda link: reverse("family", args=[link.help_request.ref]),
)
volunteer_door = LinkDoor(
    kind="volunteer",
    links=lambda: VolunteerLink.objects.select_related("volunteer__community__parent__parent"),
    address="volunteer-link",
    page=lambda link: reverse("volunteer-page", args=[link.volunteer_id]),  # two who share a phone keep a page each
)


def family_url(help_request: HelpRequest, contact: FamilyContact | None = None) -> str:
    """Issue a new link and return its absolute address."""
    _link, secret = FamilyLink.issue(help_request, contact)
    return family_door.url_of(secret)


def volunteer_url(volunteer: Volunteer) -> str:
    """Issue a new link and return its absolute address."""
    _link, secret = VolunteerLink.issue(volunteer)
    return volunteer_door.url_of(secret)
