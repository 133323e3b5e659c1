"""Spreadsheets that wait between preview and confirmation, seen by nobody but who sent them.

The file lies outside what the web server serves, under a random name; a signed ticket that expires says whose it is
and what it is for. Nothing of it is left after the import, or after an hour.
"""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile

from linzhu.communities.models import User

KEPT_S = 3600
_SALT = "linzhu.import"


class UploadGoneError(Exception):
    """The ticket is not this user's, was changed, is too old, or the file was used already."""


@dataclass(frozen=True)
class Ticket:
    """What a kept file is for."""

    name: str
    user: int
    kind: str
    community: int
    title: str
    """What its sender calls it."""
    mapping: dict[str, str] | None = None
    """What its columns are, as its sender has chosen: position → column name. None: as they were recognised."""
    rows: int = 0

    @property
    def path(self) -> Path:
        return _folder() / self.name

    def signed(self) -> str:
        return signing.dumps(asdict(self), salt=_SALT)


def keep(upload: UploadedFile, *, user: User, kind: str, community: int) -> Ticket:
    """Store an upload until it is confirmed, and sweep out what nobody came back for."""
    sweep()
    ticket = Ticket(secrets.token_hex(16), user.pk, kind, community, (upload.name or "")[:100])
    upload.seek(0)
    with os.fdopen(os.open(ticket.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    return ticket


def reclaim(signed: str, user: User) -> Ticket:
    """Return the ticket of a file that this user sent within the last hour. Raises UploadGoneError."""
    try:
        ticket = Ticket(**signing.loads(signed, salt=_SALT, max_age=KEPT_S))
    except signing.BadSignature:
        raise UploadGoneError from None
    if ticket.user != user.pk or not ticket.path.is_file():
        raise UploadGoneError
    return ticket


def progress_path(name: str) -> Path:
    """Return where it is kept how far the import of a file is (linzhu.import_jobs)."""
    return _folder() / f"{name}.json"


def sweep() -> None:
    """Delete what is older than an hour."""
    for path in _folder().iterdir():
        if path.stat().st_mtime < time.time() - KEPT_S:
            path.unlink(missing_ok=True)


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
