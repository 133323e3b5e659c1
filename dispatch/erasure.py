"""Elder and volunteer can have their data erased: by a community lead, with a reason, not while somebody is expected.

What stays are hours and figures: help requests without words, visits with their minutes, counts of answers. Who erased
whom, as a number, when and why, is kept (``Erasure``).
"""

from __future__ import annotations

from django.db import transaction

from linzhu.communities.models import Erasure, User
from linzhu.dispatch.models import (
    Assignment,
    Bond,
    CallUp,
    CashJob,
    CashJobQuerySet,
    CashNote,
    CashReceipt,
    Offer,
    RollCallEntry,
    Todo,
    TodoQuerySet,
    VolunteerHabits,
)  # fmt: skip
from linzhu.dispatch.offers import void_offers
from linzhu.notifications.erasing import forget_about, forget_number
from linzhu.requests import erasing as elders
from linzhu.requests.models import Elder, FamilyContact, HelpRequest, StatusChange
from linzhu.volunteers import erasing as volunteers
from linzhu.volunteers.models import Volunteer


class StillOpen(Exception):  # noqa: N818 (an answer for the person who asked, not a fault)
    """Somebody is expected, looked for, or owed an answer: that is brought to an end first."""


def erase_elder(elder: Elder, *, user: User, why: str) -> None:
    """Erase an elder's data. Raises StillOpen, while money is unsettled, too; nothing is changed then."""
    with transaction.atomic():
        elder.refresh_from_db()
        rows = list(HelpRequest.objects.select_for_update(no_key=True).filter(elder=elder).order_by("pk"))
        money = CashJob.objects.filter(assignment__help_request__elder=elder)
        unfinished = _owed(elder).filter(kind__in=_UNFINISHED)
        if any(row.is_live for row in rows) or unfinished.exists() or money.unsettled().exists():
            raise StillOpen
        refs = [row.ref for row in rows]
        forget_about(refs)
        for phone in {elder.phone, *elder.family.values_list("phone", flat=True)} - {""}:
            forget_number(phone, refs if _is_of_others(phone, elder) else None)
        _forget_words_of_money(money)
        RollCallEntry.objects.filter(elder=elder).delete()
        Bond.objects.filter(elder=elder).delete()
        _owed(elder).delete()
        Todo.objects.filter(help_request__elder=elder).update(outcome="")
        _note(Erasure.What.ELDER, elder, user, why)
        elders.erase(elder)


def erase_volunteer(volunteer: Volunteer, *, user: User, why: str) -> None:
    """Erase a volunteer's data. Raises StillOpen while a visit or its money is open; nothing is changed then."""
    with transaction.atomic():
        volunteer.refresh_from_db()
        money = CashJob.objects.filter(volunteer=volunteer)
        if Assignment.objects.standing().filter(volunteer=volunteer).exists() or money.unsettled().exists():
            raise StillOpen
        mine = Offer.objects.filter(volunteer=volunteer)
        void_offers(mine)
        phone, name = volunteer.phone, volunteer.known_as
        mine.update(phone="")
        # Families and elders have read who comes.
        forget_about(Assignment.objects.filter(volunteer=volunteer).values_list("help_request__ref", flat=True))
        if not _is_of_other_volunteer(phone, volunteer):
            forget_number(phone)
        _forget_words_of_money(money)
        CallUp.objects.filter(volunteer=volunteer).delete()
        Bond.objects.filter(volunteer=volunteer).delete()
        Todo.objects.filter(volunteer=volunteer).delete()
        VolunteerHabits.objects.filter(volunteer=volunteer).delete()
        visited = StatusChange.objects.filter(help_request__assignments__volunteer=volunteer)
        visited.filter(why=name).update(why="")
        visited.filter(name__in=[name, volunteer.name]).update(name="")
        _note(Erasure.What.VOLUNTEER, volunteer, user, why)
        volunteers.erase(volunteer)


def _forget_words_of_money(jobs: CashJobQuerySet) -> None:
    """The sums stay; a receipt may show a name, and so may what staff wrote when they cleared a gap."""
    CashReceipt.objects.filter(job__in=jobs).delete()
    CashNote.objects.filter(job__in=jobs).update(why="")


_UNFINISHED = (*Todo.ALARMS, Todo.Kind.CONCERN)


def _owed(elder: Elder) -> TodoQuerySet:
    return Todo.objects.open().filter(help_request__elder=elder) | Todo.objects.open().filter(elder=elder)


def _is_of_others(phone: str, elder: Elder) -> bool:
    """A couple's landline, a daughter who follows both parents, a neighbour who helps and is family elsewhere."""
    return (
        Elder.objects.filter(phone=phone).exclude(pk=elder.pk).exists()
        or FamilyContact.objects.filter(phone=phone).exclude(elder=elder).exists()
        or Volunteer.objects.filter(phone=phone).exists()
    )


def _is_of_other_volunteer(phone: str, volunteer: Volunteer) -> bool:
    return (
        Volunteer.objects.filter(phone=phone).exclude(pk=volunteer.pk).exists()
        or Elder.objects.filter(phone=phone).exists()
        or FamilyContact.objects.filter(phone=phone).exists()
    )


def _note(what: str, person: Elder | Volunteer, user: User, why: str) -> None:
    Erasure.objects.create(what=what, subject=person.pk, community=person.community, user=user, why=why[:200])
