"""The pages of wordings: every text as its readers get it, and a community's own words for it."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linzhu.communities.access import StaffRequest, home_community, may, staff_required
from linzhu.communities.models import Community, Role
from linzhu.communities.people import TextLanguage
from linzhu.communities.versions import Overtaken, compare_anew
from linzhu.notifications.models import TextOverride
from linzhu.notifications.operations_views import MAY_LOOK
from linzhu.notifications.overrides import house_wording, own_wordings
from linzhu.notifications.overrides_form import WordingForm, drop
from linzhu.notifications.text_preview import placeholders, preview, preview_of, read_groups
from linzhu.notifications.texts import REVIEW, TEXTS
from linzhu.notifications.wording import count_parts, count_units, find_template

CHANGES_SHOWN = 10


@require_safe
@staff_required(MAY_LOOK)
def wording(request: StaffRequest) -> HttpResponse:
    """Every text of one language as one community sends it."""
    language = request.GET.get("language", TextLanguage.CHINESE.value)
    if language not in TextLanguage.values:
        raise Http404
    communities = list(Community.objects.overseen_by(request.user))
    community = _chosen(request, communities)
    context = {
        "languages": TextLanguage.choices,
        "language": language,
        "in_review": language in REVIEW,
        "communities": communities,
        "community": community,
        "groups": read_groups(community, language),
        "leads": community is not None and may(request.user, Role.LEADS, community),
    }
    return render(request, "notifications/wording.html", context)


def _chosen(request: StaffRequest, communities: list[Community]) -> Community | None:
    """The community asked for, else where the user works."""
    code = request.GET.get("community")
    if code:
        return next((one for one in communities if one.code == code), None) or _nowhere()
    home = home_community(request.user)
    return home if home in communities else next(iter(communities), None)


def _nowhere() -> Community:
    raise Http404


@compare_anew
@staff_required(Role.LEADS)
@require_http_methods(["GET", "POST"])
def wording_text(request: StaffRequest, code: str, language: str, key: str) -> HttpResponse:
    """One text in a community's own words: looked at, tried out, kept, or given up for the wording from above."""
    community = get_object_or_404(Community.objects.led_by(request.user).select_related("parent"), code=code)
    if key not in TEXTS or language not in TextLanguage.values or find_template(key, language)[1] != language:
        raise Http404
    own = TextOverride.objects.filter(community=community, key=key, language=language).first()
    row = own or TextOverride(community=community, key=key, language=language)
    above = _above(community, key, language)
    form = WordingForm(
        request.POST or None, instance=row, above=above,
        live_at=reverse("wording-text", args=[code, language, key]),
    )  # fmt: skip
    if request.method == "POST":
        match request.POST.get("do"):
            case "preview":
                return _page(request, form, tried=True)
            case "reset":
                drop(row)
                messages.success(request, _("The wording from above holds again."))
                return _back(community, language, key)
            case _ if form.is_valid():
                _keep(form, request)
                messages.success(request, _("Saved. The next text goes out in these words."))
                return _back(community, language, key)
    return _page(request, form)


def _keep(form: WordingForm, request: StaffRequest) -> None:
    try:
        form.keep(request.user)
    except IntegrityError:  # somebody else has written the first wording in this moment
        raise Overtaken from None


def _above(community: Community, key: str, language: str) -> str:
    inherited = own_wordings(community.parent, language).get(key) if community.parent else None
    return inherited.body if inherited else house_wording(key, language)


def _back(community: Community, language: str, key: str) -> HttpResponse:
    address = reverse("wording", query={"language": language, "community": community.code})
    return redirect(f"{address}#{key}")


def _page(request: StaffRequest, form: WordingForm, *, tried: bool = False) -> HttpResponse:
    row = form.instance
    typed = str(form["body"].value() or "")
    text = preview_of(row.key, row.language, typed)
    context = {
        "form": form,
        "community": row.community,
        "about": preview(row.key, row.language),
        "chips": placeholders(row.key, row.language),
        "text": text,
        "parts": count_parts(text),
        "characters": count_units(text),
        "has_own": row.pk is not None,
        "in_review": row.language in REVIEW,
        "language_name": TextLanguage(row.language).label,
    }
    if tried and request.htmx:
        return render(request, "notifications/_wording_preview.html", context | {"faults": form.errors.get("body", [])})
    context["changes"] = _changes(row)
    return render(request, "notifications/wording_text.html", context, status=422 if form.errors and not tried else 200)


def _changes(row: TextOverride) -> list[TextOverride]:
    """The last wordings of this text here, newest first, given up ones among them."""
    same = {"community_id": row.community_id, "key": row.key, "language": row.language}
    return list(TextOverride.history.filter(**same).select_related("history_user")[:CHANGES_SHOWN])
