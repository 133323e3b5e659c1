"""Why a text is where it is, in words for staff: each with what helps."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linzhu.notifications import caps
from linzhu.notifications.gateways import aliyun_codes, twilio_codes
from linzhu.notifications.gateways.aliyun_params import Unfit
from linzhu.notifications.gateways.faults import Fault
from linzhu.notifications.models import Message

State = Message.State


@dataclass(frozen=True)
class Reason:
    text: str | Promise
    code: str = ""
    """The gateway's own code, for whoever looks it up."""


_OURS: dict[str, Promise] = {
    caps.COUNTRY: _("not a number of a country we text to"),
    caps.NUMBER: _("this number has had its texts for today"),
    caps.COMMUNITY: _("the community's limit for today is reached"),
    caps.SPEND: _("the limit for all texts of today is reached"),
    "given-up": _("given up by staff"),
    Unfit.EMPTY: _("a detail that the approved wording needs is missing: call"),
    Unfit.LENGTH: _("a name or address is too long for the gateway's approved wording: call"),
    Unfit.LINK: _("the gateway carries no links"),
    Unfit.SCRIPT: _("the gateway carries Chinese and Latin letters only: call"),
    Unfit.PHONE: _("the gateway does not carry this phone number: call"),
    "no-template": _("this text has no approved wording at the gateway: tell your operator"),
    "not-domestic": _("the gateway texts to mobiles of mainland China only"),
    "never-known": _("nobody could say for a day whether it went out"),
    "not-there": _("did not get through; it is tried again"),
}
_FAULTS: dict[Fault, Promise] = {
    Fault.NUMBER: _("this number gets no texts: correct it, or call"),
    Fault.OPTED_OUT: _("its owner wants no texts"),
    Fault.CONFIGURATION: _("the gateway is not set up for it: tell your operator"),
    Fault.HUMAN: _("blocked by the carrier: tell your operator"),
    Fault.PASSING: _("phone switched off or carrier busy"),
}
_FAULT_OF = {**twilio_codes.FAULTS, **aliyun_codes.FAULTS}
_STATES: dict[str, Promise] = {
    State.QUEUED: _("waits for its turn"),
    State.SENDING: _("is being sent"),
    State.UNKNOWN: _("the gateway's answer was lost; Linzhu asks whether it has arrived there"),
    State.UNDELIVERED: _("the phone did not take it"),
    State.SUPPRESSED: _FAULTS[Fault.OPTED_OUT],
}


def reason_of(state: str, code: str) -> Reason:
    """Return why a text in this state, with this error code, is not where it should be."""
    if code in _OURS:
        return Reason(_OURS[code])
    if state == State.UNKNOWN:
        return Reason(_STATES[State.UNKNOWN])
    if code in _FAULT_OF:
        return Reason(_FAULTS[_FAULT_OF[code]], code)
    if code and state == State.QUEUED:
        return Reason(_("the gateway was not well; it is tried again"), code)
    if code:
        return Reason(_("refused: tell your operator the code"), code)
    return Reason(_STATES.get(state, _("no reason was given")))
