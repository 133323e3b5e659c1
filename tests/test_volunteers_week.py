"""The week on the staff's form: a calendar of hours to tick, words for what fits no hour."""

import re

import pytest
from django.urls import reverse

from linzhu.volunteers.availability import DAYTIME, Week, slots
from linzhu.volunteers.models import Volunteer
from linzhu.volunteers.week_form import HOURS, calendar_of, ticks_of, week_from
from tests.factories import VolunteerFactory

pytestmark = pytest.mark.django_db

NOTHING = ""
"""What the page always sends along with the ticked boxes."""


def sent(volunteer, **fields):
    return {
        "name": "陈磊", "phone": "13800002000", "community": volunteer.community_id, "text_language": "zh-hans",
        "reach_m": "2000", "skills": ["errands"], "languages": ["zh"], "clearance": "1", **fields,
    }  # fmt: skip


def save(desk, volunteer, **fields):
    return desk.post(reverse("volunteer-edit", args=[volunteer.pk]), sent(volunteer, **fields))


def hours(day, begin, end):
    return [f"{day}-{hour - 6}" for hour in range(begin, end)]


def test_ticked_hours_are_the_week(desk, community):
    volunteer = VolunteerFactory(community=community, week=Week(mon=slots(8 * 60, 20 * 60)))
    assert save(desk, volunteer, free=[NOTHING, *hours(1, 9, 12), *hours(6, 18, 22)]).status_code == 302
    assert Volunteer.objects.get().week == Week(tue=slots(540, 720), sun=slots(1080, 1320))


def test_half_hours_and_nights_that_nobody_touched_stay(desk, community):
    exact = Week(mon=slots(9 * 60 + 30, 12 * 60), wed=slots(22 * 60, 24 * 60))
    volunteer = VolunteerFactory(community=community, week=exact)
    save(desk, volunteer, free=[NOTHING, *ticks_of(exact, HOURS), *hours(4, 8, 9)])
    assert Volunteer.objects.get().week == exact._replace(fri=slots(480, 540))


def test_half_hour_becomes_whole_by_a_tick():
    assert week_from(Week(mon=slots(570, 600)), hours(0, 9, 10), HOURS) == Week(mon=slots(540, 600))


def test_changed_words_go_before_the_boxes(desk, community):
    volunteer = VolunteerFactory(community=community, week=Week(mon=slots(480, 720)))
    save(desk, volunteer, free=[NOTHING, *hours(0, 8, 12)], week="Tue 18:30-21:00")
    assert Volunteer.objects.get().week == Week(tue=slots(1110, 1260))


def test_words_that_stand_there_leave_it_to_the_boxes(desk, community):
    volunteer = VolunteerFactory(community=community, week=Week(mon=slots(480, 720)))
    shown = desk.get(reverse("volunteer-edit", args=[volunteer.pk])).context["form"]["week"].value()
    save(desk, volunteer, free=[NOTHING, *hours(2, 8, 9)], week=shown)
    assert Volunteer.objects.get().week == Week(wed=slots(480, 540))


def test_unticking_all_is_refused_in_favour_of_a_pause(desk, community):
    volunteer = VolunteerFactory(community=community, week=DAYTIME)
    response = save(desk, volunteer, free=[NOTHING])
    assert (response.status_code, [*response.context["form"].errors]) == (422, ["free"])
    assert Volunteer.objects.get().week == DAYTIME


def test_who_has_no_time_yet_can_be_changed_otherwise(desk, community):
    volunteer = VolunteerFactory(community=community, week=Week())
    assert save(desk, volunteer, free=[NOTHING], notes="rings back").status_code == 302
    assert Volunteer.objects.get().notes == "rings back"


def test_program_that_sends_no_boxes_changes_no_week(desk, community):
    volunteer = VolunteerFactory(community=community, week=Week(mon=slots(480, 720)))
    save(desk, volunteer)
    assert Volunteer.objects.get().week == Week(mon=slots(480, 720))


@pytest.mark.parametrize("box", ["7-0", "0-16", "0-0 ", "x"])
def test_box_that_is_not_there_is_refused(desk, community, box):
    volunteer = VolunteerFactory(community=community)
    assert save(desk, volunteer, free=[NOTHING, box]).status_code == 422


def test_new_volunteer_begins_with_the_daytime_ticked(desk):
    page = desk.get(reverse("volunteer-new")).content.decode()
    boxes = re.findall(r'<input type="checkbox" name="free" value="([\d-]+)"[^>]*?( checked)?>', page)
    assert {value for value, checked in boxes if checked} == {box for day in range(7) for box in hours(day, 8, 20)}
    assert len(boxes) == 7 * 16


def test_boxes_come_back_as_they_were_sent_when_something_is_wrong(desk, community):
    volunteer = VolunteerFactory(community=community, week=DAYTIME)
    page = save(desk, volunteer, name="", free=[NOTHING, *hours(3, 6, 7)]).content.decode()
    assert re.findall(r'value="([\d-]+)"[^>]*? checked', page.partition("data-week")[2].partition("</table>")[0]) == [
        "3-0"
    ]


def test_each_box_is_read_aloud_with_its_day_and_hours():
    rows = calendar_of(Week(sun=slots(570, 600)), ())
    sunday = rows[3].cells[6]
    assert (rows[3].name, sunday.words, sunday.free, sunday.partly) == ("9:00", "Sunday 9:00–10:00", False, True)


def test_week_that_two_have_changed_is_shown_in_both_versions(desk, community):
    volunteer = VolunteerFactory(community=community, week=DAYTIME)
    form = desk.get(reverse("volunteer-edit", args=[volunteer.pk])).context["form"]
    seen = re.search(r'value="([^"]*)"', str(form.seen_input))[1].replace("&quot;", '"')
    volunteer.set_week(Week(mon=slots(480, 720)))
    response = save(desk, volunteer, free=[NOTHING, *hours(5, 8, 9)], week=form["week"].value(), seen=seen)
    assert (response.status_code, "free" in response.context["form"].errors) == (422, True)
    assert Volunteer.objects.get().week == Week(mon=slots(480, 720))
