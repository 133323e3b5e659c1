"""What no text may ever say. The rules are run over every template by a system check and by the tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.template import Template, TemplateDoesNotExist
from django.template.base import VariableNode

from linzhu.notifications.texts import PERSONAL_PARAMS, TEXTS, Audience, Text, sample_params
from linzhu.notifications.wording import count_parts, find_template, render

_MONEY = re.compile(r"[¥￥$€£]|\d\s*(?:元|块|yuan\b|rmb\b)", re.IGNORECASE)
_LINK = re.compile(r"https?:|www\.|\{\{\s*link", re.IGNORECASE)
# A reader who copies one of these words from our text would unsubscribe instead of answering.
_OPT_OUT_WORD = re.compile(
    r"(?<![A-Za-z])(?:STOP|STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT|REVOKE|OPTOUT|TD|T)(?![A-Za-z])|退订|停"
)


def lint(key: str, language: str) -> list[str]:
    """Return what is wrong with one text in one language, with sample parameters; nothing means it is fine."""
    try:
        template, written_in = find_template(key, language)
    except TemplateDoesNotExist:
        written_in = ""
    if written_in != language:
        return ["there is no file for this language"]
    return [*_parameters(TEXTS[key], template), *_words(key, TEXTS[key], language, template)]


def _parameters(text: Text, template: Template) -> Iterator[str]:
    nodes = template.nodelist.get_nodes_by_type(VariableNode)
    used = {node.filter_expression.var.var for node in nodes if isinstance(node, VariableNode)}
    for name in sorted(set(text.params) - used):
        yield f"declares {name} and does not use it"
    for name in sorted(used - set(text.params)):
        yield f"uses {name} and does not declare it"
    if not text.personal and (personal := used & PERSONAL_PARAMS):
        yield f"tells {', '.join(sorted(personal))} to readers who must not know"


def _words(key: str, text: Text, language: str, template: Template) -> Iterator[str]:
    rendered = render(key, sample_params(key, language), language)
    if _MONEY.search(rendered):
        yield "speaks of an amount of money"
    if text.audience is not Audience.FAMILY and _LINK.search(template.source + rendered):
        yield "carries a link to somebody who should not have to open one"
    if _OPT_OUT_WORD.search(rendered):
        yield "says a word by which carriers unsubscribe people"
    if text.one_part and count_parts(rendered) > 1:
        yield f"takes {count_parts(rendered)} parts and should take one"


@register()
def check_texts(**kwargs: Any) -> list[CheckMessage]:
    """Every text in every language, at every start: a wrong word must not wait for somebody to receive it."""
    return [
        Error(
            f"The text {key!r} in {language} {fault}.",
            hint=f"See templates/sms/{language}/{key}.txt and notifications/texts.py.",
            id="linzhu.E020",
        )
        for key in TEXTS
        for language, _name in settings.LANGUAGES
        for fault in lint(key, language)
    ]
