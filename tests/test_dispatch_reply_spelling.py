"""The same words in a dialect, in pinyin, with a slip of the finger: what is meant is read, and nothing else."""

import random
import tracemalloc

import pytest

from linzhu.dispatch.reading.dialect import standard
from linzhu.dispatch.reading.lists import KNOWN_WORDS
from linzhu.dispatch.reading.slips import LONGEST, mended
from linzhu.dispatch.replies import Kind, Reply, read_reply


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("冇問題，47我嚟", Reply(Kind.YES, "47")), ("唔接47", Reply(Kind.NO, "47")), ("嚟唔到喇", Reply(Kind.CANNOT_COME)),
        ("搞掂，個半鐘", Reply(Kind.DONE, minutes=90)), ("塞車，遲20分鐘", Reply(Kind.LATE, minutes=20)), ("喺路上喇", Reply(Kind.ON_MY_WAY)),
        ("阿婆跌親", Reply(Kind.DANGER)), ("唔好再發短訊", Reply(Kind.OPT_OUT)), ("得唔得呀", Reply(Kind.UNCLEAR)), ("唔係唔得", Reply(Kind.UNCLEAR)),
    ],
)  # fmt: skip
def test_cantonese(text, reply):
    assert read_reply(text) == reply


@pytest.mark.parametrize("text", ["我不该去", "没关系", "联系我", "工作完成", "可以出发", "我自己到了", "感恩"])
def test_mandarin_is_left_alone(text):
    assert standard(text) == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("wo jie 47", Kind.YES), ("wojie47", Kind.YES), ("mei wenti", Kind.YES), ("bu jie 47", Kind.NO), ("daole", Kind.ARRIVED), ("jiu ming", Kind.DANGER), ("tuiding", Kind.OPT_OUT),
        ("jie47", Kind.UNCLEAR), ("再路上了", Kind.ON_MY_WAY), ("老人率倒了", Kind.DANGER), ("退定", Kind.OPT_OUT), ("🆘", Kind.DANGER),
    ],
)  # fmt: skip
def test_pinyin_and_words_that_sound_alike(text, kind):
    assert read_reply(text).kind == kind


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("arrvied", "arrived"), ("unsubscibe", "unsubscribe"), ("ambulence", "ambulance"), ("polite", "polite"), ("accepts", "accepts"),
        ("attached", "attached"), ("problem", "problem"), ("杨奶奶", "杨奶奶"),
    ],
)  # fmt: skip
def test_one_slip_in_a_long_word_is_mended(typed, meant):
    assert mended(
        [typed], frozenset({"arrived", "unsubscribe", "ambulance", "police", "accept", "attacked", "problem"})
    ) == [meant]


def test_no_word_of_the_lists_is_too_long_to_be_mended():
    assert max(len(word) for word in KNOWN_WORDS if word.isascii() and word.isalpha()) <= LONGEST


def test_text_without_spaces_does_not_fill_the_memory():
    text = "".join(random.Random(1).choices("bcdfghjk", k=1600))
    tracemalloc.start()
    assert read_reply(text) == Reply(Kind.UNCLEAR)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000  # bytes


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("done 1½ hours", 90), ("done 1 1/2 hours", 90), ("finished in one hour thirty", 90), ("done two and a half hours", 150), ("完成一小时一刻钟", 75),
        ("完成一小时半", 90), ("俩小时搞定", 120), ("完成 肆拾伍", 45),
    ],
)  # fmt: skip
def test_minutes_however_they_are_written(text, minutes):
    assert read_reply(text) == Reply(Kind.DONE, minutes=minutes)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("堵车了", Reply(Kind.LATE)), ("running late", Reply(Kind.LATE)), ("堵车了，去不了了", Reply(Kind.CANNOT_COME)), ("late", Reply(Kind.UNCLEAR)), ("yes, running late", Reply(Kind.UNCLEAR)),
        ("出差到月底", Reply(Kind.PAUSE, month_end=True)), ("pause until next month", Reply(Kind.PAUSE, month_end=True)), ("pause next month", Reply(Kind.UNCLEAR)),
        ("接47接47", Reply(Kind.YES, "47")), ("接 4 7", Reply(Kind.YES, "47")), ("接47 52", Reply(Kind.UNCLEAR)), ("yes 47?", Reply(Kind.UNCLEAR, "47")),
        ("on my way, 10 mins", Reply(Kind.ON_MY_WAY)), ("完成，老人很满意", Reply(Kind.DONE)), ("done, she is happy", Reply(Kind.DONE)),
    ],
)  # fmt: skip
def test_what_is_said_is_carried(text, reply):
    assert read_reply(text) == reply


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("不知道", Kind.UNCLEAR), ("can't stop now", Kind.UNCLEAR), ("小李，接47", Kind.YES), ("小李接47", Kind.UNCLEAR), ("王老师接47", Kind.UNCLEAR), ("好的小李", Kind.YES),
        ("wrong number, sorry", Kind.UNCLEAR), ("不用发了", Kind.OPT_OUT), ("别忘了发短信给我", Kind.UNCLEAR), ("没退订", Kind.UNCLEAR), ("退订单", Kind.UNCLEAR), ("take me off this one", Kind.UNCLEAR),
        ("贷款利率低至3%，回复T退订", Kind.UNCLEAR), ("吞了很多药", Kind.DANGER), ("药吃完了", Kind.UNCLEAR), ("快递120块", Kind.UNCLEAR), ("打个120", Kind.DANGER),
    ],
)  # fmt: skip
def test_neighbours_change_what_words_mean(text, kind):
    assert read_reply(text).kind == kind
