"""The end of an emergency, said by a person: nobody new is asked, and whoever is still owed something has a name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Q

from linzhu.communities.access import may
from linzhu.communities.clock import now
from linzhu.communities.models import Community, Role, User
from linzhu.dispatch.emergency.roll_call import CALL_SCRIPT, about_of, give_up_all
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import CallUp, Emergency, RollCallChange, RollCallEntry
from linzhu.notifications import outbox
from linzhu.notifications.models import Message
from linzhu.notifications.voice import calls

State, Step = RollCallEntry.State, RollCallEntry.Step

AFTER_MIN = (15, 30, 60)
PERSON_WITHIN = timedelta(hours=2)


def may_end(user: User, emergency: Emergency) -> bool:
    """Whoever could declare it can end it: it takes the right for every part of its area."""
    return all(may(user, Role.DISPATCHES, node) for node in emergency.nodes.all())


def end(emergency: Emergency, *, user: User) -> bool:
    """End it; False if somebody has ended it already.

    Safety checks that are open stay so until they are done. Everybody else who has not been heard of is owed a call by
    the person who ends it: nobody falls silent with the emergency.
    """
    at = now()
    with transaction.atomic():
        if not Emergency.objects.running().filter(pk=emergency.pk).update(ended_at=at, ended_by=user):
            return False
        emergency.refresh_from_db()
        unheard = emergency.entries.unsettled().exclude(step=Step.VISIT)
        _stop_asking(emergency)
        unheard.update(step=Step.PERSON, due_at=at + PERSON_WITHIN, owner=user)
        emergency.summary = summary_of(emergency)
        emergency.save(update_fields=["summary"])
        for node in Community.objects.filter(emergencies=emergency):
            record_event(community=node)
    return True


def _stop_asking(emergency: Emergency) -> None:
    """Texts and calls that wait need not go out any more."""
    outbox.withdraw(Message.objects.filter(roll_call_entries__emergency=emergency, state=Message.State.QUEUED))
    for entry in emergency.entries.unsettled().filter(call__settled_at=None, call__isnull=False):
        calls.withdraw(about_of(entry), CALL_SCRIPT)
    give_up_all(emergency)


def summary_of(emergency: Emergency) -> dict[str, Any]:
    """Return how it stands: figures alone. Three queries."""
    entries = emergency.entries.order_by().aggregate(
        asked=Count("pk"),
        safe=Count("pk", filter=Q(state=State.SAFE)),
        needs_help=Count("pk", filter=Q(state=State.NEEDS_HELP)),
        helped=Count("pk", filter=Q(state=State.HELPED)),
        visits=Count("pk", filter=Q(step=Step.VISIT)),
        owed=Count("pk", filter=Q(step__in=RollCallEntry.BY_PERSON)),
    )
    first = RollCallChange.objects.filter(entry__emergency=emergency, to_state=State.SAFE).exclude(
        from_state=State.SAFE
    )
    heard_at = first.order_by().values("entry").annotate(at=Min("at")).values_list("at", flat=True)
    waits = [at - emergency.declared_at for at in heard_at]
    after = {str(minutes): sum(wait <= timedelta(minutes=minutes) for wait in waits) for minutes in AFTER_MIN}
    called_up = emergency.call_ups.order_by().aggregate(
        called_up=Count("pk", filter=Q(asked_at__isnull=False)),
        ready=Count("pk", filter=Q(answer=CallUp.Answer.YES)),
    )
    heard = sum(entries[state] for state in ("safe", "needs_help", "helped"))
    return {**entries, **called_up, "not_reached": entries["asked"] - heard, "safe_after": after}
