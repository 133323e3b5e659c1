"""Entering by code: who types the code of a text and the end of their phone number gets what its link would give."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from linzhu.communities import entry_codes
from linzhu.communities.clock import now
from linzhu.communities.secret_links import Link, LinkDoor
from linzhu.dispatch.links import family_door, volunteer_door
from linzhu.notifications import by_code
from linzhu.requests.models import FamilyContact, FamilyLink, HelpRequest
from linzhu.volunteers.models import Volunteer, VolunteerLink

FAMILY_CODE_LIVES = timedelta(days=7)
VOLUNTEER_CODE_LIVES = timedelta(days=3)
"""Until then a code is exchanged for the page; the page itself lives as long as with a link."""


def page_address() -> str:
    """Return the constant address that stands in texts: ``linzhu.example/c/``."""
    return settings.PUBLIC_BASE_URL.partition("://")[2] + reverse("enter")


def for_family(help_request: HelpRequest, contact: FamilyContact) -> dict[str, str]:
    """Return the parameters of a family's text that is answered on the page, with a new code."""
    return _with_code(FamilyLink, {"help_request": help_request, "contact": contact})


def for_volunteer(volunteer: Volunteer, template: str) -> dict[str, str]:
    """Return what this text needs beside its own parameters here: a new code, or nothing."""
    if not by_code.is_needed(template):
        return {}
    return _with_code(VolunteerLink, {"volunteer": volunteer, "expires_at": now() + VOLUNTEER_CODE_LIVES})


def _with_code(kind: type[FamilyLink | VolunteerLink], fields: dict[str, Any]) -> dict[str, str]:
    """Keep a new code as a link of this kind. One that is taken is thrown away: a code opens one page."""
    while True:
        code = entry_codes.new_code()
        _link, is_new = kind.objects.get_or_create(digest=entry_codes.digest_of(code), defaults=fields)
        if is_new:
            return {by_code.PAGE: page_address(), by_code.CODE: code}


def link_of_code(code: str, ending: str) -> FamilyLink | VolunteerLink | None:
    """Return the link that this code stands for, if it still opens and belongs to a phone with this ending."""
    family = _fresh(family_door, code, FAMILY_CODE_LIVES)
    link = family or _fresh(volunteer_door, code, VOLUNTEER_CODE_LIVES)
    if link is None or not link.is_valid():
        return None
    holder = link.contact if isinstance(link, FamilyLink) else link.volunteer
    if holder is None or not secrets.compare_digest(holder.phone[-entry_codes.ENDING :].encode(), ending.encode()):
        return None
    return link


def _fresh(door: LinkDoor[Link], code: str, lives: timedelta) -> Link | None:
    return door.links().filter(digest__in=entry_codes.digests_of(code), created_at__gt=now() - lives).first()
