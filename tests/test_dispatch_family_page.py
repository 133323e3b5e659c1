"""The family's page: what it says in every state, what it never says, and whom it lets in."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from linzhu.dispatch.links import family_door, family_url
from linzhu.dispatch.models import Assignment
from linzhu.dispatch.tracking import Stage, tracking_of
from linzhu.requests.models import FamilyLink, HelpRequest, Status, StatusChange
from tests.factories import AssignmentFactory, FamilyContactFactory, HelpRequestFactory, OfferFactory, WaveFactory

pytestmark = pytest.mark.django_db

SECRETS = ["张秀英", "7号楼501", "+862220001", "2000 1", "牛奶两盒", "王芳", "喜欢听戏", "1992000"]


@pytest.fixture
def help_request(community):
    an_hour_ago = timezone.now() - timedelta(hours=1)
    row = HelpRequestFactory(elder__community=community, elder__notes="喜欢听戏", created_at=an_hour_ago)
    FamilyContactFactory(elder=row.elder)
    StatusChange.objects.create(help_request=row, to_status=Status.OPEN, who="staff", at=row.created_at)
    return row


@pytest.fixture
def phone():
    """A daughter's phone: no account, English."""
    return Client(headers={"accept-language": "en"})


def open_link(phone, help_request):
    path = family_url(help_request).removeprefix("http://testserver")
    return phone.get(path, follow=True)


def put(help_request, status, *, minutes_ago=0, **fields):
    """Move a help request with its row of the trail, whatever the rules of moving are."""
    at = timezone.now() - timedelta(minutes=minutes_ago)
    StatusChange.objects.create(
        help_request=help_request, from_status=help_request.status, to_status=status, who="system", at=at
    )
    HelpRequest.objects.filter(pk=help_request.pk).update(status=status, status_at=at, **fields)
    help_request.refresh_from_db()


def assign(help_request, name="陈磊", word="石榴", **fields):
    return AssignmentFactory(help_request=help_request, volunteer__name=name, door_word=word, **fields)


def text_of(response):
    """The page as it is read, with spaces for line ends and without the marks around names."""
    page = response.content.decode().replace('<span class="name">', "").replace("</span>", "")
    return " ".join(page.split())


# --- what it says -------------------------------------------------------------------------------------------------


def test_looking_says_how_many_neighbours_were_asked(phone, help_request):
    wave = WaveFactory(help_request=help_request)
    for _neighbour in range(3):
        OfferFactory(help_request=help_request, wave=wave)

    page = text_of(open_link(phone, help_request))

    assert "We are looking for a neighbour" in page
    assert "We have asked 3 neighbours." in page


def test_looking_before_anybody_was_asked_says_no_number(phone, help_request):
    assert "We have asked" not in text_of(open_link(phone, help_request))


def test_nobody_found_says_that_staff_see_to_it(phone, help_request):
    put(help_request, Status.PAUSED, pause_reason="nobody-found")

    assert "The office is seeing to it in person" in text_of(open_link(phone, help_request))


def test_assigned_says_who_comes_when_and_the_door_word(phone, help_request):
    assign(help_request)
    put(help_request, Status.ASSIGNED)

    page = text_of(open_link(phone, help_request))

    local = timezone.localtime(help_request.window_start)
    assert "陈磊 is coming" in page
    assert f"{local:%H:%M}–" in page
    assert "<strong>石榴</strong>" in page


def test_latin_name_is_cut_to_the_first_word(phone, help_request):
    assign(help_request, name="Aisha Karim")
    put(help_request, Status.ASSIGNED)

    page = text_of(open_link(phone, help_request))

    assert "Aisha is coming" in page
    assert "Karim" not in page


def test_on_the_way_says_who_and_since_when(phone, help_request):
    set_out = timezone.now() - timedelta(minutes=5)
    assign(help_request, on_my_way_at=set_out)
    put(help_request, Status.ASSIGNED)

    page = text_of(open_link(phone, help_request))

    assert "陈磊 is on the way" in page
    assert f'<b>On the way</b> <time class="soft" datetime="{timezone.localtime(set_out).isoformat()}">' in page
    assert "<strong>石榴</strong>" in page


def test_step_of_the_way_is_absent_where_nobody_has_said_so(phone, help_request):
    assign(help_request, arrived_at=timezone.now())
    put(help_request, Status.ASSIGNED)
    put(help_request, Status.UNDERWAY)

    assert "On the way" not in text_of(open_link(phone, help_request))


def test_one_of_two_on_the_way_is_not_said_of_both(help_request):
    HelpRequest.objects.update(people_needed=2)
    help_request.refresh_from_db()
    assign(help_request, on_my_way_at=timezone.now())
    assign(help_request, name="马晓", place=2)
    put(help_request, Status.ASSIGNED)

    assert tracking_of(help_request).stage == Stage.COMING


def test_steps_stand_in_the_order_of_the_way(help_request):
    assign(help_request, on_my_way_at=timezone.now())
    put(help_request, Status.ASSIGNED)

    steps = [(step.name, step.state) for step in tracking_of(help_request).steps]

    assert steps == [
        ("logged", "did"),
        ("looking", "did"),
        ("found", "did"),
        ("on-the-way", "did"),
        ("there", "now"),
        ("done", "next"),
    ]


def test_late_is_said_until_the_arrival(phone, help_request):
    assign(help_request, late_minutes=20)
    put(help_request, Status.ASSIGNED)
    before = text_of(open_link(phone, help_request))
    Assignment.objects.update(arrived_at=timezone.now())
    put(help_request, Status.UNDERWAY)

    after = text_of(phone.get(f"/family/{help_request.ref}/now"))

    assert "陈磊 comes about 20 minutes later." in before
    assert "later" not in after


def test_late_volunteer_is_expected_later(help_request):
    assignment = assign(help_request, late_minutes=20)
    put(help_request, Status.ASSIGNED)
    later = max(help_request.window_start + timedelta(minutes=20), assignment.accepted_at)

    assert tracking_of(help_request).expected_at == later


def test_nobody_late_is_expected_in_the_window(help_request):
    assign(help_request)
    put(help_request, Status.ASSIGNED)

    assert tracking_of(help_request).expected_at is None


def test_underway_says_who_is_there_and_hides_the_word(phone, help_request):
    assign(help_request, arrived_at=timezone.now())
    put(help_request, Status.ASSIGNED)
    put(help_request, Status.UNDERWAY)

    page = text_of(open_link(phone, help_request))

    assert "陈磊 is there now" in page
    assert "石榴" not in page


@pytest.mark.parametrize("status", [Status.DONE, Status.CLOSED])
def test_done_says_so(phone, help_request, status):
    assign(help_request, status=Assignment.Status.FINISHED, arrived_at=timezone.now(), finished_at=timezone.now())
    put(help_request, Status.ASSIGNED)
    put(help_request, Status.UNDERWAY)
    put(help_request, status)

    page = text_of(open_link(phone, help_request))

    assert "All done" in page
    assert "陈磊 was there and has finished." in page


@pytest.mark.parametrize("outcome", ["elder-no-answer", "turned-down"])
def test_closed_door_is_not_called_done(phone, help_request, outcome):
    assign(help_request, status=Assignment.Status.FINISHED, finished_at=timezone.now(), outcome=outcome)
    put(help_request, Status.ASSIGNED)
    put(help_request, Status.DONE)

    page = text_of(open_link(phone, help_request))

    assert "陈磊 was at the door, but the visit could not take place" in page
    assert "<b>The visit could not take place</b>" in page
    assert "All done" not in page
    assert "Finished" not in page


def test_cancelled_shows_how_far_it_came(phone, help_request):
    put(help_request, Status.CANCELLED)

    page = text_of(open_link(phone, help_request))

    assert "This visit has been called off" in page
    assert "Called off" in page
    assert "At the door" not in page


def test_unmet_asks_the_family_to_call(phone, help_request):
    put(help_request, Status.UNMET)

    page = text_of(open_link(phone, help_request))

    assert "this time we found nobody" in page
    assert 'href="tel:+862220000001"' in page


def test_name_with_markup_is_shown_as_text(phone, help_request):
    assign(help_request, name="<i>小李</i>")
    put(help_request, Status.ASSIGNED)

    assert "&lt;i&gt;小李&lt;/i&gt; is coming" in text_of(open_link(phone, help_request))


def test_two_people_have_a_word_each(phone, help_request):
    HelpRequest.objects.update(people_needed=2)
    help_request.refresh_from_db()
    assign(help_request)
    assign(help_request, name="马晓", word="月亮", place=2)
    put(help_request, Status.ASSIGNED)

    page = text_of(open_link(phone, help_request))

    assert "陈磊 and 马晓 are coming" in page
    assert "陈磊 <strong>石榴</strong>" in page
    assert "马晓 <strong>月亮</strong>" in page


def test_one_of_two_there_is_not_said_of_both(phone, help_request):
    HelpRequest.objects.update(people_needed=2)
    help_request.refresh_from_db()
    assign(help_request, arrived_at=timezone.now())
    assign(help_request, name="马晓", word="月亮", place=2)
    put(help_request, Status.ASSIGNED)
    put(help_request, Status.UNDERWAY)

    page = text_of(open_link(phone, help_request))

    assert "陈磊 is there now" in page
    assert "马晓 is still to come." in page
    assert ("月亮" in page, "石榴" in page) == (True, False)


def test_one_of_two_through_leaves_the_other_coming(phone, help_request):
    HelpRequest.objects.update(people_needed=2)
    help_request.refresh_from_db()
    now = timezone.now()
    assign(help_request, status=Assignment.Status.FINISHED, arrived_at=now, finished_at=now)
    assign(help_request, name="马晓", place=2)
    put(help_request, Status.ASSIGNED)
    put(help_request, Status.UNDERWAY)

    page = text_of(open_link(phone, help_request))

    assert "马晓 is coming" in page
    assert "陈磊 and 马晓 are" not in page


def test_office_can_be_called_before_the_steps_are_read(phone, help_request):
    page = open_link(phone, help_request).content.decode()

    assert page.index('class="btn main" href="tel:') < page.index('<ol class="steps">')


def test_thanks_are_the_first_thing_to_do_once_it_is_done(phone, help_request):
    assign(help_request, status=Assignment.Status.FINISHED, arrived_at=timezone.now(), finished_at=timezone.now())
    put(help_request, Status.DONE)

    page = open_link(phone, help_request).content.decode()

    assert page.index("Say thank you") < page.index('class="btn" href="tel:')
    assert 'class="btn main" href="tel:' not in page


def test_one_of_two_found_says_that_one_more_is_looked_for(phone, help_request):
    HelpRequest.objects.update(people_needed=2)
    help_request.refresh_from_db()
    assign(help_request)

    assert "陈磊 is coming. We are looking for one more." in text_of(open_link(phone, help_request))


def test_volunteer_who_cannot_come_is_not_named_any_more(phone, help_request):
    assign(help_request, status=Assignment.Status.RELEASED)
    put(help_request, Status.ASSIGNED)
    put(help_request, Status.OPEN)

    page = text_of(open_link(phone, help_request))

    assert "We are looking for another" in page
    assert "陈磊" not in page
    assert "石榴" not in page


def test_times_belong_to_the_present_run(help_request):
    put(help_request, Status.ASSIGNED, minutes_ago=30)
    put(help_request, Status.OPEN, minutes_ago=20)
    put(help_request, Status.ASSIGNED, minutes_ago=10)

    times = tracking_of(help_request).times

    assert times.assigned_at == help_request.status_at
    assert times.underway_at is None


@pytest.mark.parametrize("stage", list(Stage))
def test_every_stage_has_a_way(help_request, stage):
    from linzhu.dispatch.tracking import _steps

    steps = _steps(stage, tracking_of(help_request).times)

    assert steps[0].name == "logged"
    assert [step.state for step in steps if step.state in {"now", "end"}] == {
        Stage.DONE: [],
        Stage.CANCELLED: ["end"],
        Stage.UNMET: ["end"],
        Stage.IN_VAIN: ["end"],
    }.get(stage, ["now"])


def test_page_warns_of_scams(phone, help_request):
    assert "will ever ask you for money, passwords or codes" in text_of(open_link(phone, help_request))


def test_page_speaks_chinese_after_the_link_for_it(phone, help_request):
    open_link(phone, help_request)

    response = phone.get(f"/family/{help_request.ref}/?lang=zh-hans", follow=True)

    assert '<html lang="zh-Hans">' in response.content.decode()
    assert response.redirect_chain == [(f"/family/{help_request.ref}/", 302)]


# --- what it never says -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(Status))
def test_no_state_tells_address_phone_or_notes(phone, help_request, status):
    assign(help_request)
    put(help_request, status)

    page = open_link(phone, help_request).content.decode()
    part = phone.get(f"/family/{help_request.ref}/now").content.decode()

    assert [secret for secret in SECRETS if secret in page + part] == []


@pytest.mark.parametrize(
    "address", ["secret", "family/{ref}/", "family/{ref}/now", "f/wrong/", "family/{ref}/?lang=en"]
)
def test_page_is_neither_kept_nor_found_nor_passed_on(phone, help_request, address):
    secret = family_url(help_request).removeprefix("http://testserver/")
    phone.get(f"/{secret}")

    response = phone.get("/" + (secret if address == "secret" else address.format(ref=help_request.ref)))

    assert {name: response[name] for name in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")} == {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
    }


def test_secret_leaves_the_address(phone, help_request):
    response = open_link(phone, help_request)

    assert response.redirect_chain == [(f"/family/{help_request.ref}/", 302)]


def test_cookie_is_for_this_page_alone(phone, help_request):
    open_link(phone, help_request)
    cookie = phone.cookies[family_door.cookie]

    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == f"/family/{help_request.ref}/"
    assert "sessionid" not in phone.cookies
    assert django_settings.SESSION_COOKIE_NAME not in phone.cookies


def test_opening_changes_nothing_in_the_database(phone, help_request):
    path = family_url(help_request).removeprefix("http://testserver")
    with CaptureQueriesContext(connection) as queries:
        phone.get(path)
        phone.get(f"/family/{help_request.ref}/")
        phone.get(f"/family/{help_request.ref}/now")

    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


def test_only_reading_is_allowed(phone, help_request):
    open_link(phone, help_request)

    assert phone.post(f"/family/{help_request.ref}/").status_code == 405


def test_queries_do_not_grow_with_the_offers(phone, help_request):
    open_link(phone, help_request)
    with CaptureQueriesContext(connection) as few:
        phone.get(f"/family/{help_request.ref}/")
    wave = WaveFactory(help_request=help_request)
    for _neighbour in range(30):
        OfferFactory(help_request=help_request, wave=wave)
    HelpRequest.objects.update(people_needed=5)
    for place in range(1, 6):
        assign(help_request, name=f"志愿者{place}", place=place)
    with CaptureQueriesContext(connection) as many:
        phone.get(f"/family/{help_request.ref}/")

    assert len(many) == len(few)


@pytest.mark.parametrize("language", ["zh-CN", "en", "bo", "ug"])
def test_page_with_all_it_loads_is_under_50_kilobytes(help_request, language):
    """Even where nothing is compressed, as in the demo; in production a third of it travels."""
    assign(help_request)
    put(help_request, Status.ASSIGNED)
    phone = Client(headers={"accept-language": language})
    page = open_link(phone, help_request).content
    first_look = phone.get(f"/family/{help_request.ref}/now").content
    files = {"css/linzhu.css", "css/link.css", "css/family.css", "js/family.js", "img/mark.svg"}
    static = Path(django_settings.BASE_DIR) / "static"

    size = len(page) + len(first_look) + sum((static / file).stat().st_size for file in files)

    assert set(re.findall(r"/static/([a-z0-9./-]+)", page.decode())) == files
    assert size < 50_000


def test_page_has_nothing_that_the_content_policy_forbids(phone, help_request):
    page = open_link(phone, help_request).content.decode()

    assert "style=" not in page
    assert "<script>" not in page
    assert " on" + "click" not in page


# --- whom it lets in ----------------------------------------------------------------------------------------------


def test_wrong_secret_is_not_found_and_tells_nothing(phone, help_request):
    response = phone.get("/f/not-the-secret/")

    assert response.status_code == 404
    assert "This link no longer works" in text_of(response)
    assert "Was it copied?" in text_of(response)
    assert "tel:" not in text_of(response)


def test_page_without_a_cookie_is_not_found(phone, help_request):
    assert phone.get(f"/family/{help_request.ref}/").status_code == 404
    assert phone.get(f"/family/{help_request.ref}/now").status_code == 404


def test_cookie_of_one_help_request_opens_no_other(phone, community, help_request):
    other = HelpRequestFactory(elder__community=community)
    open_link(phone, help_request)
    phone.cookies[family_door.cookie]["path"] = "/"

    assert phone.get(f"/family/{other.ref}/").status_code == 404


def test_forged_cookie_opens_nothing(phone, help_request):
    link, _secret = FamilyLink.issue(help_request)
    phone.cookies[family_door.cookie] = str(link.pk)

    assert phone.get(f"/family/{help_request.ref}/").status_code == 404


def test_revoked_link_closes_the_page_and_names_the_office(phone, help_request):
    open_link(phone, help_request)
    FamilyLink.objects.update(revoked_at=timezone.now())

    response = phone.get(f"/family/{help_request.ref}/")

    assert response.status_code == 410
    assert 'href="tel:+862220000001"' in text_of(response)
    assert "Was it copied?" not in text_of(response)


def test_revoked_link_cannot_be_opened_again(phone, help_request):
    url = family_url(help_request)
    FamilyLink.objects.update(revoked_at=timezone.now())

    assert phone.get(url.removeprefix("http://testserver")).status_code == 410


@pytest.mark.parametrize(("hours", "status_code"), [(23.9, 200), (24.1, 410)])
def test_link_lives_a_day_after_closing(phone, help_request, hours, status_code):
    open_link(phone, help_request)
    put(help_request, Status.CLOSED, minutes_ago=hours * 60)

    assert phone.get(f"/family/{help_request.ref}/").status_code == status_code
    assert phone.get(f"/family/{help_request.ref}/now").status_code == status_code


def test_link_keeps_only_the_hash_of_its_secret(help_request):
    secret = family_url(help_request).rstrip("/").rpartition("/")[2]

    assert secret not in str(FamilyLink.objects.values().get())
    assert len(secret) == 32


def test_contact_is_noted_on_the_link(help_request):
    contact = help_request.elder.family.get()

    family_url(help_request, contact)

    assert FamilyLink.objects.get().contact == contact
