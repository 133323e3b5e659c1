"""The port for calls: what Linzhu asks of whoever carries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

from django.http import HttpRequest

from linzhu.notifications.gateways.base import Outcome
from linzhu.notifications.models import Call


@dataclass(frozen=True, kw_only=True)
class DialResult:
    """What became of one try to dial, or of one look-up."""

    outcome: Outcome
    state: Call.State = Call.State.ACCEPTED
    gateway_ref: str = ""
    error_code: str = ""

    @classmethod
    def accepted(cls, gateway_ref: str, state: Call.State) -> Self:
        return cls(outcome=Outcome.ACCEPTED, gateway_ref=gateway_ref, state=state)

    @classmethod
    def rejected(cls, error_code: str) -> Self:
        return cls(outcome=Outcome.REJECTED, state=Call.State.FAILED, error_code=error_code)

    @classmethod
    def unknown(cls, error_code: str) -> Self:
        """It may ring: look it up before a second try."""
        return cls(outcome=Outcome.UNKNOWN, state=Call.State.UNKNOWN, error_code=error_code)

    @classmethod
    def retry_later(cls, error_code: str) -> Self:
        """It was certainly not dialled."""
        return cls(outcome=Outcome.RETRY_LATER, state=Call.State.QUEUED, error_code=error_code)


@dataclass(frozen=True, kw_only=True)
class CallReport:
    """What the gateway says about a call, known by our ``ref`` (as text) or by its ``gateway_ref``."""

    gateway_ref: str
    state: Call.State
    ref: str = ""
    error_code: str = ""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a verified request brings from somebody on the phone. ``digits`` count before ``speech``."""

    gateway_ref: str
    phone: str = ""
    digits: str = ""
    speech: str = ""


class VoiceGateway(Protocol):
    """One carrier of calls. Dialling and looking up let no network error out: it is an outcome like any other."""

    name: str
    metered: bool
    """Calls cost money and reach the world: only numbers in the allowed countries are dialled."""

    def dial(self, call: Call) -> DialResult:
        """Ring the number. Not repeatable: after UNKNOWN, :meth:`look_up` comes first."""

    def look_up(self, call: Call) -> DialResult | None:
        """Find a call that may have been dialled: ACCEPTED, None if it never was, UNKNOWN if one cannot tell."""


class VoiceWebhooks(Protocol):
    """What a carrier brings to our webhooks, if it has any. All of it is signed."""

    name: str

    def verify(self, request: HttpRequest) -> bool:
        """Whether this webhook request really comes from the gateway."""

    def parse_heard(self, request: HttpRequest) -> Heard:
        """Read who is on the phone and what they pressed or said."""

    def parse_status(self, request: HttpRequest) -> CallReport | None:
        """Read the status report that a verified request brings."""
