"""Imports: a short list goes in at once, a long one beside the web server's requests, and tells how far it is.

Beside, not in the queue: a worker that is busy with thousands of rows would pass for a hung one. What is known of a
long import stands in a file next to the list; a web server that is stopped meanwhile takes nothing back but the
transaction, so that nothing was imported.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from linzhu.communities.import_report import Report
from linzhu.communities.importing import Importer, Progress, no_progress
from linzhu.communities.models import Community, User
from linzhu.communities.spreadsheet_files import SpreadsheetError
from linzhu.imports import IMPORTERS
from linzhu.uploads import Ticket, progress_path

logger = logging.getLogger(__name__)

MAX_ROWS = 10_000
AT_ONCE = 300
"""A list of so many rows goes in while its sender waits."""
TOLD_EVERY_S = 0.3
SILENT_S = 120
"""An import that has not told anything for so long has stopped with its web server."""
PROBLEMS_KEPT = 20


@dataclass
class State:
    """What is known of a long import."""

    user: int
    kind: str
    phase: str = "running"
    """``running``, ``done``, ``refused`` (with its problems) or ``stopped``."""
    doing: str = ""
    done: int = 0
    of: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)
    told_at: float = 0.0

    @property
    def is_over(self) -> bool:
        return self.phase != "running"


def read(ticket: Ticket, user: User, *, write: bool, progress: Progress = no_progress) -> Importer:
    """Compare the list with what is there, or store it; returns the importer with its table and report.

    Raises SpreadsheetError, and PermissionDenied for somebody who leads the community no more.
    """
    community = Community.objects.led_by(user).filter(pk=ticket.community).first()
    if community is None:
        raise PermissionDenied
    importer = IMPORTERS[ticket.kind](community)
    mapping = None if ticket.mapping is None else {int(index): name for index, name in ticket.mapping.items()}
    with ticket.path.open("rb") as file:
        importer.run(file, dry_run=not write, user=user, max_rows=MAX_ROWS, mapping=mapping, progress=progress)
    return importer


def start(ticket: Ticket, user: User) -> None:
    """Begin a long import; a second click finds it begun."""
    try:
        with progress_path(ticket.name).open("x") as file:
            json.dump(asdict(_state(ticket)), file)
    except FileExistsError:
        return
    language = translation.get_language()
    threading.Thread(target=_run, args=(ticket, user.pk, language), daemon=True).start()


def state_of(name: str, user: User) -> State | None:
    """Return what is known of this user's import; None if it was never begun, is another's, or is forgotten."""
    try:
        state = State(**json.loads(progress_path(name).read_text()))
    except (FileNotFoundError, ValueError):
        return None
    if state.user != user.pk:
        return None
    if not state.is_over and time.time() - state.told_at > SILENT_S:
        state.phase = "stopped"
    return state


def _state(ticket: Ticket, **told: Any) -> State:
    return State(ticket.user, ticket.kind, told_at=time.time(), **told)


def _tell(ticket: Ticket, state: State) -> None:
    path = progress_path(ticket.name)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(state)))
    fresh.replace(path)  # whoever reads meanwhile finds the old state whole


def _run(ticket: Ticket, user_pk: int, language: str | None) -> None:
    try:
        with translation.override(language):
            _tell(ticket, _import(ticket, User.objects.get(pk=user_pk)))
    except Exception as error:  # noqa: BLE001 (whatever it is, who waits must be told)
        # Its text may hold a name or a number of the list.
        logger.error("import %s has stopped: %s", ticket.name, type(error).__name__)
        _tell(ticket, _state(ticket, phase="stopped"))
    finally:
        connection.close()


def _import(ticket: Ticket, user: User) -> State:
    def progress(things: Sequence[Any], doing: str) -> Iterable[Any]:
        told_at = 0.0
        for number, thing in enumerate(things):
            if time.time() - told_at > TOLD_EVERY_S:
                told_at = time.time()
                _tell(ticket, _state(ticket, doing=doing, done=number, of=len(things)))
            yield thing

    try:
        report = read(ticket, user, write=True, progress=progress).report
    except SpreadsheetError as error:
        return _state(ticket, phase="refused", problems=[str(error)])
    except PermissionDenied:
        return _state(ticket, phase="refused", problems=[_("Only the community lead imports lists.")])
    if report.errors:  # somebody changed what the preview was compared with
        return _state(ticket, phase="refused", problems=[str(problem) for problem in report.errors[:PROBLEMS_KEPT]])
    ticket.path.unlink(missing_ok=True)
    return _state(ticket, phase="done", **counts(report))


def counts(report: Report) -> dict[str, int]:
    return {"new": report.new, "updated": report.updated, "unchanged": report.unchanged}
