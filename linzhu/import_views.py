"""Importing lists in the browser: send the file, look at what would happen, confirm."""

from __future__ import annotations

from typing import BinaryIO

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.import_report import Report
from linzhu.communities.models import Community, Role, User
from linzhu.communities.spreadsheet_files import SpreadsheetError
from linzhu.import_forms import ImportForm
from linzhu.imports import IMPORTERS, LABELS
from linzhu.uploads import Ticket, UploadGoneError, keep, reclaim

MAX_ROWS = 10_000


@staff_required(Role.LEADS)
def import_page(request: StaffRequest) -> HttpResponse:
    """The form; with a file, what importing it would do."""
    if request.method != "POST":
        form = ImportForm(user=request.user, initial={"kind": request.GET.get("kind", "elders")})
        return render(request, "import/page.html", {"form": form})
    form = ImportForm(request.POST, request.FILES, user=request.user)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        context |= _preview(form, request.user)
    return render(request, "import/_result.html" if request.htmx else "import/page.html", context)


def _preview(form: ImportForm, user: User) -> dict[str, object]:
    kind, community, upload = (form.cleaned_data[name] for name in ("kind", "community", "file"))
    try:
        report = _run(kind, community, upload.file, user, dry_run=True)
    except SpreadsheetError as error:
        return {"refused": str(error)}
    context = {"report": report, "kind": LABELS[kind], "community": community, "file": upload.name}
    if not report.errors and report.new + report.updated:
        context["ticket"] = keep(upload, user=user, kind=kind, community=community.pk).signed()
    return context


@require_POST
@staff_required(Role.LEADS)
def import_confirm(request: StaffRequest) -> HttpResponse:
    """Import the file that was looked at."""
    try:
        ticket = reclaim(request.POST.get("ticket", ""), request.user)
        report = _import(ticket, request.user)
    except UploadGoneError:
        messages.error(request, _("This list was imported already, or waited for too long. Please send it again."))
        return redirect("import")
    except SpreadsheetError as error:
        messages.error(request, str(error))
        return redirect("import")
    if report.errors:  # somebody changed what the preview was compared with
        return render(request, "import/page.html", {"form": ImportForm(user=request.user), "report": report})
    _say_done(request, report)
    return redirect(ticket.kind)


def _import(ticket: Ticket, user: User) -> Report:
    community = Community.objects.led_by(user).filter(pk=ticket.community).first()
    if community is None:  # the role was taken away in the meantime
        raise PermissionDenied
    with ticket.path.open("rb") as file:
        ticket.path.unlink()  # a second click finds nothing; the open file stays readable
        return _run(ticket.kind, community, file, user, dry_run=False)


def _run(kind: str, community: Community, file: BinaryIO, user: User, *, dry_run: bool) -> Report:
    return IMPORTERS[kind](community).run(file, dry_run=dry_run, user=user, max_rows=MAX_ROWS)


def _say_done(request: StaffRequest, report: Report) -> None:
    rows = report.new + report.updated
    done = ngettext("%(rows)d row was imported", "%(rows)d rows were imported", rows) % {"rows": rows}
    counts = _("%(new)d new, %(updated)d updated, %(unchanged)d unchanged") % vars(report)
    messages.success(request, f"{done}: {counts}.")
