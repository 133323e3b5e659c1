"""Figures for the office: today and this month, exact for who knows the people, veiled for who oversees."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from linzhu.dispatch import figures_office
from linzhu.dispatch.figures_charts import FOOT, HEIGHT, draw
from linzhu.dispatch.figures_office import read_office_figures
from linzhu.requests.models import Status
from tests import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(figures_office, "now", lambda: NOON)


def logged(community, hours_ago, *, yes_after=None, **fields):
    """A help request; ``yes_after`` is how many minutes later somebody said yes."""
    at = NOON - timedelta(hours=hours_ago)
    row = factories.HelpRequestFactory(elder__community=community, created_at=at, status_at=at, **fields)
    if yes_after is not None:
        wave = factories.WaveFactory(help_request=row)
        offer = factories.OfferFactory(help_request=row, wave=wave, created_at=at)
        yes_at = at + timedelta(minutes=yes_after)
        factories.AssignmentFactory(help_request=row, offer=offer, volunteer=offer.volunteer, accepted_at=yes_at)
    return row


def test_today_and_month_are_told_apart(dispatcher, community):
    logged(community, 1)
    logged(community, 48)
    logged(community, 24 * 25)
    figures = read_office_figures(dispatcher)
    assert (figures.today.logged, figures.month.logged) == (1, 2)


def test_answered_within_two_hours(dispatcher, community):
    for minutes in (10, 119, 121):
        logged(community, 5, yes_after=minutes)
    logged(community, 5)
    today = read_office_figures(dispatcher).today
    assert (today.logged, today.answered, today.filled_quickly, today.median_wait_min) == (4, 3, 2, 119)


def test_second_yes_does_not_count_again(dispatcher, community):
    row = logged(community, 3, yes_after=10, people_needed=2)
    factories.AssignmentFactory(help_request=row, place=2, accepted_at=NOON)
    assert read_office_figures(dispatcher).today.answered == 1


def test_texts_for_each_yes(dispatcher, community):
    row = logged(community, 3, yes_after=10)
    for _neighbour in range(3):
        factories.OfferFactory(help_request=row, wave=row.waves.get(), created_at=NOON - timedelta(hours=3))
    assert read_office_figures(dispatcher).today.texts_a_yes == 4.0


def test_without_a_yes_there_is_no_quotient(dispatcher, community):
    logged(community, 3)
    today = read_office_figures(dispatcher).today
    assert (today.texts_a_yes, today.median_wait_min) == (None, None)


def test_only_visits_that_took_place_count(dispatcher, community):
    row = logged(community, 3)
    done = {"status": "finished", "finished_at": NOON - timedelta(hours=1)}
    factories.AssignmentFactory(help_request=row, outcome="done", **done)
    factories.AssignmentFactory(help_request=row, outcome="elder-no-answer", place=2, **done)
    assert read_office_figures(dispatcher).today.visits == 1


def test_unmet_by_reason(dispatcher, community):
    for reason in ("nobody-free", "nobody-free", "too-late"):
        logged(community, 2, status=Status.UNMET, end_reason=reason)
    chart = next(chart for chart in read_office_figures(dispatcher).charts if chart.key == "unmet")
    assert [(column.name, column.total) for column in chart.columns] == [
        ("nobody was free", 2),
        ("the time has passed", 1),
    ]


def test_calls_owed_and_overdue(dispatcher, community):
    for kind, hours in (("tell-elder", -1), ("call-wanted", 1), ("nobody-found", -1)):
        factories.TodoFactory(community=community, kind=kind, due_at=NOON + timedelta(hours=hours))
    figures = read_office_figures(dispatcher)
    assert (figures.calls_owed, figures.calls_overdue) == (2, 1)


def test_other_communities_are_not_counted(dispatcher):
    logged(factories.CommunityFactory(code="elsewhere"), 1)
    assert read_office_figures(dispatcher).today.logged == 0


def test_one_community_can_be_chosen(client_of, community):
    one, other = (factories.CommunityFactory(parent=community, code=f"part-{n}", name=f"Part {n}") for n in range(2))
    logged(one, 1)
    logged(other, 1)
    desk = client_of(factories.RoleFactory(community=community, kind="dispatcher").user)
    assert desk.get("/figures/", {"community": "part-0"}).context["tiles"]["logged"] == ("1", "1")
    assert desk.get("/figures/").context["tiles"]["logged"] == ("2", "2")


def test_waits_fall_into_their_columns(dispatcher, community):
    for minutes in (0, 15, 16, 60, 121):
        logged(community, 4, yes_after=minutes)
    chart = next(chart for chart in read_office_figures(dispatcher).charts if chart.key == "waits")
    assert [column.total for column in chart.columns] == [2, 1, 1, 0, 1]


def test_overseer_sees_no_number_that_could_point_at_one(client_of, community):
    for reason in ("nobody-free", "too-late"):
        logged(community, 2, status=Status.UNMET, end_reason=reason)
    response = client_of(factories.RoleFactory(community=community, kind="overseer").user).get("/figures/")
    assert response.context["tiles"]["logged"] == ("< 5", "< 5")
    assert response.context["tiles"]["answered"] == ("–", "–")
    assert [chart.key for chart in response.context["charts"]] == ["visits", "waits"]  # empty ones point at nobody


def test_who_works_in_one_part_and_oversees_the_whole_sees_exact_numbers_of_that_part_alone(client_of, community):
    part = factories.CommunityFactory(parent=community, code="part", name="Part")
    logged(part, 1)
    user = factories.RoleFactory(community=community, kind="overseer").user
    factories.RoleFactory(community=part, kind="dispatcher", user=user)
    browser = client_of(user)
    whole = browser.get("/figures/").context["tiles"]["logged"]
    own = browser.get("/figures/", {"community": "part"}).context["tiles"]["logged"]
    assert (whole, own) == (("< 5", "< 5"), ("1", "1"))


@pytest.mark.parametrize("many", [2, 40])
def test_queries_do_not_grow_with_the_rows(desk, community, django_assert_max_num_queries, many):
    for _number in range(many):
        logged(community, 3, yes_after=10)
    with django_assert_max_num_queries(15):
        desk.get("/figures/")


def test_every_chart_is_named_described_and_a_table_as_well(desk, community):
    logged(community, 3, yes_after=10)
    page = desk.get("/figures/").text
    drawn = page.count('<svg viewBox="0 0 320 120" role="img" aria-labelledby=')
    assert (drawn, page.count("<desc id="), page.count('<details class="fold"')) == (2, 2, 2)


def test_columns_fill_the_height_and_stand_on_the_floor():
    chart = draw("c", "C", [("a", "green"), ("b", "amber")], [("1", (3, 1)), ("2", (1, 0))], name_of_columns="Day")
    first, second = chart.columns
    floor = HEIGHT - FOOT
    assert [(part.y, part.height, part.tone) for part in first.parts] == [
        (floor * 0.25, floor * 0.75, "green"),
        (0, floor * 0.25, "amber"),
    ]
    assert (second.parts[0].y + second.parts[0].height, second.parts[0].height) == (floor, floor * 0.25)


def test_empty_chart_says_so(desk):
    page = desk.get("/figures/").text
    assert (page.count("Nothing yet."), "<rect" in page[page.index("<main") :]) == (4, False)
