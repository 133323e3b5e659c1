"""What the order of asking learns from: how every offer ended, counted once, kept for the place and the volunteer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q

from linzhu.communities.models import Community
from linzhu.dispatch import policy
from linzhu.dispatch.models import Offer, PlaceHabits, VolunteerHabits
from linzhu.notifications.models import Message
from linzhu.requests.models import HelpRequest, Status

LATELY = timedelta(days=14)
COUNT_EVERY = timedelta(hours=1)
SILENCE = timedelta(days=1)
"""Whoever has not answered by then is counted as silent, even if the offer stays open."""
NEVER_READ = {Message.State.SUPPRESSED, Message.State.FAILED, Message.State.UNDELIVERED, Message.State.EXPIRED}
"""The text of an offer that did not go out, or did not arrive."""
AT_ONCE = 200


def habits_of(community: Community) -> PlaceHabits:
    """Return how people answer in the tree that this community belongs to: the first guess where none has yet."""
    row = PlaceHabits.objects.filter(community__path=community.ancestor_paths()[0]).first()
    return row or PlaceHabits(counts=policy.Experience().to_json())


def records_of(volunteers: Iterable[int]) -> dict[int, policy.Record]:
    """Return what is known of how these answer, by primary key; nothing for whom it is not."""
    rows = VolunteerHabits.objects.filter(volunteer__in=list(volunteers))
    return {row.volunteer_id: policy.Record.from_json(row.counts) for row in rows}


def day_of(at: datetime) -> float:
    """Return the moment in days: what was learned long ago counts less."""
    return at.timestamp() / 86400


def learn_due(at: datetime) -> None:
    """Count the offers whose answer, or silence, is known by now; each once, however often this is called."""
    settled = ~Q(answer="") | Q(expires_at__lte=at) | Q(created_at__lte=at - SILENCE)
    due = Offer.objects.filter(settled, expectation__isnull=False).select_related("help_request__community", "message")
    trees: dict[str, list[Offer]] = defaultdict(list)
    for offer in due.order_by("created_at")[:AT_ONCE]:
        trees[offer.help_request.community.ancestor_paths()[0]].append(offer)
    for root, offers in trees.items():
        _learn(Community.objects.get(path=root), offers, at)


def count_searches(at: datetime) -> None:
    """Count, once an hour, how many searches of late have found nobody: where many do, every yes is worth more."""
    for place in PlaceHabits.objects.filter(counted_at__lte=at - COUNT_EVERY).select_related("community"):
        nobody = Q(status=Status.UNMET) | Q(status=Status.PAUSED, pause_reason=HelpRequest.PauseReason.NOBODY_FOUND)
        searched = HelpRequest.objects.filter(
            community__path__startswith=place.community.path, status_at__gt=at - LATELY
        ).exclude(status__in=[Status.OPEN, Status.CANCELLED])
        numbers = searched.aggregate(all=Count("pk"), unfilled=Count("pk", filter=nobody))
        PlaceHabits.objects.filter(pk=place.pk).update(
            searched_lately=numbers["all"], unfilled_lately=numbers["unfilled"], counted_at=at
        )


def _learn(root: Community, offers: list[Offer], at: datetime) -> None:
    """Count the offers of one tree. Its row is held meanwhile: two clocks must not count from the same state."""
    with transaction.atomic():
        defaults = {"counts": policy.Experience().to_json(), "counted_at": at - COUNT_EVERY}
        PlaceHabits.objects.get_or_create(community=root, defaults=defaults)
        place = PlaceHabits.objects.select_for_update().get(community=root)
        experience = place.experience
        records = defaultdict(policy.Record, records_of(offer.volunteer_id for offer in offers))
        # Nobody is waited for: a yes holds its own offer and wants the others', and each would wait for the other.
        uncounted = Offer.objects.filter(pk__in=[offer.pk for offer in offers], expectation__isnull=False)
        mine = set(uncounted.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
        Offer.objects.filter(pk__in=mine).update(expectation=None)
        for offer in offers:
            if offer.pk in mine:
                _count(experience, records[offer.volunteer_id], offer, at)
        place.counts = experience.to_json()
        place.save(update_fields=["counts"])
        VolunteerHabits.objects.bulk_create(
            [VolunteerHabits(volunteer_id=pk, counts=record.to_json()) for pk, record in sorted(records.items())],
            update_conflicts=True,
            unique_fields=["volunteer"],
            update_fields=["counts"],
        )


def _count(experience: policy.Experience, record: policy.Record, offer: Offer, at: datetime) -> None:
    expected = offer.expectation or {}
    if expected.keys() != set(policy.Chance._fields):
        return  # asked by an earlier version of the policy: there is no saying what it expected
    was_read = offer.asked_again_in_id or not offer.message or offer.message.state not in NEVER_READ
    if not offer.answer and not was_read:
        return  # who has not been reached has not been silent; who was asked once more had been reached
    minutes = 0.0
    if offer.answered_at is not None:
        minutes = (offer.answered_at - offer.created_at) / timedelta(minutes=1)
    answers: dict[str, bool] = {Offer.Answer.YES: True, Offer.Answer.NO: False}
    chance, answer = policy.Chance(**expected), answers.get(offer.answer)
    policy.learn(experience, record, chance, day=day_of(at), answer=answer, minutes=minutes)
