"""The port: what Linzhu asks of a gateway, whoever carries the texts.

A gateway is handed template key, parameters *and* rendered text, because many domestic ones send approved templates
only and never free text (docs/sms.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self

from django.http import HttpRequest, HttpResponse

from linzhu.notifications.models import Message


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """It may have been sent: look it up before a second try."""
    RETRY_LATER = "retry_later"
    """It was certainly not sent, and a later try may do better."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a gateway can do; wording and pages adapt to it."""

    two_way: bool
    free_text: bool
    links: bool
    scripts: frozenset[str]
    """ISO 15924 codes of the scripts that arrive unharmed."""
    signed: bool
    """Its webhooks carry a signature that we can verify."""
    metered: bool
    """Texts cost money and reach the world: its rate, its breaker and all caps are kept."""


@dataclass(frozen=True, kw_only=True)
class SendResult:
    """What became of one try, or of one look-up."""

    outcome: Outcome
    state: Message.State = Message.State.ACCEPTED
    gateway_ref: str = ""
    error_code: str = ""
    permanent: bool = False
    """No text will ever reach this number: staff should correct it."""
    gateway_down: bool = False
    """Neither the text nor the number is to blame: any other text would have failed as well."""

    @classmethod
    def accepted(cls, gateway_ref: str, state: Message.State, error_code: str = "") -> Self:
        return cls(outcome=Outcome.ACCEPTED, gateway_ref=gateway_ref, state=state, error_code=error_code)

    @classmethod
    def rejected(cls, error_code: str, state: Message.State = Message.State.FAILED, *, permanent: bool) -> Self:
        """``state`` SUPPRESSED says that the owner of the number has opted out at the gateway."""
        return cls(outcome=Outcome.REJECTED, state=state, error_code=error_code, permanent=permanent)

    @classmethod
    def unknown(cls, error_code: str) -> Self:
        return cls(outcome=Outcome.UNKNOWN, state=Message.State.UNKNOWN, error_code=error_code, gateway_down=True)

    @classmethod
    def retry_later(cls, error_code: str, *, gateway_down: bool = False) -> Self:
        return cls(
            outcome=Outcome.RETRY_LATER,
            state=Message.State.QUEUED,
            error_code=error_code,
            gateway_down=gateway_down,
        )


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """One text that came in. ``gateway_ref`` is the gateway's own id of it: the same id is the same text."""

    gateway_ref: str
    sender: str
    text: str
    recipient: str = ""
    carrier_handled: bool = False


@dataclass(frozen=True, kw_only=True)
class StatusReport:
    """What the gateway says about a text of ours, known by our ``ref`` (as text) or by its ``gateway_ref``."""

    gateway_ref: str
    state: Message.State
    ref: str = ""
    error_code: str = ""


class GatewayUnreachable(Exception):  # noqa: N818 (what happened, not whose error it was)
    """The gateway's list could not be read; its text names the kind of failure and nobody."""


class Gateway(Protocol):
    """One carrier of texts. Sending and looking up let no network error out: it is an outcome like any other."""

    name: str
    capabilities: Capabilities

    def send(self, message: Message) -> SendResult:
        """Hand one text over. Not repeatable: after UNKNOWN, :meth:`look_up` comes first."""

    def look_up(self, message: Message) -> SendResult | None:
        """Find a text that may have been handed over: ACCEPTED, None if it never arrived, UNKNOWN if one can't tell."""

    def history(self, since: datetime) -> Iterator[Inbound | StatusReport]:
        """Read the gateway's own list of texts sent and received since then, the newest first.

        Raises GatewayUnreachable in the middle of it, if need be.
        """

    def verify(self, request: HttpRequest) -> bool:
        """Whether this webhook request really comes from the gateway."""

    def parse_inbound(self, request: HttpRequest) -> list[Inbound]:
        """Read the texts that a verified request brings."""

    def parse_status(self, request: HttpRequest) -> list[StatusReport]:
        """Read the status reports that a verified request brings."""

    def ack(self, request: HttpRequest) -> HttpResponse:
        """Answer that everything has been stored and need not be brought again."""
