"""Finding a person by what a caller says first: a name, its pinyin or initials, or some digits of a phone."""

import re
import unicodedata

from django.db.models import Q

_PHONE_LIKE = re.compile(r"[\d\s()+\-]+")


def person_matches(text: str, *phone_fields: str) -> Q:
    """Return the condition for people whom ``text`` may mean; several words must all match.

    Three or more digits are looked for anywhere in the phone fields, the last four included; the 0 that starts an
    area code is dropped, since numbers are stored in E.164. Anything else is looked for in ``search_key``.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    digits = re.sub(r"\D", "", plain).lstrip("0")
    if len(digits) >= 3 and _PHONE_LIKE.fullmatch(plain):
        return _any_of(phone_fields, digits)
    words = Q(*(Q(search_key__contains=word) for word in plain.split()))
    # Pinyin is stored in one piece: "zhang xiu ying" is found as "zhangxiuying".
    return words | Q(search_key__contains=plain.replace(" ", ""))


def _any_of(fields: tuple[str, ...], digits: str) -> Q:
    condition = Q()
    for field in fields:
        condition |= Q(**{f"{field}__contains": digits})
    return condition
