"""Settings per community: what is set, what is inherited, and the page that shows both."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linzhu.communities.models import CommunityRules
from linzhu.communities.rules import RuleBook, Rules, inherited_rules, rules_of
from tests.factories import CommunityFactory, RoleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return CommunityFactory(code="tianjin", name="天津市", kind="city")


@pytest.fixture
def street(city):
    return CommunityFactory(parent=CommunityFactory(code="heping", parent=city), code="xinhua", name="新华街道")


@pytest.fixture
def lead(client_of, street):
    return client_of(RoleFactory(community=street, kind="lead").user)


def settle(community, **fields):
    return CommunityRules.objects.create(community=community, **fields)


# --- Inheritance ----------------------------------------------------------------------------------------------------


def test_nothing_set_leaves_the_environment_s_values(street, settings):
    settings.WAVE_SECONDS, settings.QUIET_HOURS = 120, (time(22), time(6))
    rules = rules_of(street)
    assert (rules.wave_seconds, rules.quiet_hours) == (120, (time(22), time(6)))


def test_nothing_set_leaves_the_product_s_defaults(street):
    rules = rules_of(street)
    assert (rules.reminder_evening_at, rules.arrival_ask_min, rules.arrival_alert_min, rules.head_start) == (
        time(18, 30), 15, 30, timedelta(hours=1),
    )  # fmt: skip


def test_nearest_community_wins(city, street):
    settle(city, weekly_text_cap=5, decision_min=20)
    settle(street, weekly_text_cap=3)
    assert (rules_of(street).weekly_text_cap, rules_of(street).decision_min) == (3, 20)


def test_zero_is_a_setting_and_not_empty(city, street):
    settle(city, pairing_head_start_min=30, overrun_min=50)
    settle(street, pairing_head_start_min=0, overrun_min=5)
    assert (rules_of(street).head_start, rules_of(street).overrun_min) == (timedelta(0), 5)


def test_no_is_a_setting_and_not_empty(city, street):
    settle(city, skip_holidays=True)
    settle(street, skip_holidays=False)
    assert rules_of(street).skip_holidays is False


def test_sister_community_is_not_heard(city, street):
    settle(CommunityFactory(code="nankai", parent=city), wave_size=9)
    assert rules_of(street).wave_size == 3


def test_code_that_begins_the_same_is_not_heard(city):
    settle(CommunityFactory(code="xin", parent=city), wave_size=9)
    assert rules_of(CommunityFactory(code="xinhua2", parent=city)).wave_size == 3


def test_same_time_twice_means_no_quiet_hours(city, street):
    settle(city, quiet_from=time(21), quiet_to=time(7))
    settle(street, quiet_from=time(0), quiet_to=time(0))
    assert (rules_of(city).quiet_hours, rules_of(street).quiet_hours) == ((time(21), time(7)), None)


def test_half_of_quiet_hours_is_refused_by_the_database(street):
    with pytest.raises(IntegrityError):
        settle(street, quiet_from=time(21))


def test_reach_is_inherited_like_all_rules(city, street):
    settle(city, furthest_m=3000)
    assert rules_of(street).furthest_m == 3000


def test_inherited_leaves_out_the_community_s_own(city, street):
    settle(city, wave_size=4)
    settle(street, wave_size=6)
    assert inherited_rules(street).wave_size == 4


def test_rules_cost_one_query_at_any_depth(street, django_assert_num_queries):
    with django_assert_num_queries(1):
        rules_of(street)


def test_change_is_heard_at_once(street):
    row = settle(street, wave_size=4)
    assert rules_of(street).wave_size == 4
    row.wave_size = 5
    row.save()
    assert rules_of(street).wave_size == 5


def test_book_answers_for_every_community_with_one_query(city, street, django_assert_num_queries):
    settle(city, weekly_text_cap=5)
    settle(street, weekly_text_cap=2)
    with django_assert_num_queries(1):
        book = RuleBook.of_tree(street)
        answers = [book.of(community).weekly_text_cap for community in (city, street.parent, street)]
    assert answers == [5, 5, 2]


def test_book_and_single_answer_agree(city, street):
    settle(city, skip_holidays=True, furthest_m=800, cash_limit_fen=5000)
    settle(street, quiet_from=time(20), quiet_to=time(8))
    assert RuleBook.of_tree(city).of(street) == rules_of(street)


@pytest.mark.parametrize(
    ("quiet", "clock", "expected"),
    [
        ((time(21), time(7, 30)), "2026-03-10 20:59", None),
        ((time(21), time(7, 30)), "2026-03-10 21:00", "2026-03-11 07:30"),
        ((time(21), time(7, 30)), "2026-03-11 07:29", "2026-03-11 07:30"),
        ((time(21), time(7, 30)), "2026-03-11 07:30", None),
        ((time(12), time(14)), "2026-03-10 13:00", "2026-03-10 14:00"),
        ((time(12), time(14)), "2026-03-10 14:00", None),
        (None, "2026-03-10 03:00", None),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(quiet, clock, expected):
    zone = ZoneInfo("Asia/Shanghai")
    end = Rules(quiet_hours=quiet).quiet_end(datetime.fromisoformat(clock).replace(tzinfo=zone))
    assert (end and f"{end.astimezone(zone):%Y-%m-%d %H:%M}") == expected


# --- The page -------------------------------------------------------------------------------------------------------


def url(community) -> str:
    return reverse("settings", args=[community.code])


def test_page_shows_what_is_inherited(lead, city, street):
    settle(city, weekly_text_cap=5, quiet_from=time(20, 30), quiet_to=time(8), cash_limit_fen=15050)
    page = lead.get(url(street)).content.decode()
    shown = ['placeholder="5"', 'placeholder="20:30"', 'placeholder="150.5"', 'placeholder="8000"']
    assert [text for text in shown if text not in page] == []


def test_page_saves_own_settings(lead, street):
    answer = lead.post(url(street), {"weekly_text_cap": "4", "cash_limit": "120.50", "skip_holidays": "true"})
    rules = rules_of(street)
    assert (answer.status_code, rules.weekly_text_cap, rules.cash_limit_fen, rules.skip_holidays) == (
        302, 4, 12050, True,
    )  # fmt: skip


def test_share_of_visits_with_cash_that_are_checked_is_five_per_cent_until_somebody_says_otherwise(lead, city, street):
    assert rules_of(street).cash_check_percent == 5
    settle(city, cash_check_percent=20)
    assert rules_of(street).cash_check_percent == 20
    lead.post(url(street), {"cash_check_percent": "0"})
    assert rules_of(street).cash_check_percent == 0


def test_emptied_field_is_inherited_again(lead, city, street):
    settle(city, wave_size=5)
    settle(street, wave_size=2)
    lead.post(url(street), {"wave_size": "", "skip_holidays": "unknown"})
    assert (rules_of(street).wave_size, rules_of(street).skip_holidays) == (5, False)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"quiet_from": "21:00"}, "quiet_to"),
        ({"quiet_to": "07:00"}, "quiet_from"),
        ({"quiet_from": "25:00", "quiet_to": "07:00"}, "quiet_from"),
        ({"furthest_m": "99"}, "furthest_m"),
        ({"furthest_m": "1 km"}, "furthest_m"),
        ({"wave_seconds": "0"}, "wave_seconds"),
        ({"weekly_text_cap": "0"}, "weekly_text_cap"),
        ({"arrival_ask_min": "45"}, "arrival_alert_min"),
        ({"arrival_ask_min": "20", "arrival_alert_min": "20"}, "arrival_alert_min"),
        ({"overrun_min": "481"}, "overrun_min"),
        ({"cash_limit": "-1"}, "cash_limit"),
        ({"cash_check_percent": "101"}, "cash_check_percent"),
    ],
)
def test_mistake_is_explained_beside_its_field(lead, street, sent, field):
    response = lead.post(url(street), sent)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert not CommunityRules.objects.exists()


def test_changes_are_shown_with_before_and_after(lead, street):
    lead.post(url(street), {"wave_size": "4"})
    lead.post(url(street), {"wave_size": "6"})
    changes = lead.get(url(street)).context["changes"]
    assert [change.fields for change in changes] == [
        [("People asked at a time at most", "4", "6")],
        [("People asked at a time at most", "", "4")],
    ]


def test_changes_say_what_yes_and_no_mean(lead, street):
    lead.post(url(street), {"skip_holidays": "true"})
    assert lead.get(url(street)).context["changes"][0].fields == [("Recurring on holidays", "", "does not take place")]


def test_calls_can_be_switched_off_where_somebody_carries_them(lead, city, street, settings):
    settings.VOICE_GATEWAY = "local"
    settle(city, calls_elders=False)
    assert "as above: staff make every call" in lead.get(url(street)).content.decode()
    lead.post(url(street), {"calls_elders": "true"})
    assert (rules_of(city).calls_elders, rules_of(street).calls_elders) == (False, True)
    lead.post(url(street), {"calls_elders": "unknown"})
    assert rules_of(street).calls_elders is False


def test_page_does_not_speak_of_calls_that_nobody_carries(lead, street):
    settle(street, calls_elders=False)
    assert "calls_elders" not in lead.get(url(street)).content.decode()
    lead.post(url(street), {"wave_size": "4"})
    assert rules_of(street).calls_elders is False


def test_changes_cost_the_same_for_one_and_ten(lead, street):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            lead.get(url(street))
        return len(captured)

    lead.post(url(street), {"wave_size": "1"})
    queries()
    one = queries()
    for size in range(2, 15):
        lead.post(url(street), {"wave_size": str(size)})
    assert queries() == one


def test_page_of_a_community_above_one_s_own_is_not_there(lead, city):
    assert lead.get(url(city)).status_code == 404


@pytest.mark.parametrize("kind", ["intake", "dispatcher", "overseer"])
def test_page_is_for_leads(client_of, street, kind):
    user = RoleFactory(community=street, kind=kind).user
    assert client_of(user).get(url(street)).status_code == 403


def test_list_of_a_single_community_leads_straight_there(lead, street):
    assert lead.get(reverse("settings-list")).url == url(street)


def test_list_shows_every_community_below(client_of, city, street):
    settle(street, wave_size=4)
    page = client_of(RoleFactory(community=city, kind="lead").user).get(reverse("settings-list"))
    assert [community.code for community in page.context["communities"]] == ["tianjin", "heping", "xinhua"]


def test_menu_offers_settings_to_leads_alone(lead, client_of, street):
    link = reverse("settings-list")
    dispatcher = client_of(RoleFactory(community=street, kind="dispatcher").user)
    board = reverse("board")
    assert (link in lead.get(board).content.decode(), link in dispatcher.get(board).content.decode()) == (True, False)


def test_defaults_do_not_ask_before_they_alert():
    assert Rules().arrival_ask_min < Rules().arrival_alert_min
