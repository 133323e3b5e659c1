"""Who is told what, in whose language: the texts around a help request. Every function runs inside a transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import translation

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.communities.names import known_as
from linzhu.communities.people import TellBy, TextLanguage
from linzhu.communities.phones import PhoneError, parse_phone
from linzhu.dispatch import entry, todos
from linzhu.dispatch.links import family_url
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.quiet import morning_of
from linzhu.dispatch.voice import elder_calls
from linzhu.notifications import by_code, outbox
from linzhu.notifications.models import Message, MessageQuerySet
from linzhu.notifications.optout import is_opted_out
from linzhu.notifications.wording import describe_window, in_a_row, word
from linzhu.requests.consents import allows
from linzhu.requests.models import Consent, Elder, ElderState, FamilyContact, HelpRequest, Status
from linzhu.volunteers.models import Volunteer

CALL_ELDER_WITHIN = timedelta(minutes=30)
CALL_FAMILY_WITHIN = timedelta(hours=4)
CALL_LATE_WITHIN = timedelta(minutes=10)
WORTH_A_CALL_MIN = 15
REPLACES_WAITING = {"family_assigned", "family_off"}
"""These say all that there is to know: what still waits for the morning need not be read before them."""


def service_name(help_request: HelpRequest, language: str) -> str:
    with translation.override(language):
        return word("service", help_request.service_code, language) or help_request.service.name


def when(help_request: HelpRequest, language: str) -> str:
    return describe_window(help_request.window_start, help_request.window_end, language)


def elder_language(elder: Elder) -> str:
    """Texts for elder and family: in the only language they know if there are texts in it, else in Chinese."""
    only = next(iter(elder.languages)) if len(elder.languages) == 1 else ""
    return only if only in TextLanguage.values else TextLanguage.CHINESE.value


# --- volunteers ---------------------------------------------------------------------------------------------------


def send_offer(offer: Offer, template: str = "offer", *, until: datetime | None = None) -> Message:
    """Ask: service, area, window, how to answer. Nothing of the elder's person.

    It is not sent after ``until``, though whoever has got it may answer for longer.
    """
    help_request, language = offer.help_request, offer.volunteer.text_language
    return outbox.queue(
        offer.phone,
        template,
        {
            "service": service_name(help_request, language),
            "area": help_request.elder.area(),
            "when": when(help_request, language),
            "code": offer.code,
            **entry.for_volunteer(offer.volunteer, template),
        },
        community=help_request.community,
        language=language,
        about=help_request.ref,
        priority=Message.Priority.OFFER,
        expires_at=min(offer.expires_at, until or offer.expires_at),
    )


def send_offer_again(offer: Offer, template: str = "offer", *, until: datetime | None = None) -> None:
    """Ask once more: same offer, same code. The text before it need not go out as well, if it still waits."""
    outbox.withdraw(Message.objects.filter(offer=offer))
    offer.message = send_offer(offer, template, until=until)
    offer.save(update_fields=["message"])


def tell_volunteer(
    volunteer: Volunteer,
    template: str,
    help_request: HelpRequest | None,
    /,
    *,
    priority: int = Message.Priority.CONFIRMATION,
    expires_at: datetime | None = None,
    **params: str,
) -> Message:
    """Send a volunteer a text; ``service`` is filled in where the text is about a help request."""
    language = volunteer.text_language
    if help_request is not None:
        params["service"] = service_name(help_request, language)
    return outbox.queue(
        volunteer.phone,
        template,
        {**params, **entry.for_volunteer(volunteer, template)},
        community=help_request.community if help_request else volunteer.community,
        language=language,
        about=help_request.ref if help_request else "",
        priority=priority,
        expires_at=expires_at,
    )


# --- families -----------------------------------------------------------------------------------------------------


def tell_family(help_request: HelpRequest, template: str, *, with_link: bool = False, **params: str) -> int:
    """Text every family contact who wants it; returns how many of them have not opted out of texts since.

    In the night they are let sleep, unless the help is wanted before the morning.
    """
    if help_request.elder.state == ElderState.DIED:
        return 0  # what there is to say to them now, a person says
    if not allows(help_request.elder, Consent.Kind.FAMILY):
        return 0
    language = elder_language(help_request.elder)
    told, morning = 0, morning_of(help_request, now())
    for contact in help_request.elder.family.filter(gets_texts=True):
        if template in REPLACES_WAITING:
            outbox.withdraw(_waiting(help_request, contact.phone))
        link = _way_in(help_request, contact, template) if with_link else {}
        message = outbox.queue(
            contact.phone,
            template,
            {
                "elder": help_request.elder.name,
                "service": service_name(help_request, language),
                **params,
                **link,
            },
            community=help_request.community,
            language=language,
            about=help_request.ref,
            not_before=morning,
        )
        told += message.state != Message.State.SUPPRESSED
    return told


def _waiting(help_request: HelpRequest, phone: str) -> MessageQuerySet:
    """What somebody would read in the morning about this, all at once."""
    return Message.objects.filter(about=help_request.ref, to=phone, state=Message.State.QUEUED, not_before__gt=now())


def _way_in(help_request: HelpRequest, contact: FamilyContact, template: str) -> dict[str, str]:
    """A link, or a code where a gateway carries none."""
    if by_code.is_needed(template):
        return entry.for_family(help_request, contact)
    return {"link": family_url(help_request, contact)}


# --- elders -------------------------------------------------------------------------------------------------------


def tell_logged(help_request: HelpRequest) -> None:
    tell_family(help_request, "family_logged", with_link=True)


def tell_assigned(help_request: HelpRequest) -> None:
    """Everybody learns who comes: the family by text, the elder as they wish."""
    coming = list(help_request.assignments.standing().values_list("volunteer__name", "door_word"))
    language = elder_language(help_request.elder)
    names = in_a_row((known_as(name) for name, _door_word in coming), language)
    told = tell_family(
        help_request, "family_assigned", with_link=True, volunteer=names, when=when(help_request, language)
    )
    if _hears_it_from_family(help_request.elder, told):
        return
    words = in_a_row((door_word for _name, door_word in coming), language)
    _tell_elder(
        help_request,
        "elder_assigned",
        Todo.Kind.TELL_ELDER,
        volunteer=names,
        door_word=words,
        when=when(help_request, language),
    )


def tell_late(assignment: Assignment, minutes: int) -> None:
    """The volunteer comes that many minutes later: the family reads it, the elder is called if it is worth a call."""
    help_request, name = assignment.help_request, assignment.volunteer.known_as
    told = tell_family(help_request, "family_late", volunteer=name, minutes=str(minutes))
    if minutes >= WORTH_A_CALL_MIN and not _hears_it_from_family(help_request.elder, told):
        _owe_call(help_request, Todo.Kind.TELL_ELDER_LATE, CALL_LATE_WITHIN)


def tell_searching_again(help_request: HelpRequest) -> None:
    """The volunteer does not come after all: the family reads that we look for another, staff call the elder."""
    told = tell_family(help_request, "family_searching")
    not_called_yet = elder_calls.withdraw(help_request)
    if todos.close_kind(help_request, Todo.Kind.TELL_ELDER) or not_called_yet:
        return  # the elder had not been told of the first one yet
    if not help_request.elder.is_active and told:
        return
    _owe_call(help_request, Todo.Kind.TELL_ELDER_LOOKING)


def tell_off(help_request: HelpRequest) -> None:
    """It is called off or not met: family by text, elder as they wish. That nobody was found is said by a person."""
    told = tell_family(help_request, "family_off")
    if help_request.channel == HelpRequest.Channel.ROLL_CALL and not help_request.assignments.exists():
        return  # nobody had told the elder that somebody would look in; what they need the roll-call knows
    if help_request.status == Status.UNMET:
        _owe_call(help_request, Todo.Kind.TELL_ELDER_OFF)
    elif not _hears_it_from_family(help_request.elder, told):
        _tell_elder(help_request, "elder_off", Todo.Kind.TELL_ELDER_OFF)


def _tell_elder(help_request: HelpRequest, template: str, kind: Todo.Kind, **params: str) -> None:
    elder = help_request.elder
    language = elder_language(elder)
    if not elder.is_active:
        elder_calls.withdraw(help_request)
        _owe_call(help_request, kind)
        return
    if elder.tell_by == TellBy.TEXT and _takes_texts(elder.phone):
        service = {} if template == "elder_assigned" else {"service": service_name(help_request, language)}
        outbox.queue(
            elder.phone,
            template,
            {**params, **service},
            community=help_request.community,
            language=language,
            about=help_request.ref,
            not_before=morning_of(help_request, now()),
        )
        return
    if elder.tell_by == TellBy.CALL and elder_calls.call_elder(help_request, template, **params):
        return
    _owe_call(help_request, kind)


def _hears_it_from_family(elder: Elder, told: int) -> bool:
    return bool(told) and (elder.tell_by == TellBy.FAMILY or not elder.is_active)


def _owe_call(help_request: HelpRequest, kind: Todo.Kind, due_in: timedelta = CALL_ELDER_WITHIN) -> None:
    elder = help_request.elder
    if elder.is_active:
        todos.owe(kind, community=help_request.community, help_request=help_request, due_in=due_in)
    elif elder.state != ElderState.DIED:
        owe_family_call(elder)


def owe_family_call(elder: Elder, *, by: User | None = None) -> Todo | None:
    """What the elder would have been told, the family hears from a person, if there is any: ``by`` somebody named."""
    if not elder.family.exists():
        return None
    kind = Todo.Kind.CALL_FAMILY
    return todos.owe(kind, community=elder.community, elder=elder, owed_by=by, due_in=CALL_FAMILY_WITHIN)


def _takes_texts(phone: str) -> bool:
    try:
        return parse_phone(phone).mobile and not is_opted_out(phone)
    except PhoneError:
        return False
