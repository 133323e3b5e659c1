"""The wordings that Aliyun must approve, as they are handed in: our own texts with ``${name}`` for each variable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.template import Context

from linzhu.notifications import by_code
from linzhu.notifications import wording as words
from linzhu.notifications.gateways.aliyun_params import LANGUAGES, NUMBERS, PHONES
from linzhu.notifications.texts import TEXTS

_SIDE_BY_SIDE = re.compile(r"\}\W{0,2}\$\{")


@dataclass(frozen=True)
class Wording:
    """One template to hand in at Aliyun's console."""

    key: str
    language: str
    text: str
    attributes: dict[str, str]
    """What each variable is, in the words of the console."""

    @property
    def doubts(self) -> list[str]:
        """What a reviewer over there may refuse; the words between variables may be changed, the variables not."""
        found = [f"${{{name}}} stands twice" for name in self.attributes if self.text.count(f"${{{name}}}") > 1]
        if _SIDE_BY_SIDE.search(self.text):
            found.append("variables stand side by side")
        return found


def wanted() -> list[str]:
    """Return the texts that need an approved template here: all but those that this gateway never carries."""
    return [
        key
        for key, text in TEXTS.items()
        if (not text.links or by_code.is_needed(key)) and (key != "self_test" or settings.SMS_SELF_TEST_NUMBER)
    ]


def missing() -> Iterator[tuple[str, list[str]]]:
    """Return the languages with texts that have no approved template, and which texts these are."""
    for language in LANGUAGES:
        codes = settings.ALIYUN_TEMPLATES.get(language, {})
        if lacking := [key for key in wanted() if not codes.get(key)]:
            yield language, lacking


def wording(key: str, language: str, page: str) -> Wording:
    """Return what is handed in for one text; ``page`` is the constant address in it. Aliyun puts the signature in
    front itself."""
    is_reworded = by_code.is_reworded(key)
    params = by_code.params_of(key) if is_reworded else TEXTS[key].params
    variables = [name for name in params if name != by_code.PAGE]
    template, _written_in = (by_code if is_reworded else words).find_template(key, language)
    filled = {name: f"${{{name}}}" for name in variables} | {by_code.PAGE: page}
    text = template.render(Context(filled, autoescape=False))
    return Wording(key, language, " ".join(text.split()), {name: _attribute(name) for name in variables})


def _attribute(variable: str) -> str:
    if variable in PHONES:
        return "电话号码"
    return "其他号码" if variable in NUMBERS else "其他"  # 今天14-16点 is no 时间 to their reviewers
