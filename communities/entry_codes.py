"""Short codes that stand for a secret link where a text cannot carry one: eight digits, typed into one constant page.

Eight digits could be guessed, so a code alone opens nothing: it takes the last four digits of the phone that it was
sent to as well, it holds for days only, and wrong tries are counted (docs/decisions/0015). Only a keyed hash is kept:
whoever reads the database cannot try all hundred million codes against it without the secret key.
"""

from __future__ import annotations

import secrets
import unicodedata

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac

DIGITS, ENDING = 8, 4
WINDOW_S = 15 * 60
MOST_BY_ADDRESS = 10
"""Wrong tries from one address in a window. An office or a family may share one, and right ones do not count."""
MOST_BY_ENDING = 30
"""Wrong tries with one phone ending in a window, from wherever: many machines gain nothing over one."""


def new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def digest_of(code: str) -> str:
    """Return the hash under which a new code is kept."""
    return _digest(code, settings.SECRET_KEY)


def digests_of(code: str) -> list[str]:
    """Return the hashes under which a code may have been kept, under former keys as well."""
    return [_digest(code, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def digits_of(typed: str) -> str:
    """Return the digits of what somebody typed: ``４８２１ 7730`` is a code, too."""
    return "".join(str(unicodedata.decimal(character)) for character in typed if character.isdecimal())


def is_blocked(address: str, ending: str) -> bool:
    """Whether there have been too many wrong tries from this address, or for phones with this ending."""
    by_address, by_ending = _counters(address, ending)
    seen: dict[str, int] = cache.get_many([by_address, by_ending])
    return seen.get(by_address, 0) >= MOST_BY_ADDRESS or seen.get(by_ending, 0) >= MOST_BY_ENDING


def count_wrong(address: str, ending: str) -> None:
    for counter in _counters(address, ending):
        cache.add(counter, 0, WINDOW_S)
        try:
            cache.incr(counter)
        except ValueError:  # it has run out in this moment
            cache.set(counter, 1, WINDOW_S)


def _counters(address: str, ending: str) -> tuple[str, str]:
    # Hashed: an address is personal data, and a key may hold no spaces whatever somebody sends.
    return f"entry-address:{_digest(address, '')}", f"entry-ending:{_digest(ending, '')}"


def _digest(text: str, key: str) -> str:
    return salted_hmac("linzhu.entry", text, secret=key, algorithm="sha256").hexdigest()
