"""Live updates: who hears of what, and that nothing is missed. The sockets run on the in-memory layer."""

import asyncio
import contextlib
from datetime import timedelta
from threading import Thread

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from linzhu.dispatch import live_tail
from linzhu.dispatch.links import family_door, family_url
from linzhu.dispatch.live import board_group, family_group, groups_of, prune_events, record_event, send_notes
from linzhu.dispatch.live_routing import live_application, with_tail
from linzhu.dispatch.live_tail import EventReader
from linzhu.dispatch.models import LiveEvent
from linzhu.requests.models import FamilyLink
from tests.factories import CommunityFactory, HelpRequestFactory, RoleFactory, UserFactory

CHANGED = {"changed": True}
real_db = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _fresh_layer():
    await get_channel_layer().flush()


@pytest.fixture
def district(db):
    return CommunityFactory(code="district")


@pytest.fixture
def community(district):
    return CommunityFactory(code="xinhua", parent=district)


# --- the note -----------------------------------------------------------------------------------------------------


def test_event_is_for_the_boards_above_and_for_the_family(community, district):
    help_request = HelpRequestFactory(elder__community=community)
    CommunityFactory(code="elsewhere")

    record_event(help_request)

    assert groups_of(LiveEvent.objects.all()) == {
        board_group(community.pk),
        board_group(district.pk),
        family_group(help_request.pk),
    }


def test_event_of_a_community_is_for_no_family(community, district):
    record_event(community=community)

    assert groups_of(LiveEvent.objects.all()) == {board_group(community.pk), board_group(district.pk)}


def test_event_about_nothing_is_refused(db):
    with pytest.raises(ValueError, match="about a help request or a community"):
        record_event()


@real_db
def test_event_is_gone_with_its_transaction(community):
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        record_event(community=community)
        raise ZeroDivisionError

    assert not LiveEvent.objects.exists()


@real_db
def test_redis_that_is_gone_costs_the_change_nothing(settings, community):
    settings.REDIS_URL = "redis://127.0.0.1:1"
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [settings.REDIS_URL]},
        }
    }

    with transaction.atomic():
        record_event(community=community)

    assert LiveEvent.objects.count() == 1


def test_old_events_are_pruned(community):
    record_event(community=community)
    LiveEvent.objects.update(at=timezone.now() - timedelta(hours=2))
    record_event(community=community)

    assert prune_events(timezone.now() - timedelta(hours=1)) == 1
    assert LiveEvent.objects.count() == 1


# --- the tail -----------------------------------------------------------------------------------------------------


def test_reader_tells_each_event_once(community):
    reader = EventReader()
    reader.read()
    record_event(community=community)

    assert [len(reader.read()), len(reader.read())] == [1, 0]


def test_reader_finds_an_event_that_appears_behind_later_ones(community):
    reader = EventReader()
    record_event(community=community)
    reader.read()
    last = LiveEvent.objects.get().pk
    LiveEvent.objects.create(pk=last + 3, community_path=community.path)
    reader.read()

    late = LiveEvent.objects.create(pk=last + 1, community_path=community.path)

    assert reader.read() == [late]
    assert reader.read() == []


def test_reader_gives_up_ids_whose_transaction_never_came(community, monkeypatch):
    reader = EventReader()
    record_event(community=community)
    reader.read()
    LiveEvent.objects.create(pk=LiveEvent.objects.get().pk + 5, community_path=community.path)
    reader.read()

    monkeypatch.setattr(live_tail, "GAP_PATIENCE_S", 0)
    reader.read()

    assert reader.gaps == {}


def test_reader_asks_one_query_when_there_is_no_news(community, django_assert_num_queries):
    reader = EventReader()
    reader.read()

    with django_assert_num_queries(1):
        reader.read()


@real_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer: ids are committed in order")
def test_reader_sees_commits_that_overtake_each_other(community):
    reader = EventReader()
    reader.read()

    def commit_another():
        record_event(community=community)
        connection.close()

    with transaction.atomic():
        record_event(community=community)
        other = Thread(target=commit_another)
        other.start()
        other.join()

        def read_apart(found=[]):  # noqa: B006
            found.append(len(reader.read()))
            connection.close()
            return found

        reading = Thread(target=read_apart)
        reading.start()
        reading.join()

    assert read_apart() == [1, 1]


# --- the sockets --------------------------------------------------------------------------------------------------


def socket(path, cookie="", origin=b"http://testserver"):
    application = with_tail(live_application(None))
    headers = [(b"host", b"testserver"), (b"origin", origin), (b"cookie", cookie.encode())]
    return WebsocketCommunicator(application, path, headers=headers)


@sync_to_async
def staff_cookie(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@sync_to_async
def family_cookie(help_request):
    client = Client()
    client.get(family_url(help_request).removeprefix("http://testserver"))
    return f"{family_door.cookie}={client.cookies[family_door.cookie].value}"


@contextlib.asynccontextmanager
async def opened(communicator):
    accepted, _protocol = await communicator.connect()
    assert accepted
    try:
        yield communicator
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await communicator.disconnect()


async def close_code(communicator):
    message = await communicator.receive_output(timeout=3)
    return message["code"]


@pytest.fixture
async def board_of_community(community):
    role = await sync_to_async(RoleFactory)(community=community)
    return role, await staff_cookie(role.user)


@real_db
async def test_board_hears_of_its_own_community(board_of_community, community):
    async with opened(socket("/ws/board", board_of_community[1])) as page:
        await send_notes([board_group(community.pk)])
        assert await page.receive_json_from() == CHANGED


@real_db
async def test_board_hears_nothing_of_another_community(board_of_community):
    other = await sync_to_async(CommunityFactory)(code="elsewhere")
    async with opened(socket("/ws/board", board_of_community[1])) as page:
        await send_notes([board_group(other.pk)])
        assert await page.receive_nothing(timeout=0.6)


@real_db
async def test_burst_of_changes_is_gathered(board_of_community, community):
    async with opened(socket("/ws/board", board_of_community[1])) as page:
        for _change in range(20):
            await send_notes([board_group(community.pk)])
            await asyncio.sleep(0.01)
        assert await page.receive_json_from() == CHANGED
        assert await page.receive_json_from() == CHANGED
        assert await page.receive_nothing(timeout=0.5)


@real_db
async def test_anonymous_reader_is_refused():
    assert await socket("/ws/board").connect() == (False, 4403)


@real_db
async def test_staff_without_a_role_are_refused():
    user = await sync_to_async(UserFactory)()
    assert await socket("/ws/board", await staff_cookie(user)).connect() == (False, 4403)


@real_db
async def test_overseer_who_reads_figures_only_is_refused(community):
    role = await sync_to_async(RoleFactory)(community=community, kind="overseer")
    assert await socket("/ws/board", await staff_cookie(role.user)).connect() == (False, 4403)


@real_db
async def test_socket_from_a_foreign_site_is_refused(board_of_community):
    page = socket("/ws/board", board_of_community[1], origin=b"https://evil.example")
    accepted, _code = await page.connect()
    assert not accepted


@real_db
async def test_unknown_address_is_closed():
    assert await socket("/ws/nothing").connect() == (False, 4404)


@real_db
async def test_socket_ends_when_its_reader_has_signed_out(board_of_community, community):
    async with opened(socket("/ws/board", board_of_community[1])) as page:
        store = __import__("importlib").import_module(settings.SESSION_ENGINE).SessionStore
        await sync_to_async(store(board_of_community[1].partition("=")[2]).flush)()
        await send_notes([board_group(community.pk)])
        assert await close_code(page) == 4403


@real_db
async def test_socket_ends_when_its_reader_is_disabled(board_of_community, community):
    async with opened(socket("/ws/board", board_of_community[1])) as page:
        await get_user_model().objects.filter(pk=board_of_community[0].user_id).aupdate(is_active=False)
        await send_notes([board_group(community.pk)])
        assert await close_code(page) == 4403


@real_db
async def test_socket_is_opened_anew_when_the_roles_have_changed(board_of_community, community, district):
    async with opened(socket("/ws/board", board_of_community[1])) as page:
        await sync_to_async(RoleFactory)(user=board_of_community[0].user, community=district)
        await send_notes([board_group(community.pk)])
        assert await close_code(page) == 4409


@real_db
async def test_family_hears_of_its_own_help_request_only(community):
    mine = await sync_to_async(HelpRequestFactory)(elder__community=community)
    other = await sync_to_async(HelpRequestFactory)(elder__community=community)
    async with opened(socket(f"/family/{mine.ref}/live", await family_cookie(mine))) as page:
        await send_notes([family_group(other.pk), board_group(community.pk)])
        assert await page.receive_nothing(timeout=0.6)
        await send_notes([family_group(mine.pk)])
        assert await page.receive_json_from() == CHANGED


@real_db
async def test_family_cookie_opens_no_other_socket(community):
    mine = await sync_to_async(HelpRequestFactory)(elder__community=community)
    other = await sync_to_async(HelpRequestFactory)(elder__community=community)
    assert await socket(f"/family/{other.ref}/live", await family_cookie(mine)).connect() == (False, 4403)


@real_db
async def test_family_without_a_cookie_is_refused(community):
    help_request = await sync_to_async(HelpRequestFactory)(elder__community=community)
    assert await socket(f"/family/{help_request.ref}/live").connect() == (False, 4403)


@real_db
async def test_socket_of_a_revoked_link_is_closed(community):
    help_request = await sync_to_async(HelpRequestFactory)(elder__community=community)
    async with opened(socket(f"/family/{help_request.ref}/live", await family_cookie(help_request))) as page:
        await FamilyLink.objects.aupdate(revoked_at=timezone.now())
        await send_notes([family_group(help_request.pk)])
        assert await close_code(page) == 4403


# --- all of it ----------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def server():
    """An application inside its lifespan, as a server runs it."""
    application = with_tail(live_application(None))
    incoming, outgoing = asyncio.Queue(), asyncio.Queue()
    running = asyncio.create_task(application({"type": "lifespan"}, incoming.get, outgoing.put))
    await incoming.put({"type": "lifespan.startup"})
    assert (await outgoing.get())["type"] == "lifespan.startup.complete"
    try:
        yield application
    finally:
        await incoming.put({"type": "lifespan.shutdown"})
        assert (await outgoing.get())["type"] == "lifespan.shutdown.complete"
        await running


@real_db
async def test_change_in_the_database_reaches_the_board_through_the_tail(board_of_community, community):
    async with server() as application:
        page = socket("/ws/board", board_of_community[1])
        page.application = application
        async with opened(page):
            await asyncio.sleep(0.5)
            await sync_to_async(record_event)(community=community)
            assert await page.receive_json_from(timeout=3) == CHANGED


@real_db
async def test_tail_survives_a_database_that_is_gone(board_of_community, community, monkeypatch):
    monkeypatch.setattr(live_tail, "MAX_BACKOFF_S", 0.2)
    table = LiveEvent._meta.db_table
    async with server() as application:
        page = socket("/ws/board", board_of_community[1])
        page.application = application
        async with opened(page):
            await sync_to_async(_rename)(table, "away")
            await asyncio.sleep(0.8)
            await sync_to_async(_rename)("away", table)
            await sync_to_async(record_event)(community=community)
            assert await page.receive_json_from(timeout=3) == CHANGED


def _rename(old, new):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")
