"""The buttons of a volunteer's page: each reads its form, calls the function that a text would call, says what it did.

No text answers a button: the page itself does. Only a yes is followed by the text with name, address and door word, so
that it is on the phone when the page is not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from linzhu.dispatch import doorstep, wishes
from linzhu.dispatch.actions import LONGEST_VISIT_MIN, Refused
from linzhu.dispatch.assignments import arrive, finish, set_out
from linzhu.dispatch.errors import Busy, MoneyUnsettled, NotCleared, TooLate
from linzhu.dispatch.keeping import keep_words
from linzhu.dispatch.late_yes import note_late_yes
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.offers import accept, decline
from linzhu.dispatch.replies import Kind
from linzhu.dispatch.visit_answers import owe_call, take_back, volunteer_actor
from linzhu.dispatch.visits import delay
from linzhu.requests.lifecycle import IllegalTransition
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.forms import PauseForm
from linzhu.volunteers.models import Volunteer

LONGEST_DELAY_MIN = 240

TOO_LATE_WORDS = {
    "already_yours": gettext_lazy("All settled: this visit is yours. Thank you!"),
    "offer_cancelled": gettext_lazy("Thank you! This help is no longer needed, so you need not go."),
    "offer_expired": gettext_lazy("Thank you! The time to answer is past, so please do not go."),
    "late_standby": gettext_lazy(
        "Thank you! A neighbour was quicker, so you need not go for now. If they cannot come, we ask you first."
    ),
    "late_taken": gettext_lazy(
        "Thank you! A neighbour was a moment faster, so you need not go. We would love to ask you again."
    ),
}


# --- offers -------------------------------------------------------------------------------------------------------


def say_yes(offer: Offer) -> str:
    """Take the place, exactly as a yes by text would. Raises Refused with the kind reason if there is none."""
    try:
        accept(offer, actor=volunteer_actor(offer.volunteer))
    except Busy:
        raise Refused(
            _("You have promised another visit at that time. If both are possible, please call us.")
        ) from None
    except MoneyUnsettled:
        raise Refused(_("Thank you! The money of an earlier visit must be settled first. Please call us.")) from None
    except NotCleared:
        raise Refused(_("Thank you! Something about your clearance must be settled first. Please call us.")) from None
    except TooLate:
        raise Refused(str(TOO_LATE_WORDS[note_late_yes(offer)])) from None
    return _("Thank you! The visit is yours. Everything you need stands here, and in the text on your phone.")


def say_no(offer: Offer) -> str:
    """Note a no. Raises Refused where a promise stands: that is taken back on the visit itself."""
    if Assignment.objects.standing().filter(offer=offer).exists():
        raise Refused(_("You have said yes to this one. If you cannot come after all, please say so on the visit."))
    decline(offer, actor=volunteer_actor(offer.volunteer))
    return _("Thank you for telling us. We will ask again another time.")


# --- visits -------------------------------------------------------------------------------------------------------


def act_on_visit(name: str, assignment: Assignment, form: QueryDict) -> str:
    """Report something about a visit. Raises KeyError for an unknown report, Refused where it cannot be (any more)."""
    report = VISIT_ACTS[name]
    if assignment.status == Assignment.Status.FINISHED:
        raise Refused(_("This visit is finished already. Thank you!"))
    if assignment.status == Assignment.Status.RELEASED:
        raise Refused(_("This visit is no longer yours, so you need not go."))
    try:
        return report(assignment, form)
    except (TooLate, IllegalTransition):
        raise Refused(_("Meanwhile this has changed: here is how it stands now.")) from None


def _on_my_way(assignment: Assignment, form: QueryDict) -> str:
    if assignment.arrived_at:
        raise Refused(_("We know already that you are there."))
    set_out(assignment)
    return _("Good, take care on the way. The family can see it.")


def _late(assignment: Assignment, form: QueryDict) -> str:
    minutes = _minutes(form, LONGEST_DELAY_MIN)
    delay(assignment, minutes)
    return ngettext(
        "Noted: %(n)d minute later. Family and elder are told.",
        "Noted: %(n)d minutes later. Family and elder are told.",
        minutes,
    ) % {"n": minutes}


def _arrived(assignment: Assignment, form: QueryDict) -> str:
    arrive(assignment, actor=volunteer_actor(assignment.volunteer))
    return _("Good that you are there. When you have finished, press “Done”.")


def _done(assignment: Assignment, form: QueryDict) -> str:
    minutes = _minutes(form, LONGEST_VISIT_MIN) if form.get("minutes") else None
    finish(assignment, actor=volunteer_actor(assignment.volunteer), minutes=minutes)
    return _("Thank you for your help! It is in your hours.")


def _cannot_come(assignment: Assignment, form: QueryDict) -> str:
    if assignment.arrived_at:
        raise Refused(_("You are there already. If you have to leave, please call us."))
    take_back(assignment)
    return _("Thank you for telling us in time. Somebody else is asked now.")


def _nobody_opens(assignment: Assignment, form: QueryDict) -> str:
    doorstep.nobody_opens(assignment)
    return _(
        "Thank you for telling us. The office calls elder and family now: please wait at the door for ten minutes. "
        "If you hear somebody in need, call 120 or 110 first."
    )


def _help(assignment: Assignment, form: QueryDict) -> str:
    return call_me(assignment.volunteer, assignment.help_request)


VISIT_ACTS: dict[str, Callable[[Assignment, QueryDict], str]] = {
    "on-my-way": _on_my_way,
    "late": _late,
    "arrived": _arrived,
    "done": _done,
    "cannot-come": _cannot_come,
    "nobody-opens": _nobody_opens,
    "help": _help,
}


def call_me(volunteer: Volunteer, help_request: HelpRequest | None = None) -> str:
    """Ask the office for a call. Pressed twice, one call is owed."""
    about = help_request.ref if help_request else ""
    owed = Todo.objects.open().filter(
        kind=Todo.Kind.HELP_WANTED, inbound__sender=volunteer.phone, help_request=help_request
    )
    with transaction.atomic():
        if not owed.exists():
            pressed = keep_words(volunteer.phone, _("Please call me."), reading=Kind.HELP, about=about)
            owe_call(volunteer, help_request, pressed)
    return _("The office calls you in a moment. If somebody is in danger, call 120 or 110 first.")


def _minutes(form: QueryDict, longest: int) -> int:
    text = form.get("minutes", "").strip()
    if not text.isdecimal() or len(text) > len(str(longest)) or not 0 < int(text) <= longest:
        raise Refused(_("How many minutes? Please write a number such as 45."))
    return int(text)


# --- wishes -------------------------------------------------------------------------------------------------------


def _pause(volunteer: Volunteer, form: QueryDict) -> str:
    pause = PauseForm(form)
    if not pause.is_valid():
        raise Refused(" ".join(map(str, pause.errors["until"])))
    back_on = pause.cleaned_data["until"] + timedelta(days=1)
    wishes.rest(volunteer, back_on)
    return _("All right, no requests before %(day)s. Visits you have promised stand.") % {
        "day": date_format(back_on, _("j F"))
    }


def _resume(volunteer: Volunteer, form: QueryDict) -> str:
    wishes.end_rest(volunteer)
    return _("Welcome back! We ask you again from now on.")


def _more(volunteer: Volunteer, form: QueryDict) -> str:
    return _cap_words(wishes.change_cap(volunteer, wishes.STEP))


def _fewer(volunteer: Volunteer, form: QueryDict) -> str:
    return _cap_words(wishes.change_cap(volunteer, -wishes.STEP))


def _cap_words(cap: int) -> str:
    return ngettext(
        "All right: we ask you at most %(n)d time a week.", "All right: we ask you at most %(n)d times a week.", cap
    ) % {"n": cap}


WISHES: dict[str, Callable[[Volunteer, QueryDict], str]] = {
    "pause": _pause,
    "resume": _resume,
    "more": _more,
    "fewer": _fewer,
    "help": lambda volunteer, _form: call_me(volunteer),
}
