"""One call, several needs: each with its own words and time, and those of last time once more."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.requests import windows
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest
from tests.factories import ElderFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def morning_and_afternoon() -> list[windows.Window]:
    """Tomorrow's."""
    return windows.suggested(now())[-2:]


def filled(elder, *services: str, **fields) -> dict[str, object]:
    morning, _afternoon = morning_and_afternoon()
    return {
        "key": uuid.uuid4(), "elder": elder.pk, "services": services, "when": morning.value, "channel": "phone",
        "tell_by": "call", "cash_limit": "200", "details": "milk", **fields,
    }  # fmt: skip


def logged() -> dict[str, HelpRequest]:
    return {help_request.service_code: help_request for help_request in HelpRequest.objects.all()}


# --- A time of its own ----------------------------------------------------------------------------------------------


def test_need_can_have_a_time_of_its_own(desk, elder):
    morning, afternoon = morning_and_afternoon()
    desk.post(reverse("intake"), filled(elder, "groceries", "escort", when_escort=afternoon.value))
    starts = {code: help_request.window_start for code, help_request in logged().items()}
    assert starts == {"groceries": morning.start, "escort": afternoon.start}


def test_time_of_a_need_that_was_unchosen_again_counts_for_nothing(desk, elder):
    desk.post(reverse("intake"), filled(elder, "groceries", when_escort="nonsense"))
    assert list(logged()) == ["groceries"]


def test_own_time_that_is_nonsense_is_refused(desk, elder):
    response = desk.post(reverse("intake"), filled(elder, "groceries", "escort", when_escort="nonsense"))
    assert (response.status_code, [*response.context["form"].errors], logged()) == (422, ["when"], {})


def test_own_time_that_has_passed_is_refused(desk, elder):
    past = windows.Window(now() - timedelta(hours=3), now() - timedelta(hours=1))
    response = desk.post(reverse("intake"), filled(elder, "groceries", "escort", when_escort=past.value))
    assert (response.status_code, logged()) == (422, {})


def test_own_time_comes_back_with_the_mistakes(desk, elder):
    afternoon = morning_and_afternoon()[1].value
    response = desk.post(reverse("intake"), filled(elder, "groceries", "escort", when_escort=afternoon, when=""))
    assert f'<option value="{afternoon}" selected>' in response.content.decode()


def test_duplicate_is_looked_for_on_the_day_of_the_need(desk, elder):
    day = timezone.localdate() + timedelta(days=5)
    far = windows.custom(day, windows.time(9), windows.time(11))
    known = log_request(elder, "escort", actor=SYSTEM, window_start=far.start, window_end=far.end)
    custom = {"when": "custom", "day": day, "begin": "09:00", "finish": "10:00"}
    data = filled(elder, "groceries", "escort", **custom)
    alike = desk.post(reverse("intake-duplicates"), data, headers=HTMX).context["duplicates"]
    elsewhere = {**data, "when_escort": morning_and_afternoon()[0].value}
    other_day = desk.post(reverse("intake-duplicates"), elsewhere, headers=HTMX).context["duplicates"]
    assert (alike, other_day) == ([known], [])


def test_duplicates_cost_the_same_for_one_need_and_for_five(desk, elder, django_assert_max_num_queries):
    codes = ["groceries", "escort", "bills", "medicine", "ride"]
    for code in codes:
        window = morning_and_afternoon()[0]
        log_request(elder, code, actor=SYSTEM, window_start=window.start, window_end=window.end)
    with django_assert_max_num_queries(8):
        desk.post(reverse("intake-duplicates"), filled(elder, *codes), headers=HTMX)


# --- The same again -------------------------------------------------------------------------------------------------


@pytest.fixture
def earlier(elder):
    start = now() - timedelta(days=7)
    return log_request(
        elder, "benefit-certification", actor=SYSTEM, window_start=start, window_end=start + timedelta(hours=2),
        details="bring the form", needs_gender="woman",
    )  # fmt: skip


def again(desk, earlier, **fields):
    return desk.post(reverse("intake"), {**filled(earlier.elder), "details": "", **fields, "again": earlier.ref})


def test_again_is_offered_for_the_last_requests(desk, earlier):
    page = desk.get(reverse("intake-elder", args=[earlier.elder_id])).content.decode()
    assert f'name="again" value="{earlier.ref}"' in page


def test_again_fills_the_form_and_logs_nothing(desk, earlier):
    form = again(desk, earlier).context["form"]
    held = {name: form.initial[name] for name in ("services", "details", "gender")}
    assert (held, HelpRequest.objects.count()) == (
        {"services": ["benefit-certification"], "details": "bring the form", "gender": "woman"}, 1,
    )  # fmt: skip


def test_again_keeps_what_was_typed_already(desk, earlier):
    form = again(desk, earlier, services=["groceries"], details="milk", details_groceries="two").context["form"]
    assert (form.initial["services"], form.initial["details"]) == (["groceries", "benefit-certification"], "milk")
    assert (form.own_words("groceries"), form.own_words("benefit-certification")) == ("two", "bring the form")


def test_again_keeps_the_key_of_the_form(desk, earlier):
    key = uuid.uuid4()
    assert again(desk, earlier, key=key).context["form"].initial["key"] == str(key)


def test_again_leaves_people_to_the_service_where_they_were_as_usual(desk, earlier):
    assert "people" not in again(desk, earlier).context["form"].initial


def test_again_keeps_an_unusual_number_of_people(desk, earlier):
    HelpRequest.objects.update(people_needed=3)
    assert again(desk, earlier).context["form"].initial["people"] == 3


def test_again_keeps_the_limit_that_was_agreed(desk, elder):
    window = morning_and_afternoon()[0]
    fields = {"window_start": window.start, "window_end": window.end, "cash_limit_fen": 80_50}
    earlier = log_request(elder, "groceries", actor=SYSTEM, **fields)
    assert again(desk, earlier).context["form"].initial["cash_limit"] == 80.5


def test_again_asks_when(desk, earlier):
    assert "checked data-focus" in again(desk, earlier).content.decode()


def test_again_of_another_community_is_not_there(desk):
    start = now() + timedelta(hours=3)
    theirs = log_request(
        ElderFactory(), "ride", actor=SYSTEM, window_start=start, window_end=start + timedelta(hours=1)
    )
    assert again(desk, theirs).status_code == 404


def test_again_can_be_sent_as_it_stands(desk, earlier):
    form = again(desk, earlier).context["form"]
    sent = {name: value for name, value in form.initial.items() if value is not None}
    desk.post(reverse("intake"), {**sent, "elder": earlier.elder_id})
    newest = HelpRequest.objects.latest("pk")
    assert (newest.pk != earlier.pk, newest.details, newest.needs_gender) == (True, "bring the form", "woman")


# --- By one key -----------------------------------------------------------------------------------------------------


def test_windows_have_keys_of_their_own():
    keys = [window.key for window in windows.suggested(now())]
    assert (len(keys), "" in keys) == (len(set(keys)), False)


def test_what_is_left_of_a_window_keeps_its_key():
    window = windows.suggested(now())[-1]
    assert window.left_at(window.start + timedelta(hours=1)).key == window.key
