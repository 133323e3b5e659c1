"""The pages about elders: list, card, form."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Max, Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.search_address import into_address
from linzhu.communities.sort_key import PeoplePaginator
from linzhu.communities.versions import compare_anew
from linzhu.requests.consents import hide_health, standing_of
from linzhu.requests.forms import ElderForm, FamilyContactForm, FamilyFormSet
from linzhu.requests.models import LIVE_STATUSES, Consent, Elder, HelpRequest
from linzhu.requests.recurring_views import recurring_of

PER_PAGE = 50
ADD_ROW = "add_family"
GONE = "gone"
MOVES_SHOWN = 5


@staff_required()
@require_http_methods(["GET", "POST"])
def elder_list(request: StaffRequest) -> HttpResponse:
    """Everybody who lives here, by name; ``?who=gone`` lists who has moved or died.

    ``q``, sent by POST, searches names, pinyin and phones among them all.
    """
    if names_nobody := into_address(request):
        return names_nobody
    sent = request.POST or request.GET
    text = request.POST.get("q", "").strip()
    elders = Elder.objects.visible_to(request.user, few=bool(text)).select_related("community", "place__parent")
    gone = sent.get("who") == GONE
    found = elders.meant_by(text).here_first() if text else elders.gone() if gone else elders.here()
    listed = found.defer("notes", "search_words", "sort_key")
    page = PeoplePaginator(listed, PER_PAGE).get_page(sent.get("page"))
    page.object_list = _with_help_requests(page.object_list)
    return render(request, "requests/elders.html", {"page": page, "q": text, "gone": gone and not text})


@staff_required()
@require_GET
def elder_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """The elder's card: how to reach them, their family, all their help requests."""
    elders = Elder.objects.visible_to(request.user).select_related("community", "place__parent")
    elder = get_object_or_404(elders.prefetch_related("family"), pk=pk)
    help_requests = Paginator(elder.help_requests.all(), PER_PAGE).get_page(request.GET.get("page"))
    moves = elder.history.exclude(history_change_reason=None).select_related("history_user")[:MOVES_SHOWN]
    consents = standing_of(elder)
    if not consents[Consent.Kind.HEALTH].is_allowed:
        hide_health(elder)
    context = {
        "elder": elder,
        "page": help_requests,
        "recurring": recurring_of(elder),
        "moves": moves,
        "consents": consents.values(),
        "hows": Consent.How.choices,
    }
    return render(request, "requests/elder.html", context)


@staff_required()
@require_http_methods(["GET", "POST"])
@compare_anew
def elder_edit(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """A new elder, or changes to one, with their family contacts."""
    user = request.user
    elder = get_object_or_404(Elder.objects.visible_to(user), pk=pk) if pk else None
    data = _with_another_row(request.POST) if request.method == "POST" else None
    form = ElderForm(data, instance=elder, user=user)
    family = FamilyFormSet(data, instance=form.instance, prefix="family", user=user)
    if data and ADD_ROW not in data and all([form.is_valid(), family.is_valid()]):
        with transaction.atomic():
            elder = form.save()
            family.save()
        messages.success(request, _("%(name)s is saved.") % {"name": elder.name})
        return redirect("elder", elder.pk)
    status = 422 if data and ADD_ROW not in data else 200
    context = {"form": form, "family": family, "elder": elder, "overtaken": _is_overtaken(form, family)}
    return render(request, "requests/elder_form.html", context, status=status)


def _with_help_requests(elders: Iterable[Elder]) -> list[Elder]:
    """Note how many live help requests each elder has, and when the last was logged: of these alone, not of all."""
    listed = list(elders)
    logged = HelpRequest.objects.filter(elder__in=listed).values("elder").order_by()
    counts = {
        row["elder"]: row
        for row in logged.annotate(live=Count("pk", filter=Q(status__in=LIVE_STATUSES)), last_at=Max("created_at"))
    }
    for elder in listed:
        found = counts.get(elder.pk, {"live": 0, "last_at": None})
        elder.live, elder.last_at = found["live"], found["last_at"]  # type: ignore[attr-defined]
    return listed


def _is_overtaken(form: ElderForm, family: Iterable[FamilyContactForm]) -> bool:
    return form.is_overtaken or any(row.is_overtaken for row in family)


def _with_another_row(sent: QueryDict) -> QueryDict:
    """The button for one more family contact works without JavaScript: the form comes back with an empty row added."""
    if ADD_ROW not in sent:
        return sent
    data = sent.copy()
    data["family-TOTAL_FORMS"] = str(int(data.get("family-TOTAL_FORMS") or 0) + 1)
    return data
