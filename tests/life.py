"""The life of help requests as a state machine: what volunteers, staff and the clock may do, and what always holds.

``life_around`` adds what happens around it; ``test_dispatch_life`` lets both run.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from datetime import time, timedelta

import time_machine
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from linzhu.communities import clock as wall_clock
from linzhu.communities.models import CommunityRules
from linzhu.dispatch import bonds, cash, clock, decisions, todos, unclear
from linzhu.dispatch.assignments import arrive, assign, finish, release
from linzhu.dispatch.cash_verdict import Word
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.models import Assignment, CashJob, Offer, Todo, Wave
from linzhu.dispatch.tasks import search
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.notifications.models import InboundMessage
from linzhu.requests.lifecycle import Actor, IllegalTransition, log_request
from linzhu.requests.models import HelpRequest
from linzhu.volunteers import lifecycle
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.invariants import broken_rules, forgotten
from tests.invariants_money import broken_money, silent_money
from tests.invariants_people import may_come, still_expected_though_gone, told_wrongly

VOLUNTEERS = 7
MISSED = (TooLate, IllegalTransition, lifecycle.IllegalMove, bonds.KeptApart)
WORDS = [
    "接{}",
    "接",
    "好的",
    "不接{}",
    "no",
    "明天可以吗{}",
    "到了",
    "完成45",
    "完成{} 45",
    "来不了",
    "来不了{}",
    "出发了",
    "晚20",
    "帮忙",
    "暂停3天",
    "多问",
    "少问",
    "接99",
    "救命",
    "收100 花86.5 还13.5",
    "收100 花86.5 还10",
    "完成45 收100 花86.5 还13.5",
]
number = st.integers(0, 20)
refs = itertools.count()


def pick(rows, index: int):
    found = list(rows)
    return found[index % len(found)] if found else None


def now():
    return wall_clock.now()


class Life(RuleBasedStateMachine):
    """Seven volunteers (two share a phone), help requests of one and two places, staff, and the clock."""

    steps = 0
    missed: tuple[type[Exception], ...] = MISSED

    def __init__(self) -> None:
        super().__init__()
        self.run = transaction.atomic()
        self.run.__enter__()
        self.time = time_machine.travel("2026-11-23T02:00:00Z", tick=False)
        self.traveller = self.time.start()

    def teardown(self) -> None:
        self.time.stop()
        transaction.set_rollback(True)
        self.run.__exit__(None, None, None)

    @initialize(sleeps=st.booleans())
    def people(self, sleeps) -> None:
        community = factories.CommunityFactory()
        if sleeps:
            CommunityRules.objects.create(community=community, quiet_from=time(21), quiet_to=time(7, 30))
        self.staff = factories.RoleFactory(community=community).user
        self.elder = factories.ElderFactory(community=community)
        self.contact = factories.FamilyContactFactory(elder=self.elder)
        self.seated = set()
        shared = "+8619988880000"
        for index in range(VOLUNTEERS):
            same_phone = {"phone": shared} if index < 2 else {}
            factories.VolunteerFactory(community=community, clearance=2, **same_phone)

    @property
    def actor(self) -> Actor:
        return Actor.staff(self.staff)

    def attempt(self, deed: Callable[[], object]) -> None:
        with suppress(*self.missed):
            deed()

    # --- what happens -----------------------------------------------------------------------------------------

    @precondition(lambda _self: HelpRequest.objects.count() < 3)
    @rule(hours=st.integers(1, 30), two=st.booleans())
    def somebody_calls(self, hours, two):
        start = now() + timedelta(hours=hours)
        code = "benefit-certification" if two else "groceries"
        log_request(self.elder, code, actor=self.actor, window_start=start, window_end=start + timedelta(hours=2))

    @rule()
    def worker_wakes(self):
        for pk in HelpRequest.objects.values_list("pk", flat=True):
            search(pk)

    @rule(minutes=st.sampled_from([1, 6, 6, 30, 200, 900]))
    def time_passes(self, minutes):
        self.traveller.shift(timedelta(minutes=minutes))
        self.clock_ticks()

    @rule()
    def nobody_answers(self):
        """One wave after the other ends in silence."""
        for _wave in range(4):
            self.traveller.shift(timedelta(minutes=6))
            self.clock_ticks()

    @rule()
    def clock_ticks(self):
        """After a look of the clock nothing is overdue, and every help request is in somebody's hands."""
        clock.tick()
        assert not Wave.objects.due(now()).exists()
        assert forgotten(now()) == []
        assert still_expected_though_gone() == []
        assert silent_money() == []

    @rule(which=number, words=st.sampled_from(WORDS))
    def volunteer_texts(self, which, words):
        volunteer = pick(Volunteer.objects.order_by("pk"), which)
        offer = pick(Offer.objects.filter(volunteer=volunteer).order_by("-pk"), which // VOLUNTEERS)
        self.text(volunteer.phone, words.format(offer.code if offer else 99))

    @rule(which=number)
    def offer_is_accepted_by_its_code(self, which):
        if offer := pick(Offer.objects.open().order_by("pk"), which):
            self.text(offer.phone, f"yes {offer.code}")

    @rule(which=number, words=st.sampled_from(["到了", "完成30", "来不了", "没人开门", "晚20"]))
    def visit_is_reported(self, which, words):
        if visit := pick(Assignment.objects.standing().order_by("pk"), which):
            self.text(visit.volunteer.phone, words)

    @rule(which=number, word=st.sampled_from(["TD", "START"]))
    def volunteer_opts_out_or_in(self, which, word):
        self.text(pick(Volunteer.objects.order_by("pk"), which).phone, word)

    def text(self, phone: str, words: str) -> None:
        """Every text is brought twice, as gateways do now and then."""
        inbound = Inbound(gateway_ref=f"life-{next(refs)}", sender=phone, text=words)
        for _time in range(2):
            receive(gateway("local"), inbound)

    # --- what staff do ----------------------------------------------------------------------------------------

    @rule(which=number, volunteer=number)
    def staff_assign(self, which, volunteer):
        if need := pick(HelpRequest.objects.order_by("pk"), which):
            chosen = pick(Volunteer.objects.order_by("pk"), volunteer)
            self.attempt(lambda: assign(need, chosen, actor=self.actor))

    @rule(which=number, deed=st.sampled_from(["release", "arrive", "finish"]))
    def staff_note_about_a_visit(self, which, deed):
        if visit := pick(Assignment.objects.order_by("pk"), which):
            act = {
                "release": lambda: release(visit, actor=self.actor, why="ill"),
                "arrive": lambda: arrive(visit, actor=self.actor),
                "finish": lambda: finish(visit, actor=self.actor, minutes=30),
            }[deed]
            self.attempt(act)

    @rule(which=number, back=st.sampled_from([13_50, 10_00, None]), receipt=st.booleans())
    def elder_is_asked_about_the_money(self, which, back, receipt):
        if job := pick(CashJob.objects.order_by("pk"), which):
            word = Word(None if back is None else 100_00, back, receipt)
            self.attempt(lambda: cash.hear(job.assignment, word, user=self.staff, is_well=receipt))

    @rule(which=number, deed=st.sampled_from(["clear", "right", "wrong"]))
    def staff_settle_the_money(self, which, deed):
        if job := pick(CashJob.objects.order_by("pk"), which):
            act = {
                "clear": lambda: cash.clear(job.assignment, "so", user=self.staff),
                "right": lambda: cash.check(job.assignment, is_right=True, user=self.staff),
                "wrong": lambda: cash.check(job.assignment, is_right=False, why="so", user=self.staff),
            }[deed]
            self.attempt(act)

    @rule(which=number, elder_says=st.booleans())
    def somebody_is_never_sent_again(self, which, elder_says):
        by = "never-by-elder" if elder_says else "never-by-volunteer"
        volunteer = pick(Volunteer.objects.order_by("pk"), which)
        self.attempt(lambda: bonds.never(self.elder, volunteer, by=by, user=self.staff))

    @rule(which=number)
    def somebody_is_paired(self, which):
        volunteer = pick(Volunteer.objects.order_by("pk"), which)
        self.attempt(lambda: bonds.pair(self.elder, volunteer, user=self.staff))

    @rule(which=number)
    def late_yes_stands_by(self, which):
        if offer := pick(Offer.objects.filter(status=Offer.Status.WITHDRAWN).order_by("pk"), which):
            self.text(offer.phone, f"yes {offer.code}")

    @rule(which=number, deed=st.sampled_from(["cancel", "give up", "search again", "search again", "close"]))
    def staff_decide(self, which, deed):
        if need := pick(HelpRequest.objects.order_by("pk"), which):
            act = {
                "cancel": lambda: decisions.cancel(need, actor=self.actor, reason="by-elder"),
                "give up": lambda: decisions.give_up(need, actor=self.actor, reason="nobody-free"),
                "search again": lambda: decisions.search_again(need, actor=self.actor),
                "close": lambda: decisions.close(need, actor=self.actor),
            }[deed]
            self.attempt(act)

    @rule(which=number, deed=st.sampled_from(["yes", "no", "ask", "settle"]))
    def staff_answer_a_todo(self, which, deed):
        if todo := pick(Todo.objects.order_by("pk"), which):
            act = {
                "yes": lambda: unclear.count_as_yes(todo, user=self.staff),
                "no": lambda: unclear.count_as_no(todo, user=self.staff),
                "ask": lambda: unclear.ask_again(todo, user=self.staff),
                "settle": lambda: todos.settle(todo, user=self.staff),
            }[deed]
            self.attempt(act)
            clock.tick()

    @rule(which=number, deed=st.sampled_from([lifecycle.suspend, lifecycle.reactivate, lifecycle.leave]))
    def volunteer_is_suspended_or_returns(self, which, deed):
        volunteer = pick(Volunteer.objects.order_by("pk"), which)
        self.attempt(lambda: deed(volunteer, user=self.staff, why="so"))
        clock.tick()

    # --- what always holds ------------------------------------------------------------------------------------

    @invariant()
    def rules_hold(self):
        Life.steps += 1
        assert broken_rules() == []

    @invariant()
    def money_is_accounted_for(self):
        assert broken_money() == []

    @invariant()
    def nobody_takes_a_place_who_may_not_come(self):
        """Asked of each new assignment right after the step that made it."""
        new = Assignment.objects.exclude(pk__in=self.seated)
        assert [visit for visit in new if not may_come(visit)] == []
        self.seated |= {visit.pk for visit in new}

    @invariant()
    def people_are_told_what_they_should_be(self):
        assert told_wrongly() == []

    @invariant()
    def every_text_was_handled(self):
        assert not InboundMessage.objects.filter(handled_at=None).exists()

    @invariant()
    def nobody_is_asked_who_may_not_be(self):
        gone = Offer.objects.open().exclude(volunteer__status=Volunteer.Status.ACTIVE)
        silent = Offer.objects.open().exclude(volunteer__opted_out_at=None)
        assert not gone.exists()
        assert not silent.exists()

    @invariant()
    def one_code_means_one_offer(self):
        codes = list(Offer.objects.open().values_list("phone", "code"))
        assert len(codes) == len(set(codes))
