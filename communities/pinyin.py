"""How people's names are read in pinyin, with the surnames and given names that dictionaries get wrong."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice, product

HAN = re.compile(r"[\u3007\u3400-\u9fff\U00020000-\U000323af]")
MOST_READINGS = 4

# As a surname these are read otherwise than a dictionary of words has it; where families differ, the usual way first.
SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "朴": "piao", "盖": "ge|gai",
    "种": "chong", "折": "she", "乐": "yue|le", "覃": "qin|tan", "缪": "miao", "员": "yun", "翟": "zhai|di",
    "牟": "mou|mu", "召": "shao|zhao", "句": "gou", "阚": "kan", "隗": "wei|kui", "能": "nai", "谌": "chen|shen",
    "佴": "nai", "藏": "zang", "都": "du", "薄": "bo", "洗": "xian", "黑": "he", "繁": "po", "秘": "bi", "卜": "bu",
    "祭": "zhai", "炅": "gui", "郇": "xun|huan", "郗": "xi|chi", "莘": "shen|xin", "柏": "bai|bo", "宓": "mi|fu",
    "适": "kuo", "重": "chong", "长": "chang",
}  # fmt: skip
# Within a given name both are heard, and who takes the call cannot know which.
GIVEN = {
    "乐": "le|yue", "行": "xing|hang", "长": "chang|zhang", "重": "chong|zhong", "晟": "sheng|cheng",
    "茜": "qian|xi", "朝": "chao|zhao", "柏": "bai|bo", "曾": "zeng|ceng", "奇": "qi|ji", "盛": "sheng|cheng",
    "莎": "sha|suo", "禅": "chan|shan", "屏": "ping|bing", "单": "dan|shan", "解": "jie|xie", "省": "sheng|xing",
    "娜": "na|nuo", "会": "hui|kuai", "炅": "jiong|gui", "都": "du|dou", "参": "can|shen", "传": "chuan|zhuan",
}  # fmt: skip
COMPOUND = frozenset(
    """
    欧阳 司马 上官 诸葛 尉迟 长孙 万俟 夏侯 皇甫 令狐 公孙 慕容 司徒 司空 端木 东方 独孤 南宫 宇文 轩辕 呼延
    闻人 鲜于 澹台 淳于 濮阳 申屠 公冶 宗政 太叔 仲孙 钟离 赫连 第五 百里 东郭 西门 拓跋 完颜 纳兰
    """.split()  # noqa: SIM905 (a list of forty quoted pairs is harder to read)
)


def surname_length(name: str) -> int:
    """Return how many characters of a Chinese name are its surname."""
    return 2 if len(name) > 2 and name[:2] in COMPOUND else 1


@lru_cache(maxsize=4096)
def readings(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the ways in which a name of Chinese characters may be read: one syllable for each character.

    >>> readings("单秀英")
    (('shan', 'xiu', 'ying'),)
    >>> readings("覃乐")
    (('qin', 'le'), ('qin', 'yue'), ('tan', 'le'), ('tan', 'yue'))
    """
    # Each is read on its own: together they may look like a word that is read otherwise.
    surname, given = name[: surname_length(name)], name[surname_length(name) :]
    heads = [[way] for way in SURNAMES[surname].split("|")] if surname in SURNAMES else [_read(surname)]
    syllables = zip(given, _read(given), strict=True)
    tails = product(*(GIVEN[char].split("|") if char in GIVEN else [read] for char, read in syllables))
    return tuple((*head, *tail) for head, tail in islice(product(heads, tails), MOST_READINGS))


def _read(text: str) -> list[str]:
    """Return one syllable for each character; one that no dictionary has stands for itself."""
    from pypinyin import lazy_pinyin  # its dictionary takes 55 MB: only processes that save names load it

    syllables = lazy_pinyin(text)
    return syllables if len(syllables) == len(text) else ["".join(lazy_pinyin(char)) for char in text]
