"""Why a volunteer is asked early, late or not at all: small JSON-able facts, and the sentences staff read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Reason = dict[str, Any]  # {"code": "distance", "m": 320}


def explain(reason: Reason) -> str:
    """Return the reason as a sentence in the reader's language."""
    facts = dict(reason)
    sentence = _SENTENCES.get(facts.pop("code", ""))
    return sentence(**facts) if sentence else ""


def explain_all(reasons: Sequence[Reason]) -> list[str]:
    """Return the reasons in brackets, to stand behind a sentence; nothing where there are none."""
    told = ", ".join(explain(reason) for reason in reasons)
    return [f"({told})"] if told else []


def show_distance(m: int) -> str:
    """Return ``320 m`` or ``1.9 km``."""
    return _("%(m)d m") % {"m": round(m, -1)} if m < 1000 else _("%(km).1f km") % {"km": m / 1000}


def _visits(n: int) -> str:
    return ngettext("has helped here %(n)d time", "has helped here %(n)d times", n) % {"n": n}


def _texts(n: int) -> str:
    if not n:
        return _("not asked this week")
    return ngettext("asked %(n)d time this week", "asked %(n)d times this week", n) % {"n": n}


def _chance(percent: int) -> str:
    return _("says yes with a chance of %(percent)d%%") % {"percent": percent}


_SENTENCES: dict[str, Callable[..., str]] = {
    # for the rank
    "standby": lambda: _("has said yes already and stands by"),
    "ready": lambda: _("was called up and has said yes"),
    "chance": _chance,
    "newcomer": lambda: _("new here"),
    "distance": show_distance,
    "visits": _visits,
    "texts": _texts,
    "language": lambda: _("speaks the elder's language"),
    "vehicle": lambda: _("has a car"),
    "paired": lambda: _("paired with this elder"),
    "preferred": lambda: _("the elder would like the same person again"),
    # for exclusion
    "too-far": lambda reach: _("goes only as far as %(reach)s") % {"reach": show_distance(reach)},
    "not-cleared": lambda: _("not cleared yet"),
    "clearance-expired": lambda: _("clearance expired by then"),
    "clearance-level": lambda: _("not cleared for papers and certificates"),
    "training-missing": lambda: _("no training noted"),
    "training-expired": lambda: _("training has run out by then"),
    "insurance-missing": lambda: _("no insurance noted"),
    "insurance-expired": lambda: _("insurance has run out by then"),
    "paused": lambda: _("taking a pause"),
    "opted-out": lambda: _("wants no texts"),
    "skill": lambda: _("does not do this kind of help"),
    "no-vehicle": lambda: _("has no car"),
    "gender": lambda: _("the elder asked for somebody else"),
    "no-language": lambda: _("does not speak the language"),
    "not-free": lambda: _("not free at that time"),
    "busy": lambda: _("on another visit then"),
    "cap": lambda n: _texts(n) + _(", that is enough"),
    "cash-gap": lambda: _("the money of an earlier visit does not agree yet"),
    "asked": lambda: _("already asked"),
    "never": lambda: _("is not sent to this elder"),
    "said-no": lambda: _("has said no to this"),
}
