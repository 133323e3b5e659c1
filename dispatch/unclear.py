"""What staff make of an unclear reply: it counts as a yes, as a no, or the volunteer is asked again."""

from __future__ import annotations

from django.db import transaction

from linzhu.communities.models import User
from linzhu.dispatch import telling, todos
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.offers import accept, decline
from linzhu.requests.lifecycle import Actor


def count_as_yes(todo: Todo, *, user: User) -> Assignment:
    """Accept the offer in the volunteer's name. Raises TooLate; the todo stays open then."""
    with transaction.atomic():
        assignment = accept(_offer(todo), actor=Actor.staff(user), via=Assignment.Via.TEXT)
        if not todos.settle(todo, user=user, outcome=Offer.Status.ACCEPTED):
            raise TooLate  # a colleague has just answered otherwise
    return assignment


def count_as_no(todo: Todo, *, user: User) -> None:
    """Decline the offer in the volunteer's name. Raises TooLate if they have said a clear yes meanwhile."""
    with transaction.atomic():
        offer = _offer(todo)
        decline(offer, actor=Actor.staff(user))
        offer.refresh_from_db(fields=["status"])
        if offer.status == Offer.Status.ACCEPTED:
            raise TooLate
        if todos.settle(todo, user=user, outcome=Offer.Status.DECLINED):
            telling.tell_volunteer(offer.volunteer, "no_thanks", None)


def ask_again(todo: Todo, *, user: User) -> None:
    """Send the same question once more: same offer, same code. Raises TooLate if it is no longer open."""
    with transaction.atomic():
        offer = _offer(todo)
        if offer.status != Offer.Status.OPEN:
            raise TooLate
        if todos.settle(todo, user=user, outcome=Offer.Status.OPEN):
            telling.send_offer_again(offer)


def _offer(todo: Todo) -> Offer:
    if todo.offer is None:
        raise TooLate
    return todo.offer
