"""The words of the texts: every template in every language, how they are counted, how times are said."""

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core import checks
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from linzhu.communities.people import TextLanguage
from linzhu.dispatch.reading.lists import written_out
from linzhu.dispatch.replies import Kind, read_reply
from linzhu.notifications.lint import check_texts, lint
from linzhu.notifications.texts import REVIEW, SAMPLES, TEXTS, Audience, Text, sample_params
from linzhu.notifications.wording import (
    count_parts,
    count_units,
    describe_day,
    describe_window,
    find_template,
    is_gsm7,
    isolate,
    render,
    word,
)
from linzhu.requests.catalogue import SERVICES
from linzhu.requests.models import HelpRequest

LANGUAGES = TextLanguage.values
EVERY_TEXT = [(key, language) for key in TEXTS for language in LANGUAGES if find_template(key, language)[1] == language]
SIGNED = {"zh-hans": "【邻助】", "en": "Linzhu: ", "bo": "【邻助】", "ug": "【邻助】\u2067"}


@pytest.mark.parametrize(("key", "language"), EVERY_TEXT)
def test_text_breaks_no_rule(key, language):
    assert lint(key, language) == []


@pytest.mark.parametrize(("key", "language"), EVERY_TEXT)
def test_text_is_one_signed_line(key, language):
    text = render(key, sample_params(key, language), language)
    assert text.startswith(SIGNED[language])
    assert (text.count("【"), text.count("Linzhu: ")) == ((0, 1) if language == "en" else (1, 0))
    assert "\n" not in text
    assert "  " not in text


@pytest.mark.parametrize("key", TEXTS)
def test_text_in_english_travels_in_the_cheap_alphabet(key):
    assert is_gsm7(render(key, sample_params(key, "en"), "en"))


def test_offer_in_chinese_with_long_values_is_one_part():
    text = render("offer", {**sample_params("offer", "zh-hans"), "code": "147"}, "zh-hans")
    assert len(text) <= 70
    assert count_parts(text) == 1


def test_offer_says_how_to_answer():
    assert "能去回“接47”，不能回“不接47”" in render("offer", sample_params("offer", "zh-hans"), "zh-hans")
    assert "Reply YES 47 or NO 47" in render("offer", sample_params("offer", "en"), "en")


@pytest.mark.parametrize("key", ["visit_yours", "family_assigned", "elder_assigned"])
def test_text_about_a_visitor_warns_of_scams(key):
    assert "社区不会要钱、密码、验证码" in render(key, sample_params(key, "zh-hans"), "zh-hans")
    assert "never ask for money, passwords or codes" in render(key, sample_params(key, "en"), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_samples_know_every_parameter(language):
    assert {name for text in TEXTS.values() for name in text.params} == set(SAMPLES[language])


def test_render_keeps_special_characters():
    params = {"service": "Tea & <cake>", "area": 'the "Old" yard', "when": "today", "code": "7"}
    assert 'Tea & <cake> near the "Old" yard' in render("offer", params, "en")


def test_render_leaves_out_an_empty_reason():
    text = render("visit_off", {"service": "代购", "when": "今天9-10点", "reason": ""}, "zh-hans")
    assert text == "【邻助】代购（今天9-10点）不用去了。谢谢您，下回再麻烦您！"


def test_render_in_an_unknown_language_falls_back_to_chinese():
    assert render("no_thanks", {}, "kk") == render("no_thanks", {}, "zh-hans")


def test_render_of_a_text_that_awaits_translation_is_chinese():
    assert render("self_test", {"code": "1"}, "ug") == "【邻助】邻助自检 1，不必理会。"


def test_render_without_a_parameter_raises():
    with pytest.raises(KeyError):
        render("offer", {"service": "Meal"}, "en")


def test_render_of_an_unknown_text_raises():
    with pytest.raises(KeyError):
        render("birthday", {}, "en")


def test_signature_in_latin_letters_serves_english(settings):
    settings.SMS_SIGNATURE = "Xinhua Street"
    assert render("no_thanks", {}, "en").startswith("Xinhua Street: ")
    assert render("no_thanks", {}, "zh-hans").startswith("【Xinhua Street】")


# --- what a reader may answer -------------------------------------------------------------------------------------

ANSWERS = {
    "offer": [Kind.YES, Kind.NO],
    "offer_standby": [Kind.YES, Kind.NO],
    "offer_again": [Kind.YES, Kind.NO],
    "late_standby": [Kind.NO],
    "which_one": [Kind.YES, Kind.NO],
    "arrived_thanks": [Kind.DONE, Kind.DONE],
    "reminder_evening": [Kind.CANNOT_COME],
    "reminder_soon": [Kind.ON_MY_WAY, Kind.CANNOT_COME],
    "ask_arrival": [Kind.ARRIVED, Kind.LATE, Kind.CANNOT_COME],
    "ask_end": [Kind.DONE, Kind.DONE, Kind.HELP],
    "on_my_way_thanks": [Kind.ARRIVED],
    "visit_yours": [Kind.ARRIVED, Kind.DONE, Kind.CANNOT_COME],
    "opt_out_done": [Kind.OPT_IN],
}


def suggested(key: str, language: str) -> list[str]:
    """The answers that a text puts into its readers' mouths, as somebody copies them out of it."""
    text = render(key, {**sample_params(key, language), "door_word": "", "choices": ""}, language)
    marked = r"\b[A-Z][A-Z' ]*[A-Z]\b(?: \d+)?" if language == "en" else r"[“«]([^”»]+)[”»]"
    return [found for found in re.findall(marked, text) if found != "PIN"]


@pytest.mark.parametrize(("key", "language"), [(key, language) for key in ANSWERS for language in LANGUAGES])
def test_answers_that_a_text_suggests_are_understood(key, language):
    assert [read_reply(answer).kind for answer in suggested(key, language)] == ANSWERS[key]


@pytest.mark.parametrize("language", LANGUAGES)
def test_code_of_an_offer_survives_being_copied(language):
    assert [read_reply(answer).code for answer in suggested("offer", language)] == ["47", "47"]
    assert {read_reply(f"\u2067{answer}\u2069").code for answer in suggested("offer", language)} == {"47"}


@pytest.mark.parametrize(("key", "language"), EVERY_TEXT)
def test_no_answer_that_a_text_suggests_unsubscribes(key, language):
    assert [answer for answer in suggested(key, language) if read_reply(answer).kind == Kind.OPT_OUT] == []


# --- Tibetan and Uyghur -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", sorted(REVIEW))
def test_every_text_to_volunteers_elders_and_families_is_in_review(language):
    mine = {key for key, written_in in EVERY_TEXT if written_in == language}
    assert {
        "offer",
        "offer_standby",
        "offer_again",
        "visit_yours",
        "reminder_evening",
        "reminder_soon",
        "opt_out_done",
    } <= mine
    assert {"danger", "late_thanks", "no_thanks", "elder_assigned", "family_assigned", "family_off"} <= mine


@pytest.mark.parametrize(("key", "language"), [pair for pair in EVERY_TEXT if pair[1] in REVIEW])
def test_text_in_review_says_so_in_its_file_and_not_to_its_readers(key, language):
    assert find_template(key, language)[0].source.startswith("{# awaiting a native reader's review #}")
    assert "review" not in render(key, sample_params(key, language), language)


@pytest.mark.parametrize("language", sorted(REVIEW))
def test_every_service_and_reason_has_a_name_in_languages_in_review(language):
    assert [code for code in SERVICES if not word("service", code, language)] == []
    assert [code for code in HelpRequest.EndReason.values if not word("reason", code, language)] == []


@pytest.mark.parametrize("key", ["visit_yours", "family_assigned", "elder_assigned"])
def test_text_in_review_about_a_visitor_warns_of_scams(key):
    assert "ང་ཚོས་ནམ་ཡང་དངུལ་དང་གསང་ཨང་། ར་སྤྲོད་ཨང་གྲངས་སློང་གི་མིན།" in render(key, sample_params(key, "bo"), "bo")
    assert "بىز ھەرگىز پۇل، پارول ياكى تەستىق كودى سورىمايمىز." in render(key, sample_params(key, "ug"), "ug")


@pytest.mark.parametrize(
    ("value", "isolated"),
    [
        ("47", "47"),
        ("ئايشەم تۇرسۇن", "ئايشەم تۇرسۇن"),
        ("", ""),
        ("11-25 9:30-11:30", "\u206611-25 9:30-11:30\u2069"),
        ("新华里", "\u2066新华里\u2069"),
        ("ئالىم 2", "\u2068ئالىم 2\u2069"),
    ],
)
def test_value_keeps_its_order_from_right_to_left(value, isolated):
    assert isolate(value) == isolated


def test_marks_of_right_to_left_are_counted():
    text = render("offer", sample_params("offer", "ug"), "ug")
    assert [text.count(mark) for mark in "\u2066\u2067\u2069"] == [2, 1, 3]
    assert count_parts(text) == 2
    assert count_parts("\u2066" * 71) == 2


def test_other_languages_carry_no_invisible_marks():
    texts = [render(key, sample_params(key, language), language) for key, language in EVERY_TEXT if language != "ug"]
    assert not set("\u2066\u2067\u2068\u2069") & set("".join(texts))


# --- the lint finds what it is for --------------------------------------------------------------------------------


def opt_out_entries(language: str) -> list[str]:
    listed = tomllib.loads((Path(__file__).parent.parent / "dispatch" / "reply_words.toml").read_text())
    return listed["opt_out"][language]


@pytest.fixture
def bad_text(settings, tmp_path, monkeypatch):
    """Write a text of one's own beside the real ones, and lint it."""

    def write(source: str, text: Text | None = None, language: str = "zh-hans") -> list[str]:
        folder = tmp_path / "sms" / language
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "bad.txt").write_text(source)
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
        monkeypatch.setitem(TEXTS, "bad", text or Text(audience=Audience.VOLUNTEER))
        return lint("bad", language)

    return write


@pytest.mark.parametrize("source", ["请带200元", "Bring ¥20", "cost: 5 yuan", "$3"])
def test_lint_finds_money(bad_text, source):
    assert bad_text(source) == ["It speaks of an amount of money."]


def test_lint_finds_a_link_for_an_elder(bad_text):
    found = bad_text("请打开 https://example.org", Text(audience=Audience.ELDER))
    assert found == ["It carries a link. Only families get links, and only those that Linzhu makes."]


def test_lint_finds_an_address_before_a_yes(bad_text):
    found = bad_text("{{ address }}", Text(audience=Audience.VOLUNTEER, params=("address",)))
    assert found == ["Its readers must not learn who or where: {{ address }}"]


def test_lint_finds_a_parameter_that_is_not_used(bad_text):
    assert bad_text("谢谢", Text(audience=Audience.VOLUNTEER, params=("when",))) == ["Missing: {{ when }}"]


def test_lint_finds_a_parameter_that_is_not_declared(bad_text):
    assert bad_text("{{ when }}") == ["This text knows no {{ when }}."]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("不去请回T", "T"), ("不要了回退订", "退订"), ("Reply STOP", "STOP"), ("回TD退出", "TD"),
        ("འཕྲིན་མ་གཏོང", "མ་གཏོང"), ("توختىتىڭ", "توختىتىڭ"),
    ],
)  # fmt: skip
def test_lint_finds_a_carriers_word(bad_text, source, found):
    assert bad_text(source) == [f"“{found}” is a word by which carriers unsubscribe people."]


@pytest.mark.parametrize("language", ["bo", "ug"])
def test_lint_finds_every_short_opt_out_word_of_languages_in_review(bad_text, language):
    words = [word for entry in opt_out_entries(language) for word in written_out(entry)]
    assert [word for word in words if not bad_text(word, language=language)] == []


@pytest.mark.parametrize(
    "source", ["请把密码告诉我们", "Please bring your passwords", "پارولىڭىزنى ئەۋەتىڭ", "གསང་ཨང་གསུངས་རོགས"]
)
def test_lint_finds_a_question_for_secrets(bad_text, source):
    assert bad_text(source) == ["It speaks of passwords, codes or cards other than to warn of them."]


def test_lint_lets_a_warning_of_secrets_pass(bad_text):
    assert bad_text("我们不会要密码。") == []


@pytest.mark.parametrize("source", ["【邻助】你好", "你好【社区】", "Linzhu: hello"])
def test_lint_finds_a_second_signature(bad_text, source):
    assert bad_text(source) == ["Linzhu puts the signature in front by itself."]


def test_lint_finds_a_phone_number_in_an_offer(bad_text):
    assert bad_text("请打138 0000 1111", Text(audience=Audience.VOLUNTEER, one_part=True)) == [
        "No phone number may stand in an offer."
    ]


def test_lint_finds_an_address_typed_beside_the_link(bad_text):
    text = Text(audience=Audience.FAMILY, params=("link",), personal=True, links=True)
    assert bad_text("{{ link }}", text) == []
    assert bad_text("{{ link }} example.com", text) == [
        "It carries a link. Only families get links, and only those that Linzhu makes."
    ]


def test_lint_finds_a_long_offer(bad_text):
    found = bad_text("帮忙" * 40, Text(audience=Audience.VOLUNTEER, one_part=True))
    assert found == ["It takes 2 parts; the limit is 1."]


@pytest.mark.parametrize(("language", "most"), [("zh-hans", 4), ("en", 4), ("bo", 6), ("ug", 6)])
def test_lint_finds_any_text_that_is_far_too_long(bad_text, language, most):
    letters = {"zh-hans": "帮", "en": "help ", "bo": "རོ", "ug": "يا"}[language]
    assert bad_text(letters * 500, language=language)[0].endswith(f" parts; the limit is {most}.")


def test_lint_lets_an_offer_in_review_take_two_parts(bad_text):
    offer = Text(audience=Audience.VOLUNTEER, one_part=True)
    assert bad_text("ياردەم " * 15, offer, "ug") == []
    assert bad_text("ياردەم " * 30, offer, "ug") == ["It takes 4 parts; the limit is 2."]


def test_lint_finds_a_missing_language(bad_text):
    bad_text("你好")
    assert lint("bad", "en") == ["There is no file for this language."]


def test_lint_forgives_a_missing_language_in_review(bad_text):
    bad_text("你好")
    assert lint("bad", "ug") == []


def test_check_names_the_file_of_a_bad_text(bad_text):
    bad_text("请带200元")
    with override("zh-hans"):
        errors = [error for error in check_texts() if "'bad' in zh-hans" in error.msg]
    assert [error.msg for error in errors] == ["The text 'bad' in zh-hans: It speaks of an amount of money."]
    assert [(error.id, "templates/sms/zh-hans/bad.txt" in error.hint) for error in errors] == [("linzhu.E020", True)]


def test_check_of_the_texts_is_registered():
    assert check_texts in checks.registry.registry.get_checks()


# --- parts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 80 + "a", 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the escape pair does not fit into the first part and is not split
        ("好" * 70, 1),
        ("好" * 71, 2),
        ("好" * 134, 2),
        ("好" * 135, 3),
        ("a" * 69 + "好", 1),
        ("a" * 70 + "好", 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),  # 33 in each part: no surrogate pair is split
        ("`", 1),
        ("`" * 71, 2),  # the grave accent is not in GSM-7
    ],
)
def test_parts_are_counted_as_carriers_do(text, parts):
    assert count_parts(text) == parts


@pytest.mark.parametrize(("text", "units"), [("[€]", 6), ("abc", 3), ("好€", 2), ("😀", 2), ("", 0)])
def test_room_is_counted_as_parts_are(text, units):
    """Else a page would say 160 characters and two parts."""
    assert count_units(text) == units


@given(st.text(max_size=400))
def test_parts_of_any_text_lie_between_the_limits(text):
    units = len(text.encode("utf-16-be", "surrogatepass")) // 2
    assert 1 <= count_parts(text) <= units // 66 + 1


# --- windows of time ----------------------------------------------------------------------------------------------


def window(day: int, start: str, end: str, last_day: int | None = None) -> tuple[datetime, datetime]:
    """A window in November 2026, Shanghai's wall time."""

    def moment(on: int, clock: str) -> datetime:
        hour, minute = map(int, clock.split(":"))
        return datetime(2026, 11, on, hour, minute, tzinfo=UTC) - timedelta(hours=8)

    return moment(day, start), moment(last_day or day, end)


@pytest.mark.parametrize(
    ("when", "chinese", "english"),
    [
        (window(23, "14:00", "16:00"), "今天14-16点", "today 14:00-16:00"),
        (window(24, "9:30", "12:00"), "明天9:30-12点", "tomorrow 9:30-12:00"),
        (window(25, "9:00", "12:00"), "11月25日9-12点", "Wed 25 Nov 9:00-12:00"),
        (window(25, "9:30", "11:30"), "11月25日9:30-11:30", "Wed 25 Nov 9:30-11:30"),
        (window(23, "14:00", "16:30"), "今天14点-16:30", "today 14:00-16:30"),
        (window(23, "22:00", "0:00", 24), "今天22-24点", "today 22:00-24:00"),
        (window(23, "22:00", "6:00", 24), "今天22点-明天6点", "today 22:00 - tomorrow 6:00"),
        (window(22, "9:00", "10:00"), "11月22日9-10点", "Sun 22 Nov 9:00-10:00"),
    ],
)
def test_window_is_said_as_people_do(stopped_clock, when, chinese, english):
    assert describe_window(*when, "zh-hans") == chinese
    assert describe_window(*when, "en") == english


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (window(23, "14:00", "16:00"), "11-23 14:00-16:00"),
        (window(25, "9:30", "11:30"), "11-25 9:30-11:30"),
        (window(23, "22:00", "6:00", 24), "11-23 22:00 - 11-24 6:00"),
        (window(23, "22:00", "0:00", 24), "11-23 22:00-24:00"),
    ],
)
def test_window_in_review_is_numbers_only(stopped_clock, when, said):
    assert [describe_window(*when, language) for language in sorted(REVIEW)] == [said, said]


def test_day_is_said_in_every_language():
    day = date(2026, 12, 31)
    assert [describe_day(day, language) for language in LANGUAGES] == ["12月31日", "31 December", "12-31", "12-31"]


def test_window_just_before_local_midnight_is_tomorrow(stopped_clock):
    stopped_clock.move_to(datetime(2026, 11, 23, 15, 59, tzinfo=UTC))
    assert describe_window(*window(24, "9:00", "10:00"), "en") == "tomorrow 9:00-10:00"
