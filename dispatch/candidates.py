"""Who could come, as staff see it: the ranking, and whom they may assign by hand."""

from __future__ import annotations

from collections.abc import Iterable

from linzhu.dispatch.matching import Exclusion, consider
from linzhu.dispatch.reasons import Reason
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.models import Volunteer

STAFF_MAY_OVERRULE = {"too-far", "not-free", "cap", "asked", "said-no", "paused", "busy", "no-language"}
"""Reasons that a word on the phone can settle. Clearance, the elder's wishes and an opt-out are not among them."""

SHOWN, FURTHER_SHOWN = 5, 30
EXCLUDED_SHOWN = 40


def is_assignable(reasons: Iterable[Reason]) -> bool:
    """Whether staff may give the place to a volunteer whom the rules exclude for these reasons."""
    return all(reason["code"] in STAFF_MAY_OVERRULE for reason in reasons)


def find_assignable(help_request: HelpRequest, volunteer_id: int) -> Volunteer | None:
    """Return the volunteer if staff may assign them by hand, as things are now."""
    person = consider(help_request, volunteer_id)
    if person is None or (isinstance(person, Exclusion) and not is_assignable(person.reasons)):
        return None
    return person.volunteer
