"""The life of one help request of the demo, lived through by the product's own functions at chosen moments."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from random import Random

from linzhu.communities.clock import standing_at
from linzhu.communities.models import User
from linzhu.demo import errands
from linzhu.dispatch import assignments, cash, decisions, todos
from linzhu.dispatch.cash_verdict import Word
from linzhu.dispatch.matching import rank
from linzhu.dispatch.models import Assignment, CashJob, CashJobQuerySet, Offer, Todo
from linzhu.dispatch.reading.money import Figures
from linzhu.dispatch.visit_answers import volunteer_actor
from linzhu.dispatch.waves import end_wave, start_wave
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.notifications.relay import relay_due
from linzhu.requests.catalogue import SERVICES
from linzhu.requests.lifecycle import Actor, log_request
from linzhu.requests.models import Elder, HelpRequest

MINUTE = timedelta(minutes=1)
CASH_LIMIT_FEN = 200_00
NOTES_FEN = (20_00, 50_00, 100_00, 200_00)
"""What an elder hands over: one note, or two."""


class Story:
    """One help request, from the call to the end. Every step takes the moment at which it happens."""

    def __init__(self, staff: dict[str, User], random: Random) -> None:
        self.intake, self.dispatcher = Actor.staff(staff["intake"]), Actor.staff(staff["dispatcher"])
        self.on_the_phone = staff["dispatcher"]
        self.random = random

    def log(
        self,
        elder: Elder,
        service_code: str,
        details: str,
        *,
        at: datetime,
        start: datetime,
        hours: float = 2,
        needs_language: str = "",
    ) -> None:
        """Somebody calls; the first few volunteers are asked."""
        channel = self.random.choice(
            [HelpRequest.Channel.PHONE] * 6 + [HelpRequest.Channel.COUNTER] * 2 + [HelpRequest.Channel.FAMILY]
        )
        with standing_at(at):
            self.help_request = log_request(
                elder,
                service_code,
                actor=self.intake,
                details=details,
                channel=channel,
                window_start=start,
                window_end=start + timedelta(hours=hours),
                needs_language=needs_language,
                cash_limit_fen=CASH_LIMIT_FEN if SERVICES[service_code].cash else None,
            )
            start_wave(self.help_request)
        deliver(at)

    def next_wave(self, at: datetime) -> None:
        """Nobody has said yes in time: more are asked."""
        with standing_at(at):
            for wave in self.help_request.waves.filter(ended_at=None):
                end_wave(wave)
        deliver(at)

    def open_offers(self) -> list[Offer]:
        return list(self.help_request.offers.open().select_related("volunteer").order_by("pk"))

    def reply(self, offer: Offer, wordings: tuple[str, ...] | str, at: datetime) -> None:
        """A volunteer texts back, through the same door as a real text."""
        wording = wordings if isinstance(wordings, str) else self.random.choice(wordings)
        if "{code}" not in wording and Offer.objects.open().filter(phone=offer.phone).count() > 1:
            wording += " {code}"  # two offers are open on this phone
        text(offer.phone, wording.format(code=offer.code), at)

    def somebody_says_yes(self, at: datetime) -> None:
        """One or two of those asked answer; if nobody was asked, the dispatcher finds somebody by phone."""
        offers = self.open_offers()
        self.random.shuffle(offers)
        if len(offers) > 2 and self.random.random() < 0.4:
            self.reply(offers.pop(), errands.NO, at - MINUTE)
        for _place in range(self.help_request.people_needed):
            if offers:
                self.reply(offers.pop(), errands.YES, at)
        self.by_phone(at)

    def by_phone(self, at: datetime) -> None:
        """The dispatcher rings up the best of those not yet coming, until every place is filled."""
        self.help_request.refresh_from_db()
        missing = self.help_request.people_needed - self.help_request.places_filled
        if missing <= 0 or not self.help_request.is_live:
            return
        with standing_at(at):
            for candidate in rank(self.help_request).candidates[:missing]:
                assignments.assign(
                    self.help_request, candidate.volunteer, actor=self.dispatcher, via=Assignment.Via.PHONE
                )
        deliver(at)

    def coming(self) -> list[Assignment]:
        return list(self.help_request.assignments.standing().select_related("volunteer", "help_request"))

    def told(self, at: datetime) -> None:
        """Staff have called whom they owed a call."""
        with standing_at(at):
            for todo in self.help_request.todos.open():
                todos.settle(todo, user=self.dispatcher.user, outcome="已电话告知")

    def arrive(self, at: datetime) -> None:
        for assignment in self.coming():
            with standing_at(at):
                assignments.arrive(assignment, actor=volunteer_actor(assignment.volunteer))

    def finish(self, at: datetime, minutes: int) -> None:
        for assignment in self.coming():
            with standing_at(at):
                assignments.finish(assignment, actor=volunteer_actor(assignment.volunteer), minutes=minutes)

    def report_money(self, at: datetime) -> None:
        """The volunteer tells what the elder gave, what was spent and what came back, if there was any cash."""
        for job in self._money().filter(reported_at=None):
            spent = self.random.randrange(12_00, 180_00, 50)
            handed = next(note for note in NOTES_FEN if note >= spent)
            figures = Figures(handed, spent, handed - spent)
            with standing_at(at):
                cash.report(job.assignment, figures, actor=volunteer_actor(job.volunteer))

    def elder_says(self, at: datetime, *, missing_fen: int = 0) -> None:
        """Staff ask the elder about the money; of what should have come back so much is missing."""
        for job in self._money().filter(heard_at=None):
            word = Word(job.handed_fen, (job.returned_fen or 0) - missing_fen, has_receipt=True)
            with standing_at(at):
                cash.hear(job.assignment, word, user=self.on_the_phone, is_well=True)

    def _money(self) -> CashJobQuerySet:
        jobs = CashJob.objects.filter(assignment__help_request=self.help_request)
        return jobs.select_related("volunteer", "assignment__volunteer", "assignment__help_request__community")

    def cannot_come(self, at: datetime) -> None:
        """The volunteer calls off; others are asked at once."""
        for assignment in self.coming()[:1]:
            with standing_at(at):
                assignments.release(assignment, actor=self.dispatcher, why=errands.CANNOT)
        self.help_request.refresh_from_db()
        with standing_at(at + MINUTE):
            start_wave(self.help_request)
        deliver(at + MINUTE)

    def ask_how_it_was(self, at: datetime) -> None:
        """Staff have called the elder afterwards, and looked into what was drawn, if they owed it."""
        self.elder_says(at)
        with standing_at(at):
            for todo in self.help_request.todos.open().filter(kind__in=[Todo.Kind.AFTER_VISIT, Todo.Kind.CASH_CHECK]):
                todos.settle(todo, user=self.dispatcher.user, outcome="一切都好")

    def close(self, at: datetime) -> None:
        self.help_request.refresh_from_db()
        with standing_at(at):
            decisions.close(self.help_request, actor=self.dispatcher)

    def cancel(self, at: datetime, reason: str) -> None:
        self.help_request.refresh_from_db()
        with standing_at(at):
            decisions.cancel(self.help_request, actor=self.intake, reason=reason)
        deliver(at)

    def give_up(self, at: datetime, reason: str) -> None:
        self.help_request.refresh_from_db()
        with standing_at(at):
            decisions.give_up(self.help_request, actor=self.dispatcher, reason=reason)
        deliver(at)


def text(sender: str, wording: str, at: datetime) -> None:
    """A text comes in from a phone of the demo."""
    with standing_at(at):
        receive(gateway("local"), Inbound(gateway_ref=secrets.token_hex(8), sender=sender, text=wording))
    deliver(at)


def deliver(at: datetime) -> None:
    """Hand over what is queued, a few seconds later: the relay leaves fresh texts to the workers first."""
    with standing_at(at + timedelta(seconds=3)):
        relay_due()
