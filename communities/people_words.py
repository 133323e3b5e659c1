"""How people write genders and languages in lists."""

import re

from linzhu.communities.cells import Vocabulary, plain, some_of
from linzhu.communities.spreadsheet_files import Cell

GENDER = Vocabulary(
    {
        "woman": "女 女性 女士 f female",
        "man": "男 男性 先生 m male",
    }
)

LANGUAGES = Vocabulary(
    {
        "zh": "普通话 国语 汉语 中文 mandarin chinese zh-hans",
        "en": "英语 英文 english",
        "bo": "藏语 藏文 tibetan",
        "ug": "维吾尔语 维语 维文 uyghur",
        "kk": "哈萨克语 哈语 kazakh",
        "mn": "蒙古语 蒙语 mongolian",
        "yue": "粤语 广东话 广州话 cantonese",
        "nan": "闽南语 闽南话 hokkien",
        "dialect": "方言 本地话 local-dialect",
    }
)
_read_languages = some_of(LANGUAGES)
_SOME_DIALECT = re.compile(r"[\u3400-\u9fff]{1,4}话")

TEXT_LANGUAGES = Vocabulary(
    {
        "zh-hans": "中文 汉语 普通话 zh chinese",
        "en": "英语 英文 english",
        "bo": "藏语 藏文 tibetan",
        "ug": "维吾尔语 维语 维文 uyghur",
    }
)


def languages(cell: Cell) -> frozenset[str]:
    """Read languages; 天津话, 河南话 and any other …话 is a local dialect."""
    written = _SOME_DIALECT.sub(lambda match: match[0] if match[0] in LANGUAGES else "方言", plain(cell))
    return _read_languages(written)
