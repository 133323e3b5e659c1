"""The log of looks: which member of staff has opened whose record, when, and for which help request.

Each row holds the digest of the one before, and the last digest is signed: a row that was changed, added, left out or
cut off at the end is found (``manage.py check_looks``). Looking again within half an hour is the same look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.requests.models import LIVE_STATUSES, HelpRequest, Look, LookSeal, RecurringRequest

KEPT = timedelta(days=3 * 366)
SAME_LOOK = timedelta(minutes=30)
SALT = "linzhu.requests.looks"
THE_SEAL = 1
TRIES = 50
AT_ONCE = 2000

Find = Callable[[dict[str, Any]], tuple[int | None, str]]
"""From an address to the elder's id and the reference of the help request that is looked at."""


class Crowded(Exception):  # noqa: N818 (an event, not a fault of the caller)
    """So many looked at once that this look could not be written down: then nothing is shown."""


def note_look(user: User, elder_id: int | None, what: str, about: str = "") -> None:
    """Write down that ``user`` sees this elder's record, unless it is the same look as a moment ago.

    Without an elder it is a volunteer's, and ``about`` says whose: ``V12``. Else ``about`` is the help request looked
    at; without one it is the elder's newest in progress, if any. Raises Crowded.
    """
    recent = Look.objects.filter(elder=elder_id, user=user, what=what, at__gt=now() - SAME_LOOK)
    if recent.filter(about=about).exists() if about else recent.exists():
        return
    if not about:
        live = HelpRequest.objects.filter(elder=elder_id, status__in=LIVE_STATUSES).order_by("-created_at")
        about = live.values_list("ref", flat=True).first() or ""
    for _try in range(TRIES):
        if _append(Look(user_id=user.pk, elder_id=elder_id, what=what, about=about, at=now())):
            return
    raise Crowded


def _append(look: Look) -> bool:
    """Hang a row on the end of the chain; False if somebody else has hung theirs there in this very moment."""
    seal, _is_new = LookSeal.objects.get_or_create(pk=THE_SEAL)
    look.previous = seal.digest
    look.digest = digest_of(look)
    with transaction.atomic():
        moved = LookSeal.objects.filter(pk=THE_SEAL, digest=seal.digest)
        if not moved.update(digest=look.digest, signature=_signature(look.digest, settings.SECRET_KEY)):
            return False
        look.save(force_insert=True)
    return True


def digest_of(look: Look) -> str:
    """Return the digest over a row and the one before it."""
    told = (look.previous, look.user_id, look.elder_id, look.what, look.about, look.at.astimezone(UTC).isoformat())
    return hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()


def _signature(digest: str, key: str) -> str:
    return salted_hmac(SALT, digest, secret=key, algorithm="sha256").hexdigest()


# --- What stands in the log, is it true? --------------------------------------------------------------------------


def find_tampering() -> Iterator[str]:
    """Tell in words what is wrong with the log, if anything is."""
    last = ""
    for number, look in enumerate(Look.objects.order_by("pk").iterator(AT_ONCE)):
        if number == 0:
            if look.previous and look.at > now() - KEPT:
                yield f"Look {look.pk} is the first, and younger than what may have been forgotten."
        elif look.previous != last:
            yield f"Look {look.pk} does not follow the one before it: something was added, left out or moved."
        if digest_of(look) != look.digest:
            yield f"Look {look.pk} was changed."
        last = look.digest
    seal = LookSeal.objects.filter(pk=THE_SEAL).first()
    if (seal.digest if seal else "") != last:
        yield "The last look is not the last that was written down: the end is missing."
    elif seal and last and not _is_ours(seal):
        yield "The seal was not made with this office's SECRET_KEY."


def _is_ours(seal: LookSeal) -> bool:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(seal.signature, _signature(seal.digest, key)) for key in keys)


# --- Views that show a record -------------------------------------------------------------------------------------


SHOWS_A_RECORD = {200, 422}


def watched(view: Callable[..., HttpResponseBase], what: str, find: Find) -> Callable[..., HttpResponseBase]:
    """Note each look at the page of this view, before it is sent."""

    @wraps(view)
    def watching(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code in SHOWS_A_RECORD:
            elder_id, about = find(kwargs)
            if elder_id is not None:
                note_look(request.user, elder_id, what, about)  # type: ignore[arg-type]
        return response

    return watching


def by_elder(kwargs: dict[str, Any]) -> tuple[int | None, str]:
    return kwargs.get("elder_pk", kwargs.get("pk")), ""


def by_ref(kwargs: dict[str, Any]) -> tuple[int | None, str]:
    return HelpRequest.objects.filter(ref=kwargs["ref"]).values_list("elder_id", flat=True).first(), kwargs["ref"]


def by_recurring(kwargs: dict[str, Any]) -> tuple[int | None, str]:
    return RecurringRequest.objects.filter(pk=kwargs["pk"]).values_list("elder_id", flat=True).first(), ""
