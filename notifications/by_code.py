"""Texts for gateways that carry no links or no replies: what they ask for is done on one constant page, with a code.

    …能不能去，请打开 linzhu.example/c/ 输入号码48217730告诉我们。

The wordings stand in ``templates/sms_by_code/``, under the names of the texts they stand in for: queue, receipts and
staff know one text, whichever way it is answered. Domestic gateways have each wording approved beforehand, so
a community's own wording is not used here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from django.template import Context, Engine, Template, TemplateDoesNotExist

from linzhu.notifications.gateways import configured, gateway
from linzhu.notifications.texts import TEXTS, Audience
from linzhu.notifications.wording import FALLBACK_LANGUAGES, finish

PAGE, CODE = "page", "page_code"
_INSTEAD_OF = frozenset({"link", "code"})

AT_THE_OFFICE = frozenset(
    {"opt_out_done", "call_up", *(key for key in TEXTS if key.startswith("roll_call_") and TEXTS[key].asks_reply)}
)
"""The page has no button for what they ask for: they name the office, and carry no code."""
FOR_FAMILIES = frozenset(key for key, text in TEXTS.items() if text.links and text.audience is Audience.FAMILY)
FOR_VOLUNTEERS = frozenset(key for key, text in TEXTS.items() if text.asks_reply) - AT_THE_OFFICE
ALL = FOR_FAMILIES | FOR_VOLUNTEERS | AT_THE_OFFICE


def can_all(what: Literal["links", "two_way"]) -> bool:
    """Whether every gateway that may carry the next text can do this: a text is written before one is chosen."""
    return all(getattr(gateway(name).capabilities, what) for name in configured())


def is_reworded(key: str) -> bool:
    """Whether the wording without link and reply stands in for this text here."""
    if key in FOR_FAMILIES:
        return not can_all("links")
    return key in ALL and not can_all("two_way")


def is_needed(key: str) -> bool:
    """Whether this text has to send its reader to the page, and so needs a code."""
    return key not in AT_THE_OFFICE and is_reworded(key)


def params_of(key: str) -> tuple[str, ...]:
    """Return the parameters of the wording here. Raises KeyError for an unknown text."""
    kept = tuple(name for name in TEXTS[key].params if name not in _INSTEAD_OF)
    return kept if key in AT_THE_OFFICE else (*kept, PAGE, CODE)


def render(key: str, params: Mapping[str, object], language: str) -> str:
    """Return a text as it is sent, in this language or the next best. Raises KeyError for a missing parameter."""
    source, written_in = find_template(key, language)
    filled = source.render(Context({name: str(params[name]) for name in params_of(key)}, autoescape=False))
    return finish(filled, written_in)


def find_template(key: str, language: str) -> tuple[Template, str]:
    """Return the compiled template and the language it is written in. Raises TemplateDoesNotExist."""
    for candidate in dict.fromkeys((language, *FALLBACK_LANGUAGES)):
        try:
            return Engine.get_default().get_template(f"sms_by_code/{candidate}/{key}.txt"), candidate
        except TemplateDoesNotExist:
            continue
    raise TemplateDoesNotExist(key)
