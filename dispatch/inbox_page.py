"""The inbox: everything that somebody owes, by kind, alarms and the most overdue first."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linzhu.communities.models import User
from linzhu.dispatch.models import Todo
from linzhu.dispatch.progress import equip
from linzhu.requests.consents import veil
from linzhu.requests.models import Elder, FamilyContact

SHOWN = 60
Kind = Todo.Kind


@dataclass
class Tab:
    """A group of kinds that is worked through in one go."""

    key: str
    title: Promise
    kinds: list[str]
    count: int = 0


@dataclass(frozen=True)
class Inbox:
    tabs: list[Tab]
    tab: Tab
    todos: list[Todo]

    @property
    def more(self) -> int:
        return self.tab.count - len(self.todos)


def read_inbox(user: User, key: str) -> Inbox:
    """Return the open todos of one tab as this user may see them: six queries."""
    visible = Todo.objects.visible_to(user).open()
    counts = dict(visible.order_by().values_list("kind").annotate(n=Count("pk")))
    tabs = _tabs()
    for tab in tabs:
        tab.count = sum(counts.get(kind, 0) for kind in tab.kinds)
    tab = next((tab for tab in tabs if tab.key == key), tabs[0])
    related = ["help_request__elder", "offer__volunteer", "offer__message", "inbound", "message", "community"]
    related += ["elder", "volunteer", "owed_by", "help_request__elder__community"]
    todos = visible.filter(kind__in=tab.kinds).select_related(*related)
    shown = list(todos.most_urgent_first()[:SHOWN])
    equip(shown, reader=user)
    veil(todo.help_request.elder for todo in shown if todo.kind == Kind.TELL_ELDER and todo.help_request)
    _recognise(user, shown)
    return Inbox(tabs, tab, shown)


_BY_NUMBER = {Kind.UNKNOWN_SENDER, Kind.CALL_WANTED}


def _recognise(user: User, todos: list[Todo]) -> None:
    """Give each text of a stranger, and each caller, the elders whose number, or whose family's number, it came from.

    Looked up here, so that no number ever stands in an address.
    """
    strangers = [todo for todo in todos if todo.kind in _BY_NUMBER and todo.inbound]
    numbers = {todo.inbound.sender for todo in strangers if todo.inbound}
    known: dict[str, dict[int, Elder]] = defaultdict(dict)
    elders = Elder.objects.visible_to(user)
    for elder in elders.filter(phone__in=numbers):
        known[elder.phone][elder.pk] = elder
    for contact in FamilyContact.objects.filter(phone__in=numbers, elder__in=elders).select_related("elder"):
        known[contact.phone][contact.elder_id] = contact.elder
    for todo in strangers:
        todo.elders = list(known[todo.inbound.sender].values()) if todo.inbound else []  # type: ignore[attr-defined]


def _tabs() -> list[Tab]:
    decisions = [Kind.NOBODY_FOUND, Kind.NO_POSITION, Kind.QUIET_HOURS, Kind.DEADLINE_NEAR, Kind.VOLUNTEER_CANNOT]
    decisions += [
        Kind.NOT_ARRIVED,
        Kind.NOT_FINISHED,
        Kind.CONCERN,
        Kind.CASH_GAP,
        Kind.CASH_CHECK,
        Kind.NO_TEXTS,
        Kind.TEXTS_HELD,
    ]
    calls = [
        *Todo.ALARMS,
        Kind.HELP_WANTED,
        Kind.CALL_WANTED,
        Kind.CALL_BACK,
        Kind.UNKNOWN_CALLER,
        Kind.TELL_ELDER,
        Kind.TELL_ELDER_LATE,
        Kind.TELL_ELDER_LOOKING,
        Kind.TELL_ELDER_OFF,
        Kind.AFTER_VISIT,
        Kind.CALL_FAMILY,
        Kind.TELL_VOLUNTEER,
        Kind.IS_BACK,
        Kind.NOT_DELIVERED,
        Kind.ROLL_CALL,
    ]
    return [
        Tab("all", _("All"), list(Kind.values)),
        Tab("replies", _("Unclear replies"), [Kind.UNCLEAR_REPLY]),
        Tab("calls", _("Calls to make"), list(calls)),
        Tab("decisions", _("Decisions"), list(decisions)),
        Tab("unknown", _("Unknown senders"), [Kind.UNKNOWN_SENDER]),
    ]
