"""Where an elder is: which moves are legal, what they leave behind, and what is not logged any more."""

from datetime import date, timedelta

import pytest

from linzhu.requests import elder_state, recurring
from linzhu.requests.elder_state import TRANSITIONS, IllegalMove
from linzhu.requests.lifecycle import SYSTEM, ElderGone, log_request
from linzhu.requests.models import Elder, ElderState, HelpRequest
from tests import factories

State = ElderState
MOVES = [(old, new) for old in State for new in State]


@pytest.mark.parametrize(("old", "new"), [move for move in MOVES if move[1] in TRANSITIONS[move[0]]])
def test_legal_move_leaves_who_why_and_when(community, dispatcher, old, new):
    elder = factories.ElderFactory(community=community, state=old)
    elder_state.move(elder, new, user=dispatcher, why="the daughter called")
    version = elder.history.first()
    assert Elder.objects.get(pk=elder.pk).state == new
    assert (version.state, version.history_change_reason, version.history_user) == (
        new,
        "the daughter called",
        dispatcher,
    )


@pytest.mark.parametrize(("old", "new"), [move for move in MOVES if move[1] not in TRANSITIONS[move[0]]])
def test_illegal_move_changes_nothing(community, dispatcher, old, new):
    elder = factories.ElderFactory(community=community, state=old)
    with pytest.raises(IllegalMove):
        elder_state.move(elder, new, user=dispatcher)
    assert Elder.objects.get(pk=elder.pk).state == old


def test_second_of_two_who_note_it_changes_nothing(elder, dispatcher):
    first, second = Elder.objects.get(pk=elder.pk), Elder.objects.get(pk=elder.pk)
    elder_state.move(first, State.MOVED, user=dispatcher)
    with pytest.raises(IllegalMove):
        elder_state.move(second, State.AWAY, user=dispatcher)
    assert Elder.objects.get(pk=elder.pk).state == State.MOVED


def test_last_day_away_belongs_to_the_absence_alone(elder, dispatcher):
    elder_state.move(elder, State.AWAY, user=dispatcher, until=date(2026, 12, 12))
    assert [elder.is_absent_on(date(2026, 12, day)) for day in (12, 13)] == [True, False]
    elder_state.move(elder, State.ACTIVE, user=dispatcher)
    assert elder.away_until is None


@pytest.mark.parametrize("state", [State.MOVED, State.DIED])
def test_nothing_is_logged_for_who_lives_here_no_more(community, state):
    elder = factories.ElderFactory(community=community, state=state)
    stale = Elder.objects.get(pk=elder.pk)
    stale.state = State.ACTIVE  # as another page has read it a moment ago
    with pytest.raises(ElderGone):
        log_request(stale, "groceries", actor=SYSTEM, **factories.window())
    assert not HelpRequest.objects.exists()


def test_search_ranks_who_can_be_helped_first(community):
    for state in (State.DIED, State.MOVED, State.AWAY, State.ACTIVE):
        factories.ElderFactory(community=community, name=f"张秀英{state.label}", state=state)
    found = Elder.objects.meant_by("张秀英").here_first()
    assert [elder.state for elder in found] == [State.ACTIVE, State.AWAY, State.MOVED, State.DIED]


# --- recurring requests -------------------------------------------------------------------------------------------


@pytest.fixture
def weekly(elder, dispatcher, stopped_clock):
    """On Mondays and Thursdays; it is Monday noon."""
    row = factories.RecurringRequestFactory.build(elder=elder)
    recurring.save(row, user=dispatcher)
    return row


def test_nothing_opens_while_the_elder_is_away_not_even_ahead(weekly, elder, dispatcher):
    elder_state.move(elder, State.AWAY, user=dispatcher, until=date(2026, 11, 27))
    recurring.follow_elder(elder)
    weekly.refresh_from_db()
    assert (weekly.next_on, weekly.next_opens_at) == (None, None)


def test_dates_in_the_absence_say_why_nothing_takes_place(weekly, elder, dispatcher, stopped_clock):
    elder_state.move(elder, State.AWAY, user=dispatcher, until=date(2026, 11, 27))
    recurring.follow_elder(elder)
    weekly.refresh_from_db()
    shown = recurring.upcoming(weekly, recurring.now(), 2)
    assert [(item.on.day, item.is_away, item.takes_place) for item in shown] == [(26, True, False), (30, False, True)]


def test_dates_open_again_when_the_elder_is_back(weekly, elder, dispatcher):
    elder_state.move(elder, State.AWAY, user=dispatcher)
    recurring.follow_elder(elder)
    elder_state.move(elder, State.ACTIVE, user=dispatcher)
    recurring.follow_elder(elder)
    weekly.refresh_from_db()
    assert weekly.next_on == date(2026, 11, 26)


def test_open_date_is_not_opened_if_the_elder_has_just_gone(weekly, elder, dispatcher, stopped_clock):
    elder_state.move(elder, State.AWAY, user=dispatcher)  # and nobody has followed yet
    stopped_clock.shift(timedelta(days=3))
    assert recurring.open_due(recurring.now()) == 1
    assert not HelpRequest.objects.exists()


@pytest.mark.parametrize("state", [State.MOVED, State.DIED])
def test_recurring_requests_end_with_a_reason_when_the_elder_is_gone(weekly, elder, dispatcher, state):
    elder_state.move(elder, state, user=dispatcher, why="the son called")
    assert recurring.follow_elder(elder, user=dispatcher, why="the son called") == 1
    weekly.refresh_from_db()
    version = weekly.history.first()
    assert (weekly.ended_at, weekly.next_on) == (elder.state_at, None)
    assert (version.history_change_reason, version.history_user) == ("the son called", dispatcher)
