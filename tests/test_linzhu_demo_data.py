"""The demo's district: complete, invented, and something to do in it."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from linzhu.communities.clock import now
from linzhu.communities.models import Community, Place, Role
from linzhu.communities.phones import parse_phone
from linzhu.demo.staff import PASSWORD, STAFF
from linzhu.dispatch.models import Assignment, Bond, CashJob, Offer, Todo
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.models import Elder, FamilyContact, HelpRequest, RecurringRequest, Status
from linzhu.requests.recurring import upcoming
from linzhu.volunteers.models import Volunteer

pytestmark = pytest.mark.django_db

INVENTED = re.compile(r"\+861990000\d{4}|\+862220000\d{3}")


@pytest.fixture(scope="module")
def district(django_db_setup, django_db_blocker):
    """Loaded once for all tests that only look; taken away behind them."""
    plain = override_settings(QUIET_HOURS=None, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock():
        with plain:
            call_command("load_demo", verbosity=0)
        yield
        call_command("flush", interactive=False, verbosity=0)


def test_district_has_its_size(district):
    assert Community.objects.filter(kind="community").count() == 3
    assert Elder.objects.count() == 40
    assert Volunteer.objects.count() == 80
    assert Place.objects.count() >= 30


def test_every_number_is_valid_and_invented(district):
    numbers = {
        *Elder.objects.exclude(phone="").values_list("phone", flat=True),
        *Volunteer.objects.values_list("phone", flat=True),
        *FamilyContact.objects.values_list("phone", flat=True),
        *Community.objects.exclude(office_phone="").values_list("office_phone", flat=True),
        *Message.objects.values_list("to", flat=True),
        *InboundMessage.objects.values_list("sender", flat=True),
    }
    assert [number for number in numbers if not INVENTED.fullmatch(number)] == []
    assert {parse_phone(number).e164 for number in numbers} == numbers


def test_volunteers_have_mobile_phones_of_their_own(district):
    numbers = list(Volunteer.objects.values_list("phone", flat=True))
    assert all(parse_phone(number).mobile for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_some_elders_have_a_landline_alone(district):
    landlines = [phone for phone in Elder.objects.values_list("phone", flat=True) if not parse_phone(phone).mobile]
    assert len(landlines) == 16


def test_everybody_lives_within_the_district(district):
    for person in [*Elder.objects.select_related("place"), *Volunteer.objects.all()]:
        lat, lng = (person.place.lat, person.place.lng) if isinstance(person, Elder) else (person.lat, person.lng)
        assert 39.09 < lat < 39.12
        assert 117.22 < lng < 117.25


@pytest.mark.parametrize("person", STAFF, ids=lambda person: person.username)
def test_staff_can_sign_in(district, person, client):
    answer = client.post("/accounts/login/", {"login": person.username, "password": PASSWORD})
    assert answer.status_code == 302
    assert Role.objects.filter(user__username=person.username, kind=person.kind).exists()


def test_week_ended_in_every_way(district):
    ended = set(HelpRequest.objects.values_list("status", flat=True))
    assert {Status.DONE, Status.CLOSED, Status.CANCELLED, Status.UNMET} <= ended


def test_something_is_going_on(district):
    going_on = set(HelpRequest.objects.values_list("status", flat=True))
    assert {Status.OPEN, Status.PAUSED, Status.ASSIGNED, Status.UNDERWAY} <= going_on


def test_paired_volunteer_is_asked_first_and_alone(district):
    bond = Bond.objects.standing().get(kind=Bond.Kind.PAIRED)
    help_request = bond.elder.help_requests.get(status=Status.OPEN)
    wave = help_request.waves.get()
    assert [offer.volunteer for offer in wave.offers.all()] == [bond.volunteer]
    assert wave.ends_at - wave.started_at > timedelta(minutes=20)


def test_one_elder_wants_the_same_person_again_and_one_never(district):
    kinds = sorted(Bond.objects.standing().exclude(kind=Bond.Kind.PAIRED).values_list("kind", flat=True))
    assert kinds == ["never-by-elder", "preferred"]
    for bond in Bond.objects.exclude(kind=Bond.Kind.PAIRED):
        assert Assignment.objects.filter(volunteer=bond.volunteer, help_request__elder=bond.elder).exists()


def test_groceries_come_back_every_week(district):
    weekly = RecurringRequest.objects.get()
    opened, *ahead = upcoming(weekly, now())
    assert weekly.service_code == "groceries"
    assert opened.help_request.waves.exists()
    assert [item.on - opened.on for item in ahead] == [timedelta(days=7 * week) for week in range(1, 5)]


def test_visit_of_two_waits_for_the_second(district):
    pair = HelpRequest.objects.get(people_needed=2, status=Status.OPEN)
    assert pair.places_filled == 1


def test_somebody_is_at_the_door_and_somebody_has_been(district):
    assert Assignment.objects.standing().exclude(arrived_at=None).count() == 1
    assert Assignment.objects.filter(outcome="done", help_request__status=Status.DONE).exists()


def test_people_owe_something(district):
    owed = set(Todo.objects.open().values_list("kind", flat=True))
    assert {"unclear-reply", "tell-elder", "nobody-found", "unknown-sender"} <= owed


def test_nothing_of_the_past_is_still_owed(district):
    over = {Status.DONE, Status.CLOSED, Status.CANCELLED, Status.UNMET}
    owed = Todo.objects.open().filter(help_request__status__in=over)
    assert not owed.exclude(kind__in=[Todo.Kind.AFTER_VISIT, Todo.Kind.CASH_GAP], due_at__gt=now()).exists()


def test_money_of_visits_agrees_but_for_one_gap_that_somebody_owes(district):
    statuses = Counter(CashJob.objects.values_list("status", flat=True))
    assert (statuses["gap"], statuses["agreed"] > 5, statuses["reported"], statuses["due"]) == (1, True, 1, 0)
    assert Todo.objects.open().filter(kind=Todo.Kind.CASH_GAP).count() == 1
    assert not Todo.objects.open().filter(kind=Todo.Kind.CASH_CHECK).exists()


def test_every_help_request_has_its_trail(district):
    for help_request in HelpRequest.objects.prefetch_related("changes"):
        moves = [(change.from_status, change.to_status) for change in help_request.changes.all()]
        assert moves[0] == ("", "open")
        assert moves[-1][1] == help_request.status
        assert [before for before, _after in moves[1:]] == [after for _before, after in moves[:-1]]


def test_trail_runs_forward_in_time(district):
    for help_request in HelpRequest.objects.prefetch_related("changes"):
        times = [change.at for change in help_request.changes.order_by("pk")]
        assert times == sorted(times)
        assert times[0] == help_request.created_at


def test_every_text_is_delivered(district):
    assert set(Message.objects.values_list("state", flat=True)) == {"delivered"}


def test_every_state_of_a_volunteer_can_be_seen(district):
    assert Volunteer.objects.filter(status="suspended").count() == 1
    assert Volunteer.objects.exclude(paused_until=None).exists()
    assert Volunteer.objects.exclude(opted_out_at=None).exists()
    assert Volunteer.objects.filter(text_language="en").exists()


def test_most_answers_came_by_text(district):
    assert Assignment.objects.filter(via="text").count() > 30
    assert Offer.objects.filter(status="declined").exists()


def test_load_again_is_refused(district):
    with pytest.raises(CommandError, match="--fresh"):
        call_command("load_demo", verbosity=0)


def test_load_if_empty_leaves_what_is_there(district):
    before = HelpRequest.objects.count()
    call_command("load_demo", if_empty=True, verbosity=0)
    assert HelpRequest.objects.count() == before
