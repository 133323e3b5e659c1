"""Pairing, "the same person again", "never this person": what staff note. What the search makes of it: ``ties``."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.dispatch import todos
from linzhu.dispatch.handover import READ_WITHIN
from linzhu.dispatch.models import Assignment, Bond, Offer, Todo
from linzhu.dispatch.offers import void_offers
from linzhu.dispatch.ties import are_kept_apart, paired_with
from linzhu.requests.models import Elder
from linzhu.volunteers.models import Volunteer

Kind = Bond.Kind


class KeptApart(Exception):  # noqa: N818 (an answer for the person who asked, not a fault)
    """One of the two wishes never to meet the other again: that must be ended first."""


def pair(elder: Elder, volunteer: Volunteer, *, user: User | None, note: str = "") -> Bond:
    """Pair the two (结对): from now on this volunteer is asked first and alone for a while. Raises KeptApart."""
    with transaction.atomic():
        _refuse_if_apart(elder, volunteer)
        _end_all(elder, volunteer, [Kind.PREFERRED], user)
        return _note(elder, volunteer, Kind.PAIRED, user, note)


def prefer(elder: Elder, volunteer: Volunteer, *, user: User | None, note: str = "") -> Bond:
    """The elder would like the same person again: asked earlier than others. Raises KeptApart.

    Where the two are paired already nothing is added, and that bond is returned.
    """
    with transaction.atomic():
        _refuse_if_apart(elder, volunteer)
        standing = Bond.objects.standing().filter(elder=elder, volunteer=volunteer)
        return standing.filter(kind=Kind.PAIRED).first() or _note(elder, volunteer, Kind.PREFERRED, user, note)


def never(elder: Elder, volunteer: Volunteer, *, by: str, user: User | None, note: str = "") -> Bond:
    """Keep the two apart; ``by`` says whose wish it is (one of ``Bond.NEVER``).

    Pairing and preference end, open offers are void, and a dispatcher is asked to look at every visit that this
    volunteer has already promised to the elder. Raises ValueError for another kind.
    """
    if by not in Bond.NEVER:
        raise ValueError(by)
    with transaction.atomic():
        bond = _note(elder, volunteer, by, user, note)
        _end_all(elder, volunteer, [Kind.PAIRED, Kind.PREFERRED], user)
        void_offers(Offer.objects.filter(help_request__elder=elder, volunteer=volunteer))
        for visit in promised_visits(elder, volunteer):
            todos.owe(
                Todo.Kind.VOLUNTEER_CANNOT,
                community=visit.help_request.community,
                help_request=visit.help_request,
                due_in=READ_WITHIN,
            )
    return bond


def end(bond: Bond, *, user: User | None) -> bool:
    """End a bond; False if it has ended already."""
    return bool(Bond.objects.standing().filter(pk=bond.pk).update(ended_at=now(), ended_by=user))


def end_for(elder: Elder, *, user: User | None) -> list[Volunteer]:
    """The elder lives here no more: pairings and preferences end. Returns whom they were paired with."""
    paired = paired_with(elder)
    bonds = Bond.objects.standing().filter(elder=elder, kind__in=[Kind.PAIRED, Kind.PREFERRED])
    bonds.update(ended_at=now(), ended_by=user)
    return paired


def promised_visits(elder: Elder, volunteer: Volunteer) -> list[Assignment]:
    """Return the visits to this elder that the volunteer has promised and not yet ended."""
    standing = Assignment.objects.standing().filter(help_request__elder=elder, volunteer=volunteer)
    return list(standing.select_related("help_request__community"))


def _note(elder: Elder, volunteer: Volunteer, kind: str, user: User | None, note: str) -> Bond:
    bond, _new = Bond.objects.standing().get_or_create(
        elder=elder, volunteer=volunteer, kind=kind, ended_at=None, defaults={"created_by": user, "note": note[:200]}
    )
    return bond


def _end_all(elder: Elder, volunteer: Volunteer, kinds: Iterable[str], user: User | None) -> None:
    standing = Bond.objects.standing().filter(elder=elder, volunteer=volunteer, kind__in=kinds)
    standing.update(ended_at=now(), ended_by=user)


def _refuse_if_apart(elder: Elder, volunteer: Volunteer) -> None:
    if are_kept_apart(elder.pk, volunteer.pk):
        raise KeptApart
