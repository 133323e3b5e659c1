"""Everything we know about one elder or volunteer, in sections that can be read: what they get who ask for their data.

It names nobody else than it must: of volunteers as much as the family reads, of elders nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linzhu.communities.fields import ChoiceSetField
from linzhu.communities.phones import show_phone
from linzhu.dispatch.models import Assignment, CashJob, CashJobQuerySet, Offer, RollCallEntry
from linzhu.dispatch.words import yuan_words
from linzhu.notifications.models import Call, InboundMessage, Message
from linzhu.requests.catalogue import SERVICES
from linzhu.requests.models import Elder, HelpRequest
from linzhu.volunteers.availability import DAYS
from linzhu.volunteers.availability_text import show_week
from linzhu.volunteers.models import Volunteer

NOT_TOLD = {"id", "search_words", "sort_key", *(f"free_{day}" for day in DAYS)}

NAMES = {
    "created_at": gettext_lazy("Written down"),
    "joined_at": gettext_lazy("Joined"),
    "state_at": gettext_lazy("State since"),
    "opted_out_at": gettext_lazy("Wants no texts since"),
}
"""Of columns that have no name of their own."""


@dataclass(frozen=True)
class Section:
    """A table of the copy."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def copy_of_elder(elder: Elder) -> list[Section]:
    """Return all that is kept about an elder."""
    return [
        Section(_("Record"), [_("What"), _("Value")], _record(elder)),
        Section(
            _("Family contacts"),
            [_("Name"), _("relation"), _("Phone"), _("gets texts"), _("may act")],
            [
                [row.name, row.relation, show_phone(row.phone), _yes(row.gets_texts), _yes(row.may_act)]
                for row in elder.family.all()
            ],
        ),
        Section(
            _("Consent"),
            [_("What"), _("Answer"), _("How"), _("When")],
            [
                [row.get_kind_display(), _yes(row.is_given), row.get_how_display(), _moment(row.at)]
                for row in elder.consents.all()
            ],
        ),
        Section(
            _("Recurring requests"),
            [_("Service"), _("When"), _("Details")],
            [[row.service.name, str(row.pattern), row.details] for row in elder.recurring.all()],
        ),
        _help_requests(elder),
        _money(CashJob.objects.filter(assignment__help_request__elder=elder)),
        _roll_calls(elder),
        *_said(elder.phone, elder.help_requests.values("ref")),
        Section(
            _("Who has looked"),
            [_("When"), _("What")],
            [[_moment(row.at), row.get_what_display()] for row in elder.looks.all()],
        ),
    ]


def copy_of_volunteer(volunteer: Volunteer) -> list[Section]:
    """Return all that is kept about a volunteer; of elders no more than when."""
    visits = Assignment.objects.filter(volunteer=volunteer).select_related("help_request").order_by("-accepted_at")
    offers = Offer.objects.filter(volunteer=volunteer).select_related("help_request").order_by("-created_at")
    return [
        Section(
            _("Record"),
            [_("What"), _("Value")],
            [*_record(volunteer), [_("When they are free"), show_week(volunteer.week)]],
        ),
        Section(
            _("Visits"),
            [_("When"), _("Service"), _("Minutes"), _("Outcome")],
            [
                [
                    _moment(row.help_request.window_start),
                    row.help_request.service.name,
                    str(row.minutes or ""),
                    row.get_outcome_display() or row.get_status_display(),
                ]
                for row in visits
            ],
        ),
        Section(
            _("Offers"),
            [_("When"), _("Service"), _("Answer")],
            [
                [_moment(row.created_at), SERVICES[row.help_request.service_code].name, row.get_status_display()]
                for row in offers
            ],
        ),
        _money(CashJob.objects.filter(volunteer=volunteer)),
        Section(
            _("Called up in emergencies"),
            [_("When"), _("Answer")],
            [[_moment(row.asked_at), row.get_answer_display()] for row in volunteer.call_ups.exclude(asked_at=None)],
        ),
        *_said(volunteer.phone, None),
    ]


def _record(person: Model) -> list[list[str]]:
    fields = [field for field in person._meta.concrete_fields if field.name not in NOT_TOLD]  # noqa: SLF001
    return [[str(NAMES.get(field.name) or capfirst(field.verbose_name)), _value(person, field)] for field in fields]


def _value(person: Model, field: object) -> str:
    name = field.name  # type: ignore[attr-defined]
    if isinstance(field, ChoiceSetField):
        return " · ".join(field.labels(getattr(person, name)))
    shown = getattr(person, f"get_{name}_display", None)
    value = shown() if shown else getattr(person, name)
    if value is None or value is True or value is False:
        return "" if value is None else _yes(value)
    if hasattr(value, "tzinfo"):
        return _moment(value)
    return show_phone(value) if name == "phone" and value else str(value)


def _help_requests(elder: Elder) -> Section:
    rows: QuerySet[HelpRequest] = elder.help_requests.prefetch_related("assignments__volunteer")
    return Section(
        _("Help requests"),
        [_("Number"), _("Service"), _("When"), _("Status"), _("Details"), _("Who came")],
        [
            [
                row.ref,
                row.service.name,
                _moment(row.window_start),
                row.get_status_display(),
                row.details,
                " · ".join(_visit(visit) for visit in row.assignments.all()),
            ]
            for row in rows
        ],
    )


def _money(jobs: CashJobQuerySet) -> Section:
    """The sums of both sides; the photo of a receipt is the elder's own paper, and the office shows it on request."""
    return Section(
        _("Cash"),
        [_("When"), _("Given"), _("Spent"), _("Given back"), _("Elder: given"), _("Elder: given back"), _("Status")],
        [
            [
                _moment(job.opened_at),
                *map(_sum, (job.handed_fen, job.spent_fen, job.returned_fen, job.elder_handed_fen)),
                _sum(job.elder_returned_fen),
                job.get_status_display(),
            ]
            for job in jobs
        ],
    )


def _sum(fen: int | None) -> str:
    return "" if fen is None else yuan_words(fen)


def _roll_calls(elder: Elder) -> Section:
    entries = RollCallEntry.objects.filter(elder=elder).select_related("emergency").order_by("-pk")
    return Section(
        _("Asked after in emergencies"),
        [_("When"), _("What"), _("Answer")],
        [
            [_moment(row.emergency.declared_at), row.emergency.get_kind_display(), row.get_state_display()]
            for row in entries
        ],
    )


def _visit(visit: Assignment) -> str:
    return f"{visit.volunteer.known_as} ({visit.get_outcome_display() or visit.get_status_display()})"


def _said(phone: str, about: QuerySet[HelpRequest, Any] | None) -> Iterable[Section]:
    """Texts and calls with this number; a number that others share, too, gives only what is about the person's own."""
    only = {} if about is None else {"about__in": about}
    sent = Message.objects.filter(to=phone, **only) if phone else Message.objects.none()
    came = InboundMessage.objects.filter(sender=phone, **only) if phone else InboundMessage.objects.none()
    calls = Call.objects.filter(phone=phone, **only) if phone else Call.objects.none()
    columns = [_("When"), _("Words")]
    yield Section(_("Texts to this number"), columns, [[_moment(row.created_at), row.text] for row in sent])
    yield Section(_("Texts from this number"), columns, [[_moment(row.received_at), row.text] for row in came])
    yield Section(
        _("Calls with this number"),
        [_("When"), _("Outcome")],
        [[_moment(row.created_at), row.get_state_display()] for row in calls],
    )


def _moment(at: object) -> str:
    return date_format(timezone.localtime(at), "Y-m-d H:i")  # type: ignore[arg-type]


def _yes(value: object) -> str:
    return _("yes") if value else _("no")
