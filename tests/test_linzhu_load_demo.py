"""Loading the demo's district: the same people every time, at any hour, and never beside real data."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.communities.models import Community, User
from linzhu.demo.staff import STAFF
from linzhu.dispatch.models import Todo
from linzhu.requests.models import Elder, HelpRequest, Status
from linzhu.volunteers.models import Volunteer
from tests.factories import CommunityFactory

pytestmark = pytest.mark.django_db


def people() -> list[tuple[str, str]]:
    return [*Elder.objects.values_list("name", "phone"), *Volunteer.objects.values_list("name", "phone")]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_fresh_load_makes_the_same_people():
    call_command("load_demo", verbosity=0)
    first = people()
    call_command("load_demo", fresh=True, verbosity=0)
    assert people() == first
    assert User.objects.count() == len(STAFF)


@pytest.mark.parametrize("fresh", [False, True])
def test_real_data_is_left_alone(fresh):
    CommunityFactory(code="real")
    with pytest.raises(CommandError, match="other communities"):
        call_command("load_demo", fresh=fresh, verbosity=0)
    assert Community.objects.filter(code="real").exists()


def test_real_gateway_is_never_given_the_demo(settings):
    settings.SMS_GATEWAY = "twilio"
    with pytest.raises(CommandError, match="SMS_GATEWAY"):
        call_command("load_demo", verbosity=0)


@pytest.mark.slow
@pytest.mark.parametrize("hour", [3, 8, 13, 22])
def test_district_is_believable_at_every_hour(hour, time_machine):
    time_machine.move_to(f"2026-03-11T{hour:02d}:20:00+08:00", tick=True)
    call_command("load_demo", verbosity=0)
    for help_request in HelpRequest.objects.filter(status__in=[Status.OPEN, Status.ASSIGNED]):
        assert help_request.window_start > now()
        assert 8 <= timezone.localtime(help_request.window_start).hour < 19
    assert Todo.objects.open().filter(kind="unclear-reply").exists()
    assert HelpRequest.objects.filter(status=Status.DONE, status_at__gt=now() - timedelta(hours=2)).exists()
