"""Fixtures that most tests share."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.test import Client
from factory.django import DjangoModelFactory
from time_machine import Traveller

from linzhu.communities import clock
from linzhu.communities.models import Community, User
from linzhu.requests.models import Elder
from tests import factories

# Fixtures for one theme, told in several modules.
pytest_plugins = ["tests.asking", "tests.gateways", "tests.volunteer_phone"]

# `make test` installs less than `make test-all`.
DEVELOPERS_TOOLS = {"test_api_conformance.py": "schemathesis", "browser": "playwright"}
collect_ignore = [path for path, tool in DEVELOPERS_TOOLS.items() if find_spec(tool) is None]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """A run that was killed leaves SQLite's side files behind, and the next one must not read them."""
    name = connection.settings_dict["TEST"]["NAME"]
    if connection.vendor == "sqlite" and name:
        for stale in Path(name).parent.glob(f"{Path(name).name}-*"):
            stale.unlink()


@pytest.fixture(autouse=True)
def _plain_settings(settings, tmp_path):
    """The same rules on every machine, at every hour, whatever its environment says."""
    settings.SMS_GATEWAY, settings.SMS_GATEWAY_FALLBACK = "local", ""
    settings.SMS_RATE = settings.SMS_CAP_NUMBER = settings.SMS_CAP_COMMUNITY = settings.SMS_CAP_ALL = 0
    settings.SMS_COUNTRIES, settings.PHONE_REGION, settings.SMS_SELF_TEST_NUMBER = [], "CN", ""
    settings.PRODUCTION = settings.STAFF_TOTP = settings.OWN_DEVICES = False
    settings.IDLE_MINUTES = 0  # tests put the clock forward by hours and days
    settings.VOICE_GATEWAY = settings.VOICE_FROM = ""
    settings.PUBLIC_BASE_URL = "http://testserver"
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
    settings.QUIET_HOURS = None
    settings.LANGUAGE_CODE = "en"
    settings.WAVE_SECONDS = 300
    settings.WAVE_SIZE = 3
    settings.FURTHEST_M = 8000
    settings.WEEKLY_TEXT_CAP = 7
    settings.SMS_SIGNATURE = "邻助"
    settings.MEDIA_ROOT, settings.STATIC_ROOT = tmp_path / "media", tmp_path
    # What others have counted or locked belongs to them: tests of another process share the server.
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": secrets.token_hex(8)}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _one_clock(monkeypatch):
    """The database's clock is this machine's: a measuring, due once a minute, would fall on any test, even one without
    a database.
    """
    monkeypatch.setattr(clock, "_offset", timedelta(0))
    monkeypatch.setattr(clock, "_measured_at", float("inf"))


@pytest.fixture(autouse=True)
def _factories_begin_anew():
    """Who lives where, and whose number is whose, must not depend on which tests this process has run before."""
    for one in DjangoModelFactory.__subclasses__():
        one.reset_sequence(0)


@pytest.fixture
def community(db) -> Community:
    return factories.CommunityFactory()


@pytest.fixture
def elder(community) -> Elder:
    return factories.ElderFactory(community=community, name="张秀英", notes="喜欢听戏")


@pytest.fixture
def dispatcher(community) -> User:
    return factories.RoleFactory(community=community, kind="dispatcher").user


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser that a member of staff has signed in with."""

    def sign_in(user: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


@pytest.fixture
def desk(client_of, dispatcher) -> Client:
    """The dispatcher's browser."""
    return client_of(dispatcher)


@pytest.fixture
def stopped_clock() -> Iterator[Traveller]:
    """Noon of a Monday in Shanghai until the test moves on."""
    with time_machine.travel(datetime(2026, 11, 23, 4, 0, tzinfo=UTC), tick=False) as traveller:
        yield traveller
