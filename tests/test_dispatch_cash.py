"""The money of a visit: two statements that agree to the fen, or a gap that a person clears."""

from datetime import time, timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction

from linzhu.communities.clock import now
from linzhu.communities.models import CommunityRules
from linzhu.dispatch import cash, cash_owed, clock, decisions, todos
from linzhu.dispatch.assignments import arrive, assign, finish, release
from linzhu.dispatch.cash import TRANSITIONS, check, clear, hear
from linzhu.dispatch.cash_verdict import Word, faults
from linzhu.dispatch.cash_words import fault_words
from linzhu.dispatch.errors import MoneyUnsettled, NotYours, ReasonNeeded, TooLate
from linzhu.dispatch.matching import consider, rank
from linzhu.dispatch.models import Assignment, CashJob, CashNote, Todo, VisitStep
from linzhu.dispatch.offers import accept
from linzhu.dispatch.reading.money import Figures
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, Actor, log_request
from linzhu.requests.models import HelpRequest, Status
from tests import factories
from tests.asking import ask_all
from tests.cash import AGREES, EVEN, gap, job_of, owed, report, shop
from tests.factories import window

pytestmark = pytest.mark.django_db
Kind = Todo.Kind
State = CashJob.Status


@pytest.fixture
def volunteer(community):
    return factories.VolunteerFactory(community=community, name="陈磊")


@pytest.fixture
def lead(community):
    return factories.RoleFactory(community=community, kind="lead").user


@pytest.fixture(autouse=True)
def _nothing_is_drawn(community):
    CommunityRules.objects.create(community=community, cash_check_percent=0)


def drawn(community, percent=100):
    CommunityRules.objects.filter(community=community).update(cash_check_percent=percent)


# --- what begins it -----------------------------------------------------------------------------------------------


def test_visit_with_cash_owes_its_figures_once_it_is_over(elder, volunteer):
    job = job_of(shop(elder, volunteer))
    assert (job.status, job.limit_fen, job.volunteer, job.settled_at) == (State.DUE, 200_00, volunteer, None)


@pytest.mark.parametrize(
    ("service", "outcome", "limit"),
    [("companionship", "done", None), ("groceries", "turned-down", 200_00), ("groceries", "elder-no-answer", 200_00)],
)
def test_visit_without_cash_owes_nothing(elder, volunteer, service, outcome, limit):
    visit = shop(elder, volunteer, service, Assignment.Outcome(outcome), limit)
    assert not CashJob.objects.filter(assignment=visit).exists()


def test_limit_of_another_service_makes_it_a_visit_with_cash(elder, volunteer):
    assert job_of(shop(elder, volunteer, "companionship", limit_fen=50_00)).limit_fen == 50_00


def test_limit_that_was_not_written_down_is_the_communitys(elder, volunteer, community):
    CommunityRules.objects.filter(community=community).update(cash_limit_fen=80_00)
    assert job_of(shop(elder, volunteer, limit_fen=None)).limit_fen == 80_00


def test_one_of_two_who_went_answers_for_the_money(elder, volunteer, community):
    need = log_request(elder, "groceries", actor=SYSTEM, people_needed=2, **window())
    visits = [assign(need, one, actor=SYSTEM) for one in (volunteer, factories.VolunteerFactory(community=community))]
    for visit in visits:
        arrive(visit, actor=SYSTEM)
        finish(visit, actor=SYSTEM)
    assert [job.assignment for job in CashJob.objects.all()] == visits[:1]


# --- both sides ---------------------------------------------------------------------------------------------------


def test_figures_and_word_that_say_the_same_agree(elder, volunteer, dispatcher):
    visit = shop(elder, volunteer)
    assert report(visit).status == State.REPORTED
    job = hear(visit, AGREES, user=dispatcher)
    assert (job.status, job.settled_at is not None, owed(visit)) == (State.AGREED, True, 0)


def test_word_may_come_before_the_figures(elder, volunteer, dispatcher):
    visit = shop(elder, volunteer)
    assert hear(visit, AGREES, user=dispatcher).status == State.DUE
    assert report(visit).status == State.AGREED


@pytest.mark.parametrize(
    ("figures", "fault"),
    [
        (Figures(100_00, 86_50, 13_49), "uneven"),
        (Figures(100_00, 86_50, 13_51), "uneven"),
        (Figures(300_00, 200_01, 99_99), "over-limit"),
    ],
)
def test_figures_alone_may_be_a_gap(elder, volunteer, figures, fault):
    visit = shop(elder, volunteer)
    job = report(visit, figures)
    assert (job.status, faults(job), owed(visit)) == (State.GAP, [fault], 1)


def test_exactly_the_limit_is_no_gap(elder, volunteer):
    assert report(shop(elder, volunteer), Figures(250_00, 200_00, 50_00)).status == State.REPORTED


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        (Word(100_01, 13_50, has_receipt=True), "differs"),
        (Word(100_00, 13_49, has_receipt=True), "differs"),
        (Word(100_00, 13_50, has_receipt=False), "no-receipt"),
        (Word(None, None, has_receipt=True), "cannot-say"),
    ],
)
def test_word_that_differs_by_a_fen_or_has_no_receipt_is_a_gap(elder, volunteer, dispatcher, word, fault):
    visit = shop(elder, volunteer)
    report(visit)
    job = hear(visit, word, user=dispatcher)
    assert (job.status, faults(job), owed(visit)) == (State.GAP, [fault], 1)


def test_every_gap_says_why(elder, volunteer, dispatcher):
    visit = shop(elder, volunteer)
    report(visit, Figures(300_00, 250_00, 10_00))
    job = hear(visit, Word(300_00, 5_00, has_receipt=False), user=dispatcher)
    assert fault_words(job) == [
        "The figures do not add up: ¥40 is missing.",
        "More was spent than agreed: at most ¥200.",
        "The elder has no receipt.",
        "Volunteer and elder say different sums.",
    ]


def test_gap_is_owed_by_a_named_community_by_a_date(elder, volunteer, community, stopped_clock):
    todo = Todo.objects.open().get(help_request=gap(elder, volunteer).help_request, kind=Kind.CASH_GAP)
    assert (todo.community, todo.due_at) == (community, now() + cash.CLEAR_WITHIN)


def test_slip_is_put_right_until_the_elder_has_been_asked(elder, volunteer):
    visit = gap(elder, volunteer)
    assert (report(visit).status, owed(visit)) == (State.REPORTED, 0)


def test_figures_are_not_made_to_fit_the_elders_word(elder, volunteer, dispatcher):
    visit = shop(elder, volunteer)
    report(visit)
    hear(visit, Word(100_00, 10_00, has_receipt=True), user=dispatcher)
    with pytest.raises(TooLate):
        report(visit, Figures(100_00, 90_00, 10_00))
    assert (job_of(visit).figures, job_of(visit).status) == (EVEN, State.GAP)


def test_word_is_not_made_to_fit_the_figures(elder, volunteer, dispatcher):
    visit = shop(elder, volunteer)
    report(visit)
    hear(visit, Word(100_00, 10_00, has_receipt=True), user=dispatcher)
    with pytest.raises(TooLate):
        hear(visit, AGREES, user=dispatcher)


def test_trail_keeps_every_statement(elder, volunteer, dispatcher, lead):
    visit = gap(elder, volunteer)
    report(visit, Figures(100_00, 90_00, 5_00))
    hear(visit, Word(100_00, 10_00, has_receipt=True), user=dispatcher)
    clear(visit, "counted together at the counter", user=lead)
    trail = CashNote.objects.values_list("what", "who", "user", "status", "returned_fen", "why")
    assert list(trail) == [
        ("opened", "system", None, "due", None, ""),
        ("figures", "volunteer", None, "gap", 10_00, ""),
        ("figures", "volunteer", None, "gap", 5_00, ""),
        ("word", "staff", dispatcher.pk, "gap", 10_00, ""),
        ("cleared", "staff", lead.pk, "cleared", None, "counted together at the counter"),
    ]


def test_call_how_it_was_is_settled_with_the_word(elder, volunteer, dispatcher):
    visit = shop(elder, volunteer)
    hear(visit, AGREES, user=dispatcher, is_well=True)
    assert owed(visit, Kind.AFTER_VISIT) == 0


def test_half_of_the_figures_is_never_kept(elder, volunteer):
    visit = shop(elder, volunteer)
    with pytest.raises(IntegrityError), transaction.atomic():
        CashJob.objects.filter(assignment=visit).update(handed_fen=100_00)


# --- the table of moves -------------------------------------------------------------------------------------------


def at(elder, volunteer, dispatcher, lead, status):
    visit = shop(elder, volunteer)
    if status != State.DUE:
        report(visit)
    if status in (State.AGREED, State.GAP, State.CLEARED):
        hear(visit, AGREES._replace(has_receipt=status == State.AGREED), user=dispatcher)
    if status == State.CLEARED:
        clear(visit, "so", user=lead)
    assert job_of(visit).status == status
    return visit


@pytest.mark.parametrize(("status", "to"), list(product(State, State)))
def test_move_is_made_where_the_table_has_it_and_nowhere_else(elder, volunteer, dispatcher, lead, status, to):
    visit = at(elder, volunteer, dispatcher, lead, status)
    legal = to in TRANSITIONS[status]
    try:
        cash._move(job_of(visit), "figures", SYSTEM, to)
    except TooLate:
        assert not legal
        assert job_of(visit).status == status
    else:
        assert legal
        assert job_of(visit).status == to


def test_move_that_somebody_else_has_made_is_not_made_twice(elder, volunteer, lead):
    visit = gap(elder, volunteer)
    late = job_of(visit)
    clear(visit, "so", user=lead)
    with pytest.raises(TooLate):
        cash._move(late, "cleared", Actor.staff(lead), State.CLEARED, why="again")


# --- clearing -----------------------------------------------------------------------------------------------------


def test_gap_is_cleared_with_a_reason(elder, volunteer, lead):
    visit = gap(elder, volunteer)
    assert clear(visit, "found in the bag", user=lead).status == State.CLEARED
    todo = Todo.objects.get(help_request=visit.help_request, kind=Kind.CASH_GAP)
    assert (todo.closed_by, todo.outcome) == (lead, "found in the bag")


def test_gap_is_not_cleared_without_a_reason(elder, volunteer, lead):
    visit = gap(elder, volunteer)
    with pytest.raises(ReasonNeeded):
        clear(visit, "", user=lead)
    assert owed(visit) == 1


@pytest.mark.parametrize("status", [State.DUE, State.REPORTED, State.AGREED, State.CLEARED])
def test_only_a_gap_is_cleared(elder, volunteer, dispatcher, lead, status):
    visit = at(elder, volunteer, dispatcher, lead, status)
    with pytest.raises(TooLate):
        clear(visit, "so", user=lead)


def test_nobody_settles_the_money_of_their_own_visit(elder, volunteer, community):
    own = factories.RoleFactory(community=community, kind="lead", user__name="陈 磊").user
    drawn(community)
    visit = shop(elder, volunteer)
    for deed in (
        lambda: hear(visit, AGREES, user=own),
        lambda: clear(visit, "so", user=own),
        lambda: check(visit, is_right=True, user=own),
    ):
        with pytest.raises(NotYours):
            deed()


# --- no other cash before -----------------------------------------------------------------------------------------


def test_gap_keeps_its_volunteer_from_the_next_visit_with_cash(elder, volunteer):
    gap(elder, volunteer)
    need = log_request(elder, "groceries", actor=SYSTEM, **window(8))
    assert [reason["code"] for reason in consider(need, volunteer.pk).reasons] == ["cash-gap"]
    assert [one.volunteer for one in rank(need).candidates] == []


def test_gap_does_not_keep_them_from_other_visits(elder, volunteer):
    gap(elder, volunteer)
    need = log_request(elder, "companionship", actor=SYSTEM, **window(8))
    assert [one.volunteer for one in rank(need).candidates] == [volunteer]


@pytest.mark.parametrize("status", [State.DUE, State.REPORTED, State.AGREED, State.CLEARED])
def test_money_that_is_no_gap_keeps_nobody_from_anything(elder, volunteer, dispatcher, lead, status):
    at(elder, volunteer, dispatcher, lead, status)
    need = log_request(elder, "groceries", actor=SYSTEM, **window(8))
    assert [one.volunteer for one in rank(need).candidates] == [volunteer]


def test_gap_that_came_after_the_offer_counts_at_the_yes(elder, volunteer):
    visit = shop(elder, volunteer)
    need = log_request(elder, "groceries", actor=SYSTEM, **window(8))
    ask_all(need)
    report(visit, Figures(100_00, 86_50, 10_00))
    with pytest.raises(MoneyUnsettled):
        accept(need.offers.get(volunteer=volunteer), actor=SYSTEM)
    assert HelpRequest.objects.get(pk=need.pk).status == Status.OPEN


def test_staff_cannot_assign_over_a_gap(elder, volunteer):
    gap(elder, volunteer)
    with pytest.raises(MoneyUnsettled):
        assign(log_request(elder, "groceries", actor=SYSTEM, **window(8)), volunteer, actor=SYSTEM)


def test_cleared_gap_lets_them_help_again(elder, volunteer, lead):
    clear(gap(elder, volunteer), "so", user=lead)
    assert assign(log_request(elder, "groceries", actor=SYSTEM, **window(8)), volunteer, actor=SYSTEM)


# --- the random check ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("percent", "expected"), [(0, 0), (100, 1)])
def test_share_of_the_agreed_is_checked_by_a_person(elder, volunteer, dispatcher, community, percent, expected):
    drawn(community, percent)
    visit = shop(elder, volunteer)
    report(visit)
    hear(visit, AGREES, user=dispatcher)
    assert owed(visit, Kind.CASH_CHECK) == expected


def test_share_is_inherited_from_the_community_above(elder, volunteer, dispatcher, community):
    city = factories.CommunityFactory(kind="city")
    below = factories.CommunityFactory(parent=city)
    CommunityRules.objects.create(community=city, cash_check_percent=100)
    elder = factories.ElderFactory(community=below)
    visit = shop(elder, factories.VolunteerFactory(community=below))
    report(visit)
    hear(visit, AGREES, user=dispatcher)
    assert owed(visit, Kind.CASH_CHECK) == 1


def test_gap_is_not_checked_as_well(elder, volunteer, community):
    drawn(community)
    assert owed(gap(elder, volunteer), Kind.CASH_CHECK) == 0


@pytest.fixture
def checked(elder, volunteer, dispatcher, community):
    """A visit whose money agrees, and that was drawn."""
    drawn(community)
    visit = shop(elder, volunteer)
    report(visit)
    hear(visit, AGREES, user=dispatcher)
    return visit


def test_check_that_finds_it_right_is_over(checked, dispatcher):
    check(checked, is_right=True, user=dispatcher)
    assert (owed(checked, Kind.CASH_CHECK), job_of(checked).status) == (0, State.AGREED)
    with pytest.raises(TooLate):
        check(checked, is_right=True, user=dispatcher)


def test_check_that_finds_something_wrong_makes_a_gap_of_it(checked, dispatcher, volunteer):
    check(checked, is_right=False, why="the receipt says 76.50", user=dispatcher)
    assert (job_of(checked).status, owed(checked), cash.is_blocked(volunteer)) == (State.GAP, 1, True)


def test_check_says_what_it_found_wrong(checked, dispatcher):
    with pytest.raises(ReasonNeeded):
        check(checked, is_right=False, user=dispatcher)
    assert (owed(checked, Kind.CASH_CHECK), job_of(checked).status) == (1, State.AGREED)


# --- never silent -------------------------------------------------------------------------------------------------


def asked():
    return Message.objects.filter(template="ask_cash").count()


def test_missing_figures_are_asked_for_once_then_staff_are_told(elder, volunteer, stopped_clock):
    visit = shop(elder, volunteer)
    clock.tick_decisions()
    assert (asked(), owed(visit)) == (0, 0)
    stopped_clock.shift(cash.ASK_AFTER)
    clock.tick_decisions()
    clock.tick_decisions()
    assert (asked(), owed(visit)) == (1, 0)
    stopped_clock.shift(cash.ALERT_AFTER)
    clock.tick_decisions()
    clock.tick_decisions()
    assert (asked(), owed(visit), cash.is_blocked(volunteer)) == (1, 1, True)


def test_nobody_is_asked_in_the_night(elder, volunteer, settings, stopped_clock):
    settings.QUIET_HOURS = (time(12, 15), time(20))
    visit = shop(elder, volunteer)
    step = VisitStep.objects.get(assignment=visit, kind=VisitStep.Kind.ASK_CASH)
    assert step.due_at == now() + timedelta(hours=8)


def test_who_has_told_the_figures_is_not_asked_for_them(elder, volunteer, stopped_clock):
    visit = shop(elder, volunteer)
    report(visit)
    stopped_clock.shift(cash.ASK_AFTER + cash.ALERT_AFTER)
    clock.tick_decisions()
    assert (asked(), owed(visit)) == (0, 0)


def test_late_figures_open_what_only_they_had_closed(elder, volunteer, stopped_clock):
    visit = shop(elder, volunteer)
    stopped_clock.shift(cash.ASK_AFTER + cash.ALERT_AFTER)
    clock.tick_decisions()
    assert owed(visit) == 1
    assert (report(visit).status, owed(visit)) == (State.REPORTED, 0)


def test_figures_that_are_still_missing_when_the_elder_is_asked_stay_a_gap(elder, volunteer, dispatcher, stopped_clock):
    visit = shop(elder, volunteer)
    stopped_clock.shift(cash.ASK_AFTER + cash.ALERT_AFTER)
    clock.tick_decisions()
    assert (hear(visit, AGREES, user=dispatcher).status, owed(visit)) == (State.GAP, 1)
    assert report(visit).status == State.AGREED


def test_elder_whom_nobody_will_ask_any_more_is_a_gap(elder, volunteer, dispatcher):
    visit = shop(elder, volunteer)
    report(visit)
    for todo in Todo.objects.open().filter(kind=Kind.AFTER_VISIT):
        todos.settle(todo, user=dispatcher)
    clock.tick_decisions()
    assert (job_of(visit).status, owed(visit)) == (State.GAP, 1)
    assert fault_words(job_of(visit)) == ["The elder has not been asked about the money."]


def test_gap_whose_todo_was_lost_is_owed_again(elder, volunteer, dispatcher):
    visit = gap(elder, volunteer)
    todos.settle(Todo.objects.get(kind=Kind.CASH_GAP), user=dispatcher)
    clock.tick_decisions()
    assert owed(visit) == 1


def test_money_of_a_visit_that_goes_on_is_left_alone(elder, volunteer):
    visit = assign(log_request(elder, "groceries", actor=SYSTEM, **window()), volunteer, actor=SYSTEM)
    report(visit)
    cash_owed.owe_forgotten()
    assert job_of(visit).status == State.REPORTED


def test_money_of_a_volunteer_who_does_not_come_after_all_is_a_gap(elder, volunteer):
    visit = assign(log_request(elder, "groceries", actor=SYSTEM, **window()), volunteer, actor=SYSTEM)
    report(visit)
    release(visit, actor=SYSTEM, why="ill")
    cash_owed.owe_forgotten()
    assert (job_of(visit).status, owed(visit)) == (State.GAP, 1)


def test_end_of_the_help_request_does_not_settle_the_money(elder, volunteer, dispatcher):
    visit = gap(elder, volunteer)
    decisions.close(HelpRequest.objects.get(), actor=Actor.staff(dispatcher))
    assert owed(visit) == 1


def test_help_request_closes_when_the_money_is_settled_and_not_before(elder, volunteer, dispatcher, stopped_clock):
    visit = shop(elder, volunteer)
    hear(visit, AGREES, user=dispatcher, is_well=True)
    stopped_clock.shift(clock.CLOSE_AFTER)
    clock.tick_decisions()
    assert HelpRequest.objects.get().status == Status.DONE
    report(visit)
    clock.tick_decisions()
    assert HelpRequest.objects.get().status == Status.CLOSED


def test_call_about_two_who_went_is_settled_by_the_second_word(elder, volunteer, dispatcher, community):
    need = log_request(elder, "groceries", actor=SYSTEM, people_needed=2, **window())
    visits = [assign(need, one, actor=SYSTEM) for one in (volunteer, factories.VolunteerFactory(community=community))]
    for visit in visits:
        report(visit)
        finish(visit, actor=SYSTEM)
    hear(visits[0], AGREES, user=dispatcher, is_well=True)
    assert owed(visits[0], Kind.AFTER_VISIT) == 1
    hear(visits[1], AGREES, user=dispatcher, is_well=True)
    assert owed(visits[0], Kind.AFTER_VISIT) == 0
