"""What an emergency would set in motion, shown before anything is sent; and its declaration: all rows, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from linzhu.communities.clock import now
from linzhu.communities.models import Community, User
from linzhu.communities.people import TextLanguage
from linzhu.dispatch.emergency.area import Area
from linzhu.dispatch.emergency.asking import is_mobile
from linzhu.dispatch.emergency.telling import text_of
from linzhu.dispatch.emergency.wording import drill_mark, event_name, words_of
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import CallUp, Emergency, RollCallEntry
from linzhu.dispatch.telling import elder_language
from linzhu.notifications.caps import room_today
from linzhu.notifications.models import OptOut
from linzhu.notifications.wording import count_parts
from linzhu.requests.models import Elder
from linzhu.volunteers.models import Volunteer

AT_ONCE = 1000


class NotNow(Exception):  # noqa: N818 (an answer for the person who asked, not a fault)
    """It cannot be declared: nobody lives there, the numbers have changed since, or it is no time for a drill."""


@dataclass(frozen=True)
class Sample:
    """One text as it would be sent: in which language, to how many, how many parts it takes."""

    language: str
    text: str
    people: int
    parts: int

    @property
    def language_name(self) -> str:
        return str(TextLanguage(self.language).label)


@dataclass(frozen=True)
class Plan:
    """What would happen."""

    elders: int
    texts: int
    landlines: int
    no_phone: int
    no_position: int
    samples: list[Sample]
    call_ups: list[Sample]
    above_cap: int
    """Of the texts, those that today's limits hold back: these elders are called instead."""

    @property
    def volunteers(self) -> int:
        return sum(sample.people for sample in self.call_ups)

    @property
    def parts(self) -> int:
        return sum(sample.people * sample.parts for sample in self.samples)


def plan(area: Area, kind: str, *, drill: bool, call_up: bool) -> Plan:
    """Return what declaring this would set in motion. Nothing is written; as many queries for a hundred as for one."""
    elders = area.elders()
    by_text = _who_texts(elders)
    mobile = [elder for elder in elders if elder.pk in by_text]
    with_phone = sum(bool(elder.phone) for elder in elders)
    samples = _samples(mobile, Emergency(kind=kind, drill=drill))
    return Plan(
        elders=len(elders),
        texts=len(mobile),
        landlines=with_phone - len(mobile),
        no_phone=len(elders) - with_phone,
        no_position=sum(elder.position() is None for elder in elders),
        samples=samples,
        call_ups=_call_ups(area.volunteers() if call_up else [], area, Emergency(kind=kind, drill=drill)),
        above_cap=_above_cap(mobile, samples),
    )


def _above_cap(elders: Iterable[Elder], samples: Iterable[Sample]) -> int:
    room, parts = room_today(now()), {sample.language: sample.parts for sample in samples}
    return sum(not room.take(elder.community_id, parts[elder_language(elder)]) for elder in elders)


def _who_texts(elders: Iterable[Elder]) -> set[int]:
    """Return the keys of those whose phone takes texts: a mobile number that has not opted out."""
    opted_out = set(OptOut.objects.values_list("phone", flat=True))
    return {elder.pk for elder in elders if elder.phone not in opted_out and is_mobile(elder.phone)}


def _samples(elders: list[Elder], emergency: Emergency) -> list[Sample]:
    languages = Counter(elder_language(elder) for elder in elders)
    communities = {elder_language(elder): elder.community for elder in elders}
    return [_sample(communities[one], text_of(emergency), emergency, one, n) for one, n in languages.most_common()]


def _call_ups(volunteers: list[Volunteer], area: Area, emergency: Emergency) -> list[Sample]:
    languages = Counter(volunteer.text_language for volunteer in volunteers)
    return [_sample(area.nodes[0], "call_up", emergency, language, n) for language, n in languages.most_common()]


def _sample(community: Community, key: str, emergency: Emergency, language: str, people: int) -> Sample:
    named = {"drill": drill_mark(emergency, language), "event": event_name(emergency, language), "code": "47"}
    text = words_of(community, key, named, language)
    return Sample(language, text, people, count_parts(text))


def declare(
    area: Area, kind: str, *, user: User, key: str, expected: int, drill: bool = False, call_up: bool = True
) -> Emergency:
    """Write the emergency, an entry for every elder, a row for every volunteer who is to be called up.

    Nothing is sent here: the clock asks them in small bites. ``expected`` is the number of elders whom the declarer
    has read and typed. A ``key`` that was used before returns the emergency of that time. Raises NotNow.
    """
    if earlier := Emergency.objects.filter(key=key).first():
        return earlier
    elders = area.elders()
    if not elders or len(elders) != expected or (drill and area.asked_in_earnest()):
        raise NotNow
    with transaction.atomic():
        emergency, is_new = Emergency.objects.get_or_create(key=key, defaults=_fields(area, kind, drill, user))
        if is_new:
            _write_rows(emergency, area, elders, call_up=call_up)
    return emergency


def _fields(area: Area, kind: str, drill: bool, user: User) -> dict[str, object]:
    circle = area.circle
    around = {"lat": circle.lat, "lng": circle.lng, "radius_m": circle.radius_m} if circle else {}
    named = {"kind": kind, "drill": drill, "area": area.name[:200], "groups": area.groups}
    return {**named, **around, "declared_by": user, "declared_at": now()}


def _write_rows(emergency: Emergency, area: Area, elders: list[Elder], *, call_up: bool) -> None:
    at = now()
    emergency.nodes.set(area.nodes)
    RollCallEntry.objects.bulk_create(
        (
            RollCallEntry(emergency=emergency, elder=elder, community=elder.community, state_at=at, due_at=at)
            for elder in elders
        ),
        batch_size=AT_ONCE,
    )
    if call_up:
        CallUp.objects.bulk_create(
            (CallUp(emergency=emergency, volunteer=one, phone=one.phone) for one in area.volunteers()),
            batch_size=AT_ONCE,
        )
    for node in area.nodes:
        record_event(community=node)
