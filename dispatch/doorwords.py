"""Door words: said by the volunteer at the door, known to the elder and the family, in no offer and no link."""

from __future__ import annotations

import secrets
import tomllib
from pathlib import Path

from linzhu.dispatch.models import Assignment
from linzhu.requests.models import Elder

WORDS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("door_words.toml").read_text(encoding="utf-8"))
RESTS = 20
"""So many visits of the elder later a word may be said again."""


def new_door_word(elder: Elder) -> str:
    """Return a random easy word in the elder's language (Chinese unless they know English alone).

    None of their latest visits had it: whoever has been called off, or was there last week, knows it no more.
    """
    words = WORDS["en" if elder.knows_english_only else "zh"]
    visits = Assignment.objects.filter(help_request__elder=elder).order_by("-pk")
    known = set(visits.values_list("door_word", flat=True)[:RESTS])
    return secrets.choice([word for word in words if word not in known])
