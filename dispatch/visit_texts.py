"""What a volunteer is told about the visit they have promised: that it is theirs, when it comes near, that it is off.

Every function runs inside a transaction.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import translation

from linzhu.communities.clock import now
from linzhu.communities.phones import show_phone
from linzhu.dispatch import todos
from linzhu.dispatch.models import Assignment, Todo
from linzhu.dispatch.telling import tell_volunteer, when
from linzhu.notifications import outbox
from linzhu.notifications.models import Message
from linzhu.requests.models import HelpRequest

CALL_WITHIN = timedelta(minutes=15)
ASK_WITHIN = timedelta(minutes=30)
"""So long after its time a question may still go out: later it would only puzzle, as a person has called by then."""
WHERE_TO_GO = ("visit_yours", "reminder_evening", "reminder_soon")
"""Texts with the address and the door word of one visit."""


def confirm(assignment: Assignment) -> Message:
    """Only now the volunteer reads who, where and whom to call."""
    elder = assignment.help_request.elder
    with translation.override(assignment.volunteer.text_language):
        office = assignment.help_request.community.phone_for_callers()
        phone = show_phone(elder.phone, elder.phone_ext) if elder.phone else show_phone(office)
    return _must_know(_tell(assignment, "visit_yours", phone=phone), assignment)


def remind(assignment: Assignment, template: str) -> Message:
    """The evening before, or shortly before: who, where, when and the door word once more."""
    begins = assignment.help_request.window_start
    return _tell(assignment, template, priority=Message.Priority.REMINDER, expires_at=begins)


def _tell(assignment: Assignment, template: str, **fields: Any) -> Message:
    help_request, volunteer = assignment.help_request, assignment.volunteer
    return tell_volunteer(
        volunteer,
        template,
        help_request,
        elder=help_request.elder.name,
        address=help_request.elder.home() or help_request.community.name,
        door_word=assignment.door_word,
        when=when(help_request, volunteer.text_language),
        **fields,
    )


def ask(assignment: Assignment, template: str) -> Message:
    """Have they arrived, have they finished?"""
    return tell_volunteer(assignment.volunteer, template, assignment.help_request, expires_at=now() + ASK_WITHIN)


def call_off(assignment: Assignment, reason: str) -> Message:
    volunteer, help_request = assignment.volunteer, assignment.help_request
    when_text = when(help_request, volunteer.text_language)
    return _must_know(tell_volunteer(volunteer, "visit_off", help_request, when=when_text, reason=reason), assignment)


def call_off_gently(assignment: Assignment) -> Message:
    """After a death: that they need not come. Why, they hear from a person."""
    volunteer, help_request = assignment.volunteer, assignment.help_request
    when_text = when(help_request, volunteer.text_language)
    return _must_know(tell_volunteer(volunteer, "visit_off_gently", help_request, when=when_text), assignment)


def _must_know(message: Message, assignment: Assignment) -> Message:
    """Who takes no texts may promise a visit all the same, on their page or on the phone: then a person calls."""
    if message.state == Message.State.SUPPRESSED:
        owe_call_instead(message, assignment.help_request)
    return message


def owe_call_instead(message: Message, help_request: HelpRequest | None = None) -> None:
    """This text does not arrive, or not in time."""
    todos.owe(
        Todo.Kind.NOT_DELIVERED,
        community=message.community,
        help_request=help_request or HelpRequest.objects.filter(ref=message.about).first(),
        message=message,
        due_in=CALL_WITHIN,
    )


def withdraw(assignment: Assignment) -> None:
    """They do not go there, or have been there: what would send them is not sent any more.

    A reminder of a visit that is off would otherwise follow the text that says so, which goes first.
    """
    mine = Message.objects.filter(about=assignment.help_request.ref, to=assignment.volunteer.phone)
    outbox.withdraw(mine.filter(template__in=WHERE_TO_GO, params__door_word=assignment.door_word))
