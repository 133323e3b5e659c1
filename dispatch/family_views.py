"""The family's page: no account, a secret link, large print. Opening it changes nothing in the database."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from linzhu.communities.frames import link_frame
from linzhu.communities.page_languages import NAMES, chosen_language, remember_language
from linzhu.communities.secret_links import keep_private
from linzhu.dispatch import family_says
from linzhu.dispatch.links import family_door
from linzhu.dispatch.tracking import tracking_of
from linzhu.requests.models import FamilyLink


def for_family(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in whoever holds the cookie of this help request's link, in the language of their choice."""

    @wraps(view)
    def guarded(request: HttpRequest, ref: str, **kwargs: Any) -> HttpResponse:
        _speak(request)
        link = family_door.link_of_request(request, help_request__ref=ref)
        if link is None or not link.is_valid():
            return _closed(request, link)
        return view(request, link, **kwargs)

    return guarded


@require_safe
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Exchange the secret for a cookie, so that it is in no address bar, history or screenshot."""
    _speak(request)
    link = family_door.link_of_secret(secret)
    if link is None or not link.is_valid():
        return _closed(request, link)
    return family_door.let_in(link)


@require_safe
@for_family
def family(request: HttpRequest, link: FamilyLink) -> HttpResponse:
    if request.GET.get("lang") in NAMES:
        return _in_language(link.help_request.ref, request.GET["lang"])
    return _page(request, "dispatch/family.html", _context(link))


@require_safe
@for_family
def family_now(request: HttpRequest, link: FamilyLink) -> HttpResponse:
    """The part of the page that changes."""
    return _page(request, "dispatch/_family.html", _context(link))


# Exempt from Django's check, which needs a referrer; the page's own token and the cookie's SameSite stand for it.
@csrf_exempt
@require_POST
@for_family
def family_says_something(request: HttpRequest, link: FamilyLink, what: str) -> HttpResponse:
    """Thanks, or what worries the family, once it is over; in an emergency, how the elder is."""
    if not family_says.is_from_page(request.POST.get("token", ""), link):
        raise PermissionDenied
    if what in family_says.KNOWN:
        family_says.know(link, family_says.KNOWN[what])
        return keep_private(HttpResponseRedirect(reverse("family", args=[link.help_request.ref])))
    if link.help_request.is_live or what not in (family_says.THANKS, family_says.WORRY):
        raise Http404
    if what == family_says.THANKS:
        family_says.thank(link, _("Thank you!"))
    else:
        family_says.worry(link, request.POST.get("words", "").strip(), request.POST.get("about", ""))
    return keep_private(HttpResponseRedirect(reverse("family", args=[link.help_request.ref])))


def _context(link: FamilyLink) -> dict[str, Any]:
    tracking = tracking_of(link.help_request)
    context = {
        "tracking": tracking,
        "office": tracking.office,
        "office_phone": tracking.office_phone,
        "stage": tracking.stage.value,
        "names": _in_words([helper.name for helper in tracking.meant]),
        "everybody": _in_words(tracking.names),
        "waiting": _in_words([helper.name for helper in tracking.expected]),
    }
    if family_says.asks_after(link.help_request):
        context |= {"asks_after": True, "token": family_says.form_token(link)}
    if tracking.is_over:
        context |= {"said": family_says.said_about(link.help_request), "token": family_says.form_token(link)}
    return context


def _in_words(names: list[str]) -> SafeString:
    """``陈磊 and 马晓``, with no line broken inside a name."""
    unbroken: list[str] = [format_html('<span class="name">{}</span>', name) for name in names]
    return mark_safe(get_text_list(unbroken, conditional_escape(_("and"))))  # noqa: S308 (each part is escaped)


def _closed(request: HttpRequest, link: FamilyLink | None) -> HttpResponse:
    """Say kindly that the link no longer works. Only one that did work learns whom to call."""
    if link is None:
        return _page(request, "dispatch/family_closed.html", {}, status=404)
    community = link.help_request.community
    context = {"office": community.name, "office_phone": community.phone_for_callers()}
    return _page(request, "dispatch/family_closed.html", context, status=410)


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    # Rendered without the request: the page is the same whoever reads it, and asks nothing about a member of staff
    # who happens to be signed in.
    return keep_private(HttpResponse(render_to_string(template, link_frame(request) | context), status=status))


def _speak(request: HttpRequest) -> None:
    # Activated, not overridden: the middleware names the language in the response, and starts anew with each request.
    translation.activate(chosen_language(request))


def _in_language(ref: str, language: str) -> HttpResponse:
    # A link, not Django's form: a page that sends no referrer posts with "Origin: null", which CSRF refuses.
    response = HttpResponseRedirect(reverse("family", args=[ref]))
    remember_language(response, language, path="/family/")
    return keep_private(response)
