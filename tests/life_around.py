"""What happens around help requests: pages, buttons that are taken back, families, series, clearance, lost texts."""

from __future__ import annotations

from datetime import date, time, timedelta

from django.http import QueryDict
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from linzhu.communities.models import Community
from linzhu.dispatch import call_backs, deferred, family_says, volunteer_acts
from linzhu.dispatch.actions import Refused, perform
from linzhu.dispatch.doorstep import nobody_opens
from linzhu.dispatch.models import Assignment, DeferredAct, Offer, Todo
from linzhu.notifications.models import Message
from linzhu.requests import recurring
from linzhu.requests.models import Elder, FamilyLink, HelpRequest, RecurringRequest
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.life import MISSED, Life, now, number, pick

FORMS = {
    "cancel": {"reason": "by-elder"},
    "give-up": {"reason": "nobody-free"},
    "settle": {"why": "one can do it"},
    "close": {},
    "ask-next": {},
}
PAGE_DEEDS = [*volunteer_acts.VISIT_ACTS, "yes", "no"]


def sent(**form: object) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in form.items()})
    return query


class AnyLife(Life):
    """The same world, with everything that can come between."""

    missed = (*MISSED, Refused)

    # --- buttons, and what is taken back --------------------------------------------------------------------------

    @rule(which=number, action=st.sampled_from(sorted(FORMS)))
    def staff_press(self, which, action):
        need = pick(HelpRequest.objects.order_by("pk"), which)
        form = sent(**FORMS[action])
        if need and deferred.is_deferred(action, form):
            self.attempt(lambda: deferred.defer(action, need, form, self.staff))
        elif need:
            self.attempt(lambda: perform(action, need, form, self.staff))

    @rule(which=number, outcome=st.sampled_from(["no-show", "cannot-come", "turned-down", "elder-no-answer"]))
    def staff_release_by_the_button(self, which, outcome):
        if visit := pick(Assignment.objects.standing().order_by("pk"), which):
            form = sent(assignment=visit.pk, outcome=outcome)
            self.attempt(lambda: perform("release", visit.help_request, form, self.staff))

    @precondition(lambda _self: DeferredAct.objects.waiting().exists())
    @rule(which=number)
    def staff_take_it_back(self, which):
        self.attempt(lambda: deferred.undo(pick(DeferredAct.objects.waiting(), which), user=self.staff))

    @rule(which=number)
    def staff_note_a_closed_door(self, which):
        if visit := pick(Assignment.objects.order_by("pk"), which):
            self.attempt(lambda: nobody_opens(visit))

    @rule(which=number)
    def elder_complains(self, which):
        if todo := pick(Todo.objects.filter(kind=Todo.Kind.AFTER_VISIT), which):
            self.attempt(lambda: call_backs.note_concern(todo, "少找了十块钱", user=self.staff))

    # --- pages ----------------------------------------------------------------------------------------------------

    @rule(which=number, deed=st.sampled_from(PAGE_DEEDS))
    def volunteer_uses_the_page(self, which, deed):
        if deed in ("yes", "no"):
            say = volunteer_acts.say_yes if deed == "yes" else volunteer_acts.say_no
            if offer := pick(Offer.objects.order_by("-pk"), which):
                self.attempt(lambda: say(offer))
        elif visit := pick(Assignment.objects.order_by("-pk"), which):
            self.attempt(lambda: volunteer_acts.act_on_visit(deed, visit, sent(minutes=20)))

    @rule(which=number, wish=st.sampled_from(sorted(volunteer_acts.WISHES)), days=st.integers(0, 3))
    def volunteer_wishes(self, which, wish, days):
        volunteer = pick(Volunteer.objects.order_by("pk"), which)
        until = now().date() + timedelta(days=days)
        self.attempt(lambda: volunteer_acts.WISHES[wish](volunteer, sent(until=until)))

    @rule(which=number, worried=st.booleans())
    def family_says(self, which, worried):
        over = [need for need in HelpRequest.objects.order_by("pk") if not need.is_live]
        if need := pick(over, which):
            link, _secret = FamilyLink.issue(need, self.contact)
            say = family_says.worry if worried else family_says.thank
            self.attempt(lambda: say(link, "她没睡好"))

    # --- series ---------------------------------------------------------------------------------------------------

    @precondition(lambda _self: not RecurringRequest.objects.exists())
    @rule(two=st.booleans())
    def help_is_wanted_every_day(self, two):
        row = factories.RecurringRequestFactory.build(
            elder=self.elder,
            service_code="benefit-certification" if two else "groceries",
            rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
            starts_on=date(2026, 11, 23),
            begins=time(8),
            finishes=time(10),
            lead_hours=12,
        )
        recurring.save(row, user=self.staff)

    @precondition(lambda _self: RecurringRequest.objects.exists())
    @rule(deed=st.sampled_from(["leave out", "pause", "resume", "end"]))
    def series_is_changed(self, deed):
        row = RecurringRequest.objects.get()
        if deed == "leave out" and row.next_on:
            recurring.leave_out(row, row.next_on, user=self.staff)
        elif deed == "pause":
            recurring.pause(row, until=now().date() + timedelta(days=2))
        elif deed == "resume":
            recurring.resume(row)
        elif deed == "end":
            recurring.end(row)

    # --- what changes under their feet ----------------------------------------------------------------------------

    @rule(which=number, days=st.sampled_from([None, -1, 100]))
    def clearance_ends_or_begins(self, which, days):
        volunteer = pick(Volunteer.objects.order_by("pk"), which)
        until = None if days is None else now().date() + timedelta(days=days)
        Volunteer.objects.filter(pk=volunteer.pk).update(cleared_until=until)

    @rule(is_known=st.booleans())
    def home_is_lost_or_found(self, is_known):
        lat, lng = (factories.LAT, factories.LNG) if is_known else (None, None)
        for model in (Elder, Community):
            model.objects.update(lat=lat, lng=lng)

    @rule(which=number)
    def text_is_lost(self, which):
        gone_out = Message.objects.exclude(state=Message.State.SUPPRESSED)
        if message := pick(gone_out.order_by("-pk")[:20], which):
            Message.objects.filter(pk=message.pk).update(state=Message.State.UNDELIVERED, finished_at=now())
