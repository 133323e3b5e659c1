"""Believable rows for tests. Everything lies within a few hundred metres of (39.1200, 117.2000)."""

from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from linzhu.communities.models import Community, Place, Role, User
from linzhu.communities.people import Language, Skill
from linzhu.requests.models import Elder, FamilyContact
from linzhu.volunteers.availability import Week, slots
from linzhu.volunteers.models import Volunteer

LAT, LNG = 39.12, 117.20
ALWAYS = Week(*[slots(0, 24 * 60)] * 7)


class CommunityFactory(DjangoModelFactory):
    class Meta:
        model = Community

    code = factory.Sequence(lambda n: f"community-{n}")
    name = factory.Sequence(lambda n: f"社区{n}")
    parent = None
    path = factory.LazyAttribute(lambda c: f"{c.parent.path if c.parent else ''}{c.code}/")
    lat, lng = LAT, LNG
    office_phone = "+862220000001"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"staff{n}")
    name = factory.Sequence(lambda n: f"Worker {n}")


class RoleFactory(DjangoModelFactory):
    class Meta:
        model = Role

    user = factory.SubFactory(UserFactory)
    community = factory.SubFactory(CommunityFactory)
    kind = Role.Kind.DISPATCHER


class PlaceFactory(DjangoModelFactory):
    class Meta:
        model = Place

    community = factory.SubFactory(CommunityFactory)
    name = factory.Sequence(lambda n: f"新华里{n}")
    lat, lng = LAT, LNG


class ElderFactory(DjangoModelFactory):
    class Meta:
        model = Elder

    community = factory.SubFactory(CommunityFactory)
    name = factory.Sequence(lambda n: f"张秀英{n}")
    phone = factory.Sequence(lambda n: f"+8622{20001000 + n}")
    birth_year = 1940
    gender = "woman"
    address = "7号楼501"
    lat, lng = LAT, LNG
    languages = frozenset({Language.MANDARIN})


class FamilyContactFactory(DjangoModelFactory):
    class Meta:
        model = FamilyContact

    elder = factory.SubFactory(ElderFactory)
    name = "王芳"
    phone = factory.Sequence(lambda n: f"+86199{10000000 + n}")
    relation = "女儿"


class VolunteerFactory(DjangoModelFactory):
    class Meta:
        model = Volunteer

    community = factory.SubFactory(CommunityFactory)
    name = factory.Sequence(lambda n: f"陈磊{n}")
    phone = factory.Sequence(lambda n: f"+86199{20000000 + n}")
    gender = "man"
    text_language = "en"
    lat = factory.Sequence(lambda n: LAT + 0.0005 * (n % 10))
    lng = LNG
    skills = frozenset(Skill.values)
    languages = frozenset({Language.MANDARIN})
    cleared_until = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=100))
    week = ALWAYS


def window(hours_ahead: float = 2, length_h: float = 2) -> dict[str, object]:
    """Return window_start and window_end for a help request that begins in some hours."""
    start = timezone.now() + timedelta(hours=hours_ahead)
    return {"window_start": start, "window_end": start + timedelta(hours=length_h)}
