"""What staff answer to a todo: each answer calls one domain function and says what it did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from linzhu.communities.models import User
from linzhu.dispatch import assignments, doorstep, todos, unclear
from linzhu.dispatch.call_backs import CONCERN, note_concern
from linzhu.dispatch.emergency import roll_call
from linzhu.dispatch.errors import AboutThemself, NotCleared, TooLate
from linzhu.dispatch.models import Assignment, CashJob, RollCallEntry, Todo
from linzhu.dispatch.reasons import explain_all
from linzhu.requests.lifecycle import Actor, IllegalTransition

CALL_AGAIN_IN = timedelta(minutes=20)
ENTRY = ("emergency", "community", "elder", "help_request")


class CannotBe(Exception):  # noqa: N818 (an answer for the person who asked, not a fault)
    """It can no longer be answered so; the text says kindly why."""


def deal_with(todo: Todo, act: str, user: User, words: str = "", about: str = "") -> str:
    """Do what staff decided about a todo, and return what to tell them. A concern has words, and is about something.

    Raises KeyError for an unknown act, CannotBe where it is too late.
    """
    answer = ANSWERS[act]
    _refuse_around_the_money(todo, act)
    try:
        return _concern(todo, user, words.strip(), about) if act == CONCERN else answer(todo, user)
    except AboutThemself:
        raise CannotBe(_("This is about you, so a colleague settles it.")) from None
    except NotCleared as lacking:
        text = _("This volunteer's clearance does not cover this visit. Please look for another.")
        raise CannotBe(" ".join([text, *explain_all(lacking.gaps)])) from None
    except (TooLate, IllegalTransition):
        raise CannotBe(_("This offer is closed by now: somebody else comes, or it is over.")) from None


def _refuse_around_the_money(todo: Todo, act: str) -> None:
    """A todo about money is settled by what is noted of the money, on its own form."""
    if todo.kind in (Todo.Kind.CASH_GAP, Todo.Kind.CASH_CHECK):
        raise CannotBe(_("Please settle the money itself: then this is settled, too."))
    unheard = CashJob.objects.unsettled().filter(assignment__help_request=todo.help_request, heard_at=None)
    if todo.kind == Todo.Kind.AFTER_VISIT and act not in ("missed", CONCERN) and unheard.exists():
        raise CannotBe(_("Please note first what the elder says of the money."))


def _yes(todo: Todo, user: User) -> str:
    assignment = unclear.count_as_yes(todo, user=user)
    return _("%(name)s comes, and has been told where and when.") % {"name": assignment.volunteer.name}


def _no(todo: Todo, user: User) -> str:
    unclear.count_as_no(todo, user=user)
    return _("Counted as a no.")


def _ask(todo: Todo, user: User) -> str:
    unclear.ask_again(todo, user=user)
    return _("Asked again, with the same code.")


def _cannot(todo: Todo, user: User) -> str:
    """A doubtful text after the yes, and it means that they do not come."""
    standing = Assignment.objects.standing().filter(offer=todo.offer).select_related("volunteer").first()
    if todo.offer is None or standing is None:
        raise TooLate
    with transaction.atomic():
        assignments.release(standing, actor=Actor.staff(user), why=_("cannot come"))
        todos.settle(todo, user=user, outcome=_("cannot come"))
    return _("Noted. Linzhu looks for somebody else.")


def _missed(todo: Todo, user: User) -> str:
    if todo.is_alarm:
        todos.postpone(todo, due_in=doorstep.CALL_AGAIN_IN, outcome=_("nobody picked up"))
        return _("It stays here. Please try the family, or send somebody: do not wait.")
    todos.postpone(todo, due_in=CALL_AGAIN_IN, outcome=_("nobody picked up"))
    return _("It stays here, to be tried again in 20 minutes.")


def _told(todo: Todo, user: User) -> str:
    todos.settle(todo, user=user, outcome=_("told"))
    return _("Noted: told. Thank you.")


def _well(todo: Todo, user: User) -> str:
    todos.settle(todo, user=user, outcome=_("all is well"))
    return _("Noted: all is well there. Thank you.")


def _helped(todo: Todo, user: User) -> str:
    """Whoever said in a roll-call that they need help has got it."""
    entry = RollCallEntry.objects.filter(help_request=todo.help_request).select_related(*ENTRY).first()
    with transaction.atomic():
        if todos.settle(todo, user=user, outcome=_("has been helped")) and entry:
            roll_call.learn(entry, RollCallEntry.State.HELPED, by=RollCallEntry.By.STAFF, user=user)
    return _("Noted: helped. Thank you.")


def _settled(todo: Todo, user: User) -> str:
    todos.settle(todo, user=user, outcome=_("settled"))
    return _("Settled. Thank you.")


def _concern(todo: Todo, user: User, words: str = "", about: str = "") -> str:
    if not words:
        raise CannotBe(_("Please write what was wrong."))
    if note_concern(todo, words, user=user, chosen=about):
        return _("Noted, and raised as an alarm: it sounds dangerous. If somebody is in need, call 120 or 110 first.")
    return _("Noted. It stays in the inbox until it has been put right.")


ANSWERS: dict[str, Callable[[Todo, User], str]] = {
    "yes": _yes,
    "no": _no,
    "ask": _ask,
    "cannot": _cannot,
    "told": _told,
    "missed": _missed,
    "well": _well,
    "helped": _helped,
    "settled": _settled,
    CONCERN: _concern,
}
