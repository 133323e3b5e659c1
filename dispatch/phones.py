"""The demo's phones: every number as a thread of texts, as its owner would see it. Only with the local gateway."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.dispatch.models import Assignment, CashJob, Offer
from linzhu.dispatch.voice.callers import READING
from linzhu.dispatch.voice.handsets import Handset, calls_since, handset_of, lines_of
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.voice import is_on
from linzhu.requests.models import LIVE_STATUSES, Elder, FamilyContact
from linzhu.volunteers.models import Volunteer

KEEP = timedelta(days=7)
MAX_THREADS = 60
MAX_TEXTS = 600
MAX_BUBBLES = 30

REACHED = {Message.State.ACCEPTED, Message.State.SENT, Message.State.DELIVERED}
"""What the gateway has taken. With the local gateway the text is on the phone at that moment."""

ANSWERS: dict[str, tuple[str, ...]] = {
    "en": ("YES {}", "NO {}"),
    "zh-hans": ("接{}", "不接{}"),
    "bo": ("དང་ལེན {}", "མི་ལེན {}"),
    "ug": ("قوبۇل {}", "ياق {}"),
}
REPORTS: dict[str, tuple[str, ...]] = {
    "en": ("arrived", "done 45", "cannot come"),
    "zh-hans": ("到了", "完成45", "来不了"),
    "bo": ("སླེབས་སོང", "བྱས་ཚར 45", "ཡོང་མི་ཐུབ"),
    "ug": ("كەلدىم", "تۈگىدى 45", "كېلەلمەيمەن"),
}
CASH: dict[str, tuple[str, ...]] = {
    "en": ("got 100 spent 86.50 back 13.50",),
    "zh-hans": ("收100 花86.5 还13.5",),
}

_LINK = re.compile(r"(https?://[^\s，。；）]+)")


@dataclass(frozen=True)
class Bubble:
    """One text on a phone. ``mine``: its owner has sent it."""

    text: str
    at: datetime
    mine: bool

    @property
    def parts(self) -> list[str]:
        """The text cut at its links: every second part is a link."""
        return _LINK.split(self.text)


@dataclass
class Thread:
    """A phone: who holds it, what it has received and sent, what its owner is likely to answer."""

    phone: str
    owners: list[str] = field(default_factory=list)
    bubbles: list[Bubble] = field(default_factory=list)
    quick: list[str] = field(default_factory=list)
    call: Handset | None = None
    rings_hotline: bool = False

    @property
    def received(self) -> int:
        return sum(not bubble.mine for bubble in self.bubbles) + bool(self.call and self.call.rings)

    @property
    def in_use_or_rang(self) -> tuple[bool, datetime]:
        """What puts a phone in front: somebody is on it, or it rings; then who was texted last."""
        return self.call is not None, self.call.at if self.call else self.rang_at

    @property
    def rang_at(self) -> datetime:
        """When the phone last rang. An own reply moves no thread, so the one being answered stays where it is."""
        rang = [bubble.at for bubble in self.bubbles if not bubble.mine]
        return max(rang or [bubble.at for bubble in self.bubbles])

    @property
    def key(self) -> str:
        """The number as an HTML id."""
        return re.sub(r"\W", "", self.phone)


def threads_of(user: User) -> list[Thread]:
    """Return the phones of the communities that this user may see, the one that rang last first."""
    threads: dict[str, Thread] = {}
    received = Message.objects.visible_to(user).filter(state__in=REACHED, created_at__gte=now() - KEEP)
    for message in received.order_by("-created_at")[:MAX_TEXTS]:
        at = message.handed_at or message.created_at
        _thread(threads, message.to).bubbles.append(Bubble(message.text, at, mine=False))
    for inbound in _sent_texts(threads):
        _thread(threads, inbound.sender).bubbles.append(Bubble(inbound.text, inbound.received_at, mine=True))
    for call in calls_since(user, now() - KEEP, MAX_TEXTS):
        thread = _thread(threads, call.phone)
        thread.call = thread.call or handset_of(call)
        thread.bubbles += [Bubble(line.text, line.at, line.mine) for line in lines_of(call)]
    threads = {phone: thread for phone, thread in threads.items() if thread.bubbles or thread.call}
    latest = sorted(threads.values(), key=lambda thread: thread.in_use_or_rang, reverse=True)[:MAX_THREADS]
    for thread in latest:
        thread.bubbles = sorted(thread.bubbles, key=lambda bubble: bubble.at)[-MAX_BUBBLES:]
    _name(latest, user)
    _suggest(latest)
    return latest


def _thread(threads: dict[str, Thread], phone: str) -> Thread:
    return threads.setdefault(phone, Thread(phone))


def _sent_texts(threads: dict[str, Thread]) -> list[InboundMessage]:
    """Return what these phones have sent, and what numbers have sent that belong to nobody."""
    texts_in = InboundMessage.objects.filter(received_at__gte=now() - KEEP).exclude(reading=READING)
    recent = texts_in.order_by("-received_at")[:MAX_TEXTS]
    texts = list(recent)
    senders = {text.sender for text in texts} - threads.keys()
    elsewhere: set[str] = set()
    for people in (Volunteer, Elder, FamilyContact):
        elsewhere.update(people.objects.filter(phone__in=senders).values_list("phone", flat=True))
    return [text for text in texts if text.sender not in elsewhere]


def _name(threads: list[Thread], user: User) -> None:
    """Write on each phone who holds it, as far as the reader may know."""
    owners: dict[str, list[str]] = defaultdict(list)
    phones = [thread.phone for thread in threads]
    for volunteer in Volunteer.objects.visible_to(user).filter(phone__in=phones):
        owners[volunteer.phone].append(_("%(name)s · volunteer") % {"name": volunteer.name})
    elders_phones = set()
    for elder in Elder.objects.visible_to(user).filter(phone__in=phones):
        elders_phones.add(elder.phone)
        owners[elder.phone].append(_("%(name)s · elder") % {"name": elder.name})
    elders = Elder.objects.visible_to(user)
    for contact in FamilyContact.objects.filter(elder__in=elders, phone__in=phones).select_related("elder"):
        words = {"name": contact.name, "elder": contact.elder.name}
        owners[contact.phone].append(_("%(name)s · family of %(elder)s") % words)
    for thread in threads:
        thread.owners = owners[thread.phone]
        thread.rings_hotline = is_on() and thread.phone in elders_phones


def _suggest(threads: list[Thread]) -> None:
    """Offer as buttons what a volunteer would type now: yes or no to open offers, reports of a visit."""
    quick: dict[str, list[str]] = defaultdict(list)
    phones = [thread.phone for thread in threads]
    for offer in Offer.objects.open().filter(phone__in=phones).select_related("volunteer"):
        words = _words_of(ANSWERS, offer.volunteer)
        quick[offer.phone] += [word.format(offer.code) for word in words]
    standing = Assignment.objects.standing().filter(volunteer__phone__in=phones, help_request__status__in=LIVE_STATUSES)
    for assignment in standing.select_related("volunteer"):
        arrived, done, cannot_come = _words_of(REPORTS, assignment.volunteer)
        quick[assignment.volunteer.phone] += [done] if assignment.arrived_at else [arrived, cannot_come]
    for job in (
        CashJob.objects.unsettled().select_related("volunteer").filter(volunteer__phone__in=phones, reported_at=None)
    ):
        quick[job.volunteer.phone] += _words_of(CASH, job.volunteer)
    for thread in threads:
        thread.quick = list(dict.fromkeys(quick[thread.phone]))


def _words_of(words: dict[str, tuple[str, ...]], volunteer: Volunteer) -> tuple[str, ...]:
    return words[volunteer.text_language if volunteer.text_language in words else "zh-hans"]
