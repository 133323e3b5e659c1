"""What a volunteer texts about a visit they have promised: arrived, done, cannot come."""

from __future__ import annotations

from datetime import timedelta

from linzhu.dispatch import cash, cash_answers, doorstep, telling, todos
from linzhu.dispatch.assignments import arrive, finish, release, set_out
from linzhu.dispatch.models import Assignment, Todo
from linzhu.dispatch.replies import Kind, Reply
from linzhu.dispatch.visits import delay
from linzhu.notifications.models import InboundMessage
from linzhu.requests.lifecycle import Actor
from linzhu.requests.models import HelpRequest, StatusChange
from linzhu.volunteers.models import Volunteer

CALL_WITHIN = timedelta(minutes=5)


def volunteer_actor(volunteer: Volunteer) -> Actor:
    return Actor(StatusChange.Who.VOLUNTEER, volunteer.known_as)


def on_my_way(inbound: InboundMessage, reply: Reply) -> bool:
    """The volunteer has set out. False if it is not certain which visit is meant."""
    assignment = _meant(inbound, reply)
    if assignment is None:
        return False
    set_out(assignment)
    telling.tell_volunteer(assignment.volunteer, "on_my_way_thanks", None)
    return True


def late(inbound: InboundMessage, reply: Reply) -> bool:
    """The volunteer comes ``reply.minutes`` later. False if it is not certain which visit is meant."""
    assignment = _meant(inbound, reply)
    if assignment is None or reply.minutes is None:
        return False
    delay(assignment, reply.minutes)
    telling.tell_volunteer(assignment.volunteer, "late_thanks", None, minutes=str(reply.minutes))
    return True


def wants_help(inbound: InboundMessage, reply: Reply) -> bool:
    """The volunteer wants a call from the office, on a visit or not. False if nobody is known by this phone."""
    volunteer = Volunteer.objects.filter(phone=inbound.sender).select_related("community").first()
    if volunteer is None:
        return False
    assignment = _meant(inbound, reply)
    owe_call(volunteer, assignment.help_request if assignment else None, inbound)
    telling.tell_volunteer(volunteer, "help_ack", None)
    return True


def owe_call(volunteer: Volunteer, help_request: HelpRequest | None, inbound: InboundMessage) -> None:
    """Somebody calls the volunteer back within minutes."""
    todos.owe(
        Todo.Kind.HELP_WANTED,
        community=help_request.community if help_request else volunteer.community,
        help_request=help_request,
        inbound=inbound,
        due_in=CALL_WITHIN,
    )


def arrived(inbound: InboundMessage, reply: Reply) -> bool:
    """The volunteer is at the door. False if it is not certain which visit is meant."""
    assignment = _meant(inbound, reply)
    if assignment is None:
        return False
    arrive(assignment, actor=volunteer_actor(assignment.volunteer))
    telling.tell_volunteer(assignment.volunteer, "arrived_thanks", None)
    return True


def no_answer(inbound: InboundMessage, reply: Reply) -> bool:
    """Nobody opens the door: staff call at once, the volunteer waits. False if no one visit is certainly meant."""
    assignment = _meant(inbound, reply)
    if assignment is None:
        return False
    doorstep.nobody_opens(assignment)
    telling.tell_volunteer(assignment.volunteer, "no_answer_ack", None)
    return True


def done(inbound: InboundMessage, reply: Reply) -> bool:
    """The visit is over. False if it is not certain which visit is meant, or money is told of where none was agreed."""
    assignment = _meant(inbound, reply)
    if assignment is None or (reply.figures and not assignment.help_request.is_about_money):
        return False
    finish(assignment, actor=volunteer_actor(assignment.volunteer), minutes=reply.minutes)
    if reply.figures:
        cash_answers.note(assignment, reply.figures)
    else:
        template = "done_cash" if cash.awaits_figures(assignment) else "done_thanks"
        telling.tell_volunteer(assignment.volunteer, template, assignment.help_request)
    return True


def cannot_come(inbound: InboundMessage, reply: Reply) -> bool:
    """A promise is taken back: somebody else is asked at once. False if no one promise is certainly meant."""
    assignment = _meant(inbound, reply)
    if assignment is None:
        return False
    take_back(assignment)
    telling.tell_volunteer(assignment.volunteer, "cannot_thanks", assignment.help_request)
    return True


def take_back(assignment: Assignment) -> None:
    """The volunteer takes their promise back. Raises TooLate if the assignment no longer stands."""
    release(assignment, actor=volunteer_actor(assignment.volunteer), why=Kind.CANNOT_COME, tell_volunteer=False)


def _meant(inbound: InboundMessage, reply: Reply) -> Assignment | None:
    """The one visit that stands for this phone (or bears the code); None if there is none, or more than one."""
    standing = Assignment.objects.standing().filter(volunteer__phone=inbound.sender)
    if reply.code:
        standing = standing.filter(offer__code=reply.code)
    visits = list(standing.select_related("volunteer", "help_request__elder", "help_request__community")[:2])
    if len(visits) != 1:
        return None
    inbound.about = visits[0].help_request.ref
    return visits[0]
