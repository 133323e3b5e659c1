"""Whom an emergency concerns: the elders at risk of some communities or around a point, and the volunteers in reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.communities.geo import box_around, distance_m
from linzhu.communities.models import Community
from linzhu.communities.people import Skill
from linzhu.dispatch.models import RollCallEntry
from linzhu.requests.models import Elder, ElderState
from linzhu.volunteers.models import Volunteer

HELPS_WITH = (Skill.COMPANY, Skill.RELIEF)
"""What safety checks and relief ask for."""
FURTHEST_REACH_M = 50_000


@dataclass(frozen=True)
class Circle:
    """Everything within ``radius_m`` metres of a point (WGS-84 degrees)."""

    lat: float
    lng: float
    radius_m: int

    def holds(self, lat: float, lng: float, margin_m: int = 0) -> bool:
        return distance_m(self.lat, self.lng, lat, lng) <= self.radius_m + margin_m


@dataclass(frozen=True)
class Area:
    """Some nodes of the tree with all below them; with a circle, whoever of these lives inside."""

    nodes: Sequence[Community]
    groups: frozenset[str] = frozenset()
    """Only elders of one of these groups; empty: all of them."""
    circle: Circle | None = None
    name: str = field(default="", compare=False)

    def elders(self) -> list[Elder]:
        """Return whom to ask after: who is at home. Without a position that is the middle of their community."""
        found = (
            Elder.objects.filter(self._below(), state=ElderState.ACTIVE)
            .select_related("community", "place")
            .order_by("pk")
        )
        if self.groups:
            found = found.filter(_any_of("groups", self.groups))
        if self.circle is None:
            return list(found)
        box = box_around(self.circle.lat, self.circle.lng, self.circle.radius_m)
        near = found.alias(
            at_lat=Coalesce("lat", "place__lat", "community__lat"),
            at_lng=Coalesce("lng", "place__lng", "community__lng"),
        ).filter(at_lat__range=(box.south, box.north), at_lng__range=(box.west, box.east))
        return [elder for elder in near if (at := elder.position()) and self.circle.holds(*at)]

    def volunteers(self) -> list[Volunteer]:
        """Return who may be called up: not paused, not opted out, cleared today, able to look in or to bring relief."""
        askable = Volunteer.objects.askable(now(), timezone.localdate(now())).filter(_any_of("skills", HELPS_WITH))
        found = askable.filter(self._below(), lat__isnull=False, lng__isnull=False).order_by("pk")
        return list(found) if self.circle is None else list(self._within_reach(found, self.circle))

    @staticmethod
    def _within_reach(volunteers: QuerySet[Volunteer], circle: Circle) -> Iterator[Volunteer]:
        box = box_around(circle.lat, circle.lng, circle.radius_m + FURTHEST_REACH_M)
        near = volunteers.filter(lat__range=(box.south, box.north), lng__range=(box.west, box.east))
        return (one for one in near if circle.holds(one.lat or 0.0, one.lng or 0.0, margin_m=one.reach_m))

    def _below(self) -> Q:
        below = Q(pk__in=[])
        for node in self.nodes:
            below |= Q(community__path__startswith=node.path)
        return below

    def asked_in_earnest(self) -> bool:
        """Whether elders of this area are being asked after in a real emergency now: no time for a drill."""
        real = RollCallEntry.objects.filter(elder=OuterRef("pk"), emergency__ended_at=None, emergency__drill=False)
        return Elder.objects.filter(self._below(), Exists(real)).exists()


def _any_of(name: str, choices: Sequence[str] | frozenset[str]) -> Q:
    wanted = Q()
    for choice in choices:
        wanted |= Q(**{f"{name}__has": choice})
    return wanted
