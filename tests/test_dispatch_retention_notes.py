"""Notes, details and offers are forgotten in their time; hours, figures and what has been learned stay."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from linzhu.communities.clock import now
from linzhu.dispatch import bonds, clock, retention, retention_rules
from linzhu.dispatch.figures_office import read_office_figures
from linzhu.dispatch.models import Assignment, Bond, Forgotten, Offer, VolunteerHabits, Wave
from linzhu.dispatch.retention_rules import What
from linzhu.dispatch.service_log import elder_log, volunteer_log
from linzhu.requests.models import Elder, HelpRequest, RecurringRequest, Status
from tests import factories


def ago(days):
    return now() - timedelta(days=days)


def visited(elder, days, status=Status.CLOSED, **fields):
    return factories.HelpRequestFactory(elder=elder, status=status, status_at=ago(days), **fields)


def aged(elder, days=200):
    """As if nobody had touched the record since."""
    elder.history.update(history_date=ago(days))


def notes_of(elder):
    return Elder.objects.get(pk=elder.pk).notes


def count_of(what):
    return retention.forget(now())[what]


# --- notes --------------------------------------------------------------------------------------------------------


def test_notes_are_forgotten_90_days_after_the_last_visit_with_all_their_versions(elder):
    aged(elder)
    visited(elder, 91)
    visited(elder, 300)
    forgotten = retention.forget(now())
    assert (notes_of(elder), elder.history.exclude(notes="").count()) == ("", 0)
    assert (forgotten[What.NOTES], forgotten[What.FORMER_NOTES]) == (1, 1)


@pytest.mark.parametrize(("days", "status"), [(89, Status.CLOSED), (300, Status.OPEN), (300, Status.ASSIGNED)])
def test_notes_are_kept_while_somebody_comes(elder, days, status):
    aged(elder)
    visited(elder, days, status)
    visited(elder, 300)
    assert count_of(What.NOTES) == 0
    assert notes_of(elder) == "喜欢听戏"


def test_notes_of_who_was_never_visited_are_kept(elder):
    aged(elder)
    assert count_of(What.NOTES) == 0


def test_notes_that_staff_have_just_written_are_kept(elder):
    visited(elder, 100)
    assert count_of(What.NOTES) == 0


def test_versions_of_notes_that_stand_are_kept(elder):
    aged(elder)
    visited(elder, 10)
    assert count_of(What.FORMER_NOTES) == 0


def test_details_are_forgotten_90_days_after_the_end(elder):
    old, recent, live = visited(elder, 91), visited(elder, 89), visited(elder, 200, Status.PAUSED)
    assert count_of(What.DETAILS) == 1
    kept = HelpRequest.objects.exclude(details="")
    assert set(kept) == {recent, live}
    assert old not in kept


def test_details_of_recurring_requests_are_forgotten_90_days_after_their_end(elder):
    ended = factories.RecurringRequestFactory(elder=elder, ended_at=ago(91))
    standing = factories.RecurringRequestFactory(elder=elder)
    RecurringRequest.history.update(history_date=ago(200))
    retention.forget(now())
    assert set(RecurringRequest.objects.exclude(details="")) == {standing}
    assert ended.history.exclude(details="").count() == 0


def test_notes_of_ended_bonds_are_forgotten(elder, community):
    bond = bonds.pair(elder, factories.VolunteerFactory(community=community), user=None, note="old friends")
    assert count_of(What.BOND_NOTES) == 0
    Bond.objects.update(ended_at=ago(91))
    retention.forget(now())
    bond.refresh_from_db()
    assert bond.note == ""


def test_versions_are_forgotten_after_three_years(elder):
    elder.save()
    elder.history.filter(pk=elder.history.last().pk).update(history_date=ago(3 * 366 + 1))
    assert count_of(What.VERSIONS) == 1
    assert elder.history.count() == 1


# --- offers -------------------------------------------------------------------------------------------------------


@pytest.fixture
def helped(elder, community):
    """An offer that was answered with yes half a year ago, the visit that came of it, and who was silent."""
    row = visited(elder, 181, window_start=ago(181), window_end=ago(180.9))
    wave = factories.WaveFactory(help_request=row)
    volunteer = factories.VolunteerFactory(community=community)
    offer = factories.OfferFactory(
        help_request=row,
        wave=wave,
        volunteer=volunteer,
        status=Offer.Status.ACCEPTED,
        answer="yes",
        created_at=ago(181),
    )
    factories.OfferFactory(help_request=row, wave=wave, status=Offer.Status.EXPIRED, created_at=ago(181))
    VolunteerHabits.objects.create(volunteer=volunteer, counts={"learned": 1})
    return factories.AssignmentFactory(
        help_request=row,
        volunteer=volunteer,
        offer=offer,
        status=Assignment.Status.FINISHED,
        outcome=Assignment.Outcome.DONE,
        finished_at=ago(180.9),
        accepted_at=ago(181),
        minutes=45,
    )


def test_offers_are_forgotten_after_180_days_and_hours_kept(helped):
    assert count_of(What.OFFERS) == 2
    helped.refresh_from_db()
    assert (Offer.objects.count(), helped.offer, helped.minutes) == (0, None, 45)


def test_figures_and_records_are_the_same_after_the_deletion(helped, elder, dispatcher, community):
    lead = factories.RoleFactory(community=community, kind="lead").user

    def figures():
        return (
            read_office_figures(lead).month,
            elder_log(elder).figures,
            volunteer_log(helped.volunteer, dispatcher).figures,
            list(VolunteerHabits.objects.values_list("volunteer", "counts")),
            Wave.objects.count(),
        )

    before = figures()
    assert retention.forget(now())[What.OFFERS] == 2
    assert figures() == before


@pytest.mark.parametrize(
    ("days", "fields"),
    [(179, {}), (300, {"expectation": {"p": 0.5}})],
    ids=["recent", "not yet learned from"],
)
def test_offer_is_kept(elder, days, fields):
    row = visited(elder, 10)
    wave = factories.WaveFactory(help_request=row)
    factories.OfferFactory(help_request=row, wave=wave, created_at=ago(days), **fields)
    assert count_of(What.OFFERS) == 0


def test_offers_of_a_live_search_are_kept(elder):
    row = visited(elder, 300, Status.PAUSED)
    factories.OfferFactory(help_request=row, wave=factories.WaveFactory(help_request=row), created_at=ago(300))
    assert count_of(What.OFFERS) == 0


@pytest.mark.parametrize(("what", "index"), [(What.OFFERS, "offer_age"), (What.DETAILS, "help_request_details")])
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL reads a table of a few rows whole")
def test_old_rows_are_found_by_an_index(db, what, index):
    kind = next(kind for kind in retention_rules.old(now()) if kind.what == what)
    plan = kind.rows.order_by(kind.by).values_list("pk", flat=True)[:500].explain()
    assert index in plan
    assert "TEMP B-TREE" not in plan
    assert connection.vendor == "sqlite"


def test_every_kind_says_how_long_it_is_kept(db):
    assert {kind.what for kind in retention_rules.old(now())} == set(What) == set(retention_rules.KEPT)


# --- the report ---------------------------------------------------------------------------------------------------


@pytest.fixture
def a_night(elder, stopped_clock):
    """The clock has looked in the evening, then it is half past three; one help request is 91 days over."""
    clock.tick_texts()
    visited(elder, 91)
    stopped_clock.move_to(datetime(2026, 11, 23, 19, 30, tzinfo=UTC))
    clock.tick_texts()


def test_night_reports_what_it_has_deleted(a_night):
    assert list(Forgotten.objects.values_list("night", "what", "count")) == [
        (datetime(2026, 11, 24, tzinfo=UTC).date(), What.DETAILS, 1)
    ]


def test_portions_of_one_night_are_added_up(elder, a_night, stopped_clock):
    visited(elder, 91)
    retention._report(now(), retention.forget(now()))
    assert Forgotten.objects.get().count == 2


def test_lead_and_overseer_read_the_report_and_others_do_not(a_night, client_of, community, dispatcher):
    address = reverse("retention")
    for kind in ("lead", "overseer"):
        page = client_of(factories.RoleFactory(community=community, kind=kind).user).get(address).content.decode()
        assert "details of help requests" in page
        assert "90 days after the last visit" in page
    assert client_of(dispatcher).get(address).status_code == 403
