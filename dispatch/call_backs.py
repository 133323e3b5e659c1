"""The call-back: after a visit a person asks the elder how it was, and what was wrong is put right by a date.

Owed after visits of somebody who was with the elder for the first time, where money changed hands, and after a share of
all others. The community says how many of each (usually all, all and one in ten); chance says which, so that nobody can
know which visits are asked about.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from linzhu.communities.models import User
from linzhu.communities.rules import rules_of
from linzhu.dispatch import todos
from linzhu.dispatch.concerns import alarm_if_danger, read_about
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.keeping import keep_words
from linzhu.dispatch.models import Assignment, Todo
from linzhu.dispatch.telling import owe_family_call
from linzhu.requests.models import ElderState, HelpRequest

CALL_WITHIN = timedelta(days=1)
CORRECT_WITHIN = timedelta(days=3)
"""How soon what an elder complains of is put right (整改)."""
CONCERN = "concern"


def owe_call_back(help_request: HelpRequest) -> None:
    """Owe the elder a call if this visit, which has just ended, is one that is asked about."""
    if not help_request.assignments.filter(outcome=Assignment.Outcome.DONE).exists():
        return  # nobody was let in: a call of another kind is owed
    if not help_request.elder.is_active:
        if help_request.elder.state != ElderState.DIED:
            owe_family_call(help_request.elder)
        return
    if secrets.randbelow(100) < _share_pct(help_request):
        todos.owe(
            Todo.Kind.AFTER_VISIT, community=help_request.community, help_request=help_request, due_in=CALL_WITHIN
        )


def _share_pct(help_request: HelpRequest) -> int:
    """How many of such visits are asked about, in per cent: the largest share of those that hold for this one."""
    rules = rules_of(help_request.community)
    shares = [rules.call_back_others_pct]
    if help_request.is_about_money:
        shares.append(rules.call_back_money_pct)
    if _was_first_time(help_request):
        shares.append(rules.call_back_first_pct)
    return max(shares)


def _was_first_time(help_request: HelpRequest) -> bool:
    done = Assignment.objects.filter(outcome=Assignment.Outcome.DONE)
    before = done.filter(help_request__elder=help_request.elder_id, volunteer=OuterRef("volunteer"))
    return done.filter(~Exists(before.exclude(help_request=help_request)), help_request=help_request).exists()


def note_concern(todo: Todo, words: str, *, user: User, chosen: str = "") -> bool:
    """The elder says that something was wrong: somebody owes it to them that it is put right.

    The words are kept as what came in from the elder's phone; ``chosen`` says what they are about.
    Returns whether they mean danger, of which staff are alerted. Raises TooLate if the call is settled already.
    """
    help_request = todo.help_request
    with transaction.atomic():
        if help_request is None or todo.kind != Todo.Kind.AFTER_VISIT:
            raise TooLate
        if not todos.settle(todo, user=user, outcome=_("something was wrong")):
            raise TooLate
        said = keep_words(help_request.elder.phone, words, reading=CONCERN, about=help_request.ref)
        community = help_request.community
        todos.owe(
            Todo.Kind.CONCERN,
            community=community,
            help_request=help_request,
            inbound=said,
            due_in=CORRECT_WITHIN,
            about=read_about(chosen, help_request),
        )
        return alarm_if_danger(said, help_request)
