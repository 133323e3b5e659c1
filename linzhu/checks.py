"""System checks: what is missing or unsafe in this environment, each with an id and its cure."""

import zoneinfo
from collections.abc import Iterator
from typing import Any

import phonenumbers
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution


@register(Tags.security)
def check_environment(**kwargs: Any) -> list[CheckMessage]:
    return [*_production(), *_twilio(), *_place()]


def _production() -> Iterator[CheckMessage]:
    if settings.SMS_GATEWAY not in {"local", "twilio"}:
        yield Error(
            f"SMS_GATEWAY={settings.SMS_GATEWAY!r} is not known.", hint="Use local or twilio.", id="linzhu.E004"
        )
    if not settings.PRODUCTION:
        return
    if not settings.SECRET_KEY_FROM_ENVIRONMENT:
        yield Error(
            "SECRET_KEY is not set, and real texts are sent.",
            hint="Set SECRET_KEY to 50 random characters, the same on every machine.",
            id="linzhu.E001",
        )
    if settings.DEBUG:
        yield Error("DEBUG shows elders' data on error pages.", hint="Unset DEBUG.", id="linzhu.E002")
    if not settings.HTTPS and not settings.PUBLIC_BASE_URL.startswith(("http://127.0.0.1", "http://localhost")):
        yield Error(
            "PUBLIC_BASE_URL is not https: families' links and staff passwords would travel in the open.",
            hint="Put a TLS proxy in front and set PUBLIC_BASE_URL=https://your.name",
            id="linzhu.E003",
        )
    if settings.SQLITE:
        yield Caution(
            "The database is SQLite.",
            hint="Fine for one office on one machine; for a district set DATABASE_URL=postgres://…",
            id="linzhu.W001",
        )


def _twilio() -> Iterator[CheckMessage]:
    if settings.SMS_GATEWAY != "twilio":
        return
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        if not getattr(settings, name):
            yield Error(f"{name} is not set.", hint="Copy it from the Twilio console.", id="linzhu.E005")
    if not (settings.TWILIO_FROM or settings.TWILIO_MESSAGING_SERVICE_SID):
        yield Error(
            "Neither TWILIO_FROM nor TWILIO_MESSAGING_SERVICE_SID is set: texts have no sender.",
            hint="Set one of them.",
            id="linzhu.E006",
        )


def _place() -> Iterator[CheckMessage]:
    if settings.PHONE_REGION not in phonenumbers.SUPPORTED_REGIONS:
        yield Error(
            f"PHONE_REGION={settings.PHONE_REGION!r} is not a region.", hint="Use a code like CN.", id="linzhu.E007"
        )
    if settings.TIME_ZONE not in zoneinfo.available_timezones():
        yield Error(
            f"TIME_ZONE={settings.TIME_ZONE!r} is not known.", hint="Use a name like Asia/Shanghai.", id="linzhu.E008"
        )
    if not settings.WAVE_RADII_M or settings.WAVE_SIZE < 1 or settings.WAVE_SECONDS < 1:
        yield Error(
            "WAVE_RADII_M, WAVE_SIZE and WAVE_SECONDS must be positive.", hint="See .env.example.", id="linzhu.E009"
        )
