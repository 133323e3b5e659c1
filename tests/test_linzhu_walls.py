"""Promise 6, "walled": every address × every role × here, above and elsewhere × GET and POST.

The table must name every URL pattern of the project: a new page without a line here fails the first test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from linzhu.communities.clock import now
from linzhu.communities.models import ApiToken, Community, Role
from linzhu.dispatch.links import family_door, volunteer_door
from linzhu.dispatch.live_routing import live_application
from linzhu.dispatch.models import CashJob, CashReceipt
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import FamilyLink, HelpRequest
from linzhu.volunteers.models import VolunteerLink
from tests import factories
from tests.emergencies import declared

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CANARIES = {
    "elder": "金丝雀桂兰", "elder's phone": "+862223450001", "elder's phone as read": "022 2345 0001",
    "address": "金丝雀胡同8号", "elder's notes": "canary-note-elder", "details": "canary-details",
    "family": "金丝雀女儿", "family's phone": "+8613912340002", "family's phone as read": "139 1234 0002",
    "volunteer": "金丝雀志远", "volunteer's phone": "+8613912340003", "volunteer's phone as read": "139 1234 0003",
    "volunteer's notes": "canary-note-volunteer", "text in": "canary-text-in", "text out": "canary-text-out",
    "door word": "canary-door-word", "place": "金丝雀小区", "bond": "canary-note-bond",
}  # fmt: skip
PEOPLE, STAFF, LEADS = Role.HANDLES_PEOPLE, Role.DISPATCHES, Role.LEADS


@dataclass(frozen=True)
class Wall:
    """Who may enter, and what they find there with GET and with POST (statuses)."""

    roles: set[str]
    get: int = 405
    post: int = 405
    alone: int = 0
    """What GET answers to who has one community only, if that is something else."""
    of: str = ""
    """Whose address it is: the attribute of ``World`` that gives the arguments. Elsewhere it is a 404."""
    key: str = "pk"
    """The name of that argument."""
    more: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Public:
    """An address without a wall: anybody finds the same."""

    get: set[int]
    post: set[int]
    args: tuple[Any, ...] = ()


WALLS: dict[str, Wall | Public] = {
    "board": Wall(PEOPLE, get=200),
    "home": Wall(Role.ANY, get=302),
    "figures": Wall(Role.ANY, get=200),
    "wall": Wall(PEOPLE, get=200),
    "design": Wall(Role.ANY, get=200),
    "care": Public({405}, {302}),
    "rest": Public({405}, {302}),
    "still-here": Public({405}, {204, 401}),
    "emergencies": Wall(Role.ANY, get=200),
    "emergency-new": Wall(STAFF, get=200, post=422, data={"kind": "heat"}),
    "emergency-confirm": Wall(STAFF, post=422, data={"kind": "heat"}),
    "emergency": Wall(PEOPLE, get=200, of="emergency"),
    "emergency-calls": Wall(PEOPLE, get=200, of="emergency"),
    "emergency-next": Wall(PEOPLE, post=302, of="emergency"),
    "emergency-act": Wall(PEOPLE, post=302, of="emergency", more={"entry_pk": "{entry}", "act": "safe"}),
    "emergency-end": Wall(STAFF, get=200, post=302, of="emergency"),
    "emergency-figures": Wall(Role.ANY, get=200, of="emergency"),
    "inbox": Wall(PEOPLE, get=200),
    "todo-act": Wall(STAFF, post=302, of="todo", data={"act": "settled"}),
    "help-requests": Wall(PEOPLE, get=200, post=200, data={"q": "金丝雀"}),
    "intake-preview": Wall(PEOPLE, post=200, data={"elder": "{elder}", "services": "groceries"}),
    "help-request": Wall(PEOPLE, get=200, of="ref", key="ref"),
    "help-request-family-link": Wall(STAFF, post=200, of="ref", key="ref"),
    "help-request-action": Wall(
        STAFF, post=302, of="ref", key="ref", more={"action": "cancel"}, data={"reason": "by-elder", "next": "/health"}
    ),
    "help-request-cash": Wall(
        STAFF, post=302, of="ref", key="ref", more={"pk": "{shopping}", "act": "figures"}, data={"handed": "1"}
    ),
    "help-request-receipt": Wall(PEOPLE, get=200, of="ref", key="ref", more={"key": "{receipt}"}),
    "slip": Wall(PEOPLE, get=200, of="visited", key="ref"),
    "help-request-undo": Wall(STAFF, post=302, of="ref", key="ref", more={"pk": "{act}"}),
    "volunteer-record": Wall(PEOPLE, get=200, of="volunteer"),
    "volunteer-log": Wall(PEOPLE, get=200, of="volunteer"),
    "elder-record": Wall(PEOPLE, get=200, of="elder"),
    "elder-log": Wall(PEOPLE, get=200, of="elder"),
    "enter": Public({200}, {422, 429}),
    "family-link": Public({404}, {405}, ("no-such-secret",)),
    "family": Public({404}, {405}, ("{ref}",)),
    "family-now": Public({404}, {405}, ("{ref}",)),
    "family-says": Public({405}, {404}, ("{ref}", "thanks")),
    "volunteer-link-card": Wall(PEOPLE, get=200, of="volunteer"),
    "volunteer-link-send": Wall(PEOPLE, post=302, of="volunteer"),
    "volunteer-link-revoke": Wall(PEOPLE, post=302, of="volunteer"),
    "volunteer-link": Public({404}, {405}, ("no-such-secret",)),
    "volunteer-page": Public({404}, {405}, ("{volunteer}",)),
    "volunteer-week": Public({404}, {404}, ("{volunteer}",)),
    "volunteer-wish": Public({405}, {404}, ("{volunteer}", "pause")),
    "volunteer-cash": Public({404}, {404}, ("{volunteer}", "{visit}")),
    "volunteer-visit": Public({405}, {404}, ("{volunteer}", "{visit}", "done")),
    "volunteer-offer": Public({405}, {404}, ("{volunteer}", "{offer}", "yes")),
    "voice-inbound": Public({405}, {404}, ("twilio",)),
    "voice-status": Public({405}, {404}, ("twilio",)),
    "voice-script": Public({405}, {404}, ("twilio", "3f2b1f6e-0000-4000-8000-000000000000")),
    "voice-keys": Public({405}, {404}, ("twilio", "3f2b1f6e-0000-4000-8000-000000000000")),
    "phones-call": Wall(PEOPLE, post=404, data={"act": "pick-up"}),
    "phones": Wall(PEOPLE, get=200),
    "phones-text": Wall(PEOPLE, post=302, data={"phone": "13800001111", "text": "hello"}),
    "intake": Wall(PEOPLE, get=200, post=422, data={"elder": "{elder}", "services": "groceries"}),
    "intake-elders": Wall(PEOPLE, get=200, post=200, data={"q": "金丝雀"}),
    "intake-elder-new": Wall(PEOPLE, post=200, data={"q": "Somebody"}),
    "intake-elder": Wall(PEOPLE, get=200, of="elder"),
    "intake-duplicates": Wall(PEOPLE, post=200, data={"elder": "{elder}", "services": "groceries"}),
    "elders": Wall(PEOPLE, get=200, post=200, data={"q": "金丝雀"}),
    "elder-new": Wall(PEOPLE, get=200, post=422, data={"name": ""}),
    "elder": Wall(PEOPLE, get=200, of="elder"),
    "elder-state": Wall(PEOPLE, get=200, post=302, of="elder", data={"to": "away"}),
    "elder-consent": Wall(PEOPLE, post=302, of="elder", data={"kind": "family", "how": "phone", "answer": "yes"}),
    "elder-copy": Wall(LEADS, post=200, of="elder"),
    "elder-erase": Wall(LEADS, get=200, post=422, of="elder"),
    "volunteer-copy": Wall(LEADS, post=200, of="volunteer"),
    "volunteer-erase": Wall(LEADS, get=200, post=422, of="volunteer"),
    "retention": Wall(LEADS | {Role.Kind.OVERSEER.value}, get=200),
    "elder-looks": Wall(LEADS, get=200, of="elder"),
    "elder-edit": Wall(PEOPLE, get=200, post=422, of="elder", data={"community": "{community}"}),
    "volunteers": Wall(PEOPLE, get=200, post=200, data={"q": "金丝雀"}),
    "volunteer-new": Wall(PEOPLE, get=200, post=422, data={"community": "{community}"}),
    "volunteer": Wall(PEOPLE, get=200, of="volunteer"),
    "volunteer-edit": Wall(PEOPLE, get=200, post=422, of="volunteer", data={"community": "{community}"}),
    "volunteer-pause": Wall(PEOPLE, post=302, of="volunteer", data={"resume": "1"}),
    "volunteer-move": Wall(STAFF, post=302, of="volunteer", more={"move": "suspend"}),
    "recurring-new": Wall(PEOPLE, get=200, post=422, of="elder", key="elder_pk", data={"kind": "never"}),
    "recurring": Wall(PEOPLE, get=200, post=422, of="recurring", data={"kind": "never"}),
    "recurring-pause": Wall(PEOPLE, post=302, of="recurring", data={"resume": "1"}),
    "recurring-end": Wall(PEOPLE, post=302, of="recurring"),
    "recurring-date": Wall(PEOPLE, post=302, of="recurring", more={"day": "2030-01-01"}),
    "elder-bonds": Wall(PEOPLE, get=200, of="elder"),
    "volunteer-bonds": Wall(PEOPLE, get=200, of="volunteer"),
    "bond-new": Wall(STAFF, get=200, post=200, of="elder", data={"q": "金丝雀"}),
    "bond-make": Wall(STAFF, post=302, of="elder", more={"volunteer_pk": "{volunteer}"}, data={"kind": "preferred"}),
    "bond-never": Wall(STAFF, get=200, post=422, of="elder", more={"volunteer_pk": "{volunteer}"}),
    "bond-end": Wall(STAFF, post=302, of="bond"),
    "texts": Wall(LEADS | {"overseer"}, get=200),
    "wording": Wall(LEADS | {"overseer"}, get=200),
    "wording-text": Wall(
        LEADS, get=200, post=422, of="code", key="code", more={"language": "en", "key": "offer"}, data={"body": "?"}
    ),
    "text-act": Wall(LEADS, post=302, of="message", data={"act": "again"}),
    "sms-inbound": Public({405}, {404}, ("twilio",)),
    "sms-inbound-secret": Public({405}, {404}, ("aliyun", "no-such-secret")),
    "sms-status-secret": Public({405}, {404}, ("aliyun", "no-such-secret")),
    "sms-status": Public({405}, {404}, ("twilio",)),
    "places": Wall(LEADS, get=200, post=200),
    "place-new": Wall(LEADS, get=200, post=200, data={"community": "{community}", "parent": "{place}"}),
    "place": Wall(LEADS, get=200, post=200, of="place"),
    "place-delete": Wall(LEADS, post=302, of="place"),
    "settings-list": Wall(LEADS, get=200, alone=302),
    "settings": Wall(LEADS, get=200, post=302, of="code", key="code", data={"changed": "1"}),
    "import": Wall(LEADS, get=200, post=200, data={"community": "{community}", "kind": "elders"}),
    "import-look": Wall(LEADS, post=302, data={"ticket": "made-up"}),
    "import-confirm": Wall(LEADS, post=302, data={"ticket": "made-up"}),
    "import-errors": Wall(LEADS, post=302, data={"ticket": "made-up"}),
    "import-job": Wall(LEADS, get=404, more={"name": "0" * 32}),
    "openapi-json": Public({200}, {200}),
    "openapi-view": Public({200}, {200}),
    "open_help_request": Public({405}, {401}),
    "help_request_progress": Public({401}, {405}, ("{ref}",)),
    "api-root": Public({404}, {404}),
    "api/v1/<path:rest>": Public({404}, {404}, ("nothing/here",)),
    "account_login": Public({200, 302}, {200, 302}),
    "account_logout": Public({200, 302}, {302}),
    "account_inactive": Public({200}, {405}),
    "account_signup": Public({404}, {404}),
    "account_change_password": Public({200, 302}, {200, 302}),
    "account_reauthenticate": Public({200, 302}, {200, 302}),
    "mfa_index": Public({200, 302}, {405, 302}),
    "mfa_authenticate": Public({302}, {302}),
    "mfa_reauthenticate": Public({200, 302}, {200, 302}),
    "mfa_activate_totp": Public({200, 302}, {200, 302}),
    "mfa_deactivate_totp": Public({404, 302}, {404, 302}),
    "mfa_view_recovery_codes": Public({404, 302}, {405, 302}),
    "mfa_generate_recovery_codes": Public({200, 302}, {200, 302}),
    "set_language": Public({302}, {302}),
    "health": Public({200}, {200}),
}
ACCOUNT_PAGES = {
    "account_login", "account_logout", "account_inactive", "account_signup", "account_change_password",
    "account_reauthenticate",
}  # fmt: skip


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every pattern of the project: (name or else the pattern itself, namespace)."""
    resolver = resolver or get_resolver()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, prefix + str(pattern.pattern))
        else:
            yield pattern.name or prefix + str(pattern.pattern), resolver.namespace or ""


NAMESPACES = dict(patterns())


def test_table_names_every_address():
    assert sorted(NAMESPACES) == sorted(WALLS)


def test_of_the_accounts_pages_only_these_exist():
    assert {name for name in NAMESPACES if name.startswith("account")} == ACCOUNT_PAGES


# --- the world ----------------------------------------------------------------------------------------------------


@dataclass
class World:
    """One community with canaries in it, what lies above it, its sibling, and a city of its own."""

    community: Community
    clients: dict[str, Client]
    todo: int
    ref: str
    elder: int
    volunteer: int
    place: int
    recurring: int
    bond: int
    message: int
    code: str
    visit: int
    offer: int
    act: int
    visited: str
    shopping: int
    receipt: str
    help_request: HelpRequest
    emergency: int
    entry: int

    def filled(self, value: Any) -> Any:
        values = {**vars(self), "community": self.community.pk}
        return value.format(**values) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """Built once: each visit below is rolled back by itself."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build_world()
        transaction.set_rollback(True)


def build_world() -> World:
    city = factories.CommunityFactory(code="wall-city", kind="city")
    here = factories.CommunityFactory(code="wall-here", parent=city)
    sibling = factories.CommunityFactory(code="wall-sibling", parent=city)
    stranger = factories.CommunityFactory(code="wall-stranger")
    rows = fill_with_canaries(here)
    clients = {"anonymous": Client()}
    for where, community in (("here", here), ("above", city), ("sibling", sibling), ("stranger", stranger)):
        for kind in Role.Kind.values:
            clients[f"{kind} {where}"] = signed_in(factories.RoleFactory(community=community, kind=kind).user)
    disabled = factories.RoleFactory(community=here, kind="lead").user
    clients["disabled here"] = signed_in(disabled)
    disabled.is_active = False
    disabled.save()
    clients["roleless here"] = signed_in(factories.UserFactory())
    return World(community=here, clients=clients, **rows)


def signed_in(user: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend=BACKEND)
    return client


def fill_with_canaries(community: Community) -> dict[str, Any]:
    place = factories.PlaceFactory(community=community, name=CANARIES["place"])
    elder = factories.ElderFactory(
        community=community, place=place, name=CANARIES["elder"], phone=CANARIES["elder's phone"],
        address=CANARIES["address"], notes=CANARIES["elder's notes"],
    )  # fmt: skip
    contact = factories.FamilyContactFactory(elder=elder, name=CANARIES["family"], phone=CANARIES["family's phone"])
    # Whom a search in this tree of communities finds near is shown to the dispatcher: this one lives too far away.
    volunteer = factories.VolunteerFactory(
        community=community, name=CANARIES["volunteer"], phone=CANARIES["volunteer's phone"], lat=30.0,
        notes=CANARIES["volunteer's notes"],
    )  # fmt: skip
    start = now() + timedelta(hours=3)
    fields = {"window_start": start, "window_end": start + timedelta(hours=2), "details": CANARIES["details"]}
    help_request = log_request(elder, "groceries", actor=SYSTEM, **fields)
    FamilyLink.issue(help_request, contact)
    visit = factories.AssignmentFactory(
        help_request=log_request(elder, "benefit-certification", actor=SYSTEM, **fields),
        volunteer=volunteer, door_word=CANARIES["door word"],
    )  # fmt: skip
    inbound = factories.InboundMessageFactory(
        sender=CANARIES["volunteer's phone"], text=CANARIES["text in"], about=help_request.ref
    )
    factories.MessageFactory(
        community=community, to=CANARIES["volunteer's phone"], text=CANARIES["text out"], state="delivered",
        about=help_request.ref,
    )  # fmt: skip
    lost = factories.MessageFactory(
        community=community, to=CANARIES["volunteer's phone"], text=CANARIES["text out"], state="failed",
        finished_at=now(), about=help_request.ref,
    )  # fmt: skip
    offer = factories.OfferFactory(help_request=help_request, volunteer=volunteer)
    todo = factories.TodoFactory(
        community=community, kind="unclear-reply", help_request=help_request, inbound=inbound, offer=offer
    )
    recurring = factories.RecurringRequestFactory(elder=elder, details=CANARIES["details"])
    act = factories.DeferredActFactory(help_request=help_request)
    # A visit in an earlier round, whose money is still open.
    shopping = factories.AssignmentFactory(help_request=help_request, volunteer=volunteer, status="released")
    job = CashJob.objects.create(assignment=shopping, volunteer=volunteer, limit_fen=200_00)
    receipt = CashReceipt.objects.create(job=job, kind="image/png", picture=b"picture")
    lead = factories.RoleFactory(community=community, kind="lead").user
    emergency = declared(community, lead, key="wall")
    bond = factories.BondFactory(elder=elder, volunteer=volunteer, note=CANARIES["bond"])
    return {
        "recurring": recurring.pk,
        "act": act.pk,
        "shopping": shopping.pk,
        "receipt": str(receipt.key),
        "visited": visit.help_request.ref,
        "bond": bond.pk,
        "emergency": emergency.pk,
        "entry": emergency.entries.get().pk,
        "message": lost.pk,
        "code": community.code,
        "visit": visit.pk,
        "offer": offer.pk,
        "todo": todo.pk, "ref": help_request.ref, "elder": elder.pk, "volunteer": volunteer.pk,
        "place": factories.PlaceFactory(community=community).pk, "help_request": help_request,
    }  # fmt: skip


def visit(world: World, actor: str, name: str, method: str) -> tuple[int, str, str]:
    """Return status, where it leads, and what is read there; whatever it changes is undone."""
    wall = WALLS[name]
    data = {key: world.filled(value) for key, value in wall.data.items()} if isinstance(wall, Wall) else {}
    client = world.clients[actor]
    cookies = client.cookies.copy()
    with transaction.atomic():
        response = getattr(client, method)(address(world, name), data if method == "post" else None)
        if response.status_code == 302 and response.url.startswith("/") and isinstance(wall, Wall):
            after = client.get(response.url).content.decode()  # what a message on the next page says
        else:
            after = ""
        transaction.set_rollback(True)
    client.cookies = cookies
    headers = "\n".join(f"{key}: {value}" for key, value in response.headers.items())
    return response.status_code, response.headers.get("Location", ""), headers + response.content.decode() + after


def address(world: World, name: str) -> str:
    wall = WALLS[name]
    if name not in NAMESPACES or "<" in name:
        return "/" + name.replace("<path:rest>", "nothing/here")
    view = f"{NAMESPACES[name]}:{name}" if NAMESPACES[name] else name
    if isinstance(wall, Public):
        return reverse(view, args=[world.filled(value) for value in wall.args])
    whose = {wall.key: getattr(world, wall.of)} if wall.of else {}
    return reverse(view, kwargs={**whose, **{key: world.filled(value) for key, value in wall.more.items()}})


def expected(wall: Wall, actor: str, method: str) -> set[int]:
    kind, where = actor.split() if " " in actor else (actor, "")
    inside = {wall.alone if wall.alone and method == "get" and where != "above" else getattr(wall, method)}
    wrong_method = {405} if inside == {405} else set()  # some views say so before they ask who it is
    if kind in {"anonymous", "disabled"}:
        return {302} | wrong_method
    if kind not in wall.roles:
        return {403} | wrong_method
    if wall.of and where in {"sibling", "stranger"}:
        return {404} | wrong_method
    return inside


@pytest.mark.parametrize("name", WALLS)
def test_wall_holds(world, name):
    wall = WALLS[name]
    holes = []
    for actor in world.clients:
        for method in ("get", "post"):
            status, leads_to, body = visit(world, actor, name, method)
            allowed = getattr(wall, method) if isinstance(wall, Public) else expected(wall, actor, method)
            if status not in allowed:
                holes.append(f"{method} by {actor}: {status}, not {allowed}")
            if isinstance(wall, Wall) and status == 302 and actor.split()[0] in {"anonymous", "disabled"}:
                assert leads_to.startswith(reverse("account_login"))
            if not (may_know(actor) and isinstance(wall, Wall) and status in {200, 302, 422}):
                holes += [
                    f"{method} by {actor} shows the {what}" for what, canary in CANARIES.items() if canary in body
                ]
    assert holes == []


def may_know(actor: str) -> bool:
    kind, _space, where = actor.partition(" ")
    return kind in PEOPLE and where in {"here", "above"}


@pytest.mark.parametrize("name", ["elder", "help-request", "volunteer", "inbox", "emergency", "emergency-calls"])
def test_canaries_would_be_seen(world, name):
    """The tests above look for what is really shown to those who may read it."""
    body = visit(world, "lead here", name, "get")[2]
    assert any(canary in body for canary in CANARIES.values())


# --- the ways in without an account -------------------------------------------------------------------------------


@pytest.fixture
def family_browser(world) -> Iterator[tuple[Client, HelpRequest]]:
    """A family of another community, whose link works."""
    with transaction.atomic():
        theirs = factories.HelpRequestFactory()
        _link, secret = FamilyLink.issue(theirs)
        browser = Client(headers={"accept-language": "en"})
        assert browser.get(reverse("family-link", args=[secret]), follow=True).status_code == 200
        yield browser, theirs
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", ["family", "family-now"])
def test_cookie_of_one_family_opens_no_other_page(world, family_browser, name):
    browser, theirs = family_browser
    value = next(morsel.value for key, morsel in browser.cookies.items() if key == family_door.cookie)
    anywhere = Client()
    anywhere.cookies[family_door.cookie] = value
    assert anywhere.get(reverse(name, args=[theirs.ref])).status_code == 200
    answer = anywhere.get(reverse(name, args=[world.ref]))
    assert (answer.status_code, [canary for canary in CANARIES.values() if canary in answer.content.decode()]) == (
        404,
        [],
    )


def test_cookie_that_was_made_up_opens_nothing(world):
    browser = Client()
    browser.cookies[family_door.cookie] = f"{FamilyLink.objects.first().pk}:1x:made-up"
    assert browser.get(reverse("family", args=[world.ref])).status_code == 404


def test_family_page_shows_neither_address_nor_phone_nor_notes(world):
    _link, secret = FamilyLink.issue(world.help_request)
    page = Client().get(reverse("family-link", args=[secret]), follow=True).content.decode()
    hidden = ["elder's phone", "address", "elder's notes", "details", "family's phone", "volunteer's phone"]
    assert [what for what in hidden if CANARIES[what] in page] == []


def test_cookie_of_one_volunteer_opens_no_other_page(world):
    with transaction.atomic():
        theirs = factories.VolunteerFactory(community=world.community)
        _link, secret = VolunteerLink.issue(theirs)
        browser = Client(headers={"accept-language": "en"})
        browser.get(reverse("volunteer-link", args=[secret]))
        browser.cookies[volunteer_door.cookie]["path"] = "/"
        assert browser.get(reverse("volunteer-page", args=[theirs.pk])).status_code == 200
        answers = [
            getattr(browser, method)(address(world, name))
            for name in WALLS
            if name
            in {
                "volunteer-page",
                "volunteer-week",
                "volunteer-wish",
                "volunteer-visit",
                "volunteer-offer",
                "volunteer-cash",
            }
            for method in ("get", "post")
        ]
        shown = [canary for answer in answers for canary in CANARIES.values() if canary in answer.content.decode()]
        transaction.set_rollback(True)
    assert (sorted({answer.status_code for answer in answers}), shown) == ([404, 405], [])


@pytest.mark.parametrize("where", ["sibling", "stranger"])
def test_token_of_another_subtree_finds_nothing(world, where):
    _token, secret = ApiToken.issue(Community.objects.get(code=f"wall-{where}"), "hotline")
    caller = Client(headers={"authorization": f"Bearer {secret}"})
    window = {
        "window_start": (now() + timedelta(hours=1)).isoformat(),
        "window_end": (now() + timedelta(hours=3)).isoformat(),
    }
    by_phone = {"elder_phone": CANARIES["elder's phone"], "service": "groceries", **window}
    by_id = {"elder_id": world.elder, "service": "groceries", **window}
    answers = [caller.get(f"/api/v1/help-requests/{world.ref}")] + [
        caller.post("/api/v1/help-requests", body, "application/json", headers={"Idempotency-Key": f"{number}"})
        for number, body in enumerate((by_phone, by_id))
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert [canary for canary in CANARIES.values() for answer in answers if canary in answer.content.decode()] == []


async def connects(path: str, cookies: str = "") -> bool:
    headers = [(b"origin", b"http://testserver"), (b"cookie", cookies.encode())]
    socket = WebsocketCommunicator(live_application(None), path, headers)
    connected, _code = await socket.connect(timeout=5)
    await socket.disconnect()
    return connected


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kind", "active", "listens"), [("lead", True, True), ("overseer", True, False), ("lead", False, False)]
)
async def test_socket_of_the_board_is_for_those_who_work_with_people(kind, active, listens):
    from asgiref.sync import sync_to_async
    from django.conf import settings

    def prepare() -> str:
        user = factories.RoleFactory(kind=kind).user
        client = signed_in(user)
        user.is_active = active
        user.save()
        return f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"

    assert await connects("/ws/board", await sync_to_async(prepare)()) is listens
