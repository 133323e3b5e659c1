"""What no text may ever say. A system check runs the rules over every text; a community's own wording must pass them.

Each fault is a sentence for whoever wrote the text, in the language of their page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any
from unicodedata import category, normalize

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.template import Template, TemplateDoesNotExist
from django.template.base import VariableNode
from django.utils.translation import gettext as _
from django.utils.translation import override

from linzhu.communities.people import TextLanguage
from linzhu.notifications import by_code
from linzhu.notifications.placeholders import fill, has_stray_braces, names_in, tidy
from linzhu.notifications.texts import PERSONAL_PARAMS, REVIEW, TEXTS, Text, sample_params
from linzhu.notifications.wording import FALLBACK_LANGUAGES, count_parts, fillings, find_template, finish, render

_MONEY = re.compile(
    r"[¥$€£]|\d\s*(?:元|块|欧元|美元|(?:yuan|kuai|rmb|cny|usd|dollars?|euros?)(?![a-z])|يۈەن|སྒོར)|(?<![a-z])(?:rmb|cny|usd|eur)\s*\d"
    # 一块去 is together, 十五元宵 a feast, 三元里 a place.
    r"|[两二三四五六七八九十百千万]\s*(?:块|元(?![宵旦里桥]))|一(?:块钱|元(?![宵旦]))",
    re.IGNORECASE,
)
_PAYING = re.compile(
    r"转账|汇款|[付交给]钱|付款|付费|收费|扫码|红包|(?<![a-z])(?:pays?|payment|transfer|fees?|deposit|donate)(?![a-z])",
    re.IGNORECASE,
)
# Phones make a link of whatever looks like one, so any word.word is one: t.me/x, 例子.中国, 1.2.3.4.
_ADDRESS = re.compile(
    r"[a-z]{3,}\s?:\s?//|(?<![a-z])(?:https?|tel|sms|mailto|weixin):|www\.|[a-z0-9-]+\.[a-z]{2,}"
    r"|\w\.(?:中国|公司|网络|网址)|\d{1,3}(?:\.\d{1,3}){3}",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\d(?:[ -]?\d){6,}")
# A reader who copies one of these words from our text would unsubscribe instead of answering.
_OPT_OUT_WORD = re.compile(
    r"(?<![A-Za-z])(?:STOP|STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT|REVOKE|OPTOUT|TD|T)(?![A-Za-z])"
    r"|退订|停|勿扰|拒收|取消订阅|མ་གཏོང|ཕྱིར་འཐེན|توختات|توختىتىڭ|ئەۋەتمەڭ|يوللىماڭ|بىكار قىلىڭ"
)
_SECRET = re.compile(
    r"密码|验证码|银行卡|\b(?:passwords?|PINs?|cards)\b|གསང་ཨང|ར་སྤྲོད་ཨང|پارول|كودى|كارتا", re.IGNORECASE
)
_NEVER = re.compile(r"不|勿|别|\b(?:never|not|don't)\b|ནམ་ཡང་|ھەرگىز", re.IGNORECASE)
_SENTENCE = re.compile(r"[。；！？!?;]|\.(?=\s|$)")
_ANSWER = {"en": re.compile(r"\b[A-Z][A-Z' ]*[A-Z]\b(?: (?:\{\{ \w+ \}\}|\d+))?")}
_QUOTED = re.compile(r"[“«]([^”»]+)[”»]")
_ASKS_REPLY = {"en": re.compile(r"\breply\b", re.IGNORECASE), "zh-hans": re.compile(r"回复?[“「\"]|请回复")}
"""How our texts ask for a reply. One that does so in Chinese or English does so in every language."""
_EMERGENCY_NUMBER = re.compile(r"1[12]0")


@dataclass(frozen=True)
class Draft:
    """A text to be judged: as it is written, with what it uses, and as it reads with sample values."""

    key: str
    language: str
    source: str
    used: set[str]
    rendered: str
    is_by_code: bool = False
    """It stands in where no links or no replies are carried, and names a page."""

    @property
    def text(self) -> Text:
        return TEXTS[self.key]


def most_parts(draft: Draft) -> int:
    """Return how many parts a text may take. Tibetan and Uyghur spell with more characters than Chinese, and a page
    takes more than a word to answer with."""
    wordy = draft.language in REVIEW
    if draft.text.one_part:
        return 2 if wordy or draft.is_by_code else 1
    return 6 if wordy else 4


# --- our own texts ------------------------------------------------------------------------------------------------


def lint(key: str, language: str) -> list[str]:
    """Return what is wrong with one of our own texts, with sample values; nothing means it is fine."""
    try:
        template, written_in = find_template(key, language)
    except TemplateDoesNotExist:
        written_in = ""
    if written_in != language:
        return [] if language in REVIEW else [_("There is no file for this language.")]
    rendered = render(key, sample_params(key, language), language)
    draft = Draft(key, language, template.source, _names_in(template), rendered)
    return [*_parameters(draft, set(TEXTS[key].params)), *_words(draft)]


def lint_by_code(key: str, language: str) -> list[str]:
    """Return what is wrong with the wording that stands in for a text where no links or no replies are carried."""
    try:
        template, written_in = by_code.find_template(key, language)
    except TemplateDoesNotExist:
        written_in = ""
    if written_in != language:
        return [_("There is no file for this language.")]
    samples = sample_params(key, language) | {by_code.PAGE: "linzhu.example.org/c/", by_code.CODE: "48217730"}
    rendered = by_code.render(key, samples, language)
    draft = Draft(key, language, template.source, _names_in(template), rendered, is_by_code=True)
    return [*_parameters(draft, set(by_code.params_of(key))), *_words(draft)]


def _names_in(template: Template) -> set[str]:
    nodes = template.nodelist.get_nodes_by_type(VariableNode)
    return {node.filter_expression.var.var for node in nodes if isinstance(node, VariableNode)}


@register()
def check_texts(**kwargs: Any) -> list[CheckMessage]:
    """Every text in every language, at every start: a wrong word must not wait for somebody to receive it."""
    with override(None):
        return [*_faults_of_texts(), *_faults_by_code()]


def _faults_of_texts() -> Iterator[CheckMessage]:
    for key, language in product(TEXTS, TextLanguage.values):
        for fault in lint(key, language):
            yield Error(
                f"The text {key!r} in {language}: {fault}",
                hint=f"See templates/sms/{language}/{key}.txt and notifications/texts.py.",
                id="linzhu.E020",
            )


def _faults_by_code() -> Iterator[CheckMessage]:
    for key, language in product(sorted(by_code.ALL), FALLBACK_LANGUAGES):
        for fault in lint_by_code(key, language):
            yield Error(
                f"The text {key!r} in {language}, where no links or no replies are carried: {fault}",
                hint=f"See templates/sms_by_code/{language}/{key}.txt and notifications/by_code.py.",
                id="linzhu.E020",
            )


# --- a community's own wording ------------------------------------------------------------------------------------


def lint_own(key: str, language: str, body: str) -> list[str]:
    """Return what is wrong with a community's own wording of a text; nothing means it may be sent."""
    if has_stray_braces(body):
        return [_("In braces only the placeholders may stand, nothing else.")]
    used, values = names_in(body), fillings(key, sample_params(key, language), language)
    if unknown := used - set(values):
        return [_("This text knows no %(names)s.") % {"names": _shown(unknown)}]
    draft = Draft(key, language, body, used, finish(fill(body, values), language))
    needed = set(TEXTS[key].params) - set(TEXTS[key].may_be_empty)
    return [*_parameters(draft, needed), *_words(draft), *_kept(draft)]


def _kept(draft: Draft) -> Iterator[str]:
    """What the wording of the house says must not get lost: answers that we read, numbers to call, the warning."""
    ours = find_template(draft.key, draft.language)[0].source
    answers = _ANSWER.get(draft.language, _QUOTED).findall(ours)
    must_stay = dict.fromkeys([*answers, *_EMERGENCY_NUMBER.findall(ours)])
    said, kept = tidy(draft.source), set()
    for words in sorted(must_stay, key=len, reverse=True):  # 不接47 holds 接47, but does not say it
        if words in said:
            kept.add(words)
            said = said.replace(words, "|")
    if lost := [words for words in must_stay if words not in kept]:
        yield _("These words must stay as they are: %(words)s") % {"words": " · ".join(lost)}
    if _SECRET.search(ours) and not _SECRET.search(draft.source):
        yield _("The warning must stay: that nobody ever asks for money, passwords or codes.")


# --- the rules of both --------------------------------------------------------------------------------------------


def _parameters(draft: Draft, needed: set[str]) -> Iterator[str]:
    if missing := needed - draft.used:
        yield _("Missing: %(names)s") % {"names": _shown(missing)}
    known = by_code.params_of(draft.key) if draft.is_by_code else draft.text.params
    if unknown := draft.used - set(known):
        yield _("This text knows no %(names)s.") % {"names": _shown(unknown)}
    if not draft.text.personal and (personal := draft.used & PERSONAL_PARAMS):
        yield _("Its readers must not learn who or where: %(names)s") % {"names": _shown(personal)}
    if draft.text.one_part and _PHONE.search(draft.source):
        yield _("No phone number may stand in an offer.")


def _words(draft: Draft) -> Iterator[str]:
    typed, shown = _as_shown(draft.source), _as_shown(draft.rendered)
    if _MONEY.search(shown):
        yield _("It speaks of an amount of money.")
    if any(_PAYING.search(said) and not _NEVER.search(said) for said in _SENTENCE.split(typed)):
        yield _("It speaks of paying other than to warn of it.")
    may_lead_somewhere = draft.text.links or draft.is_by_code
    if _ADDRESS.search(typed) or (not may_lead_somewhere and _ADDRESS.search(shown)):
        yield _("It carries a link. Only families get links, and only those that Linzhu makes.")
    if found := _OPT_OUT_WORD.search(draft.rendered):
        yield _("“%(word)s” is a word by which carriers unsubscribe people.") % {"word": found[0]}
    asks_reply = _ASKS_REPLY.get(draft.language)
    may_ask = draft.text.asks_reply and not draft.is_by_code
    if asks_reply and not may_ask and asks_reply.search(draft.source):
        yield _("It asks for a reply. Some gateways bring none: only texts that say it otherwise there may ask.")
    if any(_SECRET.search(said) and not _NEVER.search(said) for said in _SENTENCE.split(draft.source)):
        yield _("It speaks of passwords, codes or cards other than to warn of them.")
    if re.search(rf"[【】]|\b(?:{re.escape(settings.SMS_SIGNATURE)}|Linzhu): ", draft.source):
        yield _("Linzhu puts the signature in front by itself.")
    parts, most = count_parts(draft.rendered), most_parts(draft)
    if parts > most:
        yield _("It takes %(parts)d parts; the limit is %(most)d.") % {"parts": parts, "most": most}


def _as_shown(text: str) -> str:
    """As a phone understands it: wide letters are letters, and a mark that nobody sees between two hides nothing."""
    return "".join(char for char in normalize("NFKC", text) if category(char) != "Cf")


def _shown(names: set[str]) -> str:
    return ", ".join(f"{{{{ {name} }}}}" for name in sorted(names))
