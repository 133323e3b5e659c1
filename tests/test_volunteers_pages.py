"""The pages about volunteers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.volunteers.availability import DAYTIME, Week, slots
from linzhu.volunteers.models import Volunteer, VolunteerLink
from linzhu.volunteers.week import LABEL_WIDTH, draw_week
from tests.factories import LAT, CommunityFactory, PlaceFactory, RoleFactory, VolunteerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead_desk(client_of, community):
    return client_of(RoleFactory(community=community, kind="lead").user)


def today():
    return timezone.localdate()


def names(response) -> list[str]:
    return [volunteer.name for volunteer in response.context["page"]]


def listed(desk, **search) -> list[str]:
    return names(desk.post(reverse("volunteers"), search, follow=True))


def sent(community, **fields) -> dict[str, object]:
    return {
        "name": "陈磊", "phone": "13800002000", "community": community.pk, "text_language": "zh-hans",
        "reach_m": "2000", "skills": ["errands"], "languages": ["zh"], "clearance": "1", "week": "", **fields,
    }  # fmt: skip


# --- The list -------------------------------------------------------------------------------------------------------


def test_list_costs_the_same_for_one_and_thirty(desk, community):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(reverse("volunteers"))
        return len(captured)

    VolunteerFactory(community=community, place=PlaceFactory(community=community))
    desk.get(reverse("volunteers"))
    one = queries()
    for _number in range(29):
        VolunteerFactory(community=community, place=PlaceFactory(community=community))
    assert queries() == one


def test_list_leaves_out_other_communities(desk, community):
    mine = VolunteerFactory(community=community)
    VolunteerFactory()
    assert listed(desk) == [mine.name]


@pytest.mark.parametrize("text", ["陈磊", "chenlei", "cl", "2000"])
def test_list_is_searched(desk, community, text):
    VolunteerFactory(community=community, name="陈磊", phone="+8613800002000")
    VolunteerFactory(community=community, name="马晓", phone="+8613800009999")
    assert listed(desk, q=text) == ["陈磊"]


def test_list_is_filtered_by_skill(desk, community):
    VolunteerFactory(community=community, name="a", skills=frozenset({"rides"}))
    VolunteerFactory(community=community, name="b", skills=frozenset({"errands"}))
    assert listed(desk, skill="rides") == ["a"]


def test_list_is_filtered_by_community(desk, community):
    below = CommunityFactory(parent=community)
    VolunteerFactory(community=community, name="a")
    VolunteerFactory(community=below, name="b")
    assert listed(desk, community=below.pk) == ["b"]


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("paused", {"paused_until": timezone.now() + timedelta(days=2)}),
        ("uncleared", {"cleared_until": None}),
        ("uncleared", {"cleared_until": timezone.localdate() - timedelta(days=2)}),
        ("suspended", {"status": "suspended"}),
        ("left", {"status": "left"}),
        ("opted-out", {"opted_out_at": timezone.now()}),
    ],
)
def test_list_is_filtered_by_state(desk, community, state, fields):
    VolunteerFactory(community=community, name="plain")
    VolunteerFactory(community=community, name="other", **fields)
    assert (listed(desk, state=state), listed(desk, state="today")) == (["other"], ["plain"])


def test_free_today_leaves_out_who_has_no_time(desk, community):
    VolunteerFactory(community=community, week=Week())
    assert listed(desk, state="today") == []


# --- The card -------------------------------------------------------------------------------------------------------


def test_detail_of_another_community_is_not_there(desk):
    assert desk.get(reverse("volunteer", args=[VolunteerFactory().pk])).status_code == 404


@pytest.mark.parametrize(("days", "colour"), [(100, 'class="tag"'), (10, 'class="tag amber"'), (-1, 'class="tag red"')])
def test_clearance_is_amber_before_it_ends_and_red_after(desk, community, days, colour):
    volunteer = VolunteerFactory(community=community, cleared_until=today() + timedelta(days=days))
    page = desk.get(reverse("volunteer", args=[volunteer.pk])).content.decode()
    assert f"{colour}>until" in page


def test_record_counts_nothing_for_a_newcomer(desk, community):
    response = desk.get(reverse("volunteer-record", args=[VolunteerFactory(community=community).pk]))
    assert (response.context["asked"], response.context["visits"]) == (0, 0)


def test_record_of_another_community_is_not_there(desk):
    assert desk.get(reverse("volunteer-record", args=[VolunteerFactory().pk])).status_code == 404


def test_week_is_drawn_from_its_free_stretches():
    drawn = draw_week(Week(mon=slots(8 * 60, 12 * 60)))
    (stretch,) = drawn["days"][0].stretches
    assert (stretch.x, stretch.width, stretch.words) == (LABEL_WIDTH + 40, 80, "08:00–12:00")


def test_week_cuts_what_lies_outside_the_drawing():
    (stretch,) = draw_week(Week(mon=slots(0, 24 * 60)))["days"][0].stretches
    assert (stretch.x, stretch.width) == (LABEL_WIDTH, 320)


# --- The form -------------------------------------------------------------------------------------------------------


def test_volunteer_is_added_at_the_community_s_middle(desk, community):
    desk.post(reverse("volunteer-new"), sent(community))
    volunteer = Volunteer.objects.get()
    assert (volunteer.phone, volunteer.lat, volunteer.week, volunteer.skills) == (
        "+8613800002000", LAT, DAYTIME, frozenset({"errands"}),
    )  # fmt: skip


def test_volunteer_stands_at_the_chosen_place(desk, community):
    place = PlaceFactory(community=community, lat=39.2, lng=117.3)
    desk.post(reverse("volunteer-new"), sent(community, place=place.pk))
    assert (Volunteer.objects.get().lat, Volunteer.objects.get().lng) == (39.2, 117.3)


def test_edit_without_a_new_place_keeps_own_coordinates(desk, community):
    volunteer = VolunteerFactory(community=community, lat=39.7, lng=117.7)
    desk.post(reverse("volunteer-edit", args=[volunteer.pk]), sent(community))
    volunteer.refresh_from_db()
    assert (volunteer.lat, volunteer.lng) == (39.7, 117.7)


@pytest.mark.parametrize(("phone", "is_open"), [("138 0022 9999", False), ("138 0022 1234", True)])
def test_link_that_went_to_a_former_number_opens_nothing(desk, community, phone, is_open):
    volunteer = VolunteerFactory(community=community, phone="+8613800221234")
    link, _secret = VolunteerLink.issue(volunteer)
    response = desk.post(reverse("volunteer-edit", args=[volunteer.pk]), sent(community, phone=phone))
    link.refresh_from_db()
    assert (response.status_code, link.is_valid()) == (302, is_open)


def test_landline_is_refused(desk, community):
    response = desk.post(reverse("volunteer-new"), sent(community, phone="022-27318800"))
    assert (response.status_code, [*response.context["form"].errors]) == (422, ["phone"])


def test_week_is_read_from_words(desk, community):
    desk.post(reverse("volunteer-new"), sent(community, week="Mon 9:00-12:00"))
    assert Volunteer.objects.get().week == Week(mon=slots(9 * 60, 12 * 60))


def test_week_that_says_nothing_is_refused(desk, community):
    response = desk.post(reverse("volunteer-new"), sent(community, week="whenever"))
    assert [*response.context["form"].errors] == ["week"]


def test_shown_week_reads_back(desk, community):
    volunteer = VolunteerFactory(community=community, week=Week(tue=slots(600, 720), sat=slots(840, 1080)))
    shown = desk.get(reverse("volunteer-edit", args=[volunteer.pk])).context["form"]["week"].value()
    desk.post(reverse("volunteer-edit", args=[volunteer.pk]), sent(community, week=shown))
    assert Volunteer.objects.get().week == volunteer.week


def test_dispatcher_does_not_clear(desk, community):
    desk.post(reverse("volunteer-new"), sent(community, clearance="2", cleared_until="2030-01-01"))
    volunteer = Volunteer.objects.get()
    assert (volunteer.clearance, volunteer.cleared_until) == (1, None)


def test_lead_clears(lead_desk, community):
    lead_desk.post(reverse("volunteer-new"), sent(community, clearance="2", cleared_until="2030-01-01"))
    assert Volunteer.objects.get().clearance == 2


def test_lead_of_one_community_does_not_clear_in_another(client_of, community):
    user = RoleFactory(community=community, kind="dispatcher").user
    RoleFactory(user=user, kind="lead")
    response = client_of(user).post(reverse("volunteer-new"), sent(community, cleared_until="2030-01-01"))
    assert [*response.context["form"].errors] == ["cleared_until"]


def test_edit_of_another_community_is_not_there(desk, community):
    url = reverse("volunteer-edit", args=[VolunteerFactory().pk])
    assert desk.post(url, sent(community)).status_code == 404


# --- Pause and status -----------------------------------------------------------------------------------------------


def test_pause_lasts_to_the_end_of_its_day(desk, community):
    volunteer = VolunteerFactory(community=community)
    until = today() + timedelta(days=3)
    desk.post(reverse("volunteer-pause", args=[volunteer.pk]), {"until": until})
    volunteer.refresh_from_db()
    ends = timezone.localtime(volunteer.paused_until)
    assert (ends.date(), ends.hour) == (until + timedelta(days=1), 0)


def test_pause_in_the_past_is_refused(desk, community):
    volunteer = VolunteerFactory(community=community)
    response = desk.post(reverse("volunteer-pause", args=[volunteer.pk]), {"until": today() - timedelta(days=1)})
    assert response.status_code == 422


def test_pause_is_ended(desk, community):
    volunteer = VolunteerFactory(community=community, paused_until=now() + timedelta(days=3))
    desk.post(reverse("volunteer-pause", args=[volunteer.pk]), {"resume": "1"})
    volunteer.refresh_from_db()
    assert volunteer.paused_until is None


def test_suspended_volunteer_is_not_askable(desk, community):
    volunteer = VolunteerFactory(community=community)
    desk.post(reverse("volunteer-move", args=[volunteer.pk, "suspend"]), {"why": "complaint"})
    assert not Volunteer.objects.askable(now(), today()).exists()


def test_intake_worker_does_not_suspend(client_of, community):
    volunteer = VolunteerFactory(community=community)
    intake = client_of(RoleFactory(community=community, kind="intake").user)
    response = intake.post(reverse("volunteer-move", args=[volunteer.pk, "suspend"]))
    volunteer.refresh_from_db()
    assert (response.status_code, volunteer.status) == (403, "active")


def test_dispatcher_elsewhere_does_not_suspend(client_of, community):
    volunteer = VolunteerFactory(community=community)
    user = RoleFactory(community=community, kind="intake").user
    RoleFactory(user=user, kind="dispatcher")
    response = client_of(user).post(reverse("volunteer-move", args=[volunteer.pk, "suspend"]))
    assert response.status_code == 403


def test_move_twice_says_how_it_stands(desk, community):
    volunteer = VolunteerFactory(community=community, status="suspended")
    response = desk.post(reverse("volunteer-move", args=[volunteer.pk, "suspend"]), follow=True)
    assert "Somebody else has just changed this" in response.content.decode()
