"""The pages of recurring requests."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linzhu.communities.clock import now
from linzhu.communities.models import CommunityRules
from linzhu.requests import recurring
from linzhu.requests.models import HelpRequest, Occurrence, RecurringRequest
from tests.factories import CommunityFactory, ElderFactory, HelpRequestFactory, RecurringRequestFactory, RoleFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]  # noon of Monday 23 November 2026

WEEKLY = {
    "service_code": "groceries", "kind": "weekly", "every": "1", "weekdays": ["MO", "TH"], "month_day": "1", "nth": "1",
    "weekday": "MO", "begins": "09:00", "finishes": "11:00", "starts_on": "2026-11-23", "cash_limit": "150",
}  # fmt: skip


@pytest.fixture
def elder(community):
    return ElderFactory(community=community)


@pytest.fixture
def row(elder, dispatcher):
    made = RecurringRequestFactory.build(elder=elder)
    recurring.save(made, user=dispatcher)
    return made


def new(elder) -> str:
    return reverse("recurring-new", args=[elder.pk])


def page(row, name="recurring", *args) -> str:
    return reverse(name, args=[row.pk, *args])


# --- The form -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "rrule", "next_on"),
    [
        ({}, "FREQ=WEEKLY;BYDAY=MO,TH", date(2026, 11, 26)),
        ({"every": "2"}, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", date(2026, 11, 26)),
        ({"kind": "month-day", "month_day": "-1"}, "FREQ=MONTHLY;BYMONTHDAY=-1", date(2026, 11, 30)),
        ({"kind": "month-weekday", "nth": "2", "weekday": "TU"}, "FREQ=MONTHLY;BYDAY=2TU", date(2026, 12, 8)),
    ],
)
def test_choices_become_a_rule(desk, dispatcher, elder, sent, rrule, next_on):
    response = desk.post(new(elder), WEEKLY | sent)
    row = RecurringRequest.objects.get()
    assert (response.url, row.rrule, row.next_on, row.made_by) == (
        reverse("elder", args=[elder.pk]), rrule, next_on, dispatcher,
    )  # fmt: skip


def test_everything_written_is_kept(desk, elder):
    desk.post(
        new(elder),
        WEEKLY | {"lead_hours": "72", "ends_on": "2027-01-31", "skip_holidays": "on", "same_volunteer": "on",
                  "details": "鸡蛋", "needs_vehicle": "on", "needs_gender": "woman", "needs_language": "bo"},
    )  # fmt: skip
    row = RecurringRequest.objects.get()
    assert (row.begins, row.finishes, row.lead_hours, row.ends_on, row.skip_holidays, row.same_volunteer) == (
        time(9), time(11), 72, date(2027, 1, 31), True, True,
    )  # fmt: skip
    assert (row.details, row.needs_vehicle, row.needs_gender, row.needs_language, row.cash_limit_fen) == (
        "鸡蛋", True, "woman", "bo", 15000,
    )  # fmt: skip


def test_cash_limit_is_kept_for_services_with_money_alone(desk, elder):
    desk.post(new(elder), WEEKLY | {"service_code": "companionship"})
    assert RecurringRequest.objects.get().cash_limit_fen is None


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": ["XX"]}, "weekdays"),
        ({"every": "0"}, "every"),
        ({"finishes": "08:00"}, "finishes"),
        ({"finishes": "09:20"}, "finishes"),
        ({"ends_on": "2026-11-01"}, "ends_on"),
        ({"kind": "month-day", "month_day": "31"}, "month_day"),
        ({"service_code": "magic"}, "service_code"),
        ({"starts_on": ""}, "starts_on"),
        ({"lead_hours": "5"}, "lead_hours"),
        ({"cash_limit": "-1"}, "cash_limit"),
    ],
)
def test_mistake_is_explained_beside_its_field(desk, elder, sent, field):
    response = desk.post(new(elder), WEEKLY | sent)
    assert (response.status_code, field in response.context["form"].errors) == (422, True)
    assert not RecurringRequest.objects.exists()


def test_new_form_begins_as_the_community_s_rules_say(desk, elder):
    CommunityRules.objects.create(community=elder.community, cash_limit_fen=8000, skip_holidays=True)
    form = desk.get(new(elder)).context["form"]
    assert (form["cash_limit"].value(), form["skip_holidays"].value(), form["starts_on"].value()) == (
        80, True, date(2026, 11, 23),
    )  # fmt: skip


@pytest.mark.parametrize(
    "rrule", ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU"]
)
def test_form_sent_back_as_it_came_changes_nothing(desk, elder, dispatcher, rrule):
    row = RecurringRequestFactory.build(elder=elder, rrule=rrule, cash_limit_fen=12350, lead_hours=24)
    recurring.save(row, user=dispatcher)
    form = desk.get(page(row)).context["form"]
    sent = {name: value for name in form.fields if (value := form[name].value()) not in (None, False)}
    desk.post(page(row), sent)
    after = RecurringRequest.objects.get()
    assert [getattr(after, field.name) for field in after._meta.fields] == [
        getattr(row, field.name) for field in row._meta.fields
    ]


def test_edit_with_a_mistake_keeps_the_page_true(desk, row):
    response = desk.post(page(row), WEEKLY | {"service_code": "meal", "finishes": "08:00"})
    assert (response.status_code, response.context["row"].service_code) == (422, "groceries")


def test_edit_says_that_an_open_help_request_stays(desk, row):
    recurring.open_next(row, now())
    ref = Occurrence.objects.get().help_request.ref
    assert f"Help request {ref} is open already" in desk.get(page(row)).content.decode()


# --- Pause, leave out, end ------------------------------------------------------------------------------------------


def test_pause_and_resume(desk, row):
    desk.post(page(row, "recurring-pause"), {"until": "2026-11-30"})
    paused = RecurringRequest.objects.get().next_on
    desk.post(page(row, "recurring-pause"), {"resume": "1"})
    assert (paused, RecurringRequest.objects.get().next_on) == (date(2026, 12, 3), date(2026, 11, 26))


@pytest.mark.parametrize("until", ["", "2026-11-22", "2028-01-01", "soon"])
def test_pause_needs_a_day_within_the_year(desk, row, until):
    response = desk.post(page(row, "recurring-pause"), {"until": until})
    assert (response.status_code, RecurringRequest.objects.get().paused_until) == (422, None)


def test_date_is_left_out_and_put_back(desk, row, dispatcher):
    url = page(row, "recurring-date", "2026-11-26")
    desk.post(url)
    left_out = Occurrence.objects.get()
    desk.post(url, {"put-back": "1"})
    assert (left_out.fate, left_out.user, Occurrence.objects.count()) == ("left-out", dispatcher, 0)


def test_date_that_is_none_is_not_there(desk, row):
    assert desk.post(page(row, "recurring-date", "someday")).status_code == 404


def test_end_is_for_good(desk, row):
    desk.post(page(row, "recurring-end"))
    desk.post(page(row), WEEKLY | {"service_code": "meal"})
    after = RecurringRequest.objects.get()
    assert (after.next_on, after.ended_at is not None, after.service_code) == (None, True, "groceries")


def test_ended_series_still_shows_what_became_of_its_dates(desk, row):
    recurring.leave_out(row, date(2026, 11, 26), user=None)
    recurring.end(row)
    assert "not needed this time" in desk.get(page(row)).content.decode()


# --- The elder's page -----------------------------------------------------------------------------------------------


def test_elder_s_page_lists_next_dates(desk, elder, row):
    text = desk.get(reverse("elder", args=[elder.pk])).content.decode()
    assert [words for words in ("every week: Monday, Thursday", "09:00–11:00", "Thu 26 Nov") if words not in text] == []


def test_elder_s_page_marks_holidays(desk, elder, dispatcher):
    row = RecurringRequestFactory.build(elder=elder, rrule="FREQ=MONTHLY;BYMONTHDAY=1", skip_holidays=True)
    recurring.save(row, user=dispatcher)
    assert "<s>Fri 1 Jan</s> holiday" in desk.get(reverse("elder", args=[elder.pk])).content.decode()


def test_elder_s_page_leaves_out_what_has_ended(desk, elder, row):
    recurring.end(row)
    assert "every week" not in desk.get(reverse("elder", args=[elder.pk])).content.decode()


def test_elder_s_page_costs_the_same_for_one_and_ten(desk, elder, row, dispatcher):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(reverse("elder", args=[elder.pk]))
        return len(captured)

    recurring.open_next(row, now())
    queries()
    one = queries()
    for _number in range(9):
        more = RecurringRequestFactory.build(elder=elder)
        recurring.save(more, user=dispatcher)
        recurring.open_next(more, now())
    assert queries() == one


# --- Who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["recurring", "recurring-pause", "recurring-end"])
def test_other_community_s_are_not_there(desk, name):
    stranger = RecurringRequestFactory(elder=ElderFactory())
    assert desk.post(page(stranger, name), WEEKLY).status_code == 404


def test_new_one_for_another_community_s_elder_is_not_there(desk):
    assert desk.post(new(ElderFactory()), WEEKLY).status_code == 404


def test_overseer_may_not(client_of, elder, row):
    user = RoleFactory(community=elder.community, kind="overseer").user
    assert client_of(user).get(page(row)).status_code == 403


@pytest.mark.parametrize("name", ["recurring-pause", "recurring-end"])
def test_looking_changes_nothing(desk, row, name):
    assert desk.get(page(row, name)).status_code == 405


# --- Repeat this ----------------------------------------------------------------------------------------------------


@pytest.fixture
def once(elder):
    """Groceries tomorrow, Tuesday 24 November, 9:30 to 11:00."""
    start = now().replace(hour=1, minute=30) + timedelta(days=1)
    return HelpRequestFactory(
        elder=elder, window_start=start, window_end=start + timedelta(minutes=90), details="two eggs",
        needs_language="zh", cash_limit_fen=80_50,
    )  # fmt: skip


def test_button_opens_the_form_filled_in(desk, elder, once):
    link = f"{new(elder)}?like={once.ref}"
    assert link in desk.get(reverse("help-request", args=[once.ref])).content.decode()
    initial = desk.get(link).context["form"].initial
    assert {name: initial[name] for name in ("service_code", "weekdays", "month_day", "nth", "details")} == {
        "service_code": "groceries", "weekdays": ["TU"], "month_day": 24, "nth": 4, "details": "two eggs",
    }  # fmt: skip
    assert (initial["begins"], initial["finishes"], initial["starts_on"]) == (time(9, 30), time(11), date(2026, 11, 25))
    assert (initial["cash_limit"], initial["needs_language"]) == (Decimal("80.5"), "zh")


def test_filled_in_form_sent_as_it_is_does_not_ask_for_the_same_day_twice(desk, elder, once):
    form = desk.get(f"{new(elder)}?like={once.ref}").context["form"]
    data = {field.html_name: field.value() for field in form if field.value() not in (None, False)}
    assert desk.post(f"{new(elder)}?like={once.ref}", data | {"every": "2"}).status_code == 302
    row = RecurringRequest.objects.get()
    assert (row.next_on, row.cash_limit_fen, row.details) == (date(2026, 12, 8), 80_50, "two eggs")


def test_form_repeats_one_of_the_past_from_today_on(desk, elder, once):
    HelpRequest.objects.update(window_start=now() - timedelta(days=30), window_end=now() - timedelta(days=29))
    initial = desk.get(f"{new(elder)}?like={once.ref}").context["form"].initial
    assert (initial["starts_on"], initial["finishes"]) == (date(2026, 11, 23), time(23, 59))


def test_another_elder_s_help_request_fills_in_nothing(desk, elder, community):
    stranger = HelpRequestFactory(elder__community=community, details="secret")
    page = desk.get(f"{new(elder)}?like={stranger.ref}")
    assert page.context["like"] is None
    assert "secret" not in page.content.decode()


def test_help_request_of_the_community_where_the_elder_lived_before_fills_in_nothing(desk, elder):
    before = HelpRequestFactory(elder=elder, community=CommunityFactory(), details="secret")
    page = desk.get(f"{new(elder)}?like={before.ref}")
    assert page.context["like"] is None
    assert "secret" not in page.content.decode()


def test_one_that_comes_back_already_leads_to_its_dates(desk, row):
    recurring.open_due(now() + timedelta(days=2))
    opened = HelpRequest.objects.get()
    shown = desk.get(reverse("help-request", args=[opened.ref])).content.decode()
    assert page(row) in shown
    assert "?like=" not in shown
