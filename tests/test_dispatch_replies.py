"""Reading of replies: a doubtful text is never a yes."""

import io

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from linzhu.dispatch.reading.amounts import take_amounts
from linzhu.dispatch.reading.folding import fold
from linzhu.dispatch.reading.lists import as_wording, words, written_out
from linzhu.dispatch.replies import LONGEST, Kind, Reply, read_reply

# A kind is said by the list of its own name, and by these.
OTHER_LISTS = {
    "ok": "yes",
    "yes_alone": "yes",
    "sorry": "no",
    "opt_out_alone": "opt_out",
    "opt_out_sentence": "opt_out",
}
KINDS = {kind.value: kind.value for kind in Kind if kind not in (Kind.UNCLEAR, Kind.DANGER, Kind.CASH)} | OTHER_LISTS
BESIDE_YES = ["polite", "received", "free", "code"]
AMOUNTS = {"late": "20", "on_my_way": "10分钟", "pause": "7"}
YES = sorted(word for name in ("yes", "ok") for word in words(name) if "#" not in word)
CLEAR = {
    "yes": ["yes", "YES 47", "I'll go", "接47", "好的，我去", "དང་ལེན་༤༧", "ھەئە", "قوبۇل 47"],
    "no": ["no", "Sorry, can't", "不接47", "没空", "མི་ལེན།", "ياق"],
    "done": ["done 45", "完成 45分钟", "ཚར་སོང་ ༤༥"], "late": ["15 min late", "晚20分钟"],
    "cannot_come": ["I can't make it", "来不了了"], "opt_out": ["STOP", "退订", "please stop texting me"],
    "arrived": ["I'm here", "到门口了"], "help": ["call me", "帮忙"], "pause": ["pause 2 weeks", "暂停到12月1日"],
}  # fmt: skip
CLEAR_TEXTS = st.sampled_from([(kind, text) for kind, texts in CLEAR.items() for text in texts])


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
        "yes in 2 hours", "明天可以吗", "下午三点行不行？", "可以晚一点吗", "接47还是52", "接47 52", "", "？", "47", "maybe", "yes or no", "不去不行", "不能不去",
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


def test_no_wording_stands_in_two_lists():
    names = [*KINDS, *BESIDE_YES, "reason", "measure", "about", "before_no", "after_no", "asking", "opening"]
    names += ["delay", "well", "calling", "scene"]
    names.remove("opt_out_sentence")  # looked for by itself, before everything else
    lists = [{as_wording(word) for word in words(name)} for name in names]
    assert sum(map(len, lists)) == len(set().union(*lists))


@pytest.mark.parametrize("name", KINDS)
def test_every_listed_wording_is_read_as_its_kind(name):
    amount = AMOUNTS.get(name, "47")
    said = [
        word.replace("#", f" {amount} ") if "#" in word else f"{word} 20" if name == "late" else word
        for word in words(name)
    ]
    assert [text for text in said if read_reply(text).kind != KINDS[name]] == []


@pytest.mark.parametrize("name", BESIDE_YES)
def test_what_may_stand_beside_a_yes_says_nothing(name):
    alone = [word.replace("#", "47") for word in words(name)]
    assert [text for text in alone if read_reply(text).kind != Kind.UNCLEAR] == []


@pytest.mark.parametrize("name", ["yes", "ok", *BESIDE_YES, "asking"])
def test_yes_is_made_of_no_question_condition_or_denial(name):
    """「没问题」 and its like are the only denials that mean yes."""
    doubtful = {
        *"吗呢么不没别如若但",
        "not",
        "no",
        "never",
        "cant",
        "cannot",
        "if",
        "unless",
        "but",
        "when",
        "or",
        "མིན",
        "མེད",
        "ئەگەر",
        "ياق",
    }
    fine = {"问", "problem", "problemo", "prob", "probs", "issue", "worries", "事", "关", "客", "成", "དཀའ", "好", "嗯"}
    fine |= {"起", "辞", "毛", "wait", "sweat"}
    strays = [word for word in words(name) if doubtful & set(as_wording(word)) and not fine & set(as_wording(word))]
    assert strays == []


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [("我[来]接", {"我接", "我来接"}), ("(a|b)c", {"ac", "bc"}), ("(i|we) [do [not]] go", {"i  go", "we  go", "i do  go", "we do  go", "i do not go", "we do not go"})],
)  # fmt: skip
def test_pattern_is_written_out(pattern, texts):
    assert set(written_out(pattern)) == texts


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("出发了", Reply(Kind.ON_MY_WAY)), ("On my way!", Reply(Kind.ON_MY_WAY)), ("我在路上了，谢谢", Reply(Kind.ON_MY_WAY)),
        ("晚20", Reply(Kind.LATE, minutes=20)), ("晚20分钟", Reply(Kind.LATE, minutes=20)), ("late 15", Reply(Kind.LATE, minutes=15)),
        ("不好意思，晚到三十分钟", Reply(Kind.LATE, minutes=30)), ("I'm late 10 min", Reply(Kind.LATE, minutes=10)),
        ("late 47 15", Reply(Kind.LATE, "47", 15)), ("晚一点", Reply(Kind.UNCLEAR)), ("帮忙", Reply(Kind.HELP)),
        ("Help me", Reply(Kind.HELP)), ("请给我打电话", Reply(Kind.HELP)), ("暂停7天", Reply(Kind.PAUSE, days=7)),
        ("暂停两周", Reply(Kind.PAUSE, days=14)), ("暂停2周", Reply(Kind.PAUSE, days=14)), ("pause 10 days", Reply(Kind.PAUSE, days=10)),
        ("暂停", Reply(Kind.PAUSE)), ("暂停到12月1日", Reply(Kind.PAUSE, until=(12, 1))), ("pause 1 month", Reply(Kind.PAUSE, days=30)),
        ("休息1个月", Reply(Kind.PAUSE, days=30)), ("暂停到13月1日", Reply(Kind.UNCLEAR)), ("少问点", Reply(Kind.LESS)), ("more please", Reply(Kind.MORE)),
    ],
)  # fmt: skip
def test_words_around_a_visit(text, reply):
    assert read_reply(text) == reply


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("完成 一小时", 60), ("办完 一个半小时", 90), ("完成半小时", 30), ("完成三刻钟", 45), ("完成1小时20分钟", 80), ("完成两小时", 120), ("done 1.5h", 90),
        ("done 1h30", 90), ("done in an hour", 60), ("done an hour and a half", 90), ("done, half an hour", 30), ("done forty five", 45), ("done 2 hours", 120),
        ("完成一百二十分钟", 120), ("ཚར་སོང་། སྐར་མ་༤༥", 45), ("تۈگىدى يېرىم سائەت", 30), ("done 1 hour and 15 minutes", 75), ("45分钟，完成", 45),
    ],
)  # fmt: skip
def test_minutes_of_a_visit(text, minutes):
    assert read_reply(text) == Reply(Kind.DONE, minutes=minutes)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("晚半小时", 30), ("晚一刻钟", 15), ("15 min late", 15), ("running 10 late", 10), ("路上堵车，晚20分钟到", 20), ("half an hour late", 30), ("20 مىنۇت كېچىكىمەن", 20)],
)  # fmt: skip
def test_minutes_of_a_delay(text, minutes):
    assert read_reply(text) == Reply(Kind.LATE, minutes=minutes)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("pause 2 weeks", Reply(Kind.PAUSE, days=14)), ("pause until 1 Dec", Reply(Kind.PAUSE, until=(12, 1))), ("pause until Dec 1st", Reply(Kind.PAUSE, until=(12, 1))),
        ("pause until 25/12", Reply(Kind.PAUSE, until=(12, 25))), ("pause until 1/12", Reply(Kind.UNCLEAR)), ("pause until 31 Nov 45", Reply(Kind.UNCLEAR)),
        ("休息到周五", Reply(Kind.PAUSE, weekday=4)), ("暂停到下周一", Reply(Kind.PAUSE, weekday=7)), ("pause until Friday", Reply(Kind.PAUSE, weekday=4)), ("暂停半个月", Reply(Kind.PAUSE, days=15)),
    ],
)  # fmt: skip
def test_length_of_a_pause(text, reply):
    assert read_reply(text) == reply


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("街47", Kind.YES), ("姐四十七", Kind.YES), ("姐，47", Kind.UNCLEAR), ("你好姐47", Kind.UNCLEAR), ("街47号", Kind.UNCLEAR), ("借47", Kind.UNCLEAR), ("不姐47", Kind.NO),
    ],
)  # fmt: skip
def test_dictation_is_believed_where_it_can_mean_nothing_else(text, kind):
    assert read_reply(text).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "please stop texting me", "别再给我发短信了", "不接47，别再发了", "no thanks, stop texting me", "我搬走了，不要再给我发短信了", "How do I unsubscribe?", "怎么退订", "ok, stop",
        "འཕྲིན་མ་གཏོང་།", "ماڭا ئۇچۇر ئەۋەتمەڭ",
    ],
)  # fmt: skip
def test_opting_out_in_a_sentence(text):
    assert read_reply(text).kind == Kind.OPT_OUT


@pytest.mark.parametrize(
    "text",
    ["stop texting me after 9pm", "晚上别给我发短信", "don't stop texting me", "stop 47", "cancel 47", "please cancel", "don't unsubscribe me", "不要退订"],
)  # fmt: skip
def test_limited_wish_is_no_opt_out(text):
    assert read_reply(text).kind == Kind.UNCLEAR


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("去不成，家里来客人了", Kind.NO), ("没空，要去医院", Kind.NO), ("Can't today, the plumber is coming", Kind.NO), ("I can't come because my car is in the garage", Kind.CANNOT_COME),
        ("晚20分钟，孩子刚睡醒", Kind.LATE), ("没空，明天可以", Kind.UNCLEAR), ("不接，我老公去", Kind.UNCLEAR), ("在忙，稍后回复", Kind.UNCLEAR), ("No, but my wife is free", Kind.UNCLEAR),
        ("好的，家里来客人了", Kind.UNCLEAR), ("接47，家里来客人了", Kind.UNCLEAR), ("到了，找不到楼", Kind.UNCLEAR), ("sorry, I'm driving", Kind.UNCLEAR), ("oh sure", Kind.UNCLEAR),
    ],
)  # fmt: skip
def test_only_who_refuses_or_is_late_may_say_why_in_own_words(text, kind):
    assert read_reply(text).kind == kind


@pytest.mark.parametrize(
    "text", ["I fell asleep", "family emergency, can't come", "晚上吃火锅", "别打人工电话", "the prices fell"]
)
def test_harmless_words_raise_no_alarm(text):
    assert read_reply(text).kind != Kind.DANGER


@given(st.text(max_size=200))
def test_any_text_has_a_reading(text):
    assert read_reply(text).kind in set(Kind)


@pytest.mark.parametrize(
    "text",
    ["接" * 50_000, "yes " * 20_000, "[a|b]" * 5_000, "一" * 50_000, "1h" * 20_000, "烦死了" * 20_000, "1~" * 20_000],
)
def test_text_that_is_too_long_for_a_text_message_is_unclear(text):
    assert read_reply(text).kind == Kind.UNCLEAR


def test_end_of_a_long_text_is_not_forgotten():
    assert read_reply("yes" + " " * LONGEST + "not").kind == Kind.UNCLEAR


def test_danger_is_heard_in_a_long_text():
    assert read_reply("救命" + "啊" * LONGEST).kind == Kind.DANGER


@st.composite
def noise(draw, text):
    """The same words as another phone, keyboard or temper would send them."""
    for change in draw(st.lists(st.sampled_from(NOISE), max_size=4)):
        text = change(text)
    return text


NOISE = [
    str.upper,
    str.title,
    lambda text: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text),
    lambda text: text[:1] + "\u200b" + text[1:] + "\ufeff",
    lambda text: f"  {text.replace(' ', '   ')} \n",
    lambda text: f"{text}!!",
    lambda text: f"“{text}。”",
    lambda text: f"{text} 🙏🏻❤️",
    lambda text: f"😊{text}",
    lambda text: f"{text}，谢谢",
    lambda text: f"Hi, {text}, thanks",
]


@given(st.data(), CLEAR_TEXTS)
def test_noise_changes_no_reading(data, clear):
    kind, text = clear
    reply = read_reply(data.draw(noise(text)))
    assert (reply.kind, reply.code, reply.minutes) == (kind, read_reply(text).code, read_reply(text).minutes)


@given(
    st.sampled_from(YES),
    st.sampled_from(["?", "？", "؟", " ？！", "吗", "么", "，行吗", "❓", " or not", "呢？"]),
    st.text("!. ，。47", max_size=5),
)
def test_question_is_no_yes(word, question, tail):
    assert read_reply(f"{word}{question}{tail}").kind != Kind.YES
    assert read_reply(f"{question} {word}").kind != Kind.YES


@given(
    st.sampled_from(YES),
    st.sampled_from(
        [
            "如果",
            "要是",
            "但是",
            "不过",
            "除非",
            "的话",
            " but ",
            " if ",
            " unless ",
            " when ",
            "不",
            "没",
            "别",
            " not ",
            " never ",
            " don't ",
            " later ",
        ]
    ),
)
def test_condition_or_denial_is_no_yes(word, doubt):
    assert read_reply(f"{word}{doubt}").kind != Kind.YES
    assert read_reply(f"{doubt}{word}").kind != Kind.YES
    assert read_reply(f"{doubt} {word} 47").kind != Kind.YES


LISTED = {
    word
    for name in [*KINDS, *BESIDE_YES, "reason", "measure", "asking"]
    for text in words(name)
    for word in as_wording(text)
}


@given(
    st.sampled_from(YES),
    st.one_of(st.text(st.characters(categories=["Ll", "Lo"]), min_size=1, max_size=8), st.sampled_from(["明天", "老婆", "maybe", "wife", "སང་ཉིན", "ئەتە"])),
    st.booleans(),
)  # fmt: skip
def test_unknown_word_beside_a_yes_is_unclear(word, unknown, before):
    unknown_words = as_wording(unknown)
    if not LISTED & set(unknown_words) and unknown_words and not take_amounts(fold(unknown))[1]:
        assert read_reply(f"{unknown} {word}" if before else f"{word} {unknown}").kind in (Kind.UNCLEAR, Kind.DANGER)


@given(st.sampled_from(YES), st.sampled_from(["吗", "？吗", "，但是要晚点", " but later", " if you pay", "不", " not"]))
def test_condition_or_question_after_a_yes_is_no_yes(word, ending):
    assert read_reply(word + ending).kind != Kind.YES


@given(st.integers(10, 999), st.sampled_from(["yes {}", "接{}", "{}接", "YES  {} !", "好的 {}"]))
def test_code_is_read_wherever_it_stands(code, form):
    assert read_reply(form.format(code)) == Reply(Kind.YES, str(code))


@given(
    st.integers(10, 99), st.sampled_from(["零一二三四五六七八九", "༠༡༢༣༤༥༦༧༨༩", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"])
)
def test_code_is_read_in_every_script(code, digits):
    assert read_reply("接" + "".join(digits[int(digit)] for digit in str(code))).code == str(code)


def test_unclear_text_keeps_its_code_for_the_person_who_reads_it():
    assert read_reply("47, but only until noon") == Reply(Kind.UNCLEAR, "47")


def test_command_prints_a_reading_for_every_line(monkeypatch, capsys):
    texts = "接47\n\ndone 47 30\r\npause until 1 Dec\n暂停到下周一\n可以吗 47\n".encode() + b"\xff yes\nno"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(texts)))
    call_command("read_replies")
    readings = ["yes\t47", "unclear", "done\t30\t47", "pause\t12-01", "pause\tnext mon", "unclear", "yes", "no"]
    assert capsys.readouterr().out.splitlines() == readings


@pytest.mark.parametrize(("asked_for", "printed"), [({}, "unclear"), ({"all": True}, "no_answer")])
def test_command_prints_the_products_own_readings_only_when_asked(monkeypatch, capsys, asked_for, printed):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("没人开门\n".encode())))
    call_command("read_replies", **asked_for)
    assert capsys.readouterr().out == f"{printed}\n"
