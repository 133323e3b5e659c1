"""Who changed which of a community's settings, from what to what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.text import capfirst

from linzhu.communities.models import CommunityRules
from linzhu.communities.rules_form import CHOICES

SHOWN = 10
_NOT_SETTINGS = ["id", "community", "changed_at"]


@dataclass(frozen=True)
class Change:
    at: datetime
    who: str
    fields: list[tuple[str, str, str]]
    """(name of the setting, before, after); empty text where it was or is inherited."""


def changes_of(rules: CommunityRules) -> list[Change]:
    """Return the last changes, newest first. Two queries, however many there are."""
    rows = list(rules.history.select_related("history_user")[: SHOWN + 1]) if rules.pk else []
    first = [rows[-1].__class__()] if 0 < len(rows) <= SHOWN else []  # before the first row everything was inherited
    return [_change(newer, older) for newer, older in pairwise([*rows, *first])]


def _change(newer: Any, older: Any) -> Change:
    names = [field.name for field in CommunityRules._meta.fields if field.name not in _NOT_SETTINGS]  # noqa: SLF001
    changed = [name for name in names if getattr(newer, name) != getattr(older, name)]
    fields = [(_label(name), _text(name, getattr(older, name)), _text(name, getattr(newer, name))) for name in changed]
    return Change(newer.history_date, str(newer.history_user or ""), fields)


def _label(name: str) -> str:
    return capfirst(str(CommunityRules._meta.get_field(name).verbose_name))  # type: ignore[union-attr]  # noqa: SLF001


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        yes, no = CHOICES[name]
        return str(yes if value else no)
    return value.strftime("%H:%M") if hasattr(value, "strftime") else "" if value is None else str(value)
