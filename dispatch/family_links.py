"""A family's way in: a secret link opens one help request, and a signed cookie keeps it open in that browser."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse

from linzhu.requests.models import FamilyContact, FamilyLink, HelpRequest

COOKIE = "__Secure-family" if settings.HTTPS else "family"
COOKIE_AGE_S = 90 * 24 * 3600
"""Only a bound on the browser's memory: whether the link still holds is looked up each time."""

_signer = signing.TimestampSigner(salt="linzhu.family")


def family_url(help_request: HelpRequest, contact: FamilyContact | None = None) -> str:
    """Issue a new link and return its absolute address. Its secret is nowhere else: it cannot be shown again."""
    _link, secret = FamilyLink.issue(help_request, contact)
    return settings.PUBLIC_BASE_URL + reverse("family-link", args=[secret])


def link_of_secret(secret: str) -> FamilyLink | None:
    """Return the link with this secret, valid or not."""
    return _links().filter(digest=FamilyLink.digest_of(secret)).first()


def link_of_cookie(value: str, ref: str) -> FamilyLink | None:
    """Return the link that a cookie stands for, valid or not, if it belongs to this help request."""
    try:
        pk = _signer.unsign(value, max_age=COOKIE_AGE_S)
    except signing.BadSignature:
        return None
    return _links().filter(pk=pk, help_request__ref=ref).first()


def remember(response: HttpResponse, link: FamilyLink) -> None:
    """Give the browser a cookie for this link. It is sent to this help request's page alone, so several can be open."""
    response.set_cookie(
        COOKIE,
        _signer.sign(str(link.pk)),
        max_age=COOKIE_AGE_S,
        path=reverse("family", args=[link.help_request.ref]),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _links() -> QuerySet[FamilyLink]:
    return FamilyLink.objects.select_related("help_request__community__parent__parent", "contact")
