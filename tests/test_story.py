"""The whole job, told twice through HTTP: with the phones of the demo, and with Twilio's own client on a socket."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from linzhu.dispatch import clock
from linzhu.dispatch.tasks import search
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.tasks import relay_message
from linzhu.requests.models import HelpRequest
from tests import factories
from tests.fake_twilio import FakeTwilio

TASKS = {"linzhu.dispatch.tasks.search": search, "linzhu.notifications.tasks.relay_message": relay_message}
PASSWORD = "correct horse battery"


def work() -> None:
    """Be the worker: do what the queue holds until it is empty, then let the clock look once."""
    while rows := list(OrmQ.objects.order_by("pk")):
        for row in rows:
            task = row.task
            TASKS[task["func"]](*task["args"])
            row.delete()
    clock.tick()


def sign_in(base: str = "") -> Client:
    """Sign in as an intake worker through the login form."""
    browser = Client(headers={"accept-language": "en"})
    page = browser.post("/accounts/login/", {"login": "intake", "password": PASSWORD}, follow=True)
    assert page.redirect_chain[-1][0] == "/"
    return browser


def log_groceries(desk: Client, elder) -> HelpRequest:
    """Log a need through the intake form; returns what the database then holds."""
    page = desk.get("/requests/new/").content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)
    tomorrow = timezone.localdate() + timedelta(days=1)
    form = {
        "key": key[1],
        "elder": elder.pk,
        "tell_by": "call",
        "services": ["groceries"],
        "details": "two cartons of milk",
        "when": "custom",
        "day": tomorrow.isoformat(),
        "begin": "09:00",
        "finish": "11:00",
        "cash_limit": "80",
        "channel": "phone",
    }
    for _double_click in range(2):
        answer = desk.post("/requests/new/", form)
    help_request = HelpRequest.objects.get()
    assert answer.headers.get("Location", answer.headers.get("HX-Redirect")) == f"/requests/{help_request.ref}/"
    return help_request


def family_page(browser: Client, contact) -> str:
    """Open the link in the family's latest text that has one, on a phone without login."""
    texts = Message.objects.filter(to=contact.phone, text__contains="/f/").order_by("-pk")
    link = re.search(r"/f/[\w-]+/?", texts[0].text)[0]
    return browser.get(link, follow=True).content.decode()


@pytest.fixture
def people(transactional_db):
    community = factories.CommunityFactory(name="新华里")
    worker = factories.UserFactory(username="intake", name="Zhao Min")
    worker.set_password(PASSWORD)
    worker.save()
    factories.RoleFactory(user=worker, community=community, kind="dispatcher")
    elder = factories.ElderFactory(community=community, name="张秀英")
    contact = factories.FamilyContactFactory(elder=elder)
    volunteers = factories.VolunteerFactory.create_batch(3, community=community)
    return elder, contact, volunteers


def tell(people, answer, sent_to) -> None:
    """The story itself. ``answer(phone, text)`` lets a volunteer text back; ``sent_to(phone)`` reads their phone."""
    elder, contact, volunteers = people
    desk, daughter = sign_in(), Client(headers={"accept-language": "en"})
    first, second, third = (volunteer.phone for volunteer in volunteers)

    help_request = log_groceries(desk, elder)
    work()
    assert "We are asking" in family_page(daughter, contact) or "looking" in family_page(daughter, contact).lower()
    assert [len(sent_to(phone)) for phone in (first, second, third)] == [1, 1, 1]
    assert help_request.ref in desk.get("/").content.decode()

    codes = {phone: re.search(r"YES (\d+)", sent_to(phone)[0])[1] for phone in (first, second, third)}
    answer(third, f"No {codes[third]}, sorry")
    answer(second, f"Yes {codes[second]}!")
    answer(first, "yes")
    work()

    help_request.refresh_from_db()
    winner = help_request.assignments.get()
    assert (help_request.status, winner.volunteer) == ("assigned", volunteers[1])
    assert elder.name in sent_to(second)[-1]
    assert elder.address in sent_to(second)[-1]
    assert all(elder.address not in text for phone in (first, third) for text in sent_to(phone))
    assert "thank" in sent_to(first)[-1].lower()
    assert "thank" in sent_to(third)[-1].lower()

    page = family_page(daughter, contact)
    assert winner.door_word in page
    assert volunteers[1].known_as in page
    assert elder.address not in page
    assert volunteers[1].name in desk.get("/").content.decode()
    assert winner.door_word in desk.get("/inbox/").content.decode()

    answer(second, "Arrived")
    answer(second, "done 40")
    work()
    help_request.refresh_from_db()
    assert (help_request.status, help_request.assignments.get().minutes) == ("done", 40)
    assert desk.get(f"/requests/{help_request.ref}/").status_code == 200
    assert not InboundMessage.objects.filter(handled_at=None).exists()


def test_story_with_the_phones_of_the_demo(people):
    phones = sign_in()

    def answer(phone: str, text: str) -> None:
        assert phones.post("/phones/text/", {"phone": phone, "text": text}).status_code in {200, 302}

    def sent_to(phone: str) -> list[str]:
        assert phones.get("/phones/").status_code == 200
        sent = Message.objects.filter(to=phone, state=Message.State.DELIVERED).order_by("pk")
        return list(sent.values_list("text", flat=True))

    tell(people, answer, sent_to)


def test_story_with_twilio(people, live_server, settings):
    with FakeTwilio() as twilio:
        twilio.configure(settings, app_url=live_server.url)

        def answer(phone: str, text: str) -> None:
            assert twilio.deliver_inbound(phone, text) == 200

        def sent_to(phone: str) -> list[str]:
            return [message.body for message in twilio.messages if message.to == phone]

        tell(people, answer, sent_to)
        twilio.settle()
        assert set(Message.objects.values_list("state", flat=True)) <= {"delivered", "expired"}
        assert Message.objects.exclude(gateway="twilio").exclude(state="expired").count() == 0
