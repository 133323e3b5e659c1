"""The service catalogue: what a help request can be. It covers the tasks of five public plans for elders (README).

Data in code, not rows: every text, test and translation may name a service, and a new one is reviewed like code
(decision 0005).
"""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linzhu.communities.people import Clearance, Skill


class Group(models.TextChoices):
    ERRAND = "errand", _("errands")
    BOOKING = "booking", _("bookings")
    TECH = "tech", _("phones and apps")
    VISIT = "visit", _("visits and rides")
    EMERGENCY = "emergency", _("emergencies")


class Code(models.TextChoices):
    GROCERIES = "groceries", _("Groceries")
    MEAL = "meal", _("Meal")
    MEDICINE = "medicine", _("Medicine")
    BILLS = "bills", _("Bills")
    PARCEL = "parcel", _("Parcel or post")
    PAPERWORK = "paperwork", _("Paperwork")
    HOSPITAL_BOOKING = "hospital-booking", _("Hospital booking")
    HOME_VISIT_BOOKING = "home-visit-booking", _("Doctor's home visit")
    HOUSEKEEPING_BOOKING = "housekeeping-booking", _("Housekeeping or repair")
    TAXI_BOOKING = "taxi-booking", _("Taxi")
    TICKET_BOOKING = "ticket-booking", _("Tickets")
    VENUE_BOOKING = "venue-booking", _("Culture or sports booking")
    PHONE_HELP = "phone-help", _("Phone help")
    APP_HELP = "app-help", _("App help")
    DIGITAL_PASS = "digital-pass", _("Code or pass")
    BENEFIT_CERTIFICATION = "benefit-certification", _("Benefit certification at home")
    DEVICE_SETUP = "device-setup", _("Device set-up")
    RIDE = "ride", _("Ride")
    ESCORT = "escort", _("Escort")
    COMPANIONSHIP = "companionship", _("Company")
    SAFETY_CHECK = "safety-check", _("Safety check")
    RELIEF_DELIVERY = "relief-delivery", _("Relief delivery")


@dataclass(frozen=True, kw_only=True)
class Service:
    """One kind of help: what it asks of the volunteer and what staff must know about it."""

    code: str
    group: Group
    skill: Skill
    minutes: int
    """How long the visit usually takes."""
    cash: bool = False
    """Money changes hands: a limit is agreed first and the elder gets the receipt."""
    vehicle: bool = False
    people: int = 1
    clearance: Clearance = Clearance.BASIC
    urgent: bool = False
    """Time-critical: asked wider at once; late help is no help."""
    hint: Promise | str = ""
    """What the intake worker should ask or say."""

    @property
    def name(self) -> str:
        return str(Code(self.code).label)


_ASK_PAPERS = _("Which papers? They are lent and returned; the elder signs an authorisation.")
_NO_SECRETS = _("Explain only: never take passwords, codes or cards.")

SERVICES: dict[str, Service] = {
    service.code: service
    for service in (
        Service(
            code=Code.GROCERIES,
            group=Group.ERRAND,
            skill=Skill.ERRANDS,
            minutes=60,
            cash=True,
            hint=_("Shopping list, brand wishes, cash limit. The elder gets the receipt."),
        ),
        Service(
            code=Code.MEAL,
            group=Group.ERRAND,
            skill=Skill.ERRANDS,
            minutes=40,
            cash=True,
            urgent=True,
            hint=_("From where, what the elder may not eat."),
        ),
        Service(
            code=Code.MEDICINE,
            group=Group.ERRAND,
            skill=Skill.ERRANDS,
            minutes=60,
            cash=True,
            hint=_("Which hospital or pharmacy; insurance card lent and returned? How many days are left?"),
        ),
        Service(
            code=Code.BILLS,
            group=Group.ERRAND,
            skill=Skill.ERRANDS,
            minutes=40,
            cash=True,
            hint=_("Which bill, account number on paper, cash limit. The elder gets the receipt."),
        ),
        Service(
            code=Code.PARCEL,
            group=Group.ERRAND,
            skill=Skill.ERRANDS,
            minutes=30,
            hint=_("Collect or send? From where, how heavy?"),
        ),
        Service(
            code=Code.PAPERWORK,
            group=Group.ERRAND,
            skill=Skill.PAPERWORK,
            minutes=90,
            clearance=Clearance.TRUSTED,
            hint=_ASK_PAPERS,
        ),
        Service(
            code=Code.HOSPITAL_BOOKING,
            group=Group.BOOKING,
            skill=Skill.BOOKINGS,
            minutes=30,
            hint=_("Hospital, department, doctor, which days suit."),
        ),
        Service(
            code=Code.HOME_VISIT_BOOKING,
            group=Group.BOOKING,
            skill=Skill.BOOKINGS,
            minutes=30,
            hint=_("Which clinic or family doctor, which days suit."),
        ),
        Service(
            code=Code.HOUSEKEEPING_BOOKING,
            group=Group.BOOKING,
            skill=Skill.BOOKINGS,
            minutes=30,
            hint=_("What is to be done or mended, which days suit."),
        ),
        Service(
            code=Code.TAXI_BOOKING,
            group=Group.BOOKING,
            skill=Skill.BOOKINGS,
            minutes=20,
            urgent=True,
            hint=_("From, to, when; wheelchair? Phone booking: 95128."),
        ),
        Service(
            code=Code.TICKET_BOOKING,
            group=Group.BOOKING,
            skill=Skill.BOOKINGS,
            minutes=40,
            cash=True,
            hint=_("From, to, date, seat wishes; who pays how."),
        ),
        Service(
            code=Code.VENUE_BOOKING,
            group=Group.BOOKING,
            skill=Skill.BOOKINGS,
            minutes=20,
            hint=_("Which place, date, how many people."),
        ),
        Service(
            code=Code.PHONE_HELP,
            group=Group.TECH,
            skill=Skill.PHONES,
            minutes=60,
            hint=_("Which phone, what should it do?"),
        ),
        Service(code=Code.APP_HELP, group=Group.TECH, skill=Skill.PHONES, minutes=60, hint=_NO_SECRETS),
        Service(
            code=Code.DIGITAL_PASS,
            group=Group.TECH,
            skill=Skill.PAPERWORK,
            minutes=30,
            clearance=Clearance.TRUSTED,
            hint=_ASK_PAPERS,
        ),
        Service(
            code=Code.BENEFIT_CERTIFICATION,
            group=Group.TECH,
            skill=Skill.PAPERWORK,
            minutes=45,
            people=2,
            clearance=Clearance.TRUSTED,
            hint=_("Two people go. The elder's identity card is checked at home."),
        ),
        Service(
            code=Code.DEVICE_SETUP,
            group=Group.TECH,
            skill=Skill.PHONES,
            minutes=60,
            hint=_("Which device; is it already at home?"),
        ),
        Service(
            code=Code.RIDE,
            group=Group.VISIT,
            skill=Skill.RIDES,
            minutes=90,
            vehicle=True,
            hint=_("From, to, way back? Wheelchair? Somebody travelling along?"),
        ),
        Service(
            code=Code.ESCORT,
            group=Group.VISIT,
            skill=Skill.ESCORT,
            minutes=180,
            hint=_("Where to, appointment time, walking aid or wheelchair?"),
        ),
        Service(
            code=Code.COMPANIONSHIP,
            group=Group.VISIT,
            skill=Skill.COMPANY,
            minutes=60,
            hint=_("Visit or phone call? What does the elder like to do?"),
        ),
        Service(
            code=Code.SAFETY_CHECK,
            group=Group.VISIT,
            skill=Skill.COMPANY,
            minutes=20,
            urgent=True,
            hint=_("Why are we worried? Who else has a key?"),
        ),
        Service(
            code=Code.RELIEF_DELIVERY,
            group=Group.EMERGENCY,
            skill=Skill.RELIEF,
            minutes=60,
            vehicle=True,
            urgent=True,
            hint=_("What is brought, from where?"),
        ),
    )
}

URGENT_CODES = [code for code, service in SERVICES.items() if service.urgent]
