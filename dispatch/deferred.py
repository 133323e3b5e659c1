"""Ten seconds to think better of it, instead of "are you sure?".

What ends something, or tells people something that no second text takes back, is not done when its button is pressed.
It is written down with a due time; the clock does it when that has come, under the name of whoever pressed it. Until
then one conditional UPDATE takes it back, and nothing has happened: no text was written that would have to be fetched
again. A crash loses nothing, as what is due stands in the database (decision 0019).
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.db import IntegrityError, transaction
from django.http import QueryDict

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.dispatch.actions import Refused, perform
from linzhu.dispatch.doorstep import KIND_OF
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import DeferredAct
from linzhu.requests.models import HelpRequest

UNDO_FOR = timedelta(seconds=10)
DEFERRED = frozenset({"cancel", "give-up", "release", "settle", "close"})
NOT_MEANWHILE = frozenset({"assign", "ask-next", "search-again"})
"""What is not done while something is about to happen: nobody is sent on their way to be called off a moment later.
What is reported from the door goes on, whatever waits."""
KEPT = ("reason", "outcome", "assignment", "why")
"""The fields of those actions' forms."""
COMES_ALL_THE_SAME = "cancel"
"""Called off is called off, whatever happens meanwhile. All else was decided as things stood then."""


def is_deferred(action: str, form: QueryDict) -> bool:
    """Whether it can wait. Where somebody stood before a door that stayed shut, a call is owed at once."""
    return action in DEFERRED and form.get("outcome") not in KIND_OF


def defer(action: str, help_request: HelpRequest, form: QueryDict, user: User) -> DeferredAct:
    """Write down what is to happen, and return it.

    It is rehearsed first and rolled back, so that whoever presses the button hears at once what cannot be done:
    Refused, as from ``perform``. Raises TooLate while something else is about to happen here.
    """
    with transaction.atomic():
        perform(action, HelpRequest.objects.get(pk=help_request.pk), form, user)
        transaction.set_rollback(True)
    at = now()
    kept = {name: form[name] for name in KEPT if name in form}
    try:
        with transaction.atomic():
            act = DeferredAct.objects.create(
                help_request=help_request, action=action, form=kept, user=user, asked_at=at, due_at=at + UNDO_FOR
            )
            record_event(help_request)
    except IntegrityError:
        same = help_request.deferred_acts.waiting().filter(action=action, form=kept).first()
        if same is None:
            raise TooLate from None
        return same
    return act


def undo(act: DeferredAct, *, user: User) -> None:
    """Take it back: nothing has happened. Raises TooLate once it has been done, or taken back by somebody else."""
    with transaction.atomic():
        if not _decide(act, DeferredAct.Fate.UNDONE, over_by=user):
            raise TooLate
        record_event(act.help_request)


def carry_out(act: DeferredAct) -> None:
    """Do what was pressed, once; or note that it was overtaken, and change nothing."""
    with transaction.atomic():
        # The help request's row first, as everywhere.
        help_request = HelpRequest.objects.select_for_update(no_key=True).get(pk=act.help_request_id)
        if not _decide(act, DeferredAct.Fate.DONE):
            return
        if act.user is None or _is_overtaken(act) or not _performed(act, help_request):
            DeferredAct.objects.filter(pk=act.pk).update(fate=DeferredAct.Fate.OVERTAKEN)
            record_event(help_request)


def _performed(act: DeferredAct, help_request: HelpRequest) -> bool:
    assert act.user is not None  # noqa: S101 (the caller looked; this tells mypy)
    try:
        with transaction.atomic():
            perform(act.action, help_request, QueryDict(urlencode(act.form)), act.user)
    except Refused:
        return False
    return True


def _is_overtaken(act: DeferredAct) -> bool:
    """Somebody has said yes, or has come, since the button was pressed: the reason for it is gone."""
    moved = act.help_request.changes.filter(at__gt=act.asked_at)
    return act.action != COMES_ALL_THE_SAME and moved.exists()


def _decide(act: DeferredAct, fate: DeferredAct.Fate, **by: User) -> bool:
    """Settle its fate: of all who try, one does."""
    waiting = DeferredAct.objects.waiting().filter(pk=act.pk)
    return waiting.update(fate=fate, over_at=now(), form={}, **by) == 1
