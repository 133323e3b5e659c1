"""Who is calling: what a number that was typed, or came with a call, says about the person at the other end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from linzhu.communities.phones import Phone, PhoneError, parse_phone
from linzhu.communities.search import SHORTEST_RUN
from linzhu.requests.models import Elder, FamilyContact


def whole_number(text: str) -> Phone | None:
    """Read a number that is complete, the area code of this place being understood; None for anything else."""
    try:
        return parse_phone(text)
    except PhoneError as error:
        local = error.suggestion if re.fullmatch(r"[\d\s-]+", text) else ""
    try:
        return parse_phone(local) if local else None
    except PhoneError:
        return None


def recognise(text: str, found: Sequence[Elder]) -> Elder | None:
    """Return the one elder whom this whole number leads to: it is their own, or that of somebody of their family.

    An extension decides among those who share a number, and who lives here no more is passed over if somebody else
    does; a number that several share otherwise leads to nobody.
    """
    number = whole_number(text)
    if number is None:
        return None
    behind = [elder for elder in found if _has_number(elder, number)]
    living_here = [elder for elder in behind if not elder.is_gone] or behind
    return living_here[0] if len(living_here) == 1 else None


def _has_number(elder: Elder, number: Phone) -> bool:
    own = elder.phone == number.e164 and (not number.ext or elder.phone_ext == number.ext)
    return own or any(contact.phone == number.e164 for contact in elder.family.all())


def contact_behind(text: str, elder: Elder) -> FamilyContact | None:
    """Return who of the family these digits lead to; None if they are the elder's own, or no digits."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text)).lstrip("0")
    if len(digits) < SHORTEST_RUN or digits in elder.phone:
        return None
    return next((contact for contact in elder.family.all() if digits in contact.phone), None)
