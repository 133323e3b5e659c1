"""After a visit: whom a person calls to ask how it was, and what becomes of a complaint."""

import pytest

from linzhu.communities.clock import now
from linzhu.communities.models import CommunityRules
from linzhu.communities.rules import rules_of
from linzhu.dispatch import clock
from linzhu.dispatch.assignments import arrive, assign, finish
from linzhu.dispatch.call_backs import CALL_WITHIN, CORRECT_WITHIN
from linzhu.dispatch.decisions import close
from linzhu.dispatch.models import Assignment, Todo
from linzhu.requests.lifecycle import SYSTEM, Actor, log_request
from linzhu.requests.models import HelpRequest, Status
from tests import factories
from tests.factories import window

Kind = Todo.Kind


@pytest.fixture
def no_others(community):
    """Chance asks about no visit."""
    settle(community, call_back_others_pct=0)


def settle(community, **shares):
    CommunityRules.objects.update_or_create(community=community, defaults=shares)


@pytest.fixture
def volunteer(community):
    return factories.VolunteerFactory(community=community, name="陈磊")


def visit(elder, volunteer, service="companionship", outcome=Assignment.Outcome.DONE, **fields):
    need = log_request(elder, service, actor=SYSTEM, **window(), **fields)
    coming = assign(need, volunteer, actor=SYSTEM)
    arrive(coming, actor=SYSTEM)
    finish(coming, actor=SYSTEM, outcome=outcome)
    return HelpRequest.objects.get(pk=need.pk)


def owed(need, kind=Kind.AFTER_VISIT):
    return Todo.objects.open().filter(help_request=need, kind=kind).count()


def test_first_visit_is_asked_about_within_a_day(elder, volunteer, no_others, stopped_clock):
    need = visit(elder, volunteer)
    assert Todo.objects.open().get(help_request=need).due_at == now() + CALL_WITHIN


def test_second_visit_of_the_same_volunteer_is_not(elder, volunteer, no_others):
    visit(elder, volunteer)
    assert owed(visit(elder, volunteer)) == 0


def test_first_visit_of_another_volunteer_is_asked_about(elder, volunteer, community, no_others):
    visit(elder, volunteer)
    assert owed(visit(elder, factories.VolunteerFactory(community=community))) == 1


def test_first_visit_to_another_elder_is_asked_about(elder, volunteer, community, no_others):
    visit(elder, volunteer)
    assert owed(visit(factories.ElderFactory(community=community), volunteer)) == 1


def test_promise_that_came_to_nothing_was_no_visit(elder, volunteer, no_others):
    visit(elder, volunteer, outcome=Assignment.Outcome.TURNED_DOWN)
    assert owed(visit(elder, volunteer)) == 1


@pytest.mark.parametrize(
    ("service", "limit"), [("groceries", None), ("companionship", 5000)], ids=["by its service", "by its limit"]
)
def test_every_visit_with_money_is_asked_about(elder, volunteer, no_others, service, limit):
    visit(elder, volunteer)
    assert owed(visit(elder, volunteer, service, cash_limit_fen=limit)) == 1


@pytest.mark.parametrize(("share", "expected"), [(0, 0), (100, 8)])
def test_share_of_the_others_is_asked_about(elder, volunteer, community, share, expected):
    settle(community, call_back_others_pct=share)
    visit(elder, volunteer)
    assert sum(owed(visit(elder, volunteer)) for _time in range(8)) == expected


def test_one_in_ten_of_the_others_is_usual(community):
    rules = rules_of(community)
    assert (rules.call_back_first_pct, rules.call_back_money_pct, rules.call_back_others_pct) == (100, 100, 10)


def test_community_may_ask_about_no_first_visit(elder, volunteer, community, no_others):
    settle(community, call_back_first_pct=0)
    assert owed(visit(elder, volunteer)) == 0


def test_community_may_ask_about_no_visit_with_money(elder, volunteer, community, no_others):
    settle(community, call_back_money_pct=0)
    visit(elder, volunteer)
    assert owed(visit(elder, volunteer, "groceries")) == 0


def test_first_visit_with_money_is_asked_about_if_either_is(elder, volunteer, community, no_others):
    settle(community, call_back_first_pct=0)
    assert owed(visit(elder, volunteer, "groceries")) == 1


def test_shares_are_those_of_the_community_above(elder, volunteer, community):
    community.parent = factories.CommunityFactory(code="above")
    community.path = f"above/{community.code}/"
    community.save()
    settle(community.parent, call_back_first_pct=0, call_back_others_pct=0)
    assert owed(visit(elder, volunteer)) == 0


def test_who_was_not_let_in_is_asked_about_by_another_call(elder, volunteer):
    need = visit(elder, volunteer, outcome=Assignment.Outcome.TURNED_DOWN)
    assert (owed(need), owed(need, Kind.TURNED_AWAY)) == (0, 1)


def test_help_request_closes_after_the_call_and_not_before(elder, volunteer, no_others, desk, stopped_clock):
    need = visit(elder, volunteer)
    stopped_clock.shift(clock.CLOSE_AFTER)
    clock.tick_decisions()
    assert HelpRequest.objects.get(pk=need.pk).status == Status.DONE
    answer(desk, need, "well")
    clock.tick_decisions()
    assert HelpRequest.objects.get(pk=need.pk).status == Status.CLOSED


def test_closing_by_hand_does_not_settle_the_call(elder, volunteer, no_others, dispatcher):
    need = visit(elder, volunteer)
    close(need, actor=Actor.staff(dispatcher))
    assert owed(need) == 1


def test_no_other_call_is_answered_by_a_complaint(elder, desk, community):
    need = factories.HelpRequestFactory(elder=elder)
    todo = factories.TodoFactory(community=community, help_request=need, kind=Kind.DANGER)
    desk.post(f"/inbox/{todo.pk}/", {"act": "concern", "words": "x"})
    assert owed(need, Kind.DANGER) == 1


def answer(desk, need, act, **form):
    todo = Todo.objects.get(help_request=need, kind=Kind.AFTER_VISIT)
    return desk.post(f"/inbox/{todo.pk}/", {"act": act, **form}, follow=True).content.decode()


def test_inbox_says_what_to_ask(elder, volunteer, desk, no_others):
    visit(elder, volunteer, "groceries")
    shown = desk.get("/inbox/?show=calls").content.decode()
    assert "was with you until" in shown
    assert "How much did you give, how much came back" in shown


def test_complaint_is_owed_with_its_words_until_it_is_put_right(elder, volunteer, desk, no_others, stopped_clock):
    need = visit(elder, volunteer)
    answer(desk, need, "concern", words="少找了十块钱")
    todo = Todo.objects.open().get(help_request=need)
    assert (todo.kind, todo.due_at, todo.inbound.text) == (Kind.CONCERN, now() + CORRECT_WITHIN, "少找了十块钱")
    assert "少找了十块钱" in desk.get("/inbox/?show=decisions").content.decode()


def test_complaint_survives_the_closing_of_the_help_request(elder, volunteer, desk, no_others):
    need = visit(elder, volunteer)
    answer(desk, need, "concern", words="少找了十块钱")
    desk.post(f"/help-requests/{need.ref}/close/")
    clock.tick_decisions(now() + clock.CLOSE_AFTER)
    assert owed(need, Kind.CONCERN) == 1


def test_complaint_without_words_is_asked_for_them(elder, volunteer, desk, no_others):
    need = visit(elder, volunteer)
    assert "Please write what was wrong." in answer(desk, need, "concern", words=" ")
    assert owed(need) == 1


def test_complaint_is_noted_once(elder, volunteer, desk, no_others):
    need = visit(elder, volunteer)
    for _click in range(2):
        answer(desk, need, "concern", words="少找了十块钱")
    assert owed(need, Kind.CONCERN) == 1


@pytest.mark.parametrize("page", ["/", "/inbox/"])
def test_question_how_it_was_waits_behind_what_is_about_to_happen(desk, community, elder, page):
    factories.TodoFactory(community=community, help_request=visit_over(elder), kind=Kind.AFTER_VISIT, due_at=now())
    looking = factories.HelpRequestFactory(elder=elder)
    factories.TodoFactory(community=community, help_request=looking, due_at=now() + CALL_WITHIN)
    shown = desk.get(page).content.decode()
    assert shown.index(looking.ref) < shown.index("how was it?")


def visit_over(elder):
    return factories.HelpRequestFactory(elder=elder, status=Status.DONE)
