"""Secret links: whoever holds the address may enter, without an account.

192 random bits; only their hash is kept. The first use exchanges the secret for a signed cookie that is sent to one
page alone, so that it stays in no address bar, history or screenshot. Whether the link holds is looked up each time.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Self, TypeVar

from django.conf import settings
from django.core import signing
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from linzhu.communities.clock import now

COOKIE_AGE_S = 90 * 24 * 3600
"""Only a bound on the browser's memory: the row decides."""

Link = TypeVar("Link", bound="SecretLink")


class SecretLinkQuerySet(models.QuerySet[Link]):
    def open(self, at: datetime) -> Self:
        """Not revoked, nor too old by their own dates; what a link opens may have closed for other reasons."""
        return self.filter(revoked_at=None)

    def revoke(self) -> int:
        """Close these links at once, in whatever browser they are open; returns how many were open."""
        return self.open(now()).update(revoked_at=now())


class SecretLink(models.Model):
    """A secret link as a row. Its heirs say whose it is, and until when it opens."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=now)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"link {self.pk}"

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(24)

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class LinkDoor(Generic[Link]):
    """The way in of one kind of link: by its secret once, from then on by the cookie that it was exchanged for.

    Whether a link that is found is still valid is for the caller to ask: a closed one is refused more kindly than one
    that never was.
    """

    kind: str
    """Names the cookie."""
    links: Callable[[], models.QuerySet[Link]]
    """All of this kind, with what their pages read of them."""
    address: str
    """The name of the URL that takes the secret."""
    page: Callable[[Link], str]
    """The path that a link opens. The cookie is sent below it alone, so several can be open in one browser."""

    def url_of(self, secret: str) -> str:
        """Return the absolute address of a new link. Its secret is nowhere else: it cannot be shown again."""
        return settings.PUBLIC_BASE_URL + reverse(self.address, args=[secret])

    def link_of_secret(self, secret: str) -> Link | None:
        """Return the link with this secret, valid or not."""
        return self.links().filter(digest=SecretLink.digest_of(secret)).first()

    def link_of_request(self, request: HttpRequest, **whose: object) -> Link | None:
        """Return the link that a request's cookie stands for, valid or not, if it is whose the page is."""
        return self.link_of_cookie(request.COOKIES.get(self.cookie, ""), **whose)

    def link_of_cookie(self, value: str, **whose: object) -> Link | None:
        """Return the link that a cookie's value stands for; None for one that we have not signed, or an old one."""
        try:
            pk = self._signer.unsign(value, max_age=COOKIE_AGE_S)
        except signing.BadSignature:
            return None
        return self.links().filter(pk=pk, **whose).first()

    def let_in(self, link: Link) -> HttpResponse:
        """Lead to the page that a link opens, and let the browser remember it."""
        response = redirect(self.page(link))
        self.remember(response, link)
        return keep_private(response)

    def remember(self, response: HttpResponse, link: Link) -> None:
        """Give the browser the cookie of this link."""
        response.set_cookie(
            self.cookie,
            self.sign(link),
            max_age=COOKIE_AGE_S,
            path=self.page(link),
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )

    def sign(self, link: Link) -> str:
        """Return the value of this link's cookie."""
        return self._signer.sign(str(link.pk))

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return f"__Secure-{self.kind}" if settings.HTTPS else self.kind

    @property
    def _signer(self) -> signing.TimestampSigner:
        return signing.TimestampSigner(salt=f"linzhu.{self.kind}")


def keep_private(response: HttpResponse, *, referrer: str = "no-referrer") -> HttpResponse:
    """Let nobody keep, find or pass on a page behind a secret link.

    A page with forms needs the referrer ``same-origin``: under ``no-referrer`` a browser posts with "Origin: null",
    which Django's CSRF check refuses. Its address holds no secret any more, and other sites still learn nothing.
    """
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = referrer
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
