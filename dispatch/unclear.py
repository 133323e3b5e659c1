"""What staff make of an unclear reply: it counts as a yes, as a no, or the volunteer is asked again."""

from __future__ import annotations

from django.db import transaction

from linzhu.communities.models import User
from linzhu.dispatch import telling, todos
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.offers import TooLate, accept, decline
from linzhu.requests.lifecycle import Actor


def count_as_yes(todo: Todo, *, user: User) -> Assignment:
    """Accept the offer in the volunteer's name. Raises TooLate; the todo stays open then."""
    with transaction.atomic():
        assignment = accept(_offer(todo), actor=Actor.staff(user), via=Assignment.Via.TEXT)
        todos.settle(todo, user=user, outcome=Offer.Status.ACCEPTED)
    return assignment


def count_as_no(todo: Todo, *, user: User) -> None:
    with transaction.atomic():
        offer = _offer(todo)
        decline(offer, actor=Actor.staff(user))
        if todos.settle(todo, user=user, outcome=Offer.Status.DECLINED):
            telling.tell_volunteer(offer.volunteer, "no_thanks", None)


def ask_again(todo: Todo, *, user: User) -> None:
    """Send the same question once more: same offer, same code. Raises TooLate if it is no longer open."""
    with transaction.atomic():
        offer = _offer(todo)
        if offer.status != Offer.Status.OPEN:
            raise TooLate
        if todos.settle(todo, user=user, outcome=Offer.Status.OPEN):
            telling.send_offer(offer)


def _offer(todo: Todo) -> Offer:
    if todo.offer is None:
        raise TooLate
    return todo.offer
