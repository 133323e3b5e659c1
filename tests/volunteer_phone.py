"""A volunteer's phone with their own page open: how tests get there, press its buttons and read it."""

from __future__ import annotations

import pytest
from django.test import Client

from linzhu.dispatch.answers import answer
from linzhu.dispatch.assignments import assign
from linzhu.dispatch.links import volunteer_url
from linzhu.dispatch.models import Assignment, Offer
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.asking import ask_all
from tests.factories import window


@pytest.fixture
def volunteer(community) -> Volunteer:
    return factories.VolunteerFactory(community=community, name="陈磊", phone="+8619920000001")


@pytest.fixture
def phone() -> Client:
    """The volunteer's phone: no account; the browser speaks Chinese, the texts English."""
    return Client(headers={"accept-language": "zh-CN"})


@pytest.fixture
def mine(phone, volunteer) -> str:
    """The address of the page that the phone has open."""
    return opened(phone, volunteer)


def opened(phone, volunteer) -> str:
    """Open the volunteer's link; returns the address it leads to."""
    return phone.get(path_of(volunteer_url(volunteer))).url


def path_of(url) -> str:
    return url.removeprefix("http://testserver")


def words(response) -> str:
    return " ".join(response.content.decode().split())


def said(response) -> str:
    """Return what the page answers to a button: the sentence above everything else."""
    assert response.status_code == 200
    return words(response).partition('role="status">')[2].partition("</p>")[0]


def ask(elder, volunteer, hours=2.0, service="groceries") -> Offer:
    """Ask everybody near; returns the offer to this volunteer."""
    help_request = log_request(elder, service, actor=SYSTEM, **window(hours))
    ask_all(help_request)
    return help_request.offers.get(volunteer=volunteer)


def promise(elder, volunteer, hours=2.0, service="groceries", **fields) -> Assignment:
    """Let the volunteer have said yes."""
    help_request = log_request(elder, service, actor=SYSTEM, **window(hours), **fields)
    return assign(help_request, volunteer, actor=SYSTEM)


def fresh(row):
    """Read the row again, without what Python has cached of it."""
    return type(row).objects.get(pk=row.pk)


def press(phone, mine, where, **form):
    """Press a button of the page."""
    return phone.post(f"{mine}{where}/", form, follow=True)


def texts_to(volunteer) -> list[str]:
    return list(Message.objects.filter(to=volunteer.phone).order_by("pk").values_list("template", flat=True))


def text(volunteer, said) -> None:
    """Let the volunteer text us."""
    answer(factories.InboundMessageFactory(sender=volunteer.phone, text=said))
