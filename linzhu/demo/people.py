"""The demo's elders, families and volunteers: invented, and the same on every machine (a seeded random).

All mobiles are +86 199 0000 0xxx, all landlines +86 22 2000 0xxx: valid in form, given to nobody that we know of.
Texts of the demo never leave the machine anyway.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.communities.models import Place, User
from linzhu.communities.people import Clearance, Gender, Language, Skill, TellBy
from linzhu.demo import names
from linzhu.requests.models import Elder, FamilyContact, Need, PriorityGroup
from linzhu.volunteers.availability import DAYTIME, Week, slots
from linzhu.volunteers.lifecycle import suspend
from linzhu.volunteers.models import Volunteer

ELDERS = 40
VOLUNTEERS = 80
MOBILE = "+861990000{:04d}"
LANDLINE = "+86222000{:04d}"
SUSPENDED, OPTED_OUT = 44, 66
FIRST_VOLUNTEER, FIRST_ELDER, FIRST_FAMILY, STRANGER = 100, 300, 500, 999

_ANY_TIME = slots(0, 24 * 60)
_MORNING, _AFTERNOON, _EVENING = slots(8 * 60, 12 * 60), slots(14 * 60, 18 * 60), slots(18 * 60, 22 * 60)
_DAY = slots(8 * 60, 20 * 60)
WEEKS = (
    Week(*[_ANY_TIME] * 7),  # lives next door, sleeps lightly: whenever the demo is run, somebody is free
    DAYTIME,
    Week(*[_MORNING | _AFTERNOON] * 5),  # retired
    Week(_EVENING, _EVENING, _EVENING, _EVENING, _EVENING, _DAY, _DAY),  # has a job
    Week(sat=_DAY, sun=_DAY),  # student
    Week(*[_ANY_TIME] * 7),
)


def create_elders(random: Random) -> None:
    """Write the elders and their families; four in ten have a landline alone."""
    homes = list(Place.objects.filter(kind=Place.Kind.BUILDING).order_by("pk"))
    for number in range(ELDERS):
        home = homes[number % len(homes)]
        woman = random.random() < 0.6
        landline = number % 5 in {1, 3}
        elder = Elder.objects.create(
            community=home.community,
            name=names.elder(number, woman=woman),
            phone=(LANDLINE if landline else MOBILE).format(FIRST_ELDER + number),
            phone_ext="802" if number == 11 else "",
            birth_year=now().year - random.randint(70, 93),
            gender=Gender.WOMAN if woman else Gender.MAN,
            address=f"{home}{random.randint(1, 4)}门{random.randint(1, 6)}0{random.randint(1, 3)}室",
            place=home,
            tell_by=TellBy.CALL if landline else random.choice([TellBy.TEXT, TellBy.TEXT, TellBy.CALL, TellBy.FAMILY]),
            **_circumstances(random, number),
        )
        _create_family(random, elder, number)


def _circumstances(random: Random, number: int) -> dict[str, object]:
    groups = {PriorityGroup.ADVANCED_AGE} if random.random() < 0.4 else set()
    if random.random() < 0.5:
        groups.add(PriorityGroup.LIVING_ALONE)
    if random.random() < 0.15:
        groups.add(PriorityGroup.LEFT_BEHIND)
    needs = {need for need, share in zip(Need, (0.1, 0.3, 0.25, 0.15), strict=True) if random.random() < share}
    if Need.WHEELCHAIR in needs:
        groups.add(PriorityGroup.DISABLED)
    languages = {Language.MANDARIN}
    if number % 9 == 4:
        languages = {Language.DIALECT, Language.MANDARIN}
    if number == names.UYGHUR_ELDER:
        languages = {Language.UYGHUR}
    return {
        "groups": frozenset(groups),
        "needs": frozenset(needs),
        "languages": frozenset(languages),
        "notes": names.NOTES[number // 4 % len(names.NOTES)] if number % 4 == 0 else "",
    }


def _create_family(random: Random, elder: Elder, number: int) -> None:
    if number % 3 == 2 and elder.tell_by != TellBy.FAMILY:
        return
    relation, woman = random.choice([("女儿", True), ("儿子", False), ("儿媳", True), ("侄子", False)])
    same_name = elder.gender == Gender.MAN and relation != "儿媳" and "·" not in elder.name
    surname = elder.name[0] if same_name else names.surname(random)
    FamilyContact.objects.create(
        elder=elder,
        name=names.younger(random, surname=surname, woman=woman),
        phone=MOBILE.format(FIRST_FAMILY + number),
        relation=relation,
        may_act=random.random() < 0.6,
    )


def create_volunteers(random: Random, lead: User) -> None:
    """Write the volunteers. A few cannot be asked: clearance expired, paused, suspended by the lead."""
    compounds = list(Place.objects.filter(kind=Place.Kind.COMPOUND).order_by("pk"))
    today = timezone.localdate()
    for number in range(VOLUNTEERS):
        home = compounds[number % len(compounds)]
        woman = random.random() < 0.55
        volunteer = Volunteer(
            community=home.community,
            name=names.younger(random, surname=names.surname(random), woman=woman),
            phone=MOBILE.format(FIRST_VOLUNTEER + number),
            gender=Gender.WOMAN if woman else Gender.MAN,
            text_language="en" if number in {6, 30} else "zh-hans",
            place=home,
            lat=round(home.lat + random.uniform(-0.0012, 0.0012), 5),
            lng=round(home.lng + random.uniform(-0.0015, 0.0015), 5),
            reach_m=random.choice([1000, 1500, 2000, 2000, 3000]),
            has_vehicle=number % 4 == 0,
            clearance=Clearance.TRUSTED if number % 3 == 0 else Clearance.BASIC,
            cleared_until=today + timedelta(days=random.randint(40, 400)),
            skills=_skills(random, number),
            languages=_languages(number),
            joined_at=now() - timedelta(days=random.randint(20, 700)),
        )
        volunteer.week = WEEKS[number % len(WEEKS)]
        _apart(volunteer, number)
        volunteer.save()
        if number == SUSPENDED:
            suspend(volunteer, user=lead, why="等待社区谈话")


def _skills(random: Random, number: int) -> frozenset[str]:
    skills = {Skill.ERRANDS, *random.sample(list(Skill), 3)}
    if number % 4 == 0:  # has a car
        skills |= {Skill.RIDES, Skill.RELIEF}
    if number % 3 == 0:  # is trusted with papers
        skills |= {Skill.PAPERWORK}
    return frozenset(skills)


def _languages(number: int) -> frozenset[str]:
    special = {
        6: Language.ENGLISH,
        30: Language.ENGLISH,
        13: Language.UYGHUR,
        49: Language.UYGHUR,
        21: Language.DIALECT,
    }
    return frozenset({Language.MANDARIN, special.get(number, Language.MANDARIN)})


def _apart(volunteer: Volunteer, number: int) -> None:
    """Make a few special, so that every state and reason can be seen."""
    if number in {14, 37, 62}:
        volunteer.cleared_until = timezone.localdate() - timedelta(days=number)
    elif number in {25, 51}:
        volunteer.paused_until = now() + timedelta(days=5)
        volunteer.notes = "出差，下周回来。"
    elif number == 70:
        volunteer.weekly_cap = 1
