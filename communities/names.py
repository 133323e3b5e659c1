"""How people's names are searched and shown."""

import re
import unicodedata
from functools import lru_cache

_HAN = re.compile(r"[\u3400-\u9fff]")


@lru_cache(maxsize=4096)
def search_key(name: str) -> str:
    """Return what a name is found by: as written, in pinyin, by pinyin initials.

    >>> search_key("张秀英")
    '张秀英 zhangxiuying zxy'
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    if not _HAN.search(plain):
        return plain
    from pypinyin import Style, lazy_pinyin  # its dictionary takes 55 MB: only processes that save names load it

    syllables = lazy_pinyin(plain, errors=lambda rest: rest.replace(" ", ""))
    initials = lazy_pinyin(plain, style=Style.FIRST_LETTER, errors=lambda _rest: "")
    return f"{plain} {''.join(syllables)} {''.join(initials)}"


def veiled(name: str) -> str:
    """Return a name as a screen in a public room may show it: enough for staff who know whom they look for.

    >>> veiled("张秀英"), veiled("阿依古丽·买买提"), veiled("Mary Lee")
    ('张**', '阿**', 'M.')
    """
    if not name:
        return ""
    return f"{name[0]}**" if _HAN.search(name) else f"{name[0]}."


def known_as(name: str) -> str:
    """Return what a family may read of a volunteer's name.

    A name in Latin letters is cut to the first word. A Chinese name stays whole: its given name alone is what only
    close kin would say, and the elder compares the name with the card shown at the door.
    """
    return name if _HAN.search(name) else (name.split() or [""])[0]
