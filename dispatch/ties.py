"""What bonds do to the search: who is asked first, who earlier than others, who never."""

from __future__ import annotations

from dataclasses import dataclass

from linzhu.dispatch.models import Assignment, Bond
from linzhu.dispatch.reasons import Reason
from linzhu.requests.models import Elder, HelpRequest
from linzhu.volunteers.models import Volunteer

Kind = Bond.Kind

PAIRED_FACTOR, PREFERRED_FACTOR = 4.0, 2.0
"""How much earlier a known person is asked: as if they lived 2 km, or 1 km, nearer (see ``matching.appraise``)."""


@dataclass(frozen=True)
class Ties:
    """The volunteers whom an elder is tied to, by primary key."""

    paired: frozenset[int] = frozenset()
    preferred: frozenset[int] = frozenset()
    never: frozenset[int] = frozenset()


def are_kept_apart(elder_id: int, volunteer_id: int) -> bool:
    """Whether either of the two wishes never to meet the other again. Asked at the yes as well as at the offer."""
    standing = Bond.objects.standing().filter(kind__in=Bond.NEVER)
    return standing.filter(elder_id=elder_id, volunteer_id=volunteer_id).exists()


def paired_with(elder: Elder) -> list[Volunteer]:
    """Return the elder's paired volunteers, the longest pairing first."""
    bonds = Bond.objects.standing().filter(elder=elder, kind=Kind.PAIRED).select_related("volunteer")
    return [bond.volunteer for bond in bonds.order_by("created_at")]


def ties_of(help_request: HelpRequest) -> Ties:
    """Return whom the elder is tied to. At most two queries; works for a help request that is not saved, too.

    Where a recurring request wishes for the same volunteer, whoever came last time is preferred.
    """
    rows = Bond.objects.standing().filter(elder=help_request.elder_id).values_list("kind", "volunteer_id")
    kinds: dict[str, set[int]] = {}
    for kind, volunteer_id in rows:
        kinds.setdefault(kind, set()).add(volunteer_id)
    return Ties(
        paired=frozenset(kinds.get(Kind.PAIRED, ())),
        preferred=frozenset(kinds.get(Kind.PREFERRED, set()) | _came_last_time(help_request)),
        never=frozenset().union(*(kinds.get(kind, ()) for kind in Bond.NEVER)),
    )


def _came_last_time(help_request: HelpRequest) -> set[int]:
    if not help_request.pk:
        return set()
    came = Assignment.objects.filter(
        status=Assignment.Status.FINISHED,
        help_request__occurrence__recurring__same_volunteer=True,
        help_request__occurrence__recurring__occurrences__help_request=help_request.pk,
    )
    return set(came.order_by("-finished_at").values_list("volunteer_id", flat=True)[:1])


def tie_exclusions(volunteer_id: int, ties: Ties) -> list[Reason]:
    """Return the reason why this volunteer is kept away from the elder, if there is one; it does not say whose wish."""
    return [{"code": "never"}] if volunteer_id in ties.never else []


def tie_bonus(volunteer_id: int, ties: Ties) -> tuple[float, list[Reason]]:
    """Return (factor for the score, reasons for the rank) of what ties this volunteer to the elder."""
    if volunteer_id in ties.paired:
        return PAIRED_FACTOR, [{"code": "paired"}]
    if volunteer_id in ties.preferred:
        return PREFERRED_FACTOR, [{"code": "preferred"}]
    return 1.0, []
