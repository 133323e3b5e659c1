"""Reading the environment, and the system checks: each fires where it should, and is silent where it should be."""

from datetime import time

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from linzhu.environment import local_secret_key, parse_quiet_hours


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("21:00-07:30", (time(21), time(7, 30))),
        (" 9:00 - 17:15 ", (time(9), time(17, 15))),
        ("off", None),
        ("OFF", None),
        ("none", None),
        ("", None),
    ],
)
def test_quiet_hours(text, hours):
    assert parse_quiet_hours(text) == hours


@pytest.mark.parametrize("text", ["21-7", "25:00-07:30", "21:60-07:30", "21:00", "nine to five"])
def test_quiet_hours_misspelt(text):
    with pytest.raises(ImproperlyConfigured, match="QUIET_HOURS"):
        parse_quiet_hours(text)


def test_secret_key_is_made_once(tmp_path):
    path = tmp_path / "var" / "secret-key"
    key = local_secret_key(path)
    assert len(key) >= 50
    assert local_secret_key(path) == key


def test_secret_key_is_nobody_elses_to_read(tmp_path):
    path = tmp_path / "secret-key"
    local_secret_key(path)
    assert path.stat().st_mode & 0o077 == 0


def test_secret_keys_differ(tmp_path):
    assert local_secret_key(tmp_path / "one") != local_secret_key(tmp_path / "two")


@pytest.fixture
def production(settings):
    """A production environment in which nothing is wrong."""
    settings.SMS_GATEWAY = "twilio"
    settings.PRODUCTION = settings.STAFF_TOTP = True
    settings.SECRET_KEY_FROM_ENVIRONMENT = True
    settings.DEBUG = False
    settings.HTTPS = True
    settings.PUBLIC_BASE_URL = "https://linzhu.example"
    settings.SQLITE = False
    settings.TWILIO_ACCOUNT_SID = "AC0"
    settings.TWILIO_AUTH_TOKEN = "token"
    settings.TWILIO_FROM = "+15005550006"
    settings.TWILIO_MESSAGING_SERVICE_SID = ""
    return settings


def ours() -> set[str]:
    return {message.id for message in run_checks(tags=["security"]) if message.id.startswith("linzhu.")}


def test_good_production_environment_is_silent(production):
    assert ours() == set()


def test_local_environment_is_silent(settings):
    settings.SECRET_KEY_FROM_ENVIRONMENT = False
    settings.SQLITE = True
    assert ours() == set()


@pytest.mark.parametrize(
    ("name", "value", "check_id"),
    [
        ("SECRET_KEY_FROM_ENVIRONMENT", False, "linzhu.E001"),
        ("DEBUG", True, "linzhu.E002"),
        ("SMS_GATEWAY", "pigeon", "linzhu.E004"),
        ("TWILIO_ACCOUNT_SID", "", "linzhu.E005"),
        ("TWILIO_AUTH_TOKEN", "", "linzhu.E005"),
        ("TWILIO_FROM", "", "linzhu.E006"),
        ("PHONE_REGION", "XX", "linzhu.E007"),
        ("WAVE_SECONDS", 0, "linzhu.E009"),
        ("WAVE_SIZE", 0, "linzhu.E009"),
        ("FURTHEST_M", 0, "linzhu.E009"),
        ("SQLITE", True, "linzhu.W001"),
        ("STAFF_TOTP", False, "linzhu.W005"),
    ],
)
def test_check_fires(production, name, value, check_id):
    setattr(production, name, value)
    assert ours() == {check_id}


def test_check_fires_for_unknown_time_zone(production, monkeypatch):
    """Set beside Django's own settings, which would refuse it at once where the system has a zone database."""
    monkeypatch.setitem(production._wrapped.__dict__, "TIME_ZONE", "Mars/Olympus")
    assert ours() == {"linzhu.E008"}


def test_check_fires_for_plain_http(production):
    production.HTTPS = False
    production.PUBLIC_BASE_URL = "http://linzhu.example"
    assert ours() == {"linzhu.E003"}


def test_plain_http_on_this_machine_is_allowed(production):
    """A staging copy with a fake gateway beside it needs no certificate."""
    production.HTTPS = False
    production.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    assert ours() == set()


def test_messaging_service_stands_for_a_number(production):
    production.TWILIO_FROM = ""
    production.TWILIO_MESSAGING_SERVICE_SID = "MG0"
    assert ours() == set()
