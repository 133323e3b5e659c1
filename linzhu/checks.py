"""System checks: what is missing or unsafe in this environment, each with an id and its cure."""

import zoneinfo
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import phonenumbers
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from linzhu.notifications.gateways import KNOWN, aliyun_templates, configured
from linzhu.notifications.voice import KNOWN as VOICES
from linzhu.notifications.wording import FALLBACK_LANGUAGES


@register(Tags.security)
def check_environment(**kwargs: Any) -> list[CheckMessage]:
    return [*_production(), *_twilio(), *_aliyun(), *_texting(), *_calls(), *_place()]


def _production() -> Iterator[CheckMessage]:
    if settings.SMS_GATEWAY not in KNOWN:
        yield Error(
            f"SMS_GATEWAY={settings.SMS_GATEWAY!r} is not known.", hint="Use local, twilio or aliyun.", id="linzhu.E004"
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
    if not settings.STAFF_TOTP:
        yield Caution(
            "STAFF_TOTP is off: a password alone opens the records of people who trust you.",
            hint="Set STAFF_TOTP=true, or leave it out.",
            id="linzhu.W005",
        )
    if settings.SQLITE:
        yield Caution(
            "The database is SQLite.",
            hint="Fine for one office on one machine; for a district set DATABASE_URL=postgres://…",
            id="linzhu.W001",
        )


def _twilio() -> Iterator[CheckMessage]:
    for account in (name.upper() for name in configured() if name.startswith("twilio") and name in KNOWN):
        for name in (f"{account}_ACCOUNT_SID", f"{account}_AUTH_TOKEN"):
            if not getattr(settings, name):
                yield Error(f"{name} is not set.", hint="Copy it from the Twilio console.", id="linzhu.E005")
        senders = (f"{account}_FROM", f"{account}_MESSAGING_SERVICE_SID")
        if not any(getattr(settings, name) for name in senders):
            yield Error(
                f"Neither {senders[0]} nor {senders[1]} is set: texts have no sender.",
                hint="Set one of them.",
                id="linzhu.E006",
            )


def _aliyun() -> Iterator[CheckMessage]:
    if "aliyun" not in configured():
        return
    for name in ("ALIYUN_ACCESS_KEY_ID", "ALIYUN_ACCESS_KEY_SECRET", "ALIYUN_SIGN_NAME"):
        if not getattr(settings, name):
            yield Error(f"{name} is not set.", hint="Copy it from Aliyun's console.", id="linzhu.E015")
    try:
        networks = [ip_network(address.strip()) for address in settings.ALIYUN_WEBHOOK_ADDRESSES]
    except ValueError:
        yield Error(
            "ALIYUN_WEBHOOK_ADDRESSES is not a list of addresses or networks.",
            hint="Write 203.0.113.7,198.51.100.0/24",
            id="linzhu.E018",
        )
        return  # the gateway cannot be asked what it carries
    if not networks:
        yield Caution(
            "ALIYUN_WEBHOOK_ADDRESSES is empty: webhooks are taken from any address that knows the secret path.",
            hint="Ask Aliyun's support for the addresses of its pushes, or take them from the proxy's log.",
            id="linzhu.W003",
        )
    for language, keys in aliyun_templates.missing():
        names = ", ".join(keys)
        problem = f"ALIYUN_TEMPLATES has no {language} template for: {names}."
        hint = f"Have them approved: manage.py aliyun_templates --language {language} --missing"
        if language == FALLBACK_LANGUAGES[0] or language in settings.ALIYUN_TEMPLATES:
            yield Error(problem, hint=hint, id="linzhu.E016")
        else:
            yield Caution(f"{problem} Texts in this language are not sent.", hint=hint, id="linzhu.W002")
    if len(settings.ALIYUN_WEBHOOK_SECRET) < 32:
        yield Error(
            "ALIYUN_WEBHOOK_SECRET is shorter than 32 characters: anybody could answer for a volunteer.",
            hint="python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
            id="linzhu.E017",
        )


def _texting() -> Iterator[CheckMessage]:
    fallback = settings.SMS_GATEWAY_FALLBACK
    if fallback and (fallback not in KNOWN or "local" in {fallback, settings.SMS_GATEWAY}):
        yield Error(
            f"SMS_GATEWAY_FALLBACK={fallback!r} cannot stand in for {settings.SMS_GATEWAY!r}.",
            hint="Use twilio2 beside SMS_GATEWAY=twilio, or leave it empty.",
            id="linzhu.E012",
        )
    numbers = ("SMS_RATE", "SMS_CAP_NUMBER", "SMS_CAP_COMMUNITY", "SMS_CAP_ALL", "SMS_PRICE_FEN")
    if any(getattr(settings, name) < 0 for name in numbers):
        yield Error(f"{', '.join(numbers)} must not be negative.", hint="0 is no limit.", id="linzhu.E013")
    if not all(prefix.strip().lstrip("+").isdecimal() for prefix in settings.SMS_COUNTRIES):
        yield Error(
            "SMS_COUNTRIES is not a list of prefixes.",
            hint="Write +86,+852: no numbers pass otherwise.",
            id="linzhu.E014",
        )


def _calls() -> Iterator[CheckMessage]:
    carrier = settings.VOICE_GATEWAY
    if not carrier:
        return
    if carrier not in VOICES or (carrier == "local") != (settings.SMS_GATEWAY == "local"):
        yield Error(
            f"VOICE_GATEWAY={carrier!r} does not go with SMS_GATEWAY={settings.SMS_GATEWAY!r}.",
            hint="Use local beside local, twilio beside a real gateway, or leave it empty: staff call.",
            id="linzhu.E020",
        )
    if carrier != "twilio":
        return
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
        yield Error(
            "VOICE_GATEWAY=twilio, and TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is not set.",
            hint="Copy them from the Twilio console.",
            id="linzhu.E021",
        )
    if not (settings.VOICE_FROM or settings.TWILIO_FROM).startswith("+"):
        yield Error(
            "Calls have no number to come from.",
            hint="Set VOICE_FROM to a number of yours at Twilio, as +…",
            id="linzhu.E022",
        )
    if settings.PHONE_REGION == "CN":
        yield Caution(
            "Elders' numbers and what is read to them go through a gateway abroad.",
            hint="Ask for the elders' consent, or leave VOICE_GATEWAY empty (docs/voice.md).",
            id="linzhu.W004",
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
    if settings.FURTHEST_M < 1 or settings.WAVE_SIZE < 1 or settings.WAVE_SECONDS < 1:
        yield Error(
            "FURTHEST_M, WAVE_SIZE and WAVE_SECONDS must be positive.", hint="See .env.example.", id="linzhu.E009"
        )
    if settings.ROLL_CALL_ANSWER_MIN < 1 or settings.ROLL_CALL_STAFF_MIN < 1:
        yield Error(
            "ROLL_CALL_ANSWER_MIN and ROLL_CALL_STAFF_MIN must be positive.",
            hint="See .env.example.",
            id="linzhu.E028",
        )
