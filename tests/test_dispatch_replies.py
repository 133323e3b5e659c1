"""Reading of replies: a doubtful text is never a yes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linzhu.dispatch.replies import Kind, Reply, normalise, read_reply, words

YES = sorted(words("yes"))
KINDS = [
    "yes", "no", "on_my_way", "arrived", "done", "cannot_come", "late", "help", "pause", "more", "less", "opt_out", "opt_in",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("YES 47", "47"), ("yes47", "47"), ("Yes, 47!", "47"), ("47 yes", "47"), ("y", ""), ("Yes.", ""), ("ok 12", "12"),
        ("接47", "47"), ("接 ４７", "47"), ("接四十七", "47"), ("接四七", "47"), ("47接", "47"), ("「接47」", "47"), ("接４７。", "47"),
        ("好的", ""), ("好的，谢谢", ""), ("可以", ""), ("我去", ""), ("行", ""), ("没问题👍", ""), ("接 47，谢谢您", "47"),
        ("\u200b接\u200b47", "47"), ("yes please 47", "47"), ("接二十", "20"), ("接10", "10"), ("Thanks, yes 47", "47"),
        ("好的，我去", ""), ("您好，接47", "47"), ("接 \n 47", "47"), ("YES 123", "123"), ("一定去", ""), ("好的，接47", "47"), ("没问题，接47", "47"), ("ok, yes 47", "47"), ("行，我去", ""),
    ],
)  # fmt: skip
def test_yes(text, code):
    assert read_reply(text) == Reply(Kind.YES, code)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NO 47", "47"), ("no", ""), ("No, sorry", ""), ("sorry, can't 47", "47"), ("不接47", "47"), ("不接四十七", "47"),
        ("47不接", "47"), ("没空，不好意思", ""), ("不好意思，今天有事", ""), ("不行啊", ""), ("抱歉", ""), ("不接，谢谢", ""),
        ("n 47", "47"), ("busy", ""), ("不 接 47", "47"), ("Can’t 47", "47"), ("对不起没时间", ""),
    ],
)  # fmt: skip
def test_no(text, code):
    assert read_reply(text) == Reply(Kind.NO, code)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("到了", Reply(Kind.ARRIVED)), ("Arrived.", Reply(Kind.ARRIVED)), ("我到门口了", Reply(Kind.ARRIVED)),
        ("到了47", Reply(Kind.ARRIVED, "47")), ("完成45", Reply(Kind.DONE, "", 45)), ("done 45", Reply(Kind.DONE, "", 45)),
        ("办好了，用时40分钟", Reply(Kind.DONE, "", 40)), ("Done 45 min", Reply(Kind.DONE, "", 45)), ("完成", Reply(Kind.DONE)),
        ("done 47 30", Reply(Kind.DONE, "47", 30)), ("完成四十五分钟，谢谢", Reply(Kind.DONE, "", 45)),
        ("来不了", Reply(Kind.CANNOT_COME)), ("Sorry, I can't come", Reply(Kind.CANNOT_COME)),
        ("抱歉，去不了47", Reply(Kind.CANNOT_COME, "47")), ("不好意思，临时有事，去不了了", Reply(Kind.CANNOT_COME)),
    ],
)  # fmt: skip
def test_words_of_a_visit(text, reply):
    assert read_reply(text) == reply


@pytest.mark.parametrize(
    "text",
    [
        "yes in 2 hours", "明天可以吗", "下午三点行不行？", "可以晚一点吗", "接47还是52", "接47 52", "", "？", "47", "maybe", "yes or no",
        "哪个小区", "多少钱", "不是不接", "能不能换个时间", "yes if it doesn't rain", "接吗", "我可以，但是要晚半小时", "好吧再看看",
        "我老婆可以去", "yes no", "接 不接", "好不好", "明天", "yes 5", "接47，三点到", "可以可以吗", "ok?不ok", "I'd love to but can't",
        "not yes", "不一定", "不好说", "看情况", "who is this", "接四千", "接12345",
    ],
)  # fmt: skip
def test_doubtful_text_is_unclear(text):
    assert read_reply(text).kind == Kind.UNCLEAR


@pytest.mark.parametrize(
    "text", ["STOP", "stop.", "退订", "TD", "T", "Unsubscribe", "cancel", "END", "退订！", "停", "Stop All"]
)
def test_opt_out_words_of_the_carriers(text):
    assert read_reply(text).kind == Kind.OPT_OUT


@pytest.mark.parametrize("text", ["START", "unstop", "恢复"])
def test_opt_in(text):
    assert read_reply(text).kind == Kind.OPT_IN


@pytest.mark.parametrize(
    "text", ["老人摔倒了，快来", "she has fallen", "接47，老人摔倒了", "屋里有煤气味", "He is unconscious"]
)
def test_danger_words_win_over_everything_else(text):
    assert read_reply(text).kind == Kind.DANGER


def test_word_lists_do_not_overlap():
    lists = [words(kind) for kind in KINDS]
    assert sum(map(len, lists)) == len(frozenset().union(*lists))


def test_word_lists_are_written_as_texts_are_normalised():
    assert [word for kind in KINDS for word in words(kind) if normalise(word) != word] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_listed_word_is_read_as_its_kind(kind):
    number = " 20" if kind == "late" else ""
    assert {read_reply(word + number).kind for word in words(kind)} == {Kind(kind)}


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("出发了", Reply(Kind.ON_MY_WAY)), ("On my way!", Reply(Kind.ON_MY_WAY)), ("我在路上了，谢谢", Reply(Kind.ON_MY_WAY)),
        ("晚20", Reply(Kind.LATE, minutes=20)), ("晚20分钟", Reply(Kind.LATE, minutes=20)), ("late 15", Reply(Kind.LATE, minutes=15)),
        ("不好意思，晚到三十分钟", Reply(Kind.LATE, minutes=30)), ("I'm late 10 min", Reply(Kind.LATE, minutes=10)),
        ("late 47 15", Reply(Kind.LATE, "47", 15)), ("晚一点", Reply(Kind.UNCLEAR)), ("帮忙", Reply(Kind.HELP)),
        ("Help me", Reply(Kind.HELP)), ("请给我打电话", Reply(Kind.HELP)), ("暂停7天", Reply(Kind.PAUSE, days=7)),
        ("暂停两周", Reply(Kind.UNCLEAR)), ("暂停2周", Reply(Kind.PAUSE, days=14)), ("pause 10 days", Reply(Kind.PAUSE, days=10)),
        ("暂停", Reply(Kind.PAUSE, days=7)), ("暂停到12月1日", Reply(Kind.PAUSE, until=(12, 1))), ("pause 1 month", Reply(Kind.PAUSE, days=30)),
        ("休息1个月", Reply(Kind.PAUSE, days=30)), ("暂停到13月1日", Reply(Kind.UNCLEAR)), ("少问点", Reply(Kind.LESS)), ("more please", Reply(Kind.MORE)),
    ],
)  # fmt: skip
def test_words_around_a_visit(text, reply):
    assert read_reply(text) == reply


@given(st.text(max_size=60))
def test_any_text_has_a_reading(text):
    assert read_reply(text).kind in set(Kind)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=30), st.sampled_from(YES))
def test_yes_with_strange_words_around_it_is_no_yes(noise, word):
    reply = read_reply(f"{noise} {word}")
    rest = normalise(noise)
    if reply.kind == Kind.YES and rest:
        # Only digits, politeness or a second yes may stand beside it.
        assert read_reply(f"yes {noise}").kind == Kind.YES or read_reply(f"{noise}{word}").kind == Kind.YES


@given(st.sampled_from(YES), st.sampled_from(["吗", "？吗", "，但是要晚点", " but later", " if you pay", "不", " not"]))
def test_condition_or_question_after_a_yes_is_no_yes(word, ending):
    assert read_reply(word + ending).kind != Kind.YES


@given(st.integers(10, 999), st.sampled_from(["yes {}", "接{}", "{}接", "YES  {} !", "好的 {}"]))
def test_code_is_read_wherever_it_stands(code, form):
    assert read_reply(form.format(code)) == Reply(Kind.YES, str(code))
