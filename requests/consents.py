"""Consent of elders (safeguarding rule 3): recorded with who heard it, how and when; a no takes effect at once.

Whether consent must be there first is a community's rule (``needs_consent``). One that was refused or withdrawn counts
everywhere. What pending texts have to do with it: ``dispatch.consenting``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from linzhu.communities.models import User
from linzhu.communities.rules import RuleBook, rules_of
from linzhu.requests.models import Consent, Elder, FamilyLink

Kind = Consent.Kind


@dataclass(frozen=True)
class Standing:
    """How one question stands: the newest answer, if there is any, and whether one must be there first."""

    kind: Consent.Kind
    answer: Consent | None
    is_demanded: bool

    @property
    def is_allowed(self) -> bool:
        return self.answer.is_given if self.answer else not self.is_demanded


def standing_of(elder: Elder) -> dict[Consent.Kind, Standing]:
    """Return how each question stands for this elder: two queries."""
    is_demanded = rules_of(elder.community).needs_consent
    newest = {row.kind: row for row in elder.consents.select_related("user").order_by("at", "pk")}
    return {kind: Standing(kind, newest.get(kind), is_demanded) for kind in Kind}


def allows(elder: Elder, kind: Consent.Kind) -> bool:
    """Whether this may be kept, or told, about the elder."""
    answer = Consent.objects.filter(elder=elder, kind=kind).first()
    return answer.is_given if answer else not rules_of(elder.community).needs_consent


def record(elder: Elder, kind: Consent.Kind, *, is_given: bool, how: str, user: User) -> Consent:
    """Write down the elder's answer. A no purges notes, with all their versions, or closes the family's links."""
    with transaction.atomic():
        consent = Consent.objects.create(elder=elder, kind=kind, is_given=is_given, how=how, user=user)
        if not is_given and kind == Kind.HEALTH:
            _purge_notes(elder)
        if not is_given and kind == Kind.FAMILY:
            FamilyLink.objects.filter(help_request__elder=elder).revoke()
    return consent


def hide_health(elder: Elder) -> None:
    """Take from this object, before it is shown, what there is no consent for. It must not be saved afterwards."""
    elder.notes, elder.needs = "", frozenset()


def veil(elders: Iterable[Elder]) -> None:
    """Do so with all of these for whom there is no consent.

    Two queries, however many there are, and none where nothing is written down. Their community must be read already.
    """
    elders = [elder for elder in elders if elder.notes or elder.needs]
    if not elders:
        return
    book = RuleBook()
    given = set(
        Consent.objects.filter(elder__in=elders, kind=Kind.HEALTH, is_given=True).values_list("elder", flat=True)
    )
    for elder in elders:
        if book.of(elder.community).needs_consent and elder.pk not in given:
            hide_health(elder)


def _purge_notes(elder: Elder) -> None:
    nothing = {"notes": "", "needs": frozenset()}
    Elder.objects.filter(pk=elder.pk).update(**nothing)
    elder.history.update(**nothing)
    hide_health(elder)
