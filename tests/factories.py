"""Believable rows for tests. Everything lies within a few hundred metres of (39.1200, 117.2000)."""

from datetime import date, time, timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from linzhu.communities.models import Community, Place, Role, User
from linzhu.communities.people import Language, Skill
from linzhu.dispatch.models import Assignment, Bond, DeferredAct, Offer, Todo, Wave
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.models import Elder, FamilyContact, HelpRequest, RecurringRequest
from linzhu.requests.models.help_requests import REF_ALPHABET, REF_LENGTH
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


def ref_number(n: int) -> str:
    """Return a reference that no other number has: of hundreds that are drawn, two are alike every now and then."""
    return "".join(REF_ALPHABET[n // len(REF_ALPHABET) ** place % len(REF_ALPHABET)] for place in range(REF_LENGTH))


class HelpRequestFactory(DjangoModelFactory):
    """A row as it stands, without its first StatusChange: ``lifecycle.log_request`` is the door for whole stories."""

    class Meta:
        model = HelpRequest

    ref = factory.Sequence(ref_number)
    elder = factory.SubFactory(ElderFactory)
    community = factory.SelfAttribute("elder.community")
    service_code = "groceries"
    details = "牛奶两盒、鸡蛋一板"
    window_start = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=2))
    window_end = factory.LazyAttribute(lambda row: row.window_start + timedelta(hours=2))


class RecurringRequestFactory(DjangoModelFactory):
    """A row without its next date: ``recurring.save`` finds that."""

    class Meta:
        model = RecurringRequest

    elder = factory.SubFactory(ElderFactory)
    service_code = "groceries"
    rrule = "FREQ=WEEKLY;BYDAY=MO,TH"
    begins, finishes = time(9), time(11)
    starts_on = date(2026, 11, 2)
    details = "牛奶两盒"


class WaveFactory(DjangoModelFactory):
    class Meta:
        model = Wave

    help_request = factory.SubFactory(HelpRequestFactory)
    round = factory.SelfAttribute("help_request.round")
    number = factory.Sequence(lambda n: n + 1)
    radius_m = 1000
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=5))
    due_at = factory.SelfAttribute("ends_at")


class OfferFactory(DjangoModelFactory):
    class Meta:
        model = Offer

    help_request = factory.SubFactory(HelpRequestFactory)
    wave = factory.SubFactory(WaveFactory, help_request=factory.SelfAttribute("..help_request"))
    volunteer = factory.SubFactory(VolunteerFactory, community=factory.SelfAttribute("..help_request.community"))
    round = factory.SelfAttribute("wave.round")
    phone = factory.SelfAttribute("volunteer.phone")
    code = factory.Sequence(lambda n: str(10 + n % 90))
    distance_m = 320
    expires_at = factory.SelfAttribute("wave.ends_at")


class AssignmentFactory(DjangoModelFactory):
    class Meta:
        model = Assignment

    help_request = factory.SubFactory(HelpRequestFactory)
    volunteer = factory.SubFactory(VolunteerFactory, community=factory.SelfAttribute("..help_request.community"))
    place = 1
    door_word = "石榴"


class BondFactory(DjangoModelFactory):
    class Meta:
        model = Bond

    elder = factory.SubFactory(ElderFactory)
    volunteer = factory.SubFactory(VolunteerFactory, community=factory.SelfAttribute("..elder.community"))
    kind = Bond.Kind.PAIRED


class DeferredActFactory(DjangoModelFactory):
    class Meta:
        model = DeferredAct

    help_request = factory.SubFactory(HelpRequestFactory)
    action = "cancel"
    form = factory.LazyFunction(lambda: {"reason": "by-elder"})
    user = factory.SubFactory(UserFactory)
    due_at = factory.LazyFunction(lambda: timezone.now() + timedelta(seconds=10))


class InboundMessageFactory(DjangoModelFactory):
    class Meta:
        model = InboundMessage

    gateway = "local"
    gateway_ref = factory.Sequence(lambda n: f"in-{n}")
    sender = factory.Sequence(lambda n: f"+86199{30000000 + n}")
    text = "下午三点行不行？"


class TodoFactory(DjangoModelFactory):
    class Meta:
        model = Todo

    community = factory.SubFactory(CommunityFactory)
    kind = Todo.Kind.NOBODY_FOUND
    due_at = factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=30))


class MessageFactory(DjangoModelFactory):
    class Meta:
        model = Message

    community = factory.SubFactory(CommunityFactory)
    to = factory.Sequence(lambda n: f"+86199{40000000 + n}")
    template = "offer"
    language = "zh-hans"
    text = "【邻助】新华里生活用品代购，今天14:00–16:00。能去请回：接47，不能回：不接47"
