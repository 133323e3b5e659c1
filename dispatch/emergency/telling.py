"""Who is told what in an emergency."""

from __future__ import annotations

from linzhu.communities.clock import now
from linzhu.dispatch.emergency.wording import drill_mark, event_name
from linzhu.dispatch.models import Emergency, RollCallEntry
from linzhu.dispatch.telling import elder_language
from linzhu.notifications import outbox
from linzhu.notifications.models import Message

FROM_FAMILY = (RollCallEntry.By.FAMILY_TEXT, RollCallEntry.By.FAMILY_PAGE)


def text_of(emergency: Emergency) -> str:
    """Return the key of the text that asks elders in this kind of emergency."""
    return f"roll_call_{emergency.kind.replace('-', '_')}"


def ask_elder(entry: RollCallEntry) -> Message:
    """Text the elder: what to do, and whether they are safe."""
    return _queue(entry.elder.phone, entry, text_of(entry.emergency), Message.Priority.OFFER)


def answer(phone: str, entry: RollCallEntry, state: str) -> None:
    """Whoever has told us learns that we know; who needs help, that it comes."""
    template = "roll_call_safe" if state == RollCallEntry.State.SAFE else "roll_call_help"
    _queue(phone, entry, template, Message.Priority.CONFIRMATION)


def _queue(phone: str, entry: RollCallEntry, template: str, priority: int) -> Message:
    language = elder_language(entry.elder)
    return outbox.queue(
        phone,
        template,
        {"drill": drill_mark(entry.emergency, language)},
        community=entry.community,
        language=language,
        priority=priority,
    )


def tell_family_safe(entry: RollCallEntry) -> None:
    """Tell the family once that the elder is safe; not where they have a link already, or have told us themselves."""
    if entry.learned_from in FROM_FAMILY:
        note_family_told(entry)
    elif entry.elder.family.filter(gets_texts=True).exists() and note_family_told(entry):
        language = elder_language(entry.elder)
        for contact in entry.elder.family.filter(gets_texts=True):
            outbox.queue(
                contact.phone,
                "family_safe",
                {
                    "drill": drill_mark(entry.emergency, language),
                    "event": event_name(entry.emergency, language),
                    "elder": entry.elder.name,
                },
                community=entry.community,
                language=language,
                priority=Message.Priority.OFFER,
            )


def note_family_told(entry: RollCallEntry) -> bool:
    """Claim the one text that the family gets; False if it has been sent."""
    untold = RollCallEntry.objects.filter(pk=entry.pk, family_told_at=None)
    return untold.update(family_told_at=now()) == 1
