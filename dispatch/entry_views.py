"""The page that texts without links point to: a code and the end of one's phone number, and the right page opens."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from linzhu.communities.entry_codes import DIGITS, ENDING, count_wrong, digits_of, is_blocked
from linzhu.communities.frames import link_frame
from linzhu.communities.page_languages import NAMES, chosen_language, remember_language
from linzhu.communities.secret_links import keep_private
from linzhu.dispatch.entry import link_of_code
from linzhu.dispatch.links import family_door, volunteer_door
from linzhu.requests.models import FamilyLink


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Exchange a code for the cookie that its link would give. Whatever is wrong, the answer is the same."""
    if request.method != "POST":
        return _in_language(request.GET["lang"]) if request.GET.get("lang") in NAMES else _page(request)
    code, ending = digits_of(request.POST.get("code", "")), digits_of(request.POST.get("ending", ""))
    address = request.META.get("REMOTE_ADDR", "")
    if is_blocked(address, ending):
        return _page(request, blocked=True, status=429)
    link = link_of_code(code, ending) if (len(code), len(ending)) == (DIGITS, ENDING) else None
    if link is None:
        count_wrong(address, ending)
        return _page(request, wrong=True, status=422)
    return family_door.let_in(link) if isinstance(link, FamilyLink) else volunteer_door.let_in(link)


def _in_language(language: str) -> HttpResponse:
    response = HttpResponseRedirect(reverse("enter"))
    remember_language(response, language, path=reverse("enter"))
    return keep_private(response)


def _page(request: HttpRequest, *, wrong: bool = False, blocked: bool = False, status: int = 200) -> HttpResponse:
    # What was typed is not shown again: the next reader of a shared screen has no use for it.
    translation.activate(chosen_language(request))
    context = link_frame(request) | {"wrong": wrong, "blocked": blocked, "csrf_token": get_token(request)}
    page = render_to_string("dispatch/enter.html", context)
    return keep_private(HttpResponse(page, status=status), referrer="same-origin")
