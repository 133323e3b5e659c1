"""What must hold for the people around a help request: who may come, who is told what, and how often."""

from __future__ import annotations

from collections import Counter

from django.utils import timezone

from linzhu.communities.rules import rules_of
from linzhu.dispatch.cash import is_blocked
from linzhu.dispatch.matching import clearance_gaps
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.ties import are_kept_apart
from linzhu.notifications.models import Message, OptOut
from linzhu.notifications.optout import DESPITE_OPT_OUT
from linzhu.requests.models import Elder, HelpRequest, Status
from linzhu.volunteers.models import Volunteer

OFFERS = ("offer", "offer_standby", "offer_again")


def may_come(visit: Assignment) -> bool:
    """Whether this volunteer may visit this elder, as things are now: asked in the moment of the yes."""
    volunteer, help_request = visit.volunteer, visit.help_request
    visit_day = timezone.localtime(help_request.window_start).date()
    return (
        volunteer.status == Volunteer.Status.ACTIVE
        and not clearance_gaps(volunteer, help_request.needs_clearance, visit_day, rules_of(help_request.community))
        and not are_kept_apart(help_request.elder_id, volunteer.pk)
        and not (help_request.is_about_money and is_blocked(volunteer))
    )


def still_expected_though_gone() -> list[Assignment]:
    """Return the visits still promised by those who are suspended or have left, unless they are in the home."""
    standing = Assignment.objects.standing().filter(arrived_at=None)
    return list(standing.exclude(volunteer__status=Volunteer.Status.ACTIVE))


def told_wrongly() -> list[str]:
    """Return which texts say too much, or too often, or to whom they must not go, and what nobody tells."""
    texts = list(Message.objects.values_list("about", "to", "template", "text"))
    return [*_tell_too_much(texts), *_told_too_often(texts), *_texts_after_opt_out(), *_told_by_nobody()]


def _tell_too_much(texts: list[tuple[str, str, str, str]]) -> list[str]:
    secrets = [word for elder in Elder.objects.all() for word in (elder.name, elder.address, elder.phone) if word]
    secrets += Assignment.objects.values_list("door_word", flat=True)
    offers = [text for _about, _to, template, text in texts if template in OFFERS]
    return [f"an offer names {word}" for text in offers for word in secrets if word in text]


def _told_too_often(texts: list[tuple[str, str, str, str]]) -> list[str]:
    """A promise is confirmed once and called off at most once; an offer is sent once more at most once; an end is told
    once to each."""
    told = Counter((template, about, to) for about, to, template, _text in texts)
    promised: Counter[tuple[str, str]] = Counter()
    released: Counter[tuple[str, str]] = Counter()
    for visit in Assignment.objects.select_related("help_request", "volunteer"):
        promised[visit.help_request.ref, visit.volunteer.phone] += 1
        released[visit.help_request.ref, visit.volunteer.phone] += visit.status == Assignment.Status.RELEASED
    pressed = Counter(Offer.objects.exclude(asked_again_in=None).values_list("help_request__ref", "phone"))
    limits = {"visit_off": released, "offer_again": pressed, "family_off": Counter(), "elder_off": Counter()}
    wrong = [
        f"{template} to {to} {times} times"
        for (template, about, to), times in told.items()
        if template in limits and times > limits[template].get((about, to), template != "visit_off")
    ]
    unconfirmed = [
        f"{to} is not told of a visit"
        for (about, to), times in promised.items()
        if told["visit_yours", about, to] != times
    ]
    return wrong + unconfirmed


def _texts_after_opt_out() -> list[str]:
    """What was queued before, or is a carrier's duty, may still be there."""
    rows = Message.objects.exclude(state=Message.State.SUPPRESSED).exclude(template__in=DESPITE_OPT_OUT)
    return [
        f"{row.template} to {out.phone}"
        for out in OptOut.objects.all()
        for row in rows.filter(to=out.phone, created_at__gt=out.at)
    ]


def _told_by_nobody() -> list[str]:
    """That nobody was found, a person tells the elder."""
    told = Todo.objects.filter(kind=Todo.Kind.TELL_ELDER_OFF).exclude(closed_at__isnull=False, closed_by=None)
    unmet = HelpRequest.objects.filter(status=Status.UNMET)
    return [f"{row.ref}: who tells the elder?" for row in unmet.exclude(pk__in=told.values("help_request"))]
