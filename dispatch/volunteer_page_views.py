"""A volunteer's own page: no account, a secret link, the same powers as texts. Opening it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linzhu.communities.clock import now
from linzhu.communities.frames import link_frame
from linzhu.communities.page_languages import NAMES, chosen_language, remember_language
from linzhu.communities.secret_links import keep_private
from linzhu.dispatch.actions import Refused
from linzhu.dispatch.links import volunteer_door
from linzhu.dispatch.models import Assignment, Offer
from linzhu.dispatch.volunteer_acts import VISIT_ACTS, WISHES, act_on_visit, say_no, say_yes
from linzhu.dispatch.volunteer_page import USUAL_DELAYS_MIN, read_page
from linzhu.volunteers.availability_text import show_week
from linzhu.volunteers.models import Volunteer, VolunteerLink
from linzhu.volunteers.week_form import NO_TIME, PARTS, WeekGridForm, WeekTextForm, grid_of

OFFER_ACTS = {"yes": say_yes, "no": say_no}


@require_safe
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Exchange the secret for a cookie, so that it is in no address bar, history or screenshot."""
    link = volunteer_door.link_of_secret(secret)
    if link is None or not link.is_valid():
        return _closed(request, link)
    return volunteer_door.let_in(link)


def for_volunteer(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in whoever holds this volunteer's cookie, in their language. What they do renews the link."""

    @wraps(view)
    def guarded(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        link = volunteer_door.link_of_request(request, volunteer=pk)
        if link is None or not link.is_valid():
            return _closed(request, link)
        _speak(request, link.volunteer)
        response = view(request, link.volunteer, **kwargs)
        if request.method == "POST":
            link.renew()
            volunteer_door.remember(response, link)
        return keep_private(response, referrer="same-origin")

    return guarded


@require_safe
@for_volunteer
def page(request: HttpRequest, volunteer: Volunteer) -> HttpResponse:
    language = request.GET.get("lang")
    if language in NAMES:
        return _in_language(volunteer, language)
    context = {
        "page": read_page(volunteer),
        "delays": USUAL_DELAYS_MIN,
        "today": timezone.localdate(now()),
        "in_a_week": timezone.localdate(now()) + timedelta(days=7),
    }
    return show_page(request, "dispatch/volunteer_page.html", volunteer, context)


@require_POST
@for_volunteer
def answer_offer(request: HttpRequest, volunteer: Volunteer, offer_pk: int, answer: str) -> HttpResponse:
    """Yes or no to an offer of this volunteer."""
    if answer not in OFFER_ACTS:
        raise Http404
    related = ["volunteer", "help_request__elder__place", "help_request__community"]
    offer = get_object_or_404(Offer.objects.filter(volunteer=volunteer).select_related(*related), pk=offer_pk)
    return _do(request, volunteer, lambda: OFFER_ACTS[answer](offer))


@require_POST
@for_volunteer
def report_visit(request: HttpRequest, volunteer: Volunteer, assignment_pk: int, act: str) -> HttpResponse:
    """On my way, late, arrived, done, cannot come, call me: about a visit of this volunteer."""
    if act not in VISIT_ACTS:
        raise Http404
    related = ["volunteer", "help_request__elder", "help_request__community"]
    mine = Assignment.objects.filter(volunteer=volunteer).select_related(*related)
    assignment = get_object_or_404(mine, pk=assignment_pk)
    return _do(request, volunteer, lambda: act_on_visit(act, assignment, request.POST))


@require_POST
@for_volunteer
def wish(request: HttpRequest, volunteer: Volunteer, name: str) -> HttpResponse:
    """A pause, its end, more or fewer requests, a call from the office."""
    if name not in WISHES:
        raise Http404
    return _do(request, volunteer, lambda: WISHES[name](volunteer, request.POST))


@require_http_methods(["GET", "HEAD", "POST"])
@for_volunteer
def week(request: HttpRequest, volunteer: Volunteer) -> HttpResponse:
    """When they are free: boxes to tick, or the week in words for times that fit no box."""
    in_words = WeekTextForm({"week": request.POST.get("week", show_week(volunteer.week))}, label_suffix="")
    errors: list[str] = []
    if request.method == "POST":
        errors = _save_week(request, volunteer, in_words)
        if not errors:
            messages.success(request, _("Your week is saved."))
            return redirect("volunteer-page", volunteer.pk)
    context = {"rows": grid_of(volunteer.week), "parts": PARTS, "form": in_words, "errors": errors}
    return show_page(request, "dispatch/volunteer_week.html", volunteer, context, status=422 if errors else 200)


def _save_week(request: HttpRequest, volunteer: Volunteer, in_words: WeekTextForm) -> list[str]:
    """Write the week that was sent; returns what is wrong with it."""
    boxes = WeekGridForm(request.POST)
    form = in_words if "week" in request.POST else boxes
    if not form.is_valid():
        return [str(error) for errors in form.errors.values() for error in errors]
    chosen = in_words.cleaned_data["week"] if form is in_words else boxes.week_from(volunteer.week)
    if not any(chosen):
        return [str(NO_TIME)]
    volunteer.set_week(chosen)
    return []


def _do(request: HttpRequest, volunteer: Volunteer, act: Callable[[], str]) -> HttpResponse:
    """Do it, say what came of it, and show the fresh page. A second tap finds the first one's work done."""
    try:
        messages.success(request, act())
    except Refused as refusal:
        messages.warning(request, str(refusal))
    return redirect("volunteer-page", volunteer.pk)


def _speak(request: HttpRequest, volunteer: Volunteer) -> None:
    """Their choice on this page, else the language of their texts."""
    # Activated, not overridden: the middleware names the language in the response, and starts anew with each request.
    translation.activate(chosen_language(request, volunteer.text_language))


def _in_language(volunteer: Volunteer, language: str) -> HttpResponse:
    response = redirect("volunteer-page", volunteer.pk)
    # Below this page alone: two volunteers on one phone may read different languages.
    remember_language(response, language, path=reverse("volunteer-page", args=[volunteer.pk]))
    return response


def show_page(
    request: HttpRequest, template: str, volunteer: Volunteer, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page of the volunteer's own."""
    # Rendered without the request: the page asks nothing about a member of staff who happens to be signed in.
    shown = {
        **link_frame(request),
        **context,
        "volunteer": volunteer,
        "office": volunteer.community.name,
        "office_phone": volunteer.community.phone_for_callers(),
        "said": messages.get_messages(request),
        "csrf_token": get_token(request),
    }
    return HttpResponse(render_to_string(template, shown), status=status)


def _closed(request: HttpRequest, link: VolunteerLink | None) -> HttpResponse:
    """Say kindly that the link no longer works. Only one that did work learns whom to call."""
    translation.activate(chosen_language(request, link.volunteer.text_language if link else ""))
    context = link_frame(request)
    if link is not None:
        community = link.volunteer.community
        context |= {"office": community.name, "office_phone": community.phone_for_callers()}
    page = render_to_string("dispatch/volunteer_closed.html", context)
    return keep_private(HttpResponse(page, status=410 if link else 404))
