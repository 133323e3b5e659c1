"""Texts as a community words them: its own wording, or that of the nearest community above, or the house's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from linzhu.communities.models import Community
from linzhu.notifications.lint import lint_own
from linzhu.notifications.models import TextOverride
from linzhu.notifications.placeholders import fill, names_in, tidy
from linzhu.notifications.texts import TEXTS
from linzhu.notifications.wording import fillings, find_template, finish, render

_COMMENT_OR_TAG = re.compile(r"\{#.*?#\}|\{%.*?%\}")


def render_for(community: Community, key: str, params: Mapping[str, object], language: str) -> str:
    """Return a text as this community sends it (``wording.render``), with one query.

    It never fails by a community's wording: one that a newer version of the product no longer accepts, or that asks
    for a value which is empty this time, gives way to the house's. Raises KeyError for an unknown text or a missing
    parameter.
    """
    written_in = find_template(key, language)[1] if key in TEXTS else language
    body = _nearest(community, key, written_in)
    if body and still_passes(key, written_in, body):
        values = fillings(key, params, written_in)
        if all(values[name] for name in names_in(body)):
            return finish(fill(body, values), written_in)
    return render(key, params, language)


def _nearest(community: Community, key: str, language: str) -> str:
    rows = TextOverride.objects.filter(community__path__in=community.ancestor_paths(), key=key, language=language)
    found = rows.values_list("community__path", "body")
    return max(found, key=lambda row: len(row[0]), default=("", ""))[1]


@lru_cache(maxsize=1024)
def still_passes(key: str, language: str, body: str) -> bool:
    """Whether a stored wording keeps to the rules of this version; the answer depends on nothing but the words."""
    return not lint_own(key, language, body)


def own_wordings(community: Community, language: str) -> dict[str, TextOverride]:
    """Return, by text, the wordings that hold in this community instead of the house's. One query."""
    rows = TextOverride.objects.filter(community__path__in=community.ancestor_paths(), language=language)
    nearest_last = sorted(rows.select_related("community", "changed_by"), key=lambda row: len(row.community.path))
    return {row.key: row for row in nearest_last if row.key in TEXTS}


def house_wording(key: str, language: str) -> str:
    """Return the house's words as somebody may start from: the placeholders, without conditions around them."""
    return tidy(_COMMENT_OR_TAG.sub("", find_template(key, language)[0].source))
