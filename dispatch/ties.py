"""What bonds do to the search: who is asked first, who earlier than others, who never."""

from __future__ import annotations

from dataclasses import dataclass, field

from linzhu.dispatch.models import Bond
from linzhu.dispatch.reasons import Reason
from linzhu.requests.models import Elder
from linzhu.volunteers.models import Volunteer

Kind = Bond.Kind


@dataclass
class Ties:
    """The volunteers whom an elder is tied to, by primary key. Read by ``history.read_history``."""

    paired: set[int] = field(default_factory=set)
    preferred: set[int] = field(default_factory=set)
    never: set[int] = field(default_factory=set)

    def add(self, kind: str, volunteer_id: int) -> None:
        """Note one bond."""
        {Kind.PAIRED: self.paired, Kind.PREFERRED: self.preferred}.get(Kind(kind), self.never).add(volunteer_id)


def are_kept_apart(elder_id: int, volunteer_id: int) -> bool:
    """Whether either of the two wishes never to meet the other again. Asked at the yes as well as at the offer."""
    standing = Bond.objects.standing().filter(kind__in=Bond.NEVER)
    return standing.filter(elder_id=elder_id, volunteer_id=volunteer_id).exists()


def paired_with(elder: Elder) -> list[Volunteer]:
    """Return the elder's paired volunteers, the longest pairing first."""
    bonds = Bond.objects.standing().filter(elder=elder, kind=Kind.PAIRED).select_related("volunteer")
    return [bond.volunteer for bond in bonds.order_by("created_at")]


def tie_exclusions(volunteer_id: int, ties: Ties) -> list[Reason]:
    """Return the reason why this volunteer is kept away from the elder, if there is one; it does not say whose wish."""
    return [{"code": "never"}] if volunteer_id in ties.never else []


def tie_reasons(volunteer_id: int, ties: Ties) -> list[Reason]:
    """Return what ties this volunteer to the elder: such people are asked before all others."""
    if volunteer_id in ties.paired:
        return [{"code": "paired"}]
    return [{"code": "preferred"}] if volunteer_id in ties.preferred else []
