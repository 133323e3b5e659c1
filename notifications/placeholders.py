"""Wording that staff have typed: plain text and ``{{ name }}``, nothing else.

It is never given to the template engine: whatever else could stand in braces has no meaning here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{\{ *([a-z_]+) *\}\}")


def names_in(body: str) -> set[str]:
    """Return the names of the values that a wording asks for."""
    return set(_PLACEHOLDER.findall(body))


def has_stray_braces(body: str) -> bool:
    """Whether something else stands in braces: a tag, a filter, half a placeholder."""
    return any(brace in _PLACEHOLDER.sub("", body) for brace in "{}")


def tidy(body: str) -> str:
    """Return a wording on one line, with placeholders spelled in one way."""
    return _PLACEHOLDER.sub(r"{{ \1 }}", " ".join(body.split()))


def fill(body: str, values: Mapping[str, str]) -> str:
    """Put the values in, in one pass: a value that looks like a placeholder stays as it is. Raises KeyError."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], body)
