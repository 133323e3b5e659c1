"""What the frame of a page needs: of pages behind a secret link, which are rendered without the request, and of all."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from linzhu.communities.care import SIZES_PT, care_of
from linzhu.communities.models import User
from linzhu.communities.page_languages import IN_REVIEW, menu


def care_frame(request: HttpRequest) -> dict[str, Any]:
    """Return ``care`` (the size of text in points, or nothing), the sizes, the path that the switch leads back to."""
    return {"care": care_of(request), "care_sizes": SIZES_PT, "path": request.get_full_path()}


def link_frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame of a page behind a secret link, in the language that is active."""
    language = get_language() or settings.LANGUAGE_CODE
    return care_frame(request) | {
        "language_menu": menu(language),
        "in_review": language in IN_REVIEW,
        "inline_icons": True,
        "office_phone": settings.HELP_PHONE,  # until the page knows whose office it is
    }


def help_phone_of(user: User | None) -> str:
    """Return the number to call for help: of the office where this member of staff works, or the installation's."""
    if user is None or not user.is_authenticated:
        return settings.HELP_PHONE
    roles = user.roles.select_related("community__parent__parent__parent").order_by("pk")
    first = roles.first()
    return (first.community.phone_for_callers() if first else "") or settings.HELP_PHONE
