"""The languages of pages that elders' families and volunteers open: more than the office's own two.

Tibetan and Uyghur have catalogues for these pages alone (``locale/bo``, ``locale/ug``), so they are not among
``settings.LANGUAGES``: no page of the office would ever be half in one of them. What a catalogue lacks is said in the
language of the installation.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

COOKIE = "page-language"
"""Not the one of Django: on a shared computer a family's choice must not change the language of the office."""

REMEMBERED_S = 365 * 24 * 3600
NAMES = {"zh-hans": "简体中文", "en": "English", "bo": "བོད་ཡིག", "ug": "ئۇيغۇرچە"}
"""Each in its own words."""

TAGS = {"zh-hans": "zh-Hans"}
"""As HTML names them, where that differs."""

IN_REVIEW = frozenset({"bo", "ug"})
"""Written, and not yet read by somebody whose first language it is. The pages say so."""


def chosen_language(request: HttpRequest, otherwise: str = "") -> str:
    """Return the language that was chosen on such a page, else ``otherwise``, else what the browser asks for.

    A closed page remembers no choice, having no place of its own: there it stands in the address alone.
    """
    for chosen in (request.GET.get("lang"), request.COOKIES.get(COOKIE)):
        if chosen in NAMES:
            return chosen
    return otherwise if otherwise in NAMES else _asked_for(request) or settings.LANGUAGE_CODE


def remember_language(response: HttpResponse, language: str, *, path: str) -> None:
    """Let the browser ask for this language from now on, below this path. Paths must not lie within each other: of two
    cookies of one name a server cannot tell which is the nearer."""
    response.set_cookie(
        COOKIE, language, max_age=REMEMBERED_S, path=path, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )


def menu(language: str) -> list[dict[str, str]]:
    """The other languages, for the menu of a page in this one."""
    return [
        {"code": code, "tag": TAGS.get(code, code), "name": name} for code, name in NAMES.items() if code != language
    ]


def _asked_for(request: HttpRequest) -> str:
    for asked, _weight in parse_accept_lang_header(request.headers.get("accept-language", "").lower()):
        if asked.split("-")[0] in IN_REVIEW:
            return asked.split("-")[0]
        try:
            return get_supported_language_variant(asked)
        except LookupError:
            continue
    return ""
