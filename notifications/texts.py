"""The catalogue of texts: every template that Linzhu sends, who reads it and what it is filled with.

The words stand in ``templates/sms/<language>/<key>.txt``. A parameter means the same in every template, so one list of
long but believable samples serves previews, the lint and the tests.
"""

from dataclasses import dataclass
from enum import StrEnum

from linzhu.communities.people import TextLanguage


class Audience(StrEnum):
    VOLUNTEER = "volunteer"
    ELDER = "elder"
    FAMILY = "family"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Text:
    """One template: its readers, its parameters and what the lint must hold it to."""

    audience: Audience
    params: tuple[str, ...] = ()
    may_be_empty: tuple[str, ...] = ()
    """Those of the parameters that are not always known; the words around them go as well then."""
    personal: bool = False
    """May name people, homes and phones: only texts to somebody who has a right to know."""
    one_part: bool = False
    """Sent to many: it has to fit into one part (70 characters in Chinese), or into two (``most_parts``)."""
    links: bool = False
    """Carries a link: to families, and to a volunteer who has asked for it. Nobody else should have to open one."""
    despite_opt_out: bool = False
    """Answers the opt-out or opt-in itself, so it goes out even to a number that has opted out."""
    asks_reply: bool = False
    """Asks for an answer by text: another wording stands in for it where no replies come in (``by_code``)."""
    past_caps: bool = False
    """A safety text: no daily cap holds it back."""


REVIEW = frozenset({TextLanguage.TIBETAN.value, TextLanguage.UYGHUR.value})
"""Languages whose texts await a native reader's review. A text they lack is sent in Chinese."""

PERSONAL_PARAMS = frozenset({"elder", "address", "phone", "door_word", "volunteer", "link"})

_VOLUNTEER = Audience.VOLUNTEER

TEXTS: dict[str, Text] = {
    # Before a yes: service, area, window. Nothing of the elder's person.
    "offer": Text(audience=_VOLUNTEER, params=("service", "area", "when", "code"), one_part=True, asks_reply=True),
    "offer_standby": Text(
        audience=_VOLUNTEER, params=("service", "area", "when", "code"), one_part=True, asks_reply=True
    ),
    "offer_again": Text(
        audience=_VOLUNTEER, params=("service", "area", "when", "code"), one_part=True, asks_reply=True
    ),
    "late_standby": Text(audience=_VOLUNTEER, params=("service", "code"), asks_reply=True),
    "late_taken": Text(audience=_VOLUNTEER, params=("service",)),
    "no_thanks": Text(audience=_VOLUNTEER),
    "offer_cancelled": Text(audience=_VOLUNTEER, params=("service",)),
    "offer_expired": Text(audience=_VOLUNTEER, params=("service",)),
    "which_one": Text(audience=_VOLUNTEER, params=("choices",), asks_reply=True),
    "unclear_ack": Text(audience=_VOLUNTEER),
    "nothing_open": Text(audience=_VOLUNTEER),
    # After a yes.
    "visit_yours": Text(
        audience=_VOLUNTEER,
        params=("service", "elder", "address", "phone", "when", "door_word"),
        personal=True,
        asks_reply=True,
    ),
    "already_yours": Text(audience=_VOLUNTEER, params=("service", "when")),
    "arrived_thanks": Text(audience=_VOLUNTEER, asks_reply=True),
    "no_answer_ack": Text(audience=_VOLUNTEER),
    "done_thanks": Text(audience=_VOLUNTEER, params=("service",)),
    # The money of a visit: no sum stands in the answers, only in the example of how to write one.
    "done_cash": Text(audience=_VOLUNTEER, params=("service",), asks_reply=True),
    "ask_cash": Text(audience=_VOLUNTEER, params=("service",), asks_reply=True),
    "cash_thanks": Text(audience=_VOLUNTEER),
    "cash_look": Text(audience=_VOLUNTEER),
    "cannot_thanks": Text(audience=_VOLUNTEER, params=("service",)),
    "reminder_evening": Text(
        audience=_VOLUNTEER, params=("service", "elder", "address", "when", "door_word"), personal=True, asks_reply=True
    ),
    "reminder_soon": Text(
        audience=_VOLUNTEER, params=("service", "elder", "address", "when", "door_word"), personal=True, asks_reply=True
    ),
    "ask_arrival": Text(audience=_VOLUNTEER, params=("service",), asks_reply=True),
    "ask_end": Text(audience=_VOLUNTEER, params=("service",), asks_reply=True),
    "on_my_way_thanks": Text(audience=_VOLUNTEER, asks_reply=True),
    "late_thanks": Text(audience=_VOLUNTEER, params=("minutes",)),
    "help_ack": Text(audience=_VOLUNTEER),
    "paused": Text(audience=_VOLUNTEER, params=("until",)),
    "cap_changed": Text(audience=_VOLUNTEER, params=("cap",)),
    "volunteer_link": Text(audience=_VOLUNTEER, params=("volunteer", "link"), personal=True, links=True),
    "visit_off_gently": Text(audience=_VOLUNTEER, params=("service", "when")),
    "visit_off": Text(audience=_VOLUNTEER, params=("service", "when", "reason"), may_be_empty=("reason",)),
    # Families and elders.
    "family_logged": Text(audience=Audience.FAMILY, params=("elder", "service", "link"), personal=True, links=True),
    "family_assigned": Text(
        audience=Audience.FAMILY, params=("elder", "service", "volunteer", "when", "link"), personal=True, links=True
    ),
    "family_late": Text(audience=Audience.FAMILY, params=("elder", "volunteer", "minutes"), personal=True),
    "family_searching": Text(audience=Audience.FAMILY, params=("elder", "service"), personal=True),
    "family_off": Text(audience=Audience.FAMILY, params=("elder", "service"), personal=True),
    "elder_assigned": Text(audience=Audience.ELDER, params=("volunteer", "when", "door_word"), personal=True),
    "elder_off": Text(audience=Audience.ELDER, params=("service",)),
    # Emergencies. ``drill`` is empty in earnest.
    **{
        f"roll_call_{kind}": Text(audience=Audience.ELDER, params=("drill",), may_be_empty=("drill",), asks_reply=True)
        for kind in ("heat", "cold", "storm", "flood", "earthquake", "power_cut", "epidemic", "other")
    },
    "roll_call_safe": Text(audience=Audience.ELDER, params=("drill",), may_be_empty=("drill",)),
    "roll_call_help": Text(audience=Audience.ELDER, params=("drill",), may_be_empty=("drill",), past_caps=True),
    "family_safe": Text(
        audience=Audience.FAMILY, params=("drill", "event", "elder"), may_be_empty=("drill",), personal=True
    ),
    "call_up": Text(
        audience=_VOLUNTEER,
        params=("drill", "event", "code"),
        may_be_empty=("drill",),
        one_part=True,
        asks_reply=True,
    ),
    "call_up_yes": Text(audience=_VOLUNTEER, params=("drill",), may_be_empty=("drill",)),
    # Anybody who writes.
    "unknown_sender": Text(audience=Audience.UNKNOWN, params=("office",), may_be_empty=("office",)),
    "danger": Text(audience=Audience.UNKNOWN, past_caps=True),
    "opt_out_done": Text(audience=Audience.UNKNOWN, despite_opt_out=True, past_caps=True, asks_reply=True),
    "opt_in_done": Text(audience=Audience.UNKNOWN, despite_opt_out=True, past_caps=True),
    # Linzhu to itself (notifications/selftest.py).
    "self_test": Text(audience=Audience.UNKNOWN, params=("code",), past_caps=True),
}

DESPITE_OPT_OUT = [key for key, text in TEXTS.items() if text.despite_opt_out]

SAMPLES: dict[str, dict[str, str]] = {
    "zh-hans": {
        "service": "待遇资格上门认证",
        "area": "新华里社区东区",
        "when": "11月25日9:30-11:30",
        "code": "47",
        "elder": "欧阳秀英",
        "address": "新华里社区东区12号楼3单元1502",
        "phone": "022 2731 8800 转 802",
        "door_word": "石榴",
        "volunteer": "陈磊、王建国",
        "link": "https://linzhu.example.org/f/3Xk2mJ8QvT0pRz7LwY5cNaB1dEfGhIjK",
        "choices": "47 生活用品代购、52 代取药",
        "drill": "演练，不是真的。",
        "event": "大风暴雨",
        "reason": "老人临时住院",
        "minutes": "120",
        "until": "12月31日",
        "cap": "14",
        "office": "022 2731 8800",
    },
    "en": {
        "service": "Benefit certification at home",
        "area": "Xinhuali East Gate",
        "when": "Wed 25 Nov 9:30-11:30",
        "code": "47",
        "elder": "Margaret Ouyang",
        "address": "Xinhuali East, building 12, entrance 3, flat 1502",
        "phone": "022 2731 8800 ext. 802",
        "door_word": "snowflake",
        "volunteer": "Daniel, Josephine",
        "link": "https://linzhu.example.org/f/3Xk2mJ8QvT0pRz7LwY5cNaB1dEfGhIjK",
        "choices": "47 Groceries, 52 Medicine",
        "drill": "DRILL, not real. ",
        "event": "storm or typhoon",
        "reason": "the elder is in hospital",
        "minutes": "120",
        "until": "31 December",
        "cap": "14",
        "office": "022 2731 8800",
    },
    # Names of places and people stand as the office has written them down: in Chinese.
    "bo": {
        "service": "ནང་དུ་ཐོབ་ཐང་ར་སྤྲོད",
        "area": "新华里社区东区",
        "when": "11-25 9:30-11:30",
        "code": "47",
        "elder": "བསོད་ནམས་སྒྲོལ་མ",
        "address": "新华里社区东区12号楼3单元1502",
        "phone": "022 2731 8800 转 802",
        "door_word": "石榴",
        "volunteer": "陈磊, བཀྲ་ཤིས",
        "link": "https://linzhu.example.org/f/3Xk2mJ8QvT0pRz7LwY5cNaB1dEfGhIjK",
        "choices": "47 ཉོ་ཆ་ཉོ་བ, 52 སྨན་ལེན་པ",
        "drill": "སྦྱོང་བརྡར་ཙམ། ",
        "event": "རླུང་ཆེན",
        "reason": "རྒན་རྒོན་གྱིས་མེད་པར་བཟོས",
        "minutes": "120",
        "until": "12-31",
        "cap": "14",
        "office": "022 2731 8800",
    },
    "ug": {
        "service": "ئۆيدە سالاھىيەت دەلىللەش",
        "area": "新华里社区东区",
        "when": "11-25 9:30-11:30",
        "code": "47",
        "elder": "ئايشەم تۇرسۇن",
        "address": "新华里社区东区12号楼3单元1502",
        "phone": "022 2731 8800 转 802",
        "door_word": "石榴",
        "volunteer": "陈磊، ئالىم",
        "link": "https://linzhu.example.org/f/3Xk2mJ8QvT0pRz7LwY5cNaB1dEfGhIjK",
        "choices": "47 كۈندىلىك نەرسە سېتىۋېلىش، 52 دورا ئېلىپ بېرىش",
        "drill": "مەشىق، راست ئەمەس. ",
        "event": "يۇقۇملۇق كېسەل",
        "reason": "ياشانغان كىشى ئەمەلدىن قالدۇردى",
        "minutes": "120",
        "until": "12-31",
        "cap": "14",
        "office": "022 2731 8800",
    },
}


def sample_params(key: str, language: str) -> dict[str, str]:
    """Return made-up but believable parameters for a preview. Raises KeyError for an unknown text."""
    return {name: SAMPLES[language][name] for name in TEXTS[key].params}
