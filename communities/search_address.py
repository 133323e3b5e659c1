"""Searches in the address: what names nobody can be reloaded, gone back to and passed on; a name or number cannot."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import urlencode

PERSONAL = "q"
"""The field of a search form that may name somebody."""


def into_address(request: HttpRequest) -> HttpResponseRedirect | None:
    """Return the way to the same list by GET, if the search that was posted names nobody; else None."""
    sent = request.POST
    if request.method != "POST" or sent.get(PERSONAL, "").strip():
        return None
    shown = {name: sent[name] for name in sent if name != "csrfmiddlewaretoken" and sent[name].strip()}
    return redirect(f"{request.path}?{urlencode(shown)}" if shown else request.path)
