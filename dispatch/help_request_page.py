"""Everything that the page of one help request shows, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from linzhu.communities.access import may
from linzhu.communities.clock import now
from linzhu.communities.models import Role, User
from linzhu.communities.rules import rules_of
from linzhu.dispatch import timeline
from linzhu.dispatch.actions import (
    OUTCOMES_OF_FINISH,
    OUTCOMES_OF_RELEASE,
    REASONS_TO_CANCEL,
    REASONS_TO_GIVE_UP,
    legal_actions,
)
from linzhu.dispatch.asking import plan_wave
from linzhu.dispatch.candidates import EXCLUDED_SHOWN, FURTHER_SHOWN, SHOWN, is_assignable
from linzhu.dispatch.cash_words import money_of
from linzhu.dispatch.deferred import DEFERRED, NOT_MEANWHILE
from linzhu.dispatch.deferred_words import about_to
from linzhu.dispatch.matching import Exclusion, rank
from linzhu.dispatch.models import Assignment, CashNote, DeferredAct, Offer, Todo, VisitStep
from linzhu.dispatch.progress import equip, searches_of
from linzhu.dispatch.words import mask_links
from linzhu.notifications.models import Call, InboundMessage, Message
from linzhu.requests.consents import hide_health, standing_of
from linzhu.requests.models import Consent, Elder, FamilyContact, HelpRequest

TROUBLED = {Message.State.FAILED, Message.State.UNDELIVERED, Message.State.SUPPRESSED, Message.State.EXPIRED}


@dataclass(frozen=True)
class Text:
    """One text of the thread beside the story. ``state`` is empty for texts that came in."""

    at: datetime
    who: str
    text: str
    came_in: bool
    state: str = ""
    is_troubled: bool = False


def read_page(help_request: HelpRequest, user: User) -> dict[str, Any]:
    """Return the template's context for this help request and this reader."""
    offers = list(help_request.offers.select_related("volunteer"))
    # The photo itself is fetched by its own address.
    visits = list(
        help_request.assignments.select_related("volunteer", "cash__volunteer", "cash__receipt").defer(
            "cash__receipt__picture"
        )
    )
    todos = list(
        help_request.todos.select_related("closed_by", "inbound", "message", "offer__volunteer", "help_request__elder")
    )
    family = list(help_request.elder.family.all())
    may_act = may(user, Role.DISPATCHES, help_request.community)
    acts = list(help_request.deferred_acts.select_related("user", "over_by"))
    waiting = next((act for act in acts if act.fate == DeferredAct.Fate.WAITING), None)
    open_todos = [todo for todo in todos if todo.closed_at is None]
    equip(open_todos, reader=user)
    legal = legal_actions(help_request) - (DEFERRED | NOT_MEANWHILE if waiting else set()) if may_act else set()
    legal -= _withheld(help_request.elder)
    return {
        "help_request": help_request,
        "elder": help_request.elder,
        "family": family,
        "may_act": may_act,
        "may_lead": may(user, Role.LEADS, help_request.community),
        "legal": legal,
        "waiting": waiting and {"act": waiting, "words": about_to(waiting)},
        "todos": open_todos,
        "visits": [visit for visit in visits if visit.status != Assignment.Status.RELEASED],
        "money": money_of(help_request, visits, user),
        "has_slip": any(visit.status == Assignment.Status.STANDING for visit in visits),
        "search": searches_of([help_request.pk])[help_request.pk],
        "offers": offers,
        "entries": _entries(help_request, offers, visits, todos, acts),
        "texts": _texts(help_request, family, offers, visits),
        "links": help_request.family_links.open(now()).count(),
        "end_reasons": {"cancel": _labels(REASONS_TO_CANCEL), "give_up": _labels(REASONS_TO_GIVE_UP)},
        "outcomes": {"finish": OUTCOMES_OF_FINISH, "release": OUTCOMES_OF_RELEASE},
        **_people(help_request),
    }


def _withheld(elder: Elder) -> set[str]:
    """Take from this elder what may not be shown, and return the actions that there is no consent for."""
    consents = standing_of(elder)
    if not consents[Consent.Kind.HEALTH].is_allowed:
        hide_health(elder)
    return set() if consents[Consent.Kind.FAMILY].is_allowed else {"family-link"}


def _entries(
    help_request: HelpRequest,
    offers: list[Offer],
    visits: list[Assignment],
    todos: list[Todo],
    acts: list[DeferredAct],
) -> list[timeline.Entry]:
    return timeline.tell(
        help_request,
        changes=list(help_request.changes.select_related("user")),
        waves=list(help_request.waves.all()),
        offers=offers,
        assignments=visits,
        todos=todos,
        steps=list(VisitStep.objects.filter(assignment__help_request=help_request).exclude(done_at=None)),
        calls=list(Call.objects.out().filter(about=help_request.ref)),
        acts=acts,
        cash=list(CashNote.objects.filter(job__assignment__help_request=help_request).select_related("user", "job")),
    )


def _labels(reasons: Sequence[str]) -> list[tuple[str, str]]:
    return [(reason, str(HelpRequest.EndReason(reason).label)) for reason in reasons]


def _people(help_request: HelpRequest) -> dict[str, Any]:
    """Who could come. Once nobody is looked for any more the answer helps no one, and costs time."""
    if "assign" not in legal_actions(help_request):
        return {}
    ranking = rank(help_request)
    candidates = plan_wave(help_request, ranking, rules_of(help_request.community)).order
    asked_now = [person for person in ranking.excluded if _was_asked(person)]
    excluded = [
        {"person": person, "assignable": is_assignable(person.reasons)} for person in ranking.excluded[:EXCLUDED_SHOWN]
    ]
    worth_a_call = [row["person"] for row in excluded if row["assignable"]]
    excluded_count = len(ranking.excluded) + ranking.unlisted
    return {
        "candidates": candidates[:SHOWN],
        "candidates_further": candidates[SHOWN:FURTHER_SHOWN],
        "asked_now": asked_now,
        "worth_a_call": worth_a_call[:SHOWN] if not (candidates or asked_now) else [],
        "excluded": excluded,
        "excluded_count": excluded_count,
        "excluded_unlisted": excluded_count - len(excluded),
    }


def _was_asked(person: Exclusion) -> bool:
    """Asked in this round, and not known to be unable: a call may bring their yes."""
    codes = {reason["code"] for reason in person.reasons}
    return "asked" in codes and "said-no" not in codes and is_assignable(person.reasons)


def _texts(
    help_request: HelpRequest, family: Sequence[FamilyContact], offers: Sequence[Offer], visits: Sequence[Assignment]
) -> list[Text]:
    """Return every text about this help request, oldest first, with names where we know the number."""
    volunteers = [*(offer.volunteer for offer in offers), *(visit.volunteer for visit in visits)]
    names = {volunteer.phone: volunteer.name for volunteer in volunteers}
    names.update({contact.phone: str(contact) for contact in family})
    if help_request.elder.phone:
        names[help_request.elder.phone] = help_request.elder.name
    at = now()
    sent = Message.objects.filter(about=help_request.ref, community=help_request.community)
    came = InboundMessage.objects.filter(about=help_request.ref)
    texts = [
        Text(
            message.created_at,
            names.get(message.to, ""),
            mask_links(message.text),
            came_in=False,
            state=_state_of(message, at),
            is_troubled=message.state in TROUBLED,
        )
        for message in sent
    ]
    texts += [Text(text.received_at, names.get(text.sender, ""), mask_links(text.text), came_in=True) for text in came]
    # A reply and what Linzhu answered may bear the same time: the reply came first.
    return sorted(texts, key=lambda text: (text.at, not text.came_in))


def _state_of(message: Message, at: datetime) -> str:
    if message.state == Message.State.QUEUED and message.not_before and message.not_before > at:
        morning = date_format(timezone.localtime(message.not_before), "H:i")
        return _("waits for the morning, %(time)s") % {"time": morning}
    return message.get_state_display()
