"""The whole job, told twice through HTTP: with the phones of the demo, and with Twilio's own client on a socket."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from linzhu.dispatch import clock
from linzhu.dispatch.tasks import look_again, search
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.tasks import relay_message
from linzhu.requests.models import Elder, FamilyContact, HelpRequest
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.fake_twilio import FakeTwilio

TASKS = {
    "linzhu.dispatch.tasks.search": search,
    "linzhu.dispatch.tasks.look_again": look_again,
    "linzhu.notifications.tasks.relay_message": relay_message,
}
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


@dataclass(frozen=True)
class Told:
    """One telling: ``answer(phone, text)`` lets a volunteer text back; ``sent_to(phone)`` reads their phone."""

    elder: Elder
    contact: FamilyContact
    volunteers: list[Volunteer]
    answer: Callable[[str, str], None]
    sent_to: Callable[[str], list[str]]
    desk: Client = field(default_factory=sign_in)
    daughter: Client = field(default_factory=lambda: Client(headers={"accept-language": "en"}))

    @property
    def phones(self) -> list[str]:
        return [volunteer.phone for volunteer in self.volunteers]


def tell(story: Told) -> None:
    """The story itself."""
    help_request = log_groceries(story.desk, story.elder)
    work()
    everybody_is_asked(story, help_request)
    second_says_yes_first(story, help_request)
    all_know_who_comes(story, help_request)
    visit_is_made(story, help_request)


def everybody_is_asked(story: Told, help_request: HelpRequest) -> None:
    assert "looking for a neighbour" in family_page(story.daughter, story.contact)
    while not all(story.sent_to(phone) for phone in story.phones):
        clock.tick(help_request.waves.get(ended_at=None).ends_at)  # silence: the next ones are asked
        work()
    assert [len(story.sent_to(phone)) for phone in story.phones] == [1, 1, 1]
    assert help_request.ref in story.desk.get("/").content.decode()


def second_says_yes_first(story: Told, help_request: HelpRequest) -> None:
    first, second, third = story.phones
    code = {phone: re.search(r"YES (\d+)", story.sent_to(phone)[0])[1] for phone in story.phones}
    story.answer(third, f"No {code[third]}, sorry")
    story.answer(second, f"Yes {code[second]}!")
    story.answer(first, "yes")
    work()

    help_request.refresh_from_db()
    assert (help_request.status, help_request.assignments.get().volunteer) == ("assigned", story.volunteers[1])
    assert story.elder.name in story.sent_to(second)[-1]
    assert story.elder.address in story.sent_to(second)[-1]
    assert all(story.elder.address not in text for phone in (first, third) for text in story.sent_to(phone))
    assert "thank" in story.sent_to(first)[-1].lower()
    assert "thank" in story.sent_to(third)[-1].lower()


def all_know_who_comes(story: Told, help_request: HelpRequest) -> None:
    visit = help_request.assignments.get()
    page = family_page(story.daughter, story.contact)
    assert visit.door_word in page
    assert visit.volunteer.known_as in page
    assert story.elder.address not in page
    assert visit.volunteer.name in story.desk.get("/").content.decode()
    assert visit.door_word in story.desk.get("/inbox/").content.decode()


def visit_is_made(story: Told, help_request: HelpRequest) -> None:
    helper = help_request.assignments.get().volunteer.phone
    story.answer(helper, "Arrived")
    story.answer(helper, "done 40")
    work()
    help_request.refresh_from_db()
    assert (help_request.status, help_request.assignments.get().minutes) == ("done", 40)
    assert story.desk.get(f"/requests/{help_request.ref}/").status_code == 200
    assert not InboundMessage.objects.filter(handled_at=None).exists()


def test_story_with_the_phones_of_the_demo(people):
    phones = sign_in()

    def answer(phone: str, text: str) -> None:
        assert phones.post("/phones/text/", {"phone": phone, "text": text}).status_code in {200, 302}

    def sent_to(phone: str) -> list[str]:
        assert phones.get("/phones/").status_code == 200
        sent = Message.objects.filter(to=phone, state=Message.State.DELIVERED).order_by("pk")
        return list(sent.values_list("text", flat=True))

    tell(Told(*people, answer, sent_to))


def test_story_with_twilio(people, live_server, settings):
    with FakeTwilio() as twilio:
        twilio.configure(settings, app_url=live_server.url)

        def answer(phone: str, text: str) -> None:
            assert twilio.deliver_inbound(phone, text) == 200

        def sent_to(phone: str) -> list[str]:
            return [message.body for message in twilio.messages if message.to == phone]

        tell(Told(*people, answer, sent_to))
        twilio.settle()
        assert set(Message.objects.values_list("state", flat=True)) <= {"delivered", "expired"}
        assert Message.objects.exclude(gateway="twilio").exclude(state="expired").count() == 0
