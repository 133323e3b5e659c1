"""What comes back by text: from the elder's phone, or from that of the family."""

from __future__ import annotations

from linzhu.communities.clock import now
from linzhu.dispatch.emergency import roll_call, telling
from linzhu.dispatch.models import Emergency, RollCallEntry
from linzhu.dispatch.reading.roll_call import Said, read_roll_call
from linzhu.dispatch.replies import Kind, Reply
from linzhu.notifications.models import InboundMessage
from linzhu.requests.models import Elder, FamilyContact
from linzhu.volunteers.models import Volunteer

State, By = RollCallEntry.State, RollCallEntry.By

NOT_ABOUT_IT = (Kind.OPT_OUT, Kind.OPT_IN)


def take(inbound: InboundMessage, reply: Reply) -> bool:
    """Act on a text that answers a roll-call; False if something else is to be done with it, too.

    One query where there is no emergency.
    """
    if not Emergency.objects.answerable(now()).exists() or reply.kind in NOT_ABOUT_IT:
        return False
    entries, by = _entries_of(inbound.sender)
    if not entries:
        return False
    is_volunteer = Volunteer.objects.filter(phone=inbound.sender).exists()
    said = read_roll_call(inbound.text)
    if reply.kind == Kind.DANGER:
        _learn_all(entries, State.NEEDS_HELP, by)
        return False  # 120 and 110 are named, and staff alarmed, as always
    if said == Said.NEEDS_HELP:
        _answer(inbound, entries, State.NEEDS_HELP, by)
        return not is_volunteer  # who helps others, too, may mean that
    if said == Said.ALL_SAFE or (said == Said.SAFE and len(entries) == 1):
        _answer(inbound, entries, State.SAFE, by)
        return True
    if not is_volunteer or said:
        for entry in entries:
            roll_call.has_written_unclearly(entry)
    return False


def _answer(inbound: InboundMessage, entries: list[RollCallEntry], state: str, by: str) -> None:
    inbound.reading = state
    if _learn_all(entries, state, by):
        telling.answer(inbound.sender, entries[0], state)


def _learn_all(entries: list[RollCallEntry], state: str, by: str) -> bool:
    """Return whether it was news about anybody."""
    news = [entry for entry in entries if roll_call.learn(entry, state, by=by)]
    return bool(news)


def _entries_of(phone: str) -> tuple[list[RollCallEntry], str]:
    """Return the entries that a text from this phone is about, one for each elder: their own, else the family's."""
    elders = list(Elder.objects.filter(phone=phone).values_list("pk", flat=True))
    if elders:
        return _newest(elders), By.ELDER_TEXT
    return _newest(list(FamilyContact.objects.filter(phone=phone).values_list("elder", flat=True))), By.FAMILY_TEXT


def _newest(elders: list[int]) -> list[RollCallEntry]:
    """A real emergency before a drill, a running one before one that is over, then the newest."""
    found = RollCallEntry.objects.filter(elder__in=elders, emergency__in=Emergency.objects.answerable(now()))
    chosen: dict[int, RollCallEntry] = {}
    newest_last = sorted(found.select_related("emergency", "community", "elder", "help_request"), key=_weight)
    for entry in newest_last:
        chosen[entry.elder_id] = entry
    return list(chosen.values())


def _weight(entry: RollCallEntry) -> tuple[bool, bool, object]:
    emergency = entry.emergency
    return emergency.is_running, not emergency.drill, emergency.declared_at
