"""Importing lists in the browser: send the file, say which column is what, look at what would happen, confirm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.models import Role
from linzhu.communities.spreadsheet_files import SpreadsheetError
from linzhu.communities.spreadsheets import read_headings
from linzhu.import_columns import columns_of
from linzhu.import_forms import ImportForm
from linzhu.import_jobs import AT_ONCE, counts, read, start, state_of
from linzhu.import_preview import as_csv, look
from linzhu.imports import LABELS
from linzhu.uploads import UploadGoneError, keep, reclaim


@staff_required(Role.LEADS)
def import_page(request: StaffRequest) -> HttpResponse:
    """The form; with a file, what importing it would do."""
    if request.method != "POST":
        form = ImportForm(user=request.user, initial={"kind": request.GET.get("kind", "elders")})
        return render(request, "import/page.html", {"form": form})
    form = ImportForm(request.POST, request.FILES, user=request.user)
    if not form.is_valid():
        return _answer(request, {"form": form})
    kind, community, upload = (form.cleaned_data[name] for name in ("kind", "community", "file"))
    try:
        read_headings(upload.file, columns_of(kind))
    except SpreadsheetError as error:
        return _answer(request, {"form": form, "refused": str(error)})
    ticket = keep(upload, user=request.user, kind=kind, community=community.pk)
    return _answer(request, {"form": form, **look(request.user, ticket)})


@require_POST
@staff_required(Role.LEADS)
def import_look(request: StaffRequest) -> HttpResponse:
    """The same file once more, its columns read as somebody has chosen."""
    try:
        ticket = reclaim(request.POST.get("ticket", ""), request.user)
    except UploadGoneError:
        return _gone(request)
    return _answer(request, look(request.user, replace(ticket, mapping=_mapping(request.POST))))


@require_POST
@staff_required(Role.LEADS)
def import_confirm(request: StaffRequest) -> HttpResponse:
    """Import the file that was looked at: a short one now, a long one while a page tells how far it is."""
    try:
        ticket = reclaim(request.POST.get("ticket", ""), request.user)
    except UploadGoneError:
        return _gone(request)
    chosen = _mapping(request.POST)
    if chosen and chosen != ticket.mapping:  # nobody has seen yet what that would do
        return _answer(request, look(request.user, replace(ticket, mapping=chosen)))
    if ticket.rows > AT_ONCE:
        start(ticket, request.user)
        return redirect("import-job", ticket.name)
    try:
        importer = read(ticket, request.user, write=True)
    except SpreadsheetError as error:
        messages.error(request, str(error))
        return redirect("import")
    if importer.report.errors:  # somebody changed what the preview was compared with
        return _answer(request, look(request.user, ticket))
    ticket.path.unlink(missing_ok=True)
    messages.success(request, _done(**counts(importer.report)))
    return redirect(ticket.kind)


@require_GET
@staff_required(Role.LEADS)
def import_job(request: StaffRequest, name: str) -> HttpResponse:
    """How far a long import is, and what came of it."""
    state = state_of(name, request.user)
    if state is None:
        raise Http404
    done = _done(state.new, state.updated, state.unchanged) if state.phase == "done" else ""
    template = "import/_job.html" if request.htmx else "import/job.html"
    return render(request, template, {"state": state, "name": name, "done": done, "kind": LABELS[state.kind]})


@require_POST
@staff_required(Role.LEADS)
def import_errors(request: StaffRequest) -> HttpResponse:
    """The rows in which something is wrong, each with what it is, as a table for the office's own program."""
    try:
        ticket = reclaim(request.POST.get("ticket", ""), request.user)
        importer = read(ticket, request.user, write=False)
    except (UploadGoneError, SpreadsheetError):
        return _gone(request)
    answer = HttpResponse(as_csv(importer), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="linzhu-errors.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


# --- answers ------------------------------------------------------------------------------------------------------


def _mapping(sent: QueryDict) -> dict[str, str]:
    """Return what each column was said to be; what no page of ours sends is left out."""
    named = ((key.removeprefix("column-"), str(value)) for key, value in sent.items() if key.startswith("column-"))
    return {index: value for index, value in named if index.isascii() and index.isdigit()}


def _answer(request: StaffRequest, context: dict[str, Any]) -> HttpResponse:
    if request.htmx:
        return render(request, "import/_result.html", context)
    return render(request, "import/page.html", {"form": ImportForm(user=request.user), **context})


def _gone(request: StaffRequest) -> HttpResponse:
    text = _("This list was imported already, or waited for too long. Please send it again.")
    if request.htmx:
        return render(request, "import/_result.html", {"refused": text})
    messages.error(request, text)
    return redirect("import")


def _done(new: int, updated: int, unchanged: int) -> str:
    rows = new + updated
    done = ngettext("%(rows)d row was imported", "%(rows)d rows were imported", rows) % {"rows": rows}
    counts = {"new": new, "updated": updated, "unchanged": unchanged}
    told = _("%(new)d new, %(updated)d updated, %(unchanged)d unchanged") % counts
    return _("%(done)s: %(told)s.") % {"done": done, "told": told}
