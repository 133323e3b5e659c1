"""Texts to families and elders in the night: they wait for the morning, unless the help is wanted before it."""

from datetime import UTC, datetime, time, timedelta

import pytest
from time_machine import travel

from linzhu.communities.models import CommunityRules
from linzhu.communities.people import TellBy
from linzhu.dispatch.mishaps import owe_undelivered
from linzhu.dispatch.models import Todo
from linzhu.dispatch.telling import tell_assigned, tell_late, tell_logged, tell_off, tell_searching_again
from linzhu.notifications import outbox
from linzhu.notifications.models import Message
from linzhu.notifications.operations import read_troubled
from linzhu.notifications.relay import FIRST_CHANCE, relay, relay_due
from linzhu.requests.models import Status
from tests import factories

NIGHT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
"""22:00 of a Monday in Shanghai."""
MORNING = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
"""07:30 of the Tuesday."""
DAUGHTER = "+8613900000001"
Kind = Todo.Kind
pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with travel(NIGHT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def quiet(community):
    CommunityRules.objects.create(community=community, quiet_from=time(21), quiet_to=time(7, 30))


@pytest.fixture
def elder(community, quiet):
    elder = factories.ElderFactory(community=community, name="张秀英", tell_by=TellBy.FAMILY)
    factories.FamilyContactFactory(elder=elder, phone=DAUGHTER)
    return elder


def wanted(elder, start: datetime, **fields):
    return factories.HelpRequestFactory(
        elder=elder, window_start=start, window_end=start + timedelta(hours=2), **fields
    )


@pytest.fixture
def need(elder, clock):
    """Groceries, tomorrow at ten."""
    return wanted(elder, datetime(2026, 11, 24, 2, 0, tzinfo=UTC))


def sent() -> list[str]:
    """What has reached the gateway, after the clock has taken what is due and no worker was woken for."""
    relay_due(clock_now() + FIRST_CHANCE)
    return list(Message.objects.exclude(handed_at=None).order_by("pk").values_list("template", flat=True))


def promised(need):
    need.status = Status.ASSIGNED
    need.save()
    return factories.AssignmentFactory(help_request=need, volunteer__community=need.community)


def test_text_to_the_family_waits_for_the_morning(need, clock):
    tell_logged(need)
    clock.shift(timedelta(hours=9))
    assert sent() == []
    clock.move_to(MORNING)
    assert sent() == ["family_logged"]


def test_worker_that_is_woken_lets_it_wait(need, clock):
    tell_logged(need)
    relay(Message.objects.get().pk)
    assert sent() == []


@pytest.mark.parametrize(
    ("tell", "template"),
    [
        (lambda visit: tell_assigned(visit.help_request), "family_assigned"),
        (lambda visit: tell_late(visit, 20), "family_late"),
        (lambda visit: tell_searching_again(visit.help_request), "family_searching"),
        (lambda visit: tell_off(visit.help_request), "family_off"),
    ],
)
def test_every_kind_waits_while_nothing_happens_before_the_morning(need, clock, tell, template):
    tell(promised(need))
    assert (sent(), Message.objects.get(to=DAUGHTER).template) == ([], template)


@pytest.mark.parametrize("hours", [1, 9, -1])
def test_text_goes_at_once_where_the_help_is_wanted_in_the_night(elder, clock, hours):
    tell_assigned(promised(wanted(elder, NIGHT + timedelta(hours=hours))).help_request)
    assert sent() == ["family_assigned"]


def test_text_about_what_is_time_critical_goes_at_once(elder, clock):
    tell_logged(wanted(elder, NIGHT + timedelta(hours=12), service_code="meal"))
    assert sent() == ["family_logged"]


def test_text_goes_at_once_by_day(need, clock):
    clock.move_to(NIGHT - timedelta(hours=2))
    tell_logged(need)
    assert sent() == ["family_logged"]


def test_community_that_knows_no_quiet_hours_texts_at_once(need, clock):
    CommunityRules.objects.update(quiet_from=time(0), quiet_to=time(0))
    tell_logged(need)
    assert sent() == ["family_logged"]


def test_elder_who_is_told_by_text_is_let_sleep_too(need, clock):
    need.elder.tell_by, need.elder.phone = TellBy.TEXT, "+8613900000009"
    need.elder.save()
    need.elder.family.all().delete()
    tell_assigned(promised(need).help_request)
    assert sent() == []
    clock.move_to(MORNING)
    assert sent() == ["elder_assigned"]


def test_family_reads_in_the_morning_only_how_it_stands(need, clock):
    tell_logged(need)
    tell_assigned(promised(need).help_request)
    clock.move_to(MORNING)
    assert sent() == ["family_assigned"]


def test_who_does_not_come_after_all_is_told_after_who_comes(need, clock):
    visit = promised(need)
    tell_assigned(need)
    tell_searching_again(visit.help_request)
    clock.move_to(MORNING)
    assert sent() == ["family_assigned", "family_searching"]


def test_text_that_waits_for_the_morning_holds_up_no_other(need, clock):
    """The daughter may be a volunteer herself, and be asked where she is in this very night."""
    tell_logged(need)
    outbox.queue(DAUGHTER, "no_thanks", {}, community=need.community, language="en")
    assert sent() == ["no_thanks"]


def test_nobody_is_owed_a_call_because_a_text_waits(need, clock):
    tell_assigned(promised(need).help_request)
    clock.shift(timedelta(hours=2))
    owe_undelivered(clock_now())
    assert not Todo.objects.filter(kind=Kind.NOT_DELIVERED).exists()


def test_call_is_owed_if_it_does_not_go_in_the_morning(need, clock):
    tell_assigned(promised(need).help_request)
    clock.move_to(MORNING + timedelta(minutes=9))
    owe_undelivered(clock_now())
    assert not Todo.objects.filter(kind=Kind.NOT_DELIVERED).exists()
    clock.shift(timedelta(minutes=2))
    owe_undelivered(clock_now())
    assert Todo.objects.filter(kind=Kind.NOT_DELIVERED).exists()


def test_page_of_texts_does_not_call_it_late(need, clock):
    lead = factories.RoleFactory(community=need.community, kind="lead").user
    tell_logged(need)
    clock.shift(timedelta(hours=2))
    assert read_troubled(lead, clock_now()) == []


def test_staff_may_send_it_at_once(need, clock):
    tell_logged(need)
    assert outbox.send_again(Message.objects.get())
    assert sent() == ["family_logged"]


def test_help_request_s_page_says_until_when_it_waits(need, clock, desk):
    tell_logged(need)
    assert "waits for the morning, 07:30" in desk.get(f"/requests/{need.ref}/").text


def clock_now() -> datetime:
    return datetime.now(UTC)
