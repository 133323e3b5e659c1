"""What staff do on a help request's page: each action reads its form, calls one domain function, says what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from linzhu.communities.models import User
from linzhu.dispatch import assignments, decisions, doorstep, waves
from linzhu.dispatch.candidates import find_assignable
from linzhu.dispatch.errors import MoneyUnsettled, NotCleared, ReasonNeeded, TooLate
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Assignment
from linzhu.dispatch.reasons import explain_all
from linzhu.requests.lifecycle import TRANSITIONS, Actor, IllegalTransition
from linzhu.requests.models import HelpRequest, Status

REASONS_TO_CANCEL = ["no-longer-needed", "helped-otherwise", "by-elder", "mistake"]
REASONS_TO_GIVE_UP = ["nobody-free", "nobody-able", "too-late"]
LONGEST_VISIT_MIN = 24 * 60
Outcome = Assignment.Outcome
OUTCOMES_OF_RELEASE = [Outcome.CANNOT_COME, Outcome.NO_SHOW, Outcome.TURNED_DOWN, Outcome.ELDER_NO_ANSWER]
"""Somebody else is looked for."""
OUTCOMES_OF_FINISH = [Outcome.DONE, Outcome.ELDER_NO_ANSWER, Outcome.TURNED_DOWN]
"""It is over: nobody else is looked for."""


class Refused(Exception):  # noqa: N818 (an answer for the person who asked, not a fault)
    """The action cannot be done; its text says kindly why."""


def perform(name: str, help_request: HelpRequest, form: QueryDict, user: User) -> str:
    """Do the action and return what to tell the one who asked.

    Raises KeyError for an unknown action, Refused where it is not possible (any more).
    """
    action = ACTIONS[name]
    try:
        return action(help_request, form, Actor.staff(user))
    except MoneyUnsettled:
        raise Refused(
            _("The money of an earlier visit of this volunteer does not agree yet. A lead clears it.")
        ) from None
    except NotCleared as lacking:
        text = _("This volunteer's clearance does not cover this visit. Please choose somebody else.")
        raise Refused(" ".join([text, *explain_all(lacking.gaps)])) from None
    except (TooLate, IllegalTransition):
        raise Refused(_("Meanwhile this has changed: here is how it stands now.")) from None


def legal_actions(help_request: HelpRequest) -> set[str]:
    """Return the names of the actions that the help request's status allows."""
    status, targets = help_request.status, TRANSITIONS[help_request.status]
    looking = status in (Status.OPEN, Status.PAUSED) and help_request.places_filled < help_request.people_needed
    legal = {
        "search-again": status == Status.PAUSED,
        "ask-next": status == Status.OPEN,
        "assign": looking,
        "settle": looking and help_request.places_filled > 0,
        "cancel": Status.CANCELLED in targets,
        "give-up": Status.UNMET in targets,
        "on-my-way": status in (Status.ASSIGNED, Status.UNDERWAY),
        "arrived": status in (Status.ASSIGNED, Status.UNDERWAY),
        "no-answer": status in (Status.ASSIGNED, Status.UNDERWAY),
        "done": status in (Status.ASSIGNED, Status.UNDERWAY),
        "release": help_request.is_live,
        "close": Status.CLOSED in targets,
        "family-link": help_request.is_live or status == Status.DONE,
        "revoke-links": True,
    }
    return {name for name, is_legal in legal.items() if is_legal}


# --- the search ---------------------------------------------------------------------------------------------------


def _search_again(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    decisions.search_again(help_request, actor=actor)
    return _("Linzhu asks again, from the nearest outwards.")


def _ask_next(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    """Do not wait for the running wave: the next neighbours are asked now. Open offers stay open."""
    wave = help_request.waves.filter(ended_at=None).first()
    if help_request.status != Status.OPEN or wave is None:
        raise TooLate
    waves.end_wave(wave)
    return _("The next neighbours are asked now.")


def _assign(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    volunteer = find_assignable(help_request, _number(form, "volunteer"))
    if volunteer is None:
        raise Refused(_("This volunteer cannot be assigned here. Please choose from the list."))
    said_yes = form.get("via") == Assignment.Via.PHONE
    via = Assignment.Via.PHONE if said_yes else Assignment.Via.STAFF
    assignments.assign(help_request, volunteer, actor=actor, via=via)
    return _("%(name)s comes, and has been told where and when.") % {"name": volunteer.name}


def _settle(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    try:
        decisions.settle_for(help_request, actor=actor, why=form.get("why", "").strip()[:200])
    except ReasonNeeded:
        raise Refused(_("More people go for this service. Please write why fewer are enough this time.")) from None
    return _("Noted: nobody else is looked for.")


# --- the visit ----------------------------------------------------------------------------------------------------


def _on_my_way(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    assignment = _standing(help_request, form)
    if assignment.arrived_at is not None:
        raise TooLate
    assignments.set_out(assignment)
    return _("Noted: %(name)s is on the way.") % {"name": assignment.volunteer.name}


def _arrived(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    assignment = _standing(help_request, form)
    assignments.arrive(assignment, actor=actor)
    return _("Noted: %(name)s is at the door.") % {"name": assignment.volunteer.name}


def _no_answer(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    assignment = _standing(help_request, form)
    doorstep.nobody_opens(assignment)
    return _("Noted: nobody opens. Please call the elder and the family now.")


def _done(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    assignment = _standing(help_request, form)
    minutes = _number(form, "minutes") if form.get("minutes") else None
    if minutes is not None and not 0 < minutes <= LONGEST_VISIT_MIN:
        raise Refused(_("How many minutes did the visit take? Please write a number such as 45."))
    outcome = _outcome(form, OUTCOMES_OF_FINISH)
    assignments.finish(assignment, actor=actor, minutes=minutes, outcome=outcome)
    if outcome == Outcome.ELDER_NO_ANSWER:
        return _("Noted: nobody opens. Please call the elder and the family now.")
    if outcome == Outcome.TURNED_DOWN:
        return _("Noted: %(name)s was turned away at the door. Please call the elder now.") % {
            "name": assignment.volunteer.name
        }
    return _("Noted: %(name)s has finished. Thank you both.") % {"name": assignment.volunteer.name}


def _release(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    assignment = _standing(help_request, form)
    outcome = _outcome(form, OUTCOMES_OF_RELEASE)
    if outcome == Outcome.NO_SHOW and assignment.arrived_at:
        raise Refused(
            _("%(name)s has been at the door. Please choose another reason.") % {"name": assignment.volunteer.name}
        )
    # Whoever stood before the door need not be told that the visit is off.
    expected = outcome in (Outcome.CANNOT_COME, Outcome.NO_SHOW)
    why = form.get("why", "").strip()[:200]
    assignments.release(assignment, actor=actor, why=why, outcome=outcome, tell_volunteer=expected)
    return _("Noted. Linzhu looks for somebody else.")


def _standing(help_request: HelpRequest, form: QueryDict) -> Assignment:
    standing = help_request.assignments.standing().select_related("volunteer")
    assignment = standing.filter(pk=_number(form, "assignment")).first()
    if assignment is None:
        raise TooLate
    return assignment


def _outcome(form: QueryDict, allowed: Sequence[Outcome]) -> Outcome:
    """The chosen outcome; the first, usual one where the form names none."""
    chosen = form.get("outcome") or allowed[0]
    if chosen not in allowed:
        raise Refused(_("Please choose how it went."))
    return Outcome(chosen)


# --- the end ------------------------------------------------------------------------------------------------------


def _cancel(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    decisions.cancel(help_request, actor=actor, reason=_reason(form, REASONS_TO_CANCEL))
    return _("Cancelled. Everybody who knew of it is told.")


def _give_up(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    decisions.give_up(help_request, actor=actor, reason=_reason(form, REASONS_TO_GIVE_UP))
    return _("Ended without help. The elder must hear it from a person: see the inbox.")


def _close(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    decisions.close(help_request, actor=actor)
    return _("Closed. Well done.")


def _revoke_links(help_request: HelpRequest, form: QueryDict, actor: Actor) -> str:
    with transaction.atomic():
        help_request.family_links.all().revoke()
        record_event(help_request)
    return _("The family's links no longer open anything.")


def _reason(form: QueryDict, allowed: list[str]) -> str:
    reason = form.get("reason", "")
    if reason not in allowed:
        raise Refused(_("Please choose a reason."))
    return reason


def _number(form: QueryDict, name: str) -> int:
    try:
        return int(form.get(name, ""))
    except ValueError:
        raise Refused(_("Something was missing in the form. Please try again.")) from None


ACTIONS: dict[str, Callable[[HelpRequest, QueryDict, Actor], str]] = {
    "search-again": _search_again,
    "ask-next": _ask_next,
    "assign": _assign,
    "settle": _settle,
    "on-my-way": _on_my_way,
    "arrived": _arrived,
    "no-answer": _no_answer,
    "done": _done,
    "release": _release,
    "cancel": _cancel,
    "give-up": _give_up,
    "close": _close,
    "revoke-links": _revoke_links,
}
