"""What goes on in the demo right now, at whatever hour it is loaded."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from linzhu.communities.models import User
from linzhu.communities.people import Language, TellBy
from linzhu.demo import errands
from linzhu.demo.people import FIRST_VOLUNTEER, MOBILE, OPTED_OUT, STRANGER
from linzhu.demo.regulars import ask_the_paired_one, be_in_hospital, make_bonds, shop_every_week
from linzhu.demo.story import MINUTE, Story, text
from linzhu.requests.catalogue import Code
from linzhu.requests.models import Elder

HOUR = timedelta(hours=1)
ASSIGNED = (
    (Code.ESCORT, "云溪医院心内科，挂好了号。", 20),
    (Code.PARCEL, "驿站取件，一箱苹果，有点重。", 4),
    (Code.DEVICE_SETUP, "新手机，想要大字和一键呼叫。", 6),
)
"""Service, details, hours ahead."""


def daytime(moment: datetime) -> datetime:
    """Return the next full half hour from ``moment`` on between 8:00 and 19:00, local wall time."""
    local = timezone.localtime(moment)
    half = local.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=30 * -(-local.minute // 30))
    if half.hour >= 19:
        half = (half + timedelta(days=1)).replace(hour=9, minute=0)
    return half.replace(hour=8, minute=30) if half.hour < 8 else half


def live_through_today(staff: dict[str, User], random: Random, now: datetime) -> None:
    """Write what is looked for, assigned, under way and owed at ``now``."""
    # First: who wants no texts must not be found on one of the visits below.
    text(MOBILE.format(FIRST_VOLUNTEER + OPTED_OUT), errands.OPT_OUT, now - 50 * HOUR)
    elders = _quiet_elders()
    make_bonds(staff, now)
    shop_every_week(staff, elders.pop(), now)
    ask_the_paired_one(staff, random, elders.pop(), now, daytime(now + 5 * HOUR))
    _done_today(Story(staff, random), elders, now)
    _underway(Story(staff, random), elders, now)
    for code, details, hours_ahead in ASSIGNED:
        story = Story(staff, random)
        story.log(elders.pop(), code, details, at=now - 55 * MINUTE, start=daytime(now + hours_ahead * HOUR))
        story.somebody_says_yes(now - 48 * MINUTE)
    _call_back_owed(Story(staff, random), now)
    _two_people(Story(staff, random), elders, now)
    _nobody_found(Story(staff, random), now)
    _unclear(Story(staff, random), elders, now)
    _just_logged(Story(staff, random), elders, now)
    _money_gap(Story(staff, random), elders, now)
    be_in_hospital(staff, elders.pop(0), now)
    text(MOBILE.format(STRANGER), errands.STRANGER, now - 25 * MINUTE)


def _quiet_elders() -> list[Elder]:
    """Elders without a live help request, who can be told by text or through the family."""
    return list(Elder.objects.filter(languages__has=Language.MANDARIN).exclude(tell_by=TellBy.CALL).order_by("-pk"))


def _done_today(story: Story, elders: list[Elder], now: datetime) -> None:
    kitchen_open = 10 <= timezone.localtime(now).hour < 22
    code, details = (
        (Code.MEAL, "老年食堂打一份软饭，少盐。") if kitchen_open else (Code.MEDICINE, "夜间药店买一盒退烧药。")
    )
    story.log(elders.pop(), code, details, at=now - 3 * HOUR, start=now - 2 * HOUR)
    story.somebody_says_yes(now - 170 * MINUTE)
    story.told(now - 160 * MINUTE)
    story.arrive(now - 115 * MINUTE)
    story.finish(now - 80 * MINUTE, 35)
    story.report_money(now - 78 * MINUTE)


def _money_gap(story: Story, elders: list[Elder], now: datetime) -> None:
    """Five yuan less came back than the volunteer says: a lead has to find out why."""
    start = daytime(now - 26 * HOUR)
    story.log(elders.pop(), Code.GROCERIES, "酱油一瓶、豆腐两块、苹果三斤。", at=start - 2 * HOUR, start=start)
    story.somebody_says_yes(start - 110 * MINUTE)
    story.told(start - 100 * MINUTE)
    story.arrive(start + 5 * MINUTE)
    story.finish(start + 50 * MINUTE, 45)
    story.report_money(start + 52 * MINUTE)
    story.elder_says(start + 3 * HOUR, missing_fen=5_00)


def _underway(story: Story, elders: list[Elder], now: datetime) -> None:
    night = not 7 <= timezone.localtime(now).hour < 21
    details = "夜间急诊输液，请陪着候诊。" if night else "云溪医院复诊，已经出门。"
    story.log(elders.pop(), Code.ESCORT, details, at=now - 100 * MINUTE, start=now - 30 * MINUTE, hours=3)
    story.somebody_says_yes(now - 90 * MINUTE)
    story.told(now - 80 * MINUTE)
    story.arrive(now - 20 * MINUTE)


def _call_back_owed(story: Story, now: datetime) -> None:
    """The elder has a landline: somebody must ring them up and say who comes."""
    elder = Elder.objects.filter(tell_by=TellBy.CALL, languages__has=Language.MANDARIN).order_by("-pk")[0]
    story.log(
        elder, Code.GROCERIES, "牛奶两提、面包一袋，要新日期的。", at=now - 20 * MINUTE, start=daytime(now + 3 * HOUR)
    )
    story.somebody_says_yes(now - 12 * MINUTE)


def _two_people(story: Story, elders: list[Elder], now: datetime) -> None:
    """Two have to go; one has said yes."""
    story.log(
        elders.pop(),
        Code.BENEFIT_CERTIFICATION,
        "养老金资格认证，出不了门。",
        at=now - 4 * MINUTE,
        start=daytime(now + 22 * HOUR),
    )
    for offer in story.open_offers()[:1]:
        story.reply(offer, errands.YES, now - 2 * MINUTE)


def _nobody_found(story: Story, now: datetime) -> None:
    """Nobody near speaks Uyghur and is cleared for papers: a person has to decide."""
    elder = Elder.objects.get(languages__has=Language.UYGHUR)
    details, start = "社保材料要翻译着填，请找会维吾尔语的。", daytime(now + 5 * HOUR)
    story.log(elder, Code.PAPERWORK, details, at=now - 9 * MINUTE, start=start, needs_language=Language.UYGHUR)


def _unclear(story: Story, elders: list[Elder], now: datetime) -> None:
    story.log(
        elders.pop(),
        Code.MEDICINE,
        "社区卫生站取药，老花镜也带上。",
        at=now - 3 * MINUTE,
        start=daytime(now + 2 * HOUR),
    )
    offers = story.open_offers()
    if offers:
        story.reply(offers[0], errands.UNCLEAR, now - 1 * MINUTE)
    if len(offers) > 1:
        story.reply(offers[1], errands.NO, now - 1 * MINUTE)


def _just_logged(story: Story, elders: list[Elder], now: datetime) -> None:
    story.log(
        elders.pop(),
        Code.COMPANIONSHIP,
        "老伴住院，一个人在家，想有人陪着坐坐。",
        at=now - timedelta(seconds=15),
        start=daytime(now + 4 * HOUR),
    )
