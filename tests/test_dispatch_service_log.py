"""Service logs: what was asked for an elder and who came, where a volunteer has been, who changed their records."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linzhu.dispatch.assignments import assign, finish, release
from linzhu.dispatch.service_log import elder_log, volunteer_log
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import REF_ALPHABET
from tests import factories
from tests.factories import window

pytestmark = pytest.mark.django_db


@pytest.fixture
def volunteer(community):
    return factories.VolunteerFactory(community=community, name="陈磊")


def visit(elder, volunteer, minutes=45, hours=-2.0, service="groceries"):
    help_request = log_request(elder, service, actor=SYSTEM, **window(hours))
    finish(assign(help_request, volunteer, actor=SYSTEM), actor=SYSTEM, minutes=minutes)
    return help_request


def shown(desk, name, pk, **query):
    return " ".join(desk.get(reverse(name, args=[pk]), query).content.decode().split())


def test_elder_s_log_names_who_came_and_for_how_long(desk, elder, volunteer):
    help_request = visit(elder, volunteer, minutes=75)
    page = shown(desk, "elder-log", elder.pk)
    assert [part for part in (help_request.ref, "陈磊", "1 h 15 min", "Groceries") if part not in page] == []


def test_elder_s_figures_count_what_was_done(elder, volunteer, community):
    visit(elder, volunteer, minutes=30)
    visit(elder, volunteer, minutes=40, hours=-26)
    other = factories.VolunteerFactory(community=community)
    released = assign(log_request(elder, "meal", actor=SYSTEM, **window(30)), other, actor=SYSTEM)
    release(released, actor=SYSTEM, why="cannot_come")
    factories.HelpRequestFactory(elder=elder, status="unmet")
    assert elder_log(elder).figures == {"help_requests": 4, "unmet": 1, "visits": 2, "minutes": 70, "volunteers": 1}


def test_elder_s_log_says_who_could_not_come(desk, elder, volunteer):
    help_request = log_request(elder, "meal", actor=SYSTEM, **window(30))
    release(assign(help_request, volunteer, actor=SYSTEM), actor=SYSTEM, why="cannot_come")
    assert "could not come" in shown(desk, "elder-log", elder.pk)


def test_logs_of_one_year(desk, elder, volunteer):
    for year, ref in ((2024, "AAAAA"), (2025, "BBBBB"), (2026, "CCCCC")):
        at = datetime(year, 3, 1, 8, tzinfo=UTC)
        need = factories.HelpRequestFactory(elder=elder, window_start=at, window_end=at + timedelta(hours=2), ref=ref)
        factories.AssignmentFactory(help_request=need, volunteer=volunteer, outcome="done", minutes=20)
    for name, pk in (("elder-log", elder.pk), ("volunteer-log", volunteer.pk)):
        page = shown(desk, name, pk, year="2025")
        assert ("BBBBB" in page, "AAAAA" in page, "CCCCC" in page) == (True, False, False)
        assert "AAAAA" in shown(desk, name, pk, year="1066")


def test_year_turns_over_by_the_local_clock(elder):
    new_year = datetime(2025, 12, 31, 17, tzinfo=UTC)  # one o'clock in the morning in Shanghai
    factories.HelpRequestFactory(elder=elder, window_start=new_year, window_end=new_year + timedelta(hours=1))
    log = elder_log(elder, "2026")
    assert (log.years.all, log.years.chosen, log.figures["help_requests"]) == ([2026], 2026, 1)


def test_volunteer_s_log_counts_hours_and_broken_promises(elder, volunteer, dispatcher):
    visit(elder, volunteer, minutes=30)
    for why in ("cannot_come", "no-show"):
        factories.AssignmentFactory(
            help_request__elder=elder, volunteer=volunteer, status="released", outcome=why.replace("_", "-")
        )
    log = volunteer_log(volunteer, dispatcher)
    assert log.figures == {"visits": 1, "minutes": 30, "elders": 1, "broken": 2}


def test_elder_of_another_community_stays_unseen_in_a_volunteer_s_log(desk, volunteer):
    stranger = factories.ElderFactory(name="王秀兰")
    need = factories.HelpRequestFactory(elder=stranger, community=stranger.community)
    factories.AssignmentFactory(help_request=need, volunteer=volunteer, status="finished", outcome="done", minutes=20)
    page = shown(desk, "volunteer-log", volunteer.pk)
    assert ("20 min" in page, "in another community" in page) == (True, True)
    assert [secret for secret in ("王秀兰", need.ref, f"/elders/{stranger.pk}/") if secret in page] == []


def test_part_of_the_elder_s_page_has_the_latest_ten(desk, elder, volunteer):
    refs = [letter * 5 for letter in REF_ALPHABET[:12]]
    for number, ref in enumerate(refs):
        factories.HelpRequestFactory(elder=elder, ref=ref, **window(-24 * number))
    part = shown(desk, "elder-record", elder.pk)
    assert [ref for ref in refs if ref in part] == refs[:10]
    assert "<html" not in part
    assert reverse("elder-log", args=[elder.pk]) in part


def test_newcomers_have_empty_logs(desk, elder, volunteer):
    assert "Nothing was asked for yet." in shown(desk, "elder-log", elder.pk)
    assert "No visits yet." in shown(desk, "volunteer-log", volunteer.pk)


@pytest.mark.parametrize("name", ["elder-log", "elder-record", "volunteer-log"])
def test_log_costs_the_same_for_one_and_thirty(desk, elder, volunteer, community, name):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            shown(desk, name, volunteer.pk if name == "volunteer-log" else elder.pk)
        return len(captured)

    visit(elder, volunteer)
    shown(desk, name, volunteer.pk if name == "volunteer-log" else elder.pk)
    one = queries()
    for number in range(29):
        other = factories.VolunteerFactory(community=community) if name != "volunteer-log" else volunteer
        visit(elder, other, hours=-30 - 24 * number)
    assert queries() == one


def test_changes_name_fields_and_people_not_values(desk, dispatcher, elder):
    elder.phone, elder.notes, elder.lat = "+862227319999", "secret of the house", 39.5
    elder._history_user = dispatcher
    elder.save()
    elder.save()
    part = shown(desk, "elder-log", elder.pk).partition('id="changes-title"')[2]
    assert "Phone · place on the map · Notes for staff" in part
    assert (dispatcher.name in part, part.count("<li"), "secret of the house" in part) == (True, 2, False)


def test_new_week_is_one_change(desk, volunteer):
    volunteer.free_mon = volunteer.free_sun = 0
    volunteer.save()
    part = shown(desk, "volunteer-log", volunteer.pk).partition('id="changes-title"')[2]
    assert part.count("When they are free") == 1
