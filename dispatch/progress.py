"""How far the search for a volunteer has come, for many help requests at once: two queries for any number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, prefetch_related_objects

from linzhu.communities.models import User
from linzhu.dispatch.cash_words import tell_money
from linzhu.dispatch.concerns import colleagues_of
from linzhu.dispatch.doorstep import KIND_OF
from linzhu.dispatch.models import Assignment, Offer, Todo, Wave
from linzhu.requests.models import FamilyContact
from linzhu.volunteers.models import Volunteer


@dataclass
class Search:
    """How a search stands in its present round."""

    wave: Wave | None = None
    """The wave that runs now."""
    asked: int = 0
    declined: int = 0


Searches = defaultdict[int | None, Search]
Coming = defaultdict[int | None, list[Assignment]]


def searches_of(pks: Iterable[int]) -> Searches:
    """Return how the search of each of these help requests stands."""
    searches: Searches = defaultdict(Search)
    waves = Wave.objects.filter(help_request__in=pks, round=F("help_request__round")).annotate(
        asked=Count("offers"), declined=Count("offers", filter=Q(offers__status=Offer.Status.DECLINED))
    )
    for wave in waves:
        search = searches[wave.help_request_id]
        search.asked += wave.asked
        search.declined += wave.declined
        search.wave = wave if wave.ended_at is None else search.wave
    return searches


def coming_to(pks: Iterable[int]) -> Coming:
    """Return who comes, or came, to each of these help requests."""
    coming: Coming = defaultdict(list)
    for assignment in Assignment.objects.current().filter(help_request__in=pks).select_related("volunteer"):
        coming[assignment.help_request_id].append(assignment)
    return coming


def equip(
    todos: Iterable[Todo],
    searches: Searches | None = None,
    coming: Coming | None = None,
    *,
    reader: User | None = None,
) -> None:
    """Give each todo what its sentence tells: ``search`` and ``coming`` of its help request.

    A todo of a volunteer who wants help gets ``askers`` as well, one from a closed door ``rang`` and ``family``,
    one about money ``money``, a call to the family ``family``.
    """
    todos = list(todos)
    pks = {todo.help_request_id for todo in todos if todo.help_request_id}
    searches = searches_of(pks) if searches is None else searches
    coming = coming_to(pks) if coming is None else coming
    for todo in todos:
        todo.search = searches[todo.help_request_id]  # type: ignore[attr-defined]
        todo.coming = coming[todo.help_request_id]  # type: ignore[attr-defined]
    _name_subjects(todos)
    _name_askers([todo for todo in todos if todo.kind == Todo.Kind.HELP_WANTED and todo.inbound])
    _name_family([todo for todo in todos if todo.kind == Todo.Kind.CALL_FAMILY])
    _name_who_rang([todo for todo in todos if todo.kind in (*KIND_OF.values(), Todo.Kind.NEEDS_HELP)])
    tell_money([todo for todo in todos if todo.kind in Todo.AFTERWARDS], reader)


def _name_subjects(todos: list[Todo]) -> None:
    """Say whom concerns are about, and whom a new one may be about: three queries, or none."""
    prefetch_related_objects([todo for todo in todos if todo.subject], "about_volunteer", "about_staff")
    asked = [todo for todo in todos if todo.kind == Todo.Kind.AFTER_VISIT]
    colleagues = list(colleagues_of({todo.community for todo in asked})) if asked else []
    for todo in asked:
        todo.colleagues = colleagues  # type: ignore[attr-defined]


def _name_askers(todos: list[Todo]) -> None:
    """Say which volunteers a phone that asks for help belongs to; one query, and none where nobody asks.

    Only those whom the todo's community knows by itself or has on this visit.
    """
    phones = {todo.inbound.sender for todo in todos if todo.inbound}
    volunteers = list(Volunteer.objects.filter(phone__in=phones)) if phones else []
    for todo in todos:
        on_the_visit = {visit.volunteer_id for visit in todo.coming}  # type: ignore[attr-defined]
        todo.askers = [  # type: ignore[attr-defined]
            volunteer
            for volunteer in volunteers
            if todo.inbound and volunteer.phone == todo.inbound.sender
            if volunteer.community_id == todo.community_id or volunteer.pk in on_the_visit
        ]


def _name_family(todos: list[Todo]) -> None:
    """Say whom of the family to call about an elder; one query, or none."""
    elders = {todo.elder_id for todo in todos}
    contacts = list(FamilyContact.objects.filter(elder__in=elders).order_by("pk")) if elders else []
    for todo in todos:
        todo.family = [contact for contact in contacts if contact.elder_id == todo.elder_id]  # type: ignore[attr-defined]


def _name_who_rang(todos: list[Todo]) -> None:
    """Say who stood before the closed door, and whom to call beside the elder; two queries, or none.

    Who rang and still stands there is among ``coming``; who has left or was sent away is found by the outcome.
    """
    if not todos:
        return
    pks = [todo.help_request_id for todo in todos]
    left = Assignment.objects.filter(help_request__in=pks, outcome__in=KIND_OF).select_related("volunteer")
    family = FamilyContact.objects.filter(elder__help_requests__in=pks).distinct()
    visits, contacts = list(left.order_by("-accepted_at")), list(family.order_by("pk"))
    for todo in todos:
        todo.family = [  # type: ignore[attr-defined]
            contact for contact in contacts if todo.help_request and contact.elder_id == todo.help_request.elder_id
        ]
        its_own = [visit for visit in visits if visit.help_request_id == todo.help_request_id]
        rang = [visit for visit in its_own if KIND_OF[visit.outcome] == todo.kind]
        still_there = [visit for visit in todo.coming if visit.status == Assignment.Status.STANDING]  # type: ignore[attr-defined]
        todo.rang = (rang or still_there)[:1]  # type: ignore[attr-defined]
