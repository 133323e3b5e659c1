"""The family's page: no account, a secret link, large print. Opening it changes nothing in the database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linzhu.dispatch.family_links import COOKIE, link_of_cookie, link_of_secret, remember
from linzhu.dispatch.tracking import tracking_of
from linzhu.requests.models import FamilyLink


@require_safe
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Exchange the secret for a cookie, so that it is in no address bar, history or screenshot."""
    link = link_of_secret(secret)
    if link is None or not link.is_valid():
        return _closed(link)
    response = redirect("family", link.help_request.ref)
    remember(response, link)
    return _private(response)


@require_safe
def family(request: HttpRequest, ref: str) -> HttpResponse:
    if request.GET.get("lang") in dict(settings.LANGUAGES):
        return _in_language(ref, request.GET["lang"])
    link = link_of_cookie(request.COOKIES.get(COOKIE, ""), ref)
    if link is None or not link.is_valid():
        return _closed(link)
    return _page("dispatch/family.html", _context(link))


@require_safe
def family_now(request: HttpRequest, ref: str) -> HttpResponse:
    """The part of the page that changes."""
    link = link_of_cookie(request.COOKIES.get(COOKIE, ""), ref)
    if link is None or not link.is_valid():
        return _closed(link)
    return _page("dispatch/_family.html", _context(link))


def _context(link: FamilyLink) -> dict[str, Any]:
    tracking = tracking_of(link.help_request)
    return {"tracking": tracking, "stage": tracking.stage.value, "names": _in_words(tracking.names)}


def _in_words(names: list[str]) -> SafeString:
    """``陈磊 and 马晓``, with no line broken inside a name."""
    unbroken: list[str] = [format_html('<span class="name">{}</span>', name) for name in names]
    return mark_safe(get_text_list(unbroken, conditional_escape(_("and"))))  # noqa: S308 (each part is escaped)


def _closed(link: FamilyLink | None) -> HttpResponse:
    """Say kindly that the link no longer works. Only one that did work learns whom to call."""
    if link is None:
        return _page("dispatch/family_closed.html", {}, status=404)
    community = link.help_request.community
    context = {"office": community.name, "office_phone": community.phone_for_callers()}
    return _page("dispatch/family_closed.html", context, status=410)


def _page(template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    # Rendered without the request: the page is the same whoever reads it, and asks nothing about a member of staff
    # who happens to be signed in.
    return _private(HttpResponse(render_to_string(template, context), status=status))


def _in_language(ref: str, language: str) -> HttpResponse:
    # A link, not Django's form: a page that sends no referrer posts with "Origin: null", which CSRF refuses.
    response = HttpResponseRedirect(reverse("family", args=[ref]))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, secure=settings.HTTPS, samesite="Lax"
    )
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
