"""Aliyun SMS: domestic texts from approved templates, and its two unsigned webhooks (docs/sms.md)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from linzhu.communities.clock import now
from linzhu.notifications.gateways.aliyun_api import Answer, Api
from linzhu.notifications.gateways.aliyun_codes import ACCOUNT, UNSURE, fault_of, state_of_detail, state_of_receipt
from linzhu.notifications.gateways.aliyun_params import LANGUAGES, Unfit, fit
from linzhu.notifications.gateways.aliyun_push import entries_of, sequence_of, text_of
from linzhu.notifications.gateways.aliyun_signing import Key
from linzhu.notifications.gateways.base import Capabilities, GatewayUnreachable, Inbound, SendResult, StatusReport
from linzhu.notifications.gateways.faults import Fault
from linzhu.notifications.models import FINAL_STATES, Message

State = Message.State

NO_TEMPLATE, NOT_DOMESTIC = "no-template", "not-domestic"
CHINA = ZoneInfo("Asia/Shanghai")  # Aliyun's days, wherever we are
KEPT = timedelta(days=29)  # QuerySendDetails knows 30 days
PAGE = 50
RECEIPT_AFTER = timedelta(minutes=3)
"""A receipt takes a while: younger texts are not asked about."""
MOST_ASKED = 200
"""Texts that one reading asks about: each takes a call of its own."""

_ACK = {"code": 0, "msg": "接收成功"}


@dataclass(frozen=True, kw_only=True)
class AliyunAccount:
    """The settings that make this gateway."""

    key: Key
    sign_name: str
    templates: Mapping[str, Mapping[str, str]] = field(hash=False)
    """By language, then by our name of the text: Aliyun's code of the approved template."""
    webhook_secret: str = field(repr=False)
    addresses: tuple[IPv4Network | IPv6Network, ...]
    """Where webhooks may come from; none: from anywhere."""
    two_way: bool
    extend_code: str
    api_url: str
    timeout_s: int

    @classmethod
    def from_settings(cls) -> AliyunAccount:
        """Read the settings. Raises ValueError for an address that is none."""
        return cls(
            key=Key(settings.ALIYUN_ACCESS_KEY_ID, settings.ALIYUN_ACCESS_KEY_SECRET),
            sign_name=settings.ALIYUN_SIGN_NAME,
            templates=MappingProxyType(settings.ALIYUN_TEMPLATES),
            webhook_secret=settings.ALIYUN_WEBHOOK_SECRET,
            addresses=tuple(ip_network(address.strip()) for address in settings.ALIYUN_WEBHOOK_ADDRESSES),
            two_way=settings.ALIYUN_TWO_WAY,
            extend_code=settings.ALIYUN_EXTEND_CODE,
            api_url=settings.ALIYUN_API_URL,
            timeout_s=settings.ALIYUN_TIMEOUT_S,
        )


class AliyunGateway:
    """Texts to mobiles of mainland China. Replies come in only where a number for them (扩展码) has been bought."""

    name = "aliyun"

    def __init__(self, account: AliyunAccount) -> None:
        self._account = account
        self._api = Api(account.api_url, account.key, account.timeout_s)
        self.capabilities = Capabilities(
            two_way=account.two_way,
            free_text=False,
            links=False,
            scripts=frozenset({"Hans", "Latn"}),
            signed=False,
            metered=True,
        )

    # --- out ------------------------------------------------------------------------------------------------------

    def send(self, message: Message) -> SendResult:
        language = message.language if message.language in LANGUAGES else LANGUAGES[0]
        code = self._account.templates.get(language, {}).get(message.template)
        if code is None:
            return SendResult.rejected(NO_TEMPLATE, permanent=False)
        if not message.to.startswith("+86"):
            return SendResult.rejected(NOT_DOMESTIC, permanent=False)
        try:
            params = fit(message.params, language)
        except Unfit as unfit:
            return SendResult.rejected(unfit.code, permanent=False)
        answer = self._api.call("SendSms", self._request(message, code, params))
        if answer.ok:
            return SendResult.accepted(str(answer.body.get("BizId", ""))[:64], State.ACCEPTED)
        return _failed(answer)

    def _request(self, message: Message, code: str, params: Mapping[str, str]) -> dict[str, str]:
        request = {
            "PhoneNumbers": _domestic(message.to),
            "SignName": self._account.sign_name,
            "TemplateCode": code,
            "OutId": str(message.ref),  # comes back in receipts and in the list: it settles doubts
        }
        if params:
            request["TemplateParam"] = json.dumps(params, ensure_ascii=False, separators=(",", ":"))
        if self._account.extend_code:
            request["SmsUpExtendCode"] = self._account.extend_code
        return request

    def look_up(self, message: Message) -> SendResult | None:
        """Search what Aliyun has to this number, on every day since we queued the text, for our reference.

        While the lease of the last try runs, absence proves nothing: the list may be behind.
        """
        try:
            detail = self._find(message)
        except GatewayUnreachable as error:
            return SendResult.unknown(str(error))
        if detail is not None:
            error_code = _error_code(detail)
            return SendResult.accepted(message.gateway_ref, state_of_detail(_status(detail), error_code), error_code)
        if message.lease_until is not None and now() < message.lease_until:
            return SendResult.unknown("too-soon")
        return None

    def history(self, since: datetime) -> Iterator[StatusReport]:
        """Ask after each text of ours that got no receipt. Aliyun has no list of all texts, and none of replies."""
        asked = Message.objects.filter(
            gateway=self.name, handed_at__gte=since, handed_at__lte=now() - RECEIPT_AFTER
        ).exclude(state__in=FINAL_STATES)
        for message in asked.order_by("-handed_at")[:MOST_ASKED]:
            detail = self._find(message)
            if detail is not None:
                code = _error_code(detail)
                yield StatusReport(
                    ref=str(message.ref),
                    gateway_ref=message.gateway_ref,
                    state=state_of_detail(_status(detail), code),
                    error_code=code,
                )

    def _find(self, message: Message) -> dict[str, Any] | None:
        """Return the row about this text in the list. Raises GatewayUnreachable."""
        for day in _days_since(message.created_at):
            for detail in self._details(message.to, day):
                if detail.get("OutId") == str(message.ref):
                    return detail
        return None

    def _details(self, to: str, day: date) -> Iterator[dict[str, Any]]:
        """Read what Aliyun sent to a number on one of its days, page by page."""
        request = {"PhoneNumber": _domestic(to), "SendDate": f"{day:%Y%m%d}", "PageSize": str(PAGE)}
        page, read = 0, 0
        while True:
            page += 1
            answer = self._api.call("QuerySendDetails", {**request, "CurrentPage": str(page)})
            if not answer.ok:
                raise GatewayUnreachable(answer.code)
            rows = (answer.body.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
            yield from rows
            read += len(rows)
            if not rows or read >= int(answer.body.get("TotalCount") or 0):
                return

    # --- in -------------------------------------------------------------------------------------------------------

    def verify(self, request: HttpRequest) -> bool:
        """Nothing is signed: who knows the secret path and comes from a known address is taken for Aliyun."""
        match = request.resolver_match
        given, expected = str(match.kwargs.get("secret", "")) if match else "", self._account.webhook_secret
        knows = secrets.compare_digest(given.encode(), expected.encode())
        return knows and bool(expected) and self._comes_from_there(request.META.get("REMOTE_ADDR", ""))

    def _comes_from_there(self, address: str) -> bool:
        """REMOTE_ADDR is the visitor's own address: uvicorn has read X-Forwarded-For, from trusted proxies only."""
        if not self._account.addresses:
            return True
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(parsed in network for network in self._account.addresses)

    def parse_inbound(self, request: HttpRequest) -> list[Inbound]:
        """Read the replies (SmsUp)."""
        return [
            Inbound(
                gateway_ref=sequence_of(entry),
                sender=_international(text_of(entry, "phone_number")),
                recipient=text_of(entry, "dest_code"),
                text=text_of(entry, "content"),
            )
            for entry in entries_of(request)
        ]

    def parse_status(self, request: HttpRequest) -> list[StatusReport]:
        """Read the receipts (SmsReport)."""
        reports = []
        for entry in entries_of(request):
            arrived = str(entry.get("success")).lower() == "true"
            code = "" if arrived else text_of(entry, "err_code")[:40]
            reports.append(
                StatusReport(
                    ref=text_of(entry, "out_id"),
                    gateway_ref=text_of(entry, "biz_id")[:64],
                    state=state_of_receipt(arrived, code),
                    error_code=code,
                )
            )
        return reports

    def ack(self, request: HttpRequest) -> HttpResponse:
        """Without these very words Aliyun brings everything again after 1, 5 and 10 minutes."""
        return JsonResponse(_ACK, json_dumps_params={"ensure_ascii": False})


def _failed(answer: Answer) -> SendResult:
    """Decide what a failed SendSms means. It is not repeatable, so in doubt the text may have been sent."""
    if answer.never_left or answer.code in ACCOUNT:
        return SendResult.retry_later(answer.code, gateway_down=True)
    if answer.status == 429 or answer.code.startswith("Throttling"):
        return SendResult.retry_later(answer.code)
    if not answer.body or answer.status >= 500 or answer.code in UNSURE:
        return SendResult.unknown(answer.code)
    fault = fault_of(answer.code)
    if fault in {Fault.CONFIGURATION, Fault.PASSING}:
        return SendResult.retry_later(answer.code)
    state = State.SUPPRESSED if fault is Fault.OPTED_OUT else State.FAILED
    return SendResult.rejected(answer.code, state, permanent=fault in {Fault.NUMBER, Fault.OPTED_OUT})


def _domestic(phone: str) -> str:
    return phone.removeprefix("+86")


def _international(phone: str) -> str:
    digits = phone.lstrip("+")
    if len(digits) == 11 and digits.startswith("1"):
        return f"+86{digits}"
    return f"+{digits}" if digits.startswith("86") and len(digits) == 13 else phone


def _status(detail: Mapping[str, Any]) -> int:
    return int(detail.get("SendStatus") or 0)


def _error_code(detail: Mapping[str, Any]) -> str:
    code = text_of(detail, "ErrCode")
    return "" if code in {"DELIVERED", "DELIVRD"} else code[:40]


def _days_since(moment: datetime) -> Iterator[date]:
    """Return Aliyun's days from now back to that moment, as far as it remembers them."""
    today = now().astimezone(CHINA).date()
    first = max(moment, now() - KEPT).astimezone(CHINA).date()
    for back in range((today - first).days + 1):
        yield today - timedelta(days=back)
