"""Promise 6, "0 personal data in logs, URLs, task rows or offers": a whole story full of canaries, then a search.

Every name, number, address, note and text below is unique, so it can be looked for wherever it must not be.
"""

from __future__ import annotations

import logging
import re
import traceback
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from linzhu.communities.models import ApiToken
from linzhu.dispatch import clock
from linzhu.dispatch.models import LiveEvent, RollCallEntry, Todo
from linzhu.dispatch.tasks import search
from linzhu.logs import FramesOnlyFormatter, LinksMasked
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.tasks import relay_message
from linzhu.requests.models import Elder, HelpRequest
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.fake_twilio import FakeTwilio, Fault
from tests.waiting import let_it_happen

TASKS = {"linzhu.dispatch.tasks.search": search, "linzhu.notifications.tasks.relay_message": relay_message}

ELDER = {
    "name": "鸢尾桂兰", "phone": "+8613900010001", "address": "鸢尾胡同七十七号", "notes": "鸢尾备注",
    "details": "鸢尾牛奶",
}  # fmt: skip
FAMILY = {"name": "鸢尾女儿", "phone": "+8613900010002"}
VOLUNTEERS = [
    {"name": "木槿志远", "phone": "+8613900020001", "notes": "木槿备注"},
    {"name": "海棠建国", "phone": "+8613900020002", "notes": "海棠备注"},
    {"name": "芍药晓梅", "phone": "+8613900020003", "notes": "芍药备注"},
]
STRANGER = {"phone": "+8613900030001", "text": "腊梅陌生短信"}
SAID = {"unclear": "丁香晚点行不行", "danger": "茉莉摔倒了救命", "sheet": "玉兰名单", "sheet phone": "13900040001"}
UNREADABLE = "紫藤读不了"


def canaries() -> list[str]:
    """Every piece of personal data in the story, in each of the ways a number is written."""
    people = [ELDER, FAMILY, *VOLUNTEERS, STRANGER, SAID]
    found = {value for person in people for value in person.values()} | {UNREADABLE}
    numbers = {value.removeprefix("+86") for value in found if value.lstrip("+").isdigit()}
    return sorted(found | numbers | {f"{digits[:3]} {digits[3:7]} {digits[7:]}" for digits in numbers})


def leaked(*texts: str) -> list[str]:
    """Return the canaries in these texts, escaped or not."""
    everything = "\n".join(texts)
    plain = [everything, unquote(everything), everything.encode().decode("unicode_escape", "ignore")]
    return [canary for canary in canaries() if any(canary in text for text in plain)]


# --- the story ----------------------------------------------------------------------------------------------------


class Lines(logging.Handler):
    """Everything that is logged anywhere at INFO or above, as it would be printed."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self.setFormatter(FramesOnlyFormatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        # A frame quotes the line of code it stands at: this file's own lines hold the canaries.
        lines = self.format(record).split("\n")
        self.lines += [line for line in lines if not line.startswith("    ")]


@dataclass
class Told:
    """What the story left behind for the search."""

    lines: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    callbacks: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)


class Browser:
    """A signed-in client that remembers each address it asked for or was shown."""

    def __init__(self, told: Told, user=None) -> None:
        self.told, self.client = told, Client(headers={"accept-language": "en"}, raise_request_exception=False)
        if user:
            self.client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def get(self, path: str, **extra):
        return self._note(path, self.client.get(path, **extra))

    def post(self, path: str, data=None, *args, **extra):
        return self._note(path, self.client.post(path, data or {}, *args, **extra))

    def _note(self, path: str, response):
        body = response.content.decode(errors="ignore")
        self.told.statuses.append(response.status_code)
        self.told.addresses |= {path, response.headers.get("Location", ""), response.headers.get("HX-Redirect", "")}
        shown = re.findall(r'(?:href|src|action|hx-\w+|data-[\w-]*url)="([^"]*)"', body)
        # A number to be called is what such a link is for; it goes to the phone, not to a server.
        self.told.addresses |= {link for link in shown if not link.startswith(("tel:", "sms:"))}
        if response.status_code >= 400 and response.status_code != 422:
            self.told.errors.append(body)
        return response


def work(told: Told) -> None:
    """Be the worker; keep what each task's row holds, as stored and as the worker reads it."""
    while rows := list(OrmQ.objects.order_by("pk")):
        for row in rows:
            told.tasks += [row.payload, repr(row.task)]
            TASKS[row.task["func"]](*row.task["args"])
            row.delete()
    clock.tick()


@pytest.fixture
def told(transactional_db, live_server, settings, caplog, monkeypatch) -> Told:
    settings.DEBUG = False
    watcher, names = Lines(), ["", *settings.LOGGING["loggers"], "asyncio", "uvicorn.error", "django.server"]
    for name in names:
        logging.getLogger(name).addHandler(watcher)
    told = Told()
    try:
        with FakeTwilio() as twilio:
            twilio.configure(settings, app_url=live_server.url)
            tell(told, twilio)
            twilio.settle()
            told.callbacks = [message.callback for message in twilio.messages]
            told.tasks += [value for row in OrmQ.objects.all() for value in (row.payload, repr(row.task))]
    finally:
        for name in names:
            logging.getLogger(name).removeHandler(watcher)
    told.lines = watcher.lines
    return told


def tell(told: Told, twilio: FakeTwilio) -> None:
    community = factories.CommunityFactory(name="新华里")
    boss = Browser(told, factories.RoleFactory(community=community, kind="lead").user)
    details, *fields = ELDER["details"], *[(key, ELDER[key]) for key in ("name", "phone", "address", "notes")]
    elder = factories.ElderFactory(community=community, **dict(fields))
    factories.FamilyContactFactory(elder=elder, **FAMILY)
    volunteers = [factories.VolunteerFactory(community=community, **person) for person in VOLUNTEERS]

    need = log_need(boss, elder, details)
    work(told)
    answers(told, twilio, need, [volunteer.phone for volunteer in volunteers])
    follow_as_family(told)
    visit_every_page(boss, need, elder, volunteers[0])
    settle_something(boss)
    live_through_a_drill(told, twilio, boss, community, elder)
    boss.post(reverse("help-request-action", args=[need.ref, "cancel"]), {"reason": "by-elder"})
    let_it_happen()
    work(told)
    log_need(boss, elder, details)
    twilio.fail_next(Fault.TOO_MANY, Fault.ERROR_AFTER, Fault.SILENCE_AFTER, Fault.GARBLED, Fault.ERROR_BEFORE)
    twilio.refuse[volunteers[0].phone] = 21610
    twilio.refuse[volunteers[1].phone] = 21211
    work(told)
    go_wrong(told, twilio, boss, community, elder, volunteers[1])


def log_need(boss: Browser, elder: Elder, details: str) -> HelpRequest:
    boss.post(reverse("intake-elders"), {"q": elder.name}, headers={"hx-request": "true"})
    page = boss.get(reverse("intake"), data={"elder": elder.pk}).content.decode()
    tomorrow = timezone.localdate() + timedelta(days=1)
    form = {
        "key": re.search(r'name="key" value="([^"]+)"', page)[1], "elder": elder.pk, "tell_by": "text",
        "services": ["groceries"], "details": details, "when": "custom", "day": tomorrow.isoformat(),
        "begin": "09:00", "finish": "11:00", "cash_limit": "80", "channel": "phone", "anyway": "1",
    }  # fmt: skip
    boss.post(reverse("intake-preview"), form, headers={"hx-request": "true"})
    boss.post(reverse("intake"), form)
    return HelpRequest.objects.order_by("-pk")[0]


def answers(told: Told, twilio: FakeTwilio, need: HelpRequest, phones: list[str]) -> None:
    first, second, third = phones
    twilio.deliver_inbound(third, SAID["unclear"])
    twilio.deliver_inbound(first, f"接{need.offers.get(phone=first).code}")
    twilio.deliver_inbound(second, "接")
    twilio.deliver_inbound(STRANGER["phone"], STRANGER["text"])
    twilio.deliver_inbound(first, SAID["danger"])
    twilio.deliver_inbound(ELDER["phone"], "谢谢")
    work(told)


def follow_as_family(told: Told) -> None:
    daughter = Browser(told)
    for text in Message.objects.filter(to=FAMILY["phone"], text__contains="/f/"):
        link = re.search(r"/f/[\w-]+/", text.text)[0]
        told.secrets.add(link.split("/")[2])
        page = daughter.get(link)
        daughter.get(page.url)
        daughter.post(link)  # 405: the log names the address
        daughter.get(link.replace("/f/", "/f/x"))


def visit_every_page(boss: Browser, need: HelpRequest, elder: Elder, volunteer: Volunteer) -> None:
    pages = [
        reverse(name)
        for name in ("board", "inbox", "help-requests", "elders", "volunteers", "places", "figures", "import")
    ]
    pages += [reverse("help-request", args=[need.ref]), f"{reverse('board')}?view=map"]
    pages += [reverse(name, args=[elder.pk]) for name in ("elder", "elder-edit", "intake-elder")]
    pages += [reverse(name, args=[volunteer.pk]) for name in ("volunteer", "volunteer-edit", "volunteer-record")]
    assert {boss.get(page).status_code for page in pages} == {200}
    for name in ("elders", "volunteers", "help-requests"):
        boss.post(reverse(name), {"q": elder.name})
        boss.post(reverse(name), {"q": "13900010001"})
    boss.post(reverse("help-request-family-link", args=[need.ref]))


def settle_something(boss: Browser) -> None:
    for todo in Todo.objects.open():
        boss.post(reverse("todo-act", args=[todo.pk]), {"act": "settled"})


def live_through_a_drill(told: Told, twilio: FakeTwilio, boss: Browser, community, elder: Elder) -> None:
    """Declared, texted, telephoned through, answered, printed, ended."""
    page = boss.get(reverse("emergency-new")).content.decode()
    form = {
        "key": re.search(r'name="key" value="([^"]+)"', page)[1], "kind": "storm", "drill": "on", "where": "below",
        "nodes": [community.pk], "radius_m": 500, "call_up": "on",
    }  # fmt: skip
    boss.post(reverse("emergency-new"), form)
    boss.post(reverse("emergency-confirm"), {**form, "read": "on", "number": "1"})
    work(told)
    entry = RollCallEntry.objects.get()
    twilio.deliver_inbound(elder.phone, SAID["unclear"])
    work(told)
    here = [entry.emergency_id]
    boss.post(reverse("emergency-next", args=here))
    assert {boss.get(reverse(name, args=here)).status_code for name in ("emergency", "emergency-calls")} == {200}
    boss.get(f"{reverse('emergency', args=here)}?view=map")
    boss.post(reverse("emergency-act", args=[*here, entry.pk, "safe"]))
    twilio.deliver_inbound(elder.phone, "平安")
    boss.get(reverse("emergencies"))
    boss.get(reverse("emergency-figures", args=here))
    boss.post(reverse("emergency-end", args=here))
    work(told)


def go_wrong(told: Told, twilio: FakeTwilio, boss: Browser, community, elder: Elder, volunteer: Volunteer) -> None:
    """An import that fails, errors of the API, a bad signature, a text our code fails on, a 500, an IntegrityError."""
    sheet = f"姓名,电话\n{SAID['sheet']},{SAID['sheet phone']}9999\n".encode()
    upload = SimpleUploadedFile(f"{SAID['sheet']}.csv", sheet)
    boss.post(reverse("import"), {"kind": "elders", "community": community.pk, "file": upload})
    _token, secret = ApiToken.issue(community, "hotline")
    hotline = Browser(told)
    call = {
        "headers": {"authorization": f"Bearer {secret}", "idempotency-key": "k"},
        "content_type": "application/json",
    }
    hotline.post("/api/v1/help-requests", {"elder_phone": ELDER["phone"], "service": "nonsense"}, **call)
    hotline.post("/api/v1/help-requests", {"elder_phone": STRANGER["phone"], "service": "groceries"}, **call)
    hotline.post(
        reverse("sms-inbound", args=["twilio"]),
        {"From": STRANGER["phone"], "Body": STRANGER["text"], "MessageSid": "SM1"},
    )
    with broken_database():
        twilio.deliver_inbound(volunteer.phone, UNREADABLE)
        boss.post(reverse("elder-edit", args=[elder.pk]), {"name": elder.name, "phone": elder.phone})
        boss.get(reverse("elder", args=[elder.pk]))
        boss.post(reverse("phones-text"), {"phone": volunteer.phone, "text": UNREADABLE})
        clock.tick(timezone.now() + timedelta(minutes=6))
        async_task("linzhu.dispatch.tasks.search", HelpRequest.objects.open().get().pk)
        work_quietly(told)


class broken_database:  # noqa: N801 (used as a context manager, like a function)
    """Writes of todos and reads of elders fail as PostgreSQL words it: with the row's own values."""

    def __enter__(self) -> None:
        # The server's threads have connections of their own, so the fault is put where every connection runs.
        from django.db.backends.utils import CursorWrapper

        self.real, quoting = CursorWrapper.execute, f"Key (phone)=({ELDER['phone']}) of {ELDER['name']}: {UNREADABLE}"

        def execute(cursor, sql, params=None):
            if re.search(r'INSERT INTO "dispatch_(todo|wave)"|FROM "requests_elder"', sql):
                raise IntegrityError(quoting)
            return self.real(cursor, sql, params)

        CursorWrapper.execute = execute

    def __exit__(self, *error: object) -> None:
        from django.db.backends.utils import CursorWrapper

        CursorWrapper.execute = self.real


def work_quietly(told: Told) -> None:
    """Tasks that fail: what they raise, django-q writes into a row and into the log, text and all."""
    for row in OrmQ.objects.order_by("pk"):
        told.tasks += [row.payload, repr(row.task)]
        try:
            TASKS[row.task["func"]](*row.task["args"])
        except Exception as error:  # noqa: BLE001
            told.tasks.append(f"{error} : {traceback.format_exc()}")


# --- the search ---------------------------------------------------------------------------------------------------


def test_personal_data_stays_where_it_belongs(told):
    """One long story, searched once: it takes seconds to tell."""
    assert told.statuses.count(500) >= 2, "the story must hold errors of our own"
    assert any("inbound text" in line for line in told.lines), "and a text that our code failed on"
    assert any("search, help request" in line for line in told.lines), "and a task that failed"
    assert any("IntegrityError" in line for line in told.lines)
    assert set(Message.objects.values_list("state", flat=True)) & {"failed", "unknown", "queued", "suppressed"}

    assert leaked(*told.lines) == []
    assert [line for line in told.lines if any(secret in line for secret in told.secrets)] == []
    assert leaked(*told.tasks) == []
    assert leaked(*told.addresses) == []
    assert leaked(*told.errors) == []
    assert leaked(*(f"{event.community_path} {event}" for event in LiveEvent.objects.all())) == []
    offers = Message.objects.filter(template__in=["offer", "call_up", "call_up_yes"])
    assert leaked(*offers.values_list("text", flat=True)) == []
    assert leaked(*map(str, [*InboundMessage.objects.all(), *Message.objects.all(), *Todo.objects.all()])) == []
    assert leaked(*(str(path) for path in Path(settings.MEDIA_ROOT).rglob("*"))) == []
    allowed = re.compile(re.escape(settings.PUBLIC_BASE_URL) + r"/sms/twilio/status/\?ref=[0-9a-f-]{36}")
    assert [url for url in told.callbacks if not allowed.fullmatch(url)] == []


def test_search_would_find_a_leak():
    digits = ELDER["phone"].removeprefix("+86")
    assert leaked(f"GET /elders/?q={digits}") == [digits]
    assert ELDER["name"] in leaked(ELDER["name"].encode("unicode_escape").decode())
    assert leaked("nothing") == []


def test_every_logger_of_a_request_masks_family_links():
    for name in ("django.request", "django.security.csrf"):
        assert any(isinstance(mask, LinksMasked) for mask in logging.getLogger(name).filters)


def test_family_link_is_masked_in_a_line():
    record = logging.LogRecord(
        "django.request", logging.WARNING, __file__, 1, "%s: %s", ("Gone", "/f/s3cret_-x/"), None
    )
    LinksMasked().filter(record)
    assert record.getMessage() == "Gone: /f/…/"
