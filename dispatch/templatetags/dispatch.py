"""Words of the dispatcher's templates."""

from datetime import datetime, timedelta
from typing import cast

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from linzhu.communities.clock import now
from linzhu.communities.fields import ChoiceSetField
from linzhu.communities.models import User
from linzhu.dispatch import words
from linzhu.dispatch.models import Assignment, Todo, Wave
from linzhu.dispatch.reasons import explain, show_distance
from linzhu.requests.models import Elder, HelpRequest, Status

HALF_AN_HOUR, TWO_HOURS = timedelta(minutes=30), timedelta(hours=2)

register = template.Library()
register.filter("explain", explain)
register.filter("distance", show_distance)
register.filter("mask_links", words.mask_links)
register.filter("yuan", words.yuan_words)
register.filter("duration", words.duration_words)


@register.filter
def settled_by(todo: Todo, user: User) -> bool:
    """Whether it is for this person to settle it: a concern about themself is not."""
    return todo.may_be_settled_by(user)


@register.filter
def window(help_request: HelpRequest) -> str:
    return words.window_words(help_request.window_start, help_request.window_end, now())


@register.filter
def moment(at: datetime) -> str:
    """The local clock time, with the day unless it is today: ``14:05``, ``yesterday 14:05``."""
    return words.moment_words(at, now())


@register.filter
def whole(words: str) -> SafeString:
    """Words that no line may end within, if they fit one."""
    return format_html('<span class="whole">{}</span>', words)


@register.filter
def day(at: datetime) -> str:
    """``today``, ``yesterday`` or the date with its weekday."""
    return words.day_words(timezone.localtime(at).date(), timezone.localtime(now()).date())


@register.filter
def expected(help_request: HelpRequest, visit: Assignment) -> str:
    """When this volunteer should be at the door: not before they have said yes, and later if they have said so."""
    start = help_request.window_start + timedelta(minutes=visit.late_minutes)
    return moment(max(start, visit.accepted_at))


@register.filter
def ago(at: datetime) -> str:
    return words.span_words(at, now())


@register.filter
def due(at: datetime) -> str:
    """``12 minutes left`` or ``12 minutes late``.

    What is under a minute has words of its own: joined, they would bring a space between two Chinese words.
    """
    present = now()
    if abs(at - present) < timedelta(minutes=1):
        return _("a moment late") if at < present else _("a moment left")
    if at < present:
        return _("%(span)s late") % {"span": words.span_words(at, present)}
    return _("%(span)s left") % {"span": words.span_words(present, at)}


@register.filter
def groups(elder: Elder) -> list[str]:
    return _labels("groups", elder)


@register.filter
def needs(elder: Elder) -> list[str]:
    return _labels("needs", elder)


@register.filter
def languages(elder: Elder) -> list[str]:
    return _labels("languages", elder)


@register.filter
def urgency(help_request: HelpRequest) -> str:
    """``red`` when the window begins within half an hour and somebody is still missing, ``amber`` within two hours."""
    left = help_request.window_start - now()
    return "red" if left < HALF_AN_HOUR else "amber" if left < TWO_HOURS else ""


@register.filter
def overdue(at: datetime) -> bool:
    return at < now()


@register.filter
def elapsed(wave: Wave) -> int:
    """How much of a wave's time has passed, in percent."""
    whole = (wave.ends_at - wave.started_at).total_seconds()
    return round(100 * min(1.0, max(0.0, (now() - wave.started_at).total_seconds() / whole))) if whole > 0 else 100


@register.filter
def status_label(status: str) -> str:
    return str(Status(status).label)


def _labels(name: str, elder: Elder) -> list[str]:
    field = cast("ChoiceSetField", Elder._meta.get_field(name))  # noqa: SLF001
    return field.labels(getattr(elder, name))
