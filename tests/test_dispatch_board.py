"""The board: what needs a human first, lanes, filters, walls between communities, a fixed number of queries."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from linzhu.communities.clock import now
from linzhu.dispatch.board import CARDS_A_LANE, NEEDS_SHOWN, Filters, read_board
from linzhu.dispatch.models import Offer, Todo
from linzhu.dispatch.templatetags.dispatch import due
from linzhu.dispatch.words import mask_links, window_words
from linzhu.requests.models import HelpRequest, Status
from tests import factories


def request_in(community, **fields):
    elder = fields.pop("elder", None) or factories.ElderFactory(community=community)
    return factories.HelpRequestFactory(elder=elder, **fields)


def lane_refs(board, key):
    lane = next(lane for lane in [*board.lanes, board.ended] if lane.key == key)
    return [card.help_request.ref for card in lane.cards]


# --- lanes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "lane"),
    [
        (Status.OPEN, "looking"),
        (Status.PAUSED, "looking"),
        (Status.ASSIGNED, "assigned"),
        (Status.UNDERWAY, "underway"),
        (Status.DONE, "done"),
        (Status.CLOSED, "done"),
        (Status.CANCELLED, "ended"),
        (Status.UNMET, "ended"),
    ],
)
def test_help_request_stands_in_the_lane_of_its_status(community, dispatcher, status, lane):
    row = request_in(community, status=status)
    assert lane_refs(read_board(dispatcher, Filters()), lane) == [row.ref]


def test_what_ended_yesterday_is_gone(community, dispatcher):
    request_in(community, status=Status.DONE, status_at=now() - timedelta(days=1))
    assert read_board(dispatcher, Filters()).is_empty


def test_board_reads_no_help_request_of_the_past(dispatcher):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads a table of a few rows whole")
    plan = HelpRequest.objects.visible_to(dispatcher).live_or_over_since(now()).order_by().explain()
    assert set(re.findall(r"requests_helprequest USING INDEX (\w+)", plan)) == {"help_request_status"}


def test_what_is_open_since_yesterday_stays(community, dispatcher):
    row = request_in(community, status_at=now() - timedelta(days=1))
    assert lane_refs(read_board(dispatcher, Filters()), "looking") == [row.ref]


def test_looking_puts_priority_groups_first_then_the_nearest_deadline(community, dispatcher):
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    late = request_in(community, window_start=noon + timedelta(hours=3))
    soon = request_in(community, window_start=noon)
    alone = factories.ElderFactory(community=community, groups=frozenset({"living-alone"}))
    first = request_in(community, elder=alone, window_start=noon + timedelta(hours=5))
    assert lane_refs(read_board(dispatcher, Filters()), "looking") == [first.ref, soon.ref, late.ref]


def test_a_day_earlier_comes_before_a_priority_group(community, dispatcher):
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    alone = factories.ElderFactory(community=community, groups=frozenset({"living-alone"}))
    later = request_in(community, elder=alone, window_start=noon + timedelta(days=2))
    earlier = request_in(community, window_start=noon + timedelta(days=1))
    assert lane_refs(read_board(dispatcher, Filters()), "looking") == [earlier.ref, later.ref]


def test_long_lane_shows_its_first_cards_and_counts_the_rest(community, dispatcher):
    elder = factories.ElderFactory(community=community)
    factories.HelpRequestFactory.create_batch(CARDS_A_LANE + 3, elder=elder)
    lane = read_board(dispatcher, Filters()).lanes[0]
    assert (lane.count, len(lane.cards), lane.hidden) == (CARDS_A_LANE + 3, CARDS_A_LANE, 3)


def test_card_counts_the_offers_of_the_present_round_only(community, dispatcher):
    row = request_in(community, round=2)
    old = factories.WaveFactory(help_request=row, round=1, number=1, ended_at=now())
    wave = factories.WaveFactory(help_request=row, round=2, number=1)
    factories.OfferFactory(help_request=row, wave=old)
    factories.OfferFactory(help_request=row, wave=wave)
    factories.OfferFactory(help_request=row, wave=wave, status=Offer.Status.DECLINED)
    search = read_board(dispatcher, Filters()).lanes[0].cards[0].search
    assert (search.wave, search.asked, search.declined) == (wave, 2, 1)


def test_card_names_who_comes(community, dispatcher, desk):
    row = request_in(community, status=Status.ASSIGNED, places_filled=1)
    visit = factories.AssignmentFactory(help_request=row)
    assert visit.volunteer.name in desk.get("/").text


def test_card_marks_who_is_on_the_way_and_who_comes_later(community, desk):
    row = request_in(community, status=Status.ASSIGNED, places_filled=1)
    factories.AssignmentFactory(help_request=row, on_my_way_at=now(), late_minutes=20)
    page = desk.get("/").text
    assert '<span class="tag blue">on the way</span>' in page
    assert '<span class="tag amber">late 20 min</span>' in page


def test_card_of_who_has_arrived_has_no_marks(community, desk):
    row = request_in(community, status=Status.UNDERWAY, places_filled=1)
    factories.AssignmentFactory(help_request=row, on_my_way_at=now(), late_minutes=20, arrived_at=now())
    page = desk.get("/").text
    assert "on the way" not in page
    assert "late 20 min" not in page


def test_card_marks_who_has_not_arrived(community, desk):
    row = request_in(community, status=Status.ASSIGNED, places_filled=1)
    factories.AssignmentFactory(help_request=row)
    factories.TodoFactory(community=community, help_request=row, kind=Todo.Kind.NOT_ARRIVED)
    assert '<span class="tag red">not arrived</span>' in desk.get("/").text


# --- what needs a human -------------------------------------------------------------------------------------------


def test_needs_come_first_and_the_most_overdue_leads(community, desk):
    row = request_in(community)
    soon = factories.TodoFactory(community=community, help_request=row, due_at=now() + timedelta(minutes=5))
    late = factories.TodoFactory(
        community=community, help_request=row, kind=Todo.Kind.TELL_ELDER, due_at=now() - timedelta(minutes=5)
    )
    page = desk.get("/").text
    order = re.findall(r'id="((?:todo|card)-\w+)"', page)
    assert order == [f"todo-{late.pk}", f"todo-{soon.pk}", f"card-{row.ref}"]


def test_overdue_todo_is_red_and_says_how_late(community, desk):
    factories.TodoFactory(
        community=community, help_request=request_in(community), due_at=now() - timedelta(minutes=12, seconds=5)
    )
    page = desk.get("/").text
    assert 'class="card needs red"' in page
    assert "12\xa0minutes late" in page


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (-30, "a moment late", "刚刚超时"),
        (30, "a moment left", "还有不到 1 分钟"),
        (90, "1\xa0minute left", "还有 1 分钟"),
    ],
)
def test_what_is_due_is_said_without_a_space_between_chinese_words(seconds, english, chinese):
    at = now() + timedelta(seconds=seconds)
    with override("en"):
        assert due(at) == english
    with override("zh-hans"):
        assert due(at).replace("\xa0", " ") == chinese


def test_settled_todo_is_not_shown(community, desk):
    todo = factories.TodoFactory(community=community, help_request=request_in(community), closed_at=now())
    assert f"todo-{todo.pk}" not in desk.get("/").text


@pytest.mark.parametrize("kind", Todo.Kind.values)
@pytest.mark.parametrize("address", ["/", "/inbox/"])
def test_every_kind_of_todo_can_be_shown_and_dealt_with(community, desk, kind, address):
    row = None if kind == "unknown-sender" else request_in(community)
    offer = factories.OfferFactory(help_request=row) if kind == "unclear-reply" else None
    inbound = factories.InboundMessageFactory() if kind in {"unclear-reply", "unknown-sender", "danger"} else None
    todo = factories.TodoFactory(community=community, kind=kind, help_request=row, offer=offer, inbound=inbound)
    page = desk.get(address).text
    assert f'id="todo-{todo.pk}"' in page
    elsewhere = [f"/requests/{row.ref}/{part}" for part in ("#candidates", "#money")] if row else []
    elsewhere.append('class="btn main" href="/emergencies/"')  # the roll-call settles its own
    assert any(way in page for way in [f"/inbox/{todo.pk}/", *elsewhere])


def test_board_shows_the_most_urgent_todos_and_points_to_the_rest(community, desk):
    for _n in range(NEEDS_SHOWN + 2):
        factories.TodoFactory(community=community, help_request=request_in(community))
    page = desk.get("/").text
    assert page.count('id="todo-') == NEEDS_SHOWN
    assert "2 more in the inbox" in page


def test_intake_worker_sees_the_board_without_its_buttons(community, client_of):
    row = request_in(community, status=Status.PAUSED, pause_reason="nobody-found")
    factories.TodoFactory(community=community, help_request=row)
    worker = factories.RoleFactory(community=community, kind="intake").user
    page = client_of(worker).get("/").text
    assert row.ref in page
    assert "search-again" not in page


# --- walls --------------------------------------------------------------------------------------------------------


def test_other_communities_help_requests_and_todos_are_absent(dispatcher):
    elsewhere = factories.CommunityFactory()
    row = request_in(elsewhere)
    factories.TodoFactory(community=elsewhere, help_request=row)
    assert read_board(dispatcher, Filters()).is_empty


def test_dispatcher_of_the_street_sees_the_communities_below(community, dispatcher):
    below = factories.CommunityFactory(parent=community)
    row = request_in(below)
    assert lane_refs(read_board(dispatcher, Filters()), "looking") == [row.ref]


def test_board_asks_who_one_is(client):
    assert client.get("/").status_code == 302


def test_overseer_sees_no_people(community, client_of):
    overseer = factories.RoleFactory(community=community, kind="overseer").user
    assert client_of(overseer).get("/").status_code == 403


def test_board_is_kept_in_no_cache(desk):
    assert "no-store" in desk.get("/").headers["Cache-Control"]


# --- filters ------------------------------------------------------------------------------------------------------


def test_filter_by_community(community, desk):
    below = factories.CommunityFactory(parent=community)
    here, there = request_in(community), request_in(below)
    page = desk.get("/", {"community": below.code}).text
    assert there.ref in page
    assert here.ref not in page


def test_unknown_community_in_the_address_is_no_filter(community, desk):
    row = request_in(community)
    assert row.ref in desk.get("/", {"community": "elsewhere"}).text


def test_filter_by_kind_of_help(community, desk):
    errand, ride = request_in(community), request_in(community, service_code="ride")
    page = desk.get("/", {"group": "visit"}).text
    assert ride.ref in page
    assert errand.ref not in page


def test_filter_by_what_i_logged(community, dispatcher, desk):
    mine, other = request_in(community, logged_by=dispatcher), request_in(community)
    page = desk.get("/", {"mine": "on"}).text
    assert mine.ref in page
    assert other.ref not in page


def test_filter_by_what_needs_somebody(community, desk):
    stuck, fine = request_in(community), request_in(community)
    factories.TodoFactory(community=community, help_request=stuck)
    page = desk.get("/", {"owed": "on"}).text
    assert f"card-{stuck.ref}" in page
    assert f"card-{fine.ref}" not in page


def test_filter_that_fits_nothing_offers_the_way_back(community, desk):
    request_in(community)
    assert "Nothing fits this filter" in desk.get("/", {"group": "emergency"}).text


def test_empty_board_says_what_to_do(desk):
    page = desk.get("/").text
    assert "All quiet" in page
    assert "Log the first request" in page


# --- freshness and cost -------------------------------------------------------------------------------------------


def test_htmx_gets_only_the_part_that_renews_itself(community, desk):
    row = request_in(community)
    page = desk.get("/", headers={"HX-Request": "true"}).text
    assert row.ref in page
    assert "<html" not in page


def fill(community, many):
    for n in range(many):
        status = [Status.OPEN, Status.ASSIGNED, Status.UNDERWAY, Status.DONE, Status.PAUSED][n % 5]
        row = request_in(community, status=status)
        wave = factories.WaveFactory(help_request=row, number=1)
        factories.OfferFactory(help_request=row, wave=wave)
        factories.AssignmentFactory(help_request=row)
        factories.TodoFactory(community=community, help_request=row, kind=Todo.Kind.TELL_ELDER)


@pytest.mark.parametrize("many", [3, 300])
def test_board_costs_at_most_twelve_queries(community, desk, django_assert_max_num_queries, many):
    fill(community, many)
    with django_assert_max_num_queries(12):
        desk.get("/")


def test_board_of_three_hundred_is_a_page_that_any_browser_draws_at_once(community, desk):
    """What grows with the day is a number above a lane; the cards below it are the first ones."""
    for _number in range(300):
        request_in(community)
    page = desk.get("/").text
    assert (page.count('class="card job'), len(page) < 120_000) == (CARDS_A_LANE, True)
    assert '<span class="number">300</span>' in page


def test_board_tells_an_open_page_whether_there_is_something_new(community, desk):
    todo = factories.TodoFactory(community=community, kind="unknown-sender")
    assert f'id="alert-state" data-count="1" data-newest="{todo.pk}"' in desk.get("/").text


def test_ringing_is_off_until_somebody_wishes_it(desk):
    assert re.search(r'id="alerts" hidden aria-pressed="false"', desk.get("/").text)


def test_map_costs_two_queries_more_however_many_rows(community, desk, django_assert_max_num_queries):
    factories.PlaceFactory.create_batch(20, community=community)
    fill(community, 30)
    with django_assert_max_num_queries(14):
        desk.get("/", {"view": "map"})


# --- map ----------------------------------------------------------------------------------------------------------


def map_data(client, **query):
    page = client.get("/", {"view": "map", **query}).text
    return json.loads(re.search(r'<script id="map-data" type="application/json">(.*?)</script>', page).group(1))


def test_map_shows_places_and_where_somebody_waits(community, desk):
    place = factories.PlaceFactory(community=community)
    row = request_in(community, elder=factories.ElderFactory(community=community, lat=39.121, lng=117.201))
    data = map_data(desk)
    assert [item["name"] for item in data["places"]] == [place.name]
    assert data["spots"] == [
        {
            "at": [39.121, 117.201],
            "pins": [
                {
                    "lane": "looking",
                    "service": "Groceries",
                    "elder": row.elder.name,
                    "window": window_words(row.window_start, row.window_end, now()),
                    "url": f"/requests/{row.ref}/",
                }
            ],
        }
    ]


def test_map_gathers_neighbours_of_one_house(community, desk):
    elder = factories.ElderFactory(community=community)
    request_in(community, elder=elder)
    request_in(community, elder=factories.ElderFactory(community=community))
    assert [len(spot["pins"]) for spot in map_data(desk)["spots"]] == [2]


def test_map_leaves_out_what_is_done(community, desk):
    request_in(community, status=Status.DONE)
    assert map_data(desk)["spots"] == []


def test_map_shows_no_place_of_another_community(desk):
    factories.PlaceFactory()
    assert map_data(desk)["places"] == []


def test_map_keeps_the_lists_for_keyboard_and_screen_reader(community, desk):
    row = request_in(community)
    assert f"card-{row.ref}" in desk.get("/", {"view": "map"}).text


# --- words --------------------------------------------------------------------------------------------------------


def test_window_over_midnight_names_both_days(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    start = timezone.make_aware(timezone.datetime(2026, 3, 1, 22, 0))
    assert window_words(start, start + timedelta(hours=4), start) == "today 22:00–tomorrow 02:00"


def test_window_next_week_is_a_date_with_its_weekday():
    start = timezone.make_aware(timezone.datetime(2026, 3, 9, 9, 0))
    assert window_words(start, start + timedelta(hours=1), start - timedelta(days=7)) == "Mon 9 Mar 09:00–10:00"


def test_links_lose_their_secret():
    assert mask_links("see https://linzhu.example/f/AbC-123 today") == "see https://linzhu.example/… today"
