"""Intake: from a ringing phone to a logged help request."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.communities.models import CommunityRules
from linzhu.requests import windows
from linzhu.requests.intake_form import IntakeForm
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import Elder, HelpRequest
from tests.factories import CommunityFactory, ElderFactory, FamilyContactFactory, PlaceFactory, RoleFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def elder(community):
    return ElderFactory(community=community, name="张秀英", phone="+862227318800")


def tomorrow_morning() -> windows.Window:
    return windows.suggested(now())[-2]


def filled(elder, *services: str, **fields) -> dict[str, object]:
    return {
        "key": uuid.uuid4(),
        "elder": elder.pk,
        "services": services or ["groceries"],
        "when": tomorrow_morning().value,
        "channel": "phone",
        "tell_by": "call",
        "cash_limit": "200",
        "details": "milk",
        **fields,
    }


def send(desk, data):
    return desk.post(reverse("intake"), data)


# --- Logging --------------------------------------------------------------------------------------------------------


def test_intake_logs_a_help_request(desk, dispatcher, elder):
    send(desk, filled(elder))
    help_request = HelpRequest.objects.get()
    assert (help_request.elder, help_request.service_code, help_request.details, help_request.logged_by) == (
        elder, "groceries", "milk", dispatcher,
    )  # fmt: skip


def test_intake_leads_to_the_help_request(desk, elder):
    response = send(desk, filled(elder))
    assert response.url == reverse("help-request", args=[HelpRequest.objects.get().ref])


def test_intake_by_htmx_leads_there_too(desk, elder):
    response = desk.post(reverse("intake"), filled(elder), headers=HTMX)
    assert response.headers["HX-Redirect"] == reverse("help-request", args=[HelpRequest.objects.get().ref])


def test_several_needs_become_several_help_requests(desk, elder):
    response = send(desk, filled(elder, "groceries", "phone-help"))
    codes = HelpRequest.objects.order_by("service_code").values_list("service_code", flat=True)
    assert (list(codes), response.url) == (["groceries", "phone-help"], reverse("board"))


def test_words_for_one_need_stay_with_it(desk, elder):
    send(desk, filled(elder, "groceries", "phone-help", **{"details_phone-help": "a big font"}))
    details = dict(HelpRequest.objects.values_list("service_code", "details"))
    assert details == {"groceries": "milk", "phone-help": "a big font\nmilk"}


def test_double_click_logs_once(desk, elder):
    data = filled(elder, "groceries", "phone-help")
    send(desk, data)
    response = send(desk, data)
    assert (HelpRequest.objects.count(), response.status_code) == (2, 302)


def test_cash_limit_is_kept_in_fen(desk, elder):
    send(desk, filled(elder, cash_limit="80.50"))
    assert HelpRequest.objects.get().cash_limit_fen == 8050


def test_cash_limit_is_left_out_where_no_cash_is_needed(desk, elder):
    send(desk, filled(elder, "phone-help"))
    assert HelpRequest.objects.get().cash_limit_fen is None


def test_needs_follow_the_service(desk, elder):
    send(desk, filled(elder, "ride"))
    assert HelpRequest.objects.get().needs_vehicle is True


def test_needs_can_be_changed(desk, elder):
    send(desk, filled(elder, "ride", vehicle="no", people="2", gender="woman", language="ug"))
    logged = HelpRequest.objects.get()
    assert (logged.needs_vehicle, logged.people_needed, logged.needs_gender, logged.needs_language) == (
        False, 2, "woman", "ug",
    )  # fmt: skip


def test_how_the_elder_is_told_is_remembered(desk, elder):
    send(desk, filled(elder, tell_by="family"))
    elder.refresh_from_db()
    assert elder.tell_by == "family"


# --- When -----------------------------------------------------------------------------------------------------------


def test_custom_window_is_local_time(desk, elder):
    day = timezone.localdate() + timedelta(days=3)
    send(desk, filled(elder, when="custom", day=day.isoformat(), begin="08:30", finish="10:00"))
    start = timezone.localtime(HelpRequest.objects.get().window_start)
    assert (start.date(), start.hour, start.minute) == (day, 8, 30)


def test_custom_window_without_times_is_asked_for(desk, elder):
    response = send(desk, filled(elder, when="custom"))
    assert [*response.context["form"].errors] == ["day", "begin", "finish"]


def test_custom_window_backwards_is_refused(desk, elder):
    day = timezone.localdate() + timedelta(days=3)
    response = send(desk, filled(elder, when="custom", day=day, begin="10:00", finish="09:00"))
    assert [*response.context["form"].errors] == ["finish"]


def test_past_window_is_refused(desk, elder):
    past = windows.Window(now() - timedelta(hours=3), now() - timedelta(hours=1))
    response = send(desk, filled(elder, when=past.value))
    assert (response.status_code, HelpRequest.objects.count()) == (422, 0)


def test_window_that_has_begun_starts_now(desk, elder):
    begun = windows.Window(now() - timedelta(hours=1), now() + timedelta(hours=2))
    send(desk, filled(elder, when=begun.value))
    assert HelpRequest.objects.get().window_start >= begun.start + timedelta(hours=1)


# --- Nothing is lost ------------------------------------------------------------------------------------------------


def test_errors_keep_what_was_typed(desk, elder):
    response = send(desk, filled(elder, "ride", when="", details="two steps down"))
    page = response.content.decode()
    assert ("two steps down" in page, 'value="ride" data-key="7" checked' in page) == (True, True)


def test_missing_elder_is_said_in_words(desk, elder):
    response = send(desk, {**filled(elder), "elder": ""})
    assert "Whom is this for?" in response.content.decode()


def test_missing_elder_is_said_beside_the_search_and_leads_there(desk, elder):
    page = send(desk, {**filled(elder), "elder": ""}).text
    search = page[page.index('id="find"') : page.index("</form>", page.index('id="find"'))]
    assert ('aria-describedby="who-error"' in search, "Whom is this for?" in search) == (True, True)
    assert '<a href="#q">Elder</a>' in page


def test_search_says_nothing_of_a_missing_elder_at_first(desk):
    assert "who-error" not in desk.get("/requests/new/").text


def test_keys_are_not_explained_in_care_mode_which_hides_them(desk):
    assert "takes the first one found" in desk.get("/requests/new/").text
    desk.cookies["care"] = "18"
    assert "takes the first one found" not in desk.get("/requests/new/").text


def test_error_page_keeps_the_key(desk, elder):
    data = filled(elder, when="")
    assert str(data["key"]) in send(desk, data).content.decode()


# --- Duplicates -----------------------------------------------------------------------------------------------------


def test_duplicate_is_warned_about_and_not_logged(desk, elder):
    send(desk, filled(elder))
    response = send(desk, filled(elder))
    assert (HelpRequest.objects.count(), HelpRequest.objects.get().ref in response.content.decode()) == (1, True)


def test_duplicate_is_logged_when_wanted(desk, elder):
    send(desk, filled(elder))
    send(desk, filled(elder, anyway="1"))
    assert HelpRequest.objects.count() == 2


def test_other_day_is_no_duplicate(desk, elder):
    send(desk, filled(elder))
    day = timezone.localdate() + timedelta(days=5)
    send(desk, filled(elder, when="custom", day=day, begin="09:00", finish="10:00"))
    assert HelpRequest.objects.count() == 2


def test_finished_help_request_is_no_duplicate(desk, elder):
    send(desk, filled(elder))
    HelpRequest.objects.update(status="cancelled")
    send(desk, filled(elder))
    assert HelpRequest.objects.count() == 2


def test_warning_beside_the_form_names_the_duplicate(desk, elder):
    window = tomorrow_morning()
    earlier = log_request(elder, "groceries", actor=SYSTEM, window_start=window.start, window_end=window.end)
    response = desk.post(reverse("intake-duplicates"), filled(elder), headers=HTMX)
    assert earlier.ref in response.content.decode()


# --- Finding the elder ----------------------------------------------------------------------------------------------


def found(desk, text: str) -> list[str]:
    response = desk.post(reverse("intake-elders"), {"q": text}, headers=HTMX)
    return [elder.name for elder in response.context["hits"]]


@pytest.mark.parametrize(
    "text", ["张秀", "zhangxiuying", "Zhang Xiuying", "zxy", "8800", "2731", "022-2731 8800", "０２２２７３１"]
)
def test_search_finds_by_name_pinyin_and_phone(desk, elder, text):
    assert found(desk, text) == ["张秀英"]


def test_search_finds_by_the_family_s_phone(desk, elder):
    FamilyContactFactory(elder=elder, phone="+8619911112222")
    assert found(desk, "2222") == ["张秀英"]


def test_search_finds_nobody_by_nothing(desk, elder):
    assert found(desk, " ") == []


def test_search_leaves_out_other_communities(desk, elder):
    ElderFactory(name="张秀英", phone="+862200000000")
    assert found(desk, "zxy") == ["张秀英"]


def test_search_costs_the_same_for_one_and_for_many(desk, elder, django_assert_max_num_queries):
    for _number in range(8):
        ElderFactory(community=elder.community)
    with django_assert_max_num_queries(9):
        found(desk, "张")


def test_chosen_elder_of_another_community_is_not_there(desk):
    assert desk.get(reverse("intake-elder", args=[ElderFactory().pk])).status_code == 404


def test_elder_of_another_community_cannot_be_logged_for(desk, elder):
    stranger = ElderFactory()
    response = send(desk, filled(stranger))
    assert (response.status_code, HelpRequest.objects.count()) == (422, 0)


def test_chosen_elder_shows_the_last_requests(desk, elder):
    log_request(elder, "escort", actor=SYSTEM, window_start=now(), window_end=now() + timedelta(hours=1))
    assert "Escort" in desk.get(reverse("intake-elder", args=[elder.pk])).content.decode()


# --- A new elder in the middle of a call ------------------------------------------------------------------------------


def new_elder(desk, community, **fields):
    data = {
        "name": "金凤仙", "phone": "", "community": community.pk, "tell_by": "call", "family-TOTAL_FORMS": "0",
        "family-INITIAL_FORMS": "0", **fields,
    }  # fmt: skip
    return desk.post(reverse("intake-elder-new"), data, headers=HTMX)


def test_typed_number_is_carried_over(desk):
    response = desk.post(reverse("intake-elder-new"), {"q": "27318800"}, headers=HTMX)
    assert response.context["elder_form"].initial["phone"] == "27318800"


def test_typed_name_is_carried_over(desk):
    response = desk.post(reverse("intake-elder-new"), {"q": "金凤仙"}, headers=HTMX)
    assert response.context["elder_form"].initial["name"] == "金凤仙"


def test_new_elder_is_saved_and_chosen(desk, community):
    response = new_elder(desk, community, phone="022-27318800转802")
    elder = Elder.objects.get()
    assert (elder.phone, elder.phone_ext, f'name="elder" value="{elder.pk}"' in response.content.decode()) == (
        "+862227318800", "802", True,
    )  # fmt: skip


def test_landline_without_area_code_offers_the_fix(desk, community, settings):
    settings.PHONE_AREA_CODE = "022"
    page = new_elder(desk, community, phone="27318800").content.decode()
    assert 'name="phone" value="022-27318800"' in page


def test_new_elder_in_another_community_is_refused(desk):
    new_elder(desk, CommunityFactory())
    assert Elder.objects.count() == 0


def test_new_elder_with_a_family_contact(desk, community):
    contact = {"family-TOTAL_FORMS": "1", "family-0-name": "王芳", "family-0-phone": "13800001111"}
    new_elder(desk, community, **contact)
    assert Elder.objects.get().family.get().phone == "+8613800001111"


def test_place_of_another_branch_is_refused(desk, community, dispatcher):
    other = RoleFactory(user=dispatcher, kind="dispatcher").community
    new_elder(desk, community, place=PlaceFactory(community=other).pk)
    assert Elder.objects.count() == 0


# --- Who will be asked first ------------------------------------------------------------------------------------------


def test_preview_names_the_nearest_volunteer(desk, elder):
    from tests.factories import VolunteerFactory

    VolunteerFactory(community=elder.community, name="陈磊")
    response = desk.post(reverse("intake-preview"), filled(elder), headers=HTMX)
    assert "陈磊" in response.content.decode()


def test_preview_is_empty_while_the_form_is(desk):
    response = desk.post(reverse("intake-preview"), {}, headers=HTMX)
    assert response.content.decode().strip() == ""


def test_preview_writes_nothing(desk, elder):
    desk.post(reverse("intake-preview"), filled(elder), headers=HTMX)
    assert HelpRequest.objects.count() == 0


# --- The page ---------------------------------------------------------------------------------------------------------


def test_page_has_a_new_key_each_time(desk):
    keys = {desk.get(reverse("intake")).context["form"]["key"].value() for _time in range(2)}
    assert len(keys) == 2


def test_page_can_start_with_an_elder(desk, elder):
    assert desk.get(reverse("intake"), {"elder": elder.pk}).context["elder"] == elder


def test_overseer_does_not_log(client_of, community):
    overseer = RoleFactory(community=community, kind="overseer").user
    assert client_of(overseer).get(reverse("intake")).status_code == 403


def test_blank_form_suggests_a_window_and_a_limit(dispatcher):
    form = IntakeForm.blank(dispatcher)
    assert form.initial["cash_limit"] == 200


@pytest.fixture
def frugal(community):
    """A community next door with a limit of its own."""
    other = CommunityFactory()
    CommunityRules.objects.create(community=other, cash_limit_fen=50_00)
    return other


def test_limit_is_that_of_the_user_s_own_community_until_an_elder_is_chosen(frugal):
    rich = CommunityFactory(code="aaa-first-by-path")
    CommunityRules.objects.create(community=rich, cash_limit_fen=900_00)
    user = RoleFactory(community=frugal, kind="intake").user
    RoleFactory(community=rich, user=user, kind="intake")
    assert IntakeForm.blank(user).initial["cash_limit"] == 50


def test_limit_becomes_that_of_the_chosen_elder_s_community(desk, dispatcher, frugal):
    RoleFactory(community=frugal, user=dispatcher)
    url = reverse("intake-elder", args=[ElderFactory(community=frugal).pk])
    shown = desk.get(url, {"cash_limit": "200", "cash_suggested": "200"}, headers=HTMX).content.decode()
    assert 'id="cash" hx-swap-oob="true"' in shown
    assert 'name="cash_limit" value="50"' in shown
    assert 'name="cash_suggested" value="50"' in shown


def test_limit_that_was_typed_in_stays_when_the_elder_is_chosen(desk, elder):
    url = reverse("intake-elder", args=[elder.pk])
    shown = desk.get(url, {"cash_limit": "80", "cash_suggested": "200"}, headers=HTMX).content.decode()
    assert "cash_limit" not in shown


def test_limit_becomes_that_of_a_new_elder_s_community(desk, dispatcher, frugal):
    RoleFactory(community=frugal, user=dispatcher)
    data = {
        "name": "李桂兰", "community": frugal.pk, "tell_by": "call", "family-TOTAL_FORMS": "0",
        "family-INITIAL_FORMS": "0", "cash_limit": "200", "cash_suggested": "200",
    }  # fmt: skip
    shown = desk.post(reverse("intake-elder-new"), data, headers=HTMX).content.decode()
    assert 'name="cash_limit" value="50"' in shown


def test_page_that_starts_with_an_elder_has_their_community_s_limit(desk, dispatcher, frugal):
    RoleFactory(community=frugal, user=dispatcher)
    page = desk.get(reverse("intake"), {"elder": ElderFactory(community=frugal).pk})
    assert page.context["form"].initial["cash_limit"] == 50


def test_page_sent_back_with_mistakes_remembers_what_it_had_suggested(desk, elder):
    page = send(desk, filled(elder, cash_limit="80", cash_suggested="200", details="x" * 3000))
    assert page.status_code == 422
    assert 'name="cash_suggested" value="200"' in page.content.decode()
