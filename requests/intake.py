"""Intake: from a ringing phone to a logged help request, on one page and by keyboard alone."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.browser_rights import may_listen
from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.requests import windows
from linzhu.requests.catalogue import SERVICES, Code, Group, Service
from linzhu.requests.consents import veil
from linzhu.requests.forms import ElderForm, FamilyFormSet
from linzhu.requests.intake_callers import contact_behind, recognise
from linzhu.requests.intake_form import CUSTOM, GONE, IntakeForm
from linzhu.requests.lifecycle import Actor, ElderGone, log_request
from linzhu.requests.looks import note_look
from linzhu.requests.models import Elder, ElderQuerySet, FamilyContact, HelpRequest, Look

QUICK = [
    Code.GROCERIES, Code.MEDICINE, Code.BILLS, Code.HOSPITAL_BOOKING, Code.PHONE_HELP, Code.ESCORT, Code.RIDE,
    Code.MEAL, Code.COMPANIONSHIP,
]  # fmt: skip
"""What is asked for most, on the keys 1–9."""
HITS = 8


@may_listen
@staff_required()
@require_http_methods(["GET", "POST"])
def intake(request: StaffRequest) -> HttpResponse:
    """The form; sent, it logs one help request for each chosen service."""
    user = request.user
    if request.method == "GET":
        elder = _elder(request, request.GET["elder"]) if request.GET.get("elder", "").isdigit() else None
        return _page(request, _form_for(request, elder), elder)
    if "again" in request.POST:
        return _again(request)
    form = IntakeForm(request.POST, user=user)
    form.is_valid()
    elder = form.cleaned_data.get("elder")
    if form.errors or (not request.POST.get("anyway") and (form.in_absence or duplicates(form))):
        return _page(request, form, elder, status=422)
    try:
        return _logged(request, log_all(form, user))
    except ElderGone:  # noted by a colleague in this very moment
        form.add_error("elder", GONE)
        return _page(request, form, elder, status=422)


def log_all(form: IntakeForm, user: User) -> list[HelpRequest]:
    """Log every need of a valid form, in one transaction; sending the same form twice logs nothing twice."""
    elder, key = form.cleaned_data["elder"], form.cleaned_data["key"]
    with transaction.atomic():
        if (tell_by := form.cleaned_data["tell_by"]) and tell_by != elder.tell_by:
            elder.tell_by = tell_by
            elder.save(update_fields=["tell_by"])
        return [
            log_request(elder, code, actor=Actor.staff(user), idempotency_key=f"{key}:{code}", **form.fields_of(code))
            for code in form.cleaned_data["services"]
        ]


def duplicates(form: IntakeForm) -> list[HelpRequest]:
    """Return live help requests of the same elder, service and local day; the form's own, sent before, do not count."""
    elder, codes = form.cleaned_data.get("elder"), form.cleaned_data.get("services", [])
    wanted = {code: window for code in codes if (window := form.window_of(code))}
    if not (elder and wanted):
        return []
    alike = reduce(or_, (Q(_on_the_day_of(window), service_code=code) for code, window in wanted.items()))
    own = [f"{form.cleaned_data.get('key')}:{code}" for code in codes]
    known = HelpRequest.objects.live().filter(alike, elder=elder).select_related("elder")
    return list(known.exclude(idempotency_key__in=own, idempotency_key__isnull=False))


def _on_the_day_of(window: windows.Window) -> Q:
    midnight = timezone.localtime(window.start).replace(hour=0, minute=0, second=0, microsecond=0)
    return Q(window_start__lt=midnight + timedelta(days=1), window_end__gt=midnight)


@staff_required()
@require_POST
def check_duplicates(request: StaffRequest) -> HttpResponse:
    """The warning beside the form, while it is being filled in."""
    form = IntakeForm(request.POST, user=request.user)
    form.is_valid()
    context = {"duplicates": duplicates(form), "form": form, "anyway": request.POST.get("anyway")}
    return render(request, "requests/_duplicates.html", context)


@may_listen
@staff_required()
@require_http_methods(["GET", "POST"])
def find_elder(request: StaffRequest) -> HttpResponse:
    """GET: the search box. POST: who was found; what is typed is personal and stays out of addresses and logs.

    A call that is passed on comes by POST, too, with its number as ``q``: the page begins with whom that leads to.
    """
    if request.method == "POST" and not request.htmx:
        text = request.POST.get("q", "")
        elder = recognise(text, _meant(request, text))
        caller = contact_behind(text, elder) if elder else None
        return _page(request, _form_for(request, elder, caller), elder)
    template = "requests/_hits.html" if request.method == "POST" else "requests/_who.html"
    return render(request, template, _found(request))


@staff_required()
@require_GET
def choose_elder(request: StaffRequest, pk: int) -> HttpResponse:
    """The elder is found: their card beside the form, and how they are told. ``by``: who of the family calls."""
    elder = _elder(request, pk)
    by = request.GET.get("by", "")
    caller = next((contact for contact in elder.family.all() if str(contact.pk) == by), None)
    return _chosen(request, elder, _form_for(request, elder, caller))


@staff_required()
@require_POST
def new_elder(request: StaffRequest) -> HttpResponse:
    """Write down an elder without leaving the call; opened with what was searched for, ``q``."""
    user = request.user
    data = request.POST if "name" in request.POST else None
    carried = None if data else _carried_over(request.POST.get("q", ""))
    form = ElderForm(data, user=user, initial=carried, auto_id="id_elder_%s")
    family = FamilyFormSet(data, instance=form.instance, prefix="family", user=user)
    if data and form.is_valid() and family.is_valid():
        with transaction.atomic():
            elder = form.save()
            family.save()
        return _chosen(request, _elder(request, elder.pk), _form_for(request, elder))
    return render(request, "requests/_new_elder.html", {"elder_form": form, "family": family})


def _form_for(request: StaffRequest, elder: Elder | None, caller: FamilyContact | None = None) -> IntakeForm:
    """A new form: how this elder is told, and by which way the call came."""
    told = {"tell_by": elder.tell_by} if elder else {}
    came = {"channel": HelpRequest.Channel.FAMILY, "caller": caller} if caller else {}
    return IntakeForm.blank(request.user, elder=elder, **told, **came)


def _again(request: StaffRequest) -> HttpResponse:
    """The form with one of the elder's earlier requests put into it, beside whatever was typed already."""
    earlier = get_object_or_404(HelpRequest.objects.visible_to(request.user), ref=request.POST["again"])
    elder = _elder(request, earlier.elder_id)
    form = IntakeForm.refilled(request.POST, request.user, elder, earlier)
    return _page(request, form, elder, ask_when=True)


def _page(
    request: StaffRequest, form: IntakeForm, elder: Elder | None, *, status: int = 200, ask_when: bool = False
) -> HttpResponse:
    if elder:
        note_look(request.user, elder.pk, Look.What.INTAKE)
    chosen = set(form["services"].value() or [])
    suggested = windows.suggested(now())
    context = {
        **_found(request),
        "form": form,
        "elder": elder and _elder(request, elder.pk),
        "quick": [SERVICES[code] for code in QUICK],
        "groups": _catalogue(),
        "chosen": chosen,
        "more_chosen": bool(chosen - set(QUICK)),
        "windows": suggested,
        "when": windows.matching(suggested, form["when"].value() or ""),
        "CUSTOM": CUSTOM,
        "ask_when": ask_when,
        "services": [
            (service, form.own_words(service.code), windows.matching(suggested, form.own_when(service.code)))
            for service in SERVICES.values()
        ],
        "anyway": form.data.get("anyway"),
        "duplicates": duplicates(form) if form.is_bound else [],
    }
    return render(request, "requests/_intake.html" if request.htmx else "requests/intake.html", context, status=status)


def _logged(request: StaffRequest, logged: list[HelpRequest]) -> HttpResponse:
    names = pgettext("list", ", ").join(f"{help_request.service.name} {help_request.ref}" for help_request in logged)
    text = _("Logged: %(names)s. Linzhu is looking for a neighbour.")
    messages.success(request, text % {"names": names})
    url = reverse("help-request", args=[logged[0].ref]) if len(logged) == 1 else reverse("board")
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)


def _chosen(request: StaffRequest, elder: Elder, form: IntakeForm) -> HttpResponse:
    note_look(request.user, elder.pk, Look.What.INTAKE)
    sent = request.POST or request.GET
    # A limit that was typed in stays; one that the page had filled in becomes that of the elder's community.
    own_limit = "cash_limit" in sent and sent["cash_limit"] != sent.get("cash_suggested")
    context = {"elder": elder, "form": form, "swapped": True, "own_limit": own_limit}
    response = render(request, "requests/_chosen.html", context)
    return trigger_client_event(response, "elderChosen", {}, after="settle")


def _elders(request: StaffRequest, *, few: bool = False) -> ElderQuerySet:
    """Elders with all that their card shows, in a fixed number of queries."""
    recent = Prefetch("help_requests", HelpRequest.objects.order_by("-created_at")[:3], to_attr="recent")
    elders = Elder.objects.visible_to(request.user, few=few)
    return elders.select_related("community", "place__parent").prefetch_related("family", recent)  # type: ignore[no-any-return]


def _elder(request: StaffRequest, pk: int | str) -> Elder:
    """An elder to be shown, without what there is no consent for."""
    elder: Elder = get_object_or_404(_elders(request), pk=pk)
    veil([elder])
    return elder


def _found(request: StaffRequest) -> dict[str, Any]:
    text = request.POST.get("q", "").strip()
    hits = _meant(request, text) if text else []
    for elder in hits:
        elder.caller = contact_behind(text, elder)
    return {"q": text, "hits": hits, "calling": recognise(text, hits)}


def _meant(request: StaffRequest, text: str) -> list[Any]:
    """Whom these words or digits mean; who can be helped now stands first."""
    return list(_elders(request, few=True).meant_by(text).here_first()[:HITS])


def _carried_over(text: str) -> dict[str, str]:
    """What was typed to search is the new elder's name, or their number."""
    return {"phone" if any(char.isdigit() for char in text) else "name": text.strip()}


def _catalogue() -> list[tuple[str, list[Service]]]:
    """What has no key of its own, by group."""
    others = [service for service in SERVICES.values() if service.code not in QUICK]
    return [(str(group.label), [service for service in others if service.group == group]) for group in Group]
