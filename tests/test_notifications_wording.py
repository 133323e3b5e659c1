"""The words of the texts: every template in every language, how they are counted, how times are said."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as project_settings
from django.core import checks
from hypothesis import given
from hypothesis import strategies as st

from linzhu.notifications.lint import check_texts, lint
from linzhu.notifications.texts import SAMPLES, TEXTS, Audience, Text, sample_params
from linzhu.notifications.wording import count_parts, describe_window, is_gsm7, render

LANGUAGES = [code for code, _name in project_settings.LANGUAGES]
EVERY_TEXT = [(key, language) for key in TEXTS for language in LANGUAGES]


@pytest.mark.parametrize(("key", "language"), EVERY_TEXT)
def test_text_breaks_no_rule(key, language):
    assert lint(key, language) == []


@pytest.mark.parametrize(("key", "language"), EVERY_TEXT)
def test_text_is_one_signed_line(key, language):
    text = render(key, sample_params(key, language), language)
    assert text.startswith({"zh-hans": "【邻助】", "en": "Linzhu: "}[language])
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
    assert render("no_thanks", {}, "ug") == render("no_thanks", {}, "zh-hans")


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


# --- the lint finds what it is for --------------------------------------------------------------------------------


@pytest.fixture
def bad_text(settings, tmp_path, monkeypatch):
    """Write a text of one's own beside the real ones, and lint it."""

    def write(source: str, text: Text | None = None, language: str = "zh-hans") -> list[str]:
        folder = tmp_path / "sms" / language
        folder.mkdir(parents=True)
        (folder / "bad.txt").write_text(source)
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
        monkeypatch.setitem(TEXTS, "bad", text or Text(audience=Audience.VOLUNTEER))
        return lint("bad", language)

    return write


@pytest.mark.parametrize("source", ["请带200元", "Bring ¥20", "cost: 5 yuan", "$3"])
def test_lint_finds_money(bad_text, source):
    assert bad_text(source) == ["speaks of an amount of money"]


def test_lint_finds_a_link_for_an_elder(bad_text):
    found = bad_text("请打开 https://example.org", Text(audience=Audience.ELDER))
    assert found == ["carries a link to somebody who should not have to open one"]


def test_lint_finds_an_address_before_a_yes(bad_text):
    found = bad_text("{{ address }}", Text(audience=Audience.VOLUNTEER, params=("address",)))
    assert found == ["tells address to readers who must not know"]


def test_lint_finds_a_parameter_that_is_not_used(bad_text):
    assert bad_text("谢谢", Text(audience=Audience.VOLUNTEER, params=("when",))) == [
        "declares when and does not use it"
    ]


def test_lint_finds_a_parameter_that_is_not_declared(bad_text):
    assert bad_text("{{ when }}") == ["uses when and does not declare it"]


@pytest.mark.parametrize("source", ["不去请回T", "不要了回退订", "Reply STOP", "回TD退出"])
def test_lint_finds_a_carriers_word(bad_text, source):
    assert bad_text(source) == ["says a word by which carriers unsubscribe people"]


def test_lint_finds_a_long_offer(bad_text):
    found = bad_text("帮忙" * 40, Text(audience=Audience.VOLUNTEER, one_part=True))
    assert found == ["takes 2 parts and should take one"]


def test_lint_finds_a_missing_language(bad_text):
    bad_text("你好")
    assert lint("bad", "en") == ["there is no file for this language"]


def test_check_names_the_file_of_a_bad_text(bad_text):
    bad_text("请带200元")
    errors = [error for error in check_texts() if "'bad' in zh-hans" in error.msg]
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


def test_window_just_before_local_midnight_is_tomorrow(stopped_clock):
    stopped_clock.move_to(datetime(2026, 11, 23, 15, 59, tzinfo=UTC))
    assert describe_window(*window(24, "9:00", "10:00"), "en") == "tomorrow 9:00-10:00"
