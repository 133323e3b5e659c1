"""The buttons of the volunteer's page: answers to offers, reports of visits, wishes, the week."""

from datetime import timedelta

import pytest
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.dispatch import clock
from linzhu.dispatch.assignments import assign, release
from linzhu.dispatch.decisions import cancel
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.waves import start_wave
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.lifecycle import SYSTEM
from linzhu.requests.models import Status
from linzhu.volunteers.availability import Week, slots
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.volunteer_phone import ask, fresh, press, promise, said, texts_to, words

pytestmark = pytest.mark.django_db

Outcome = Assignment.Outcome


# --- answers to offers --------------------------------------------------------------------------------------------


def test_yes_takes_the_place_and_sends_the_text_with_the_address(phone, mine, volunteer, elder):
    offer = ask(elder, volunteer)
    response = press(phone, mine, f"offers/{offer.pk}/yes")
    visit = Assignment.objects.get()
    assert (visit.volunteer, visit.help_request.status) == (volunteer, Status.ASSIGNED)
    assert said(response).startswith("Thank you! The visit is yours.")
    assert (elder.address in words(response), texts_to(volunteer)) == (True, ["offer", "visit_yours"])


def test_yes_twice_is_one_visit(phone, mine, volunteer, elder):
    offer = ask(elder, volunteer)
    press(phone, mine, f"offers/{offer.pk}/yes")
    again = press(phone, mine, f"offers/{offer.pk}/yes")
    assert (Assignment.objects.count(), said(again)) == (1, "All settled: this visit is yours. Thank you!")


def test_late_yes_is_thanked_and_stands_by(phone, mine, volunteer, elder, community):
    faster = factories.VolunteerFactory(community=community)
    offer = ask(elder, volunteer)
    assign(offer.help_request, faster, actor=SYSTEM)
    response = press(phone, mine, f"offers/{offer.pk}/yes")
    assert (Assignment.objects.get().volunteer, fresh(offer).status) == (faster, Offer.Status.STANDBY)
    assert said(response).startswith("Thank you! A neighbour was quicker")
    assert (elder.name in words(response), "You stand by" in words(response)) == (False, True)


def test_who_stands_by_can_say_that_it_no_longer_suits(phone, mine, volunteer, elder, community):
    offer = ask(elder, volunteer)
    assign(offer.help_request, factories.VolunteerFactory(community=community), actor=SYSTEM)
    press(phone, mine, f"offers/{offer.pk}/yes")
    response = press(phone, mine, f"offers/{offer.pk}/no")
    assert (fresh(offer).status, "You stand by" in words(response)) == (Offer.Status.DECLINED, False)


def test_who_stood_by_and_is_asked_again_is_asked_once(phone, mine, volunteer, elder, community):
    offer = ask(elder, volunteer)
    first = assign(offer.help_request, factories.VolunteerFactory(community=community), actor=SYSTEM)
    press(phone, mine, f"offers/{offer.pk}/yes")
    start_wave(release(first, actor=SYSTEM, why="ill"))
    page = words(phone.get(mine))
    assert ("Can you help?" in page, "You stand by" in page) == (True, False)


def test_yes_after_cancel_is_told_so(phone, mine, volunteer, elder):
    offer = ask(elder, volunteer)
    cancel(offer.help_request, actor=SYSTEM, reason="by-elder")
    response = press(phone, mine, f"offers/{offer.pk}/yes")
    assert said(response) == "Thank you! This help is no longer needed, so you need not go."


def test_yes_after_expiry_is_told_so(phone, mine, volunteer, elder):
    offer = ask(elder, volunteer)
    Offer.objects.update(expires_at=now() - timedelta(minutes=1))
    response = press(phone, mine, f"offers/{offer.pk}/yes")
    assert (Assignment.objects.count(), said(response)) == (
        0,
        "Thank you! The time to answer is past, so please do not go.",
    )


def test_yes_without_clearance_takes_nothing_and_says_whom_to_call(phone, mine, volunteer, elder):
    offer = ask(elder, volunteer)
    Volunteer.objects.update(cleared_until=timezone.localdate() - timedelta(days=1))
    response = press(phone, mine, f"offers/{offer.pk}/yes")
    assert (Assignment.objects.count(), "clearance" in said(response)) == (0, True)


def test_yes_to_two_at_the_same_time_is_refused_kindly(phone, mine, volunteer, elder):
    first, second = ask(elder, volunteer), ask(elder, volunteer, service="parcel")
    press(phone, mine, f"offers/{first.pk}/yes")
    response = press(phone, mine, f"offers/{second.pk}/yes")
    assert (Assignment.objects.count(), "another visit at that time" in said(response)) == (1, True)


def test_no_is_thanked_and_noted(phone, mine, volunteer, elder):
    offer = ask(elder, volunteer)
    response = press(phone, mine, f"offers/{offer.pk}/no")
    assert (fresh(offer).status, "Can you help?" in words(response)) == (Offer.Status.DECLINED, False)
    assert said(press(phone, mine, f"offers/{offer.pk}/no")).startswith("Thank you for telling us.")


def test_no_after_the_yes_takes_nothing_back(phone, mine, volunteer, elder):
    offer = ask(elder, volunteer)
    press(phone, mine, f"offers/{offer.pk}/yes")
    response = press(phone, mine, f"offers/{offer.pk}/no")
    assert (Assignment.objects.standing().count(), "You have said yes" in said(response)) == (1, True)


@pytest.mark.parametrize("choice", ["yes", "no"])
def test_offer_of_somebody_else_is_not_found(phone, mine, elder, community, choice):
    offer = ask(elder, factories.VolunteerFactory(community=community))
    assert phone.post(f"{mine}offers/{offer.pk}/{choice}/").status_code == 404
    assert fresh(offer).status == Offer.Status.OPEN


# --- reports of visits --------------------------------------------------------------------------------------------


def test_on_my_way_is_noted_once(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    response = press(phone, mine, f"visits/{visit.pk}/on-my-way")
    first = fresh(visit).on_my_way_at
    press(phone, mine, f"visits/{visit.pk}/on-my-way")
    assert (first is not None, fresh(visit).on_my_way_at) == (True, first)
    assert said(response).startswith("Good, take care")


def test_late_tells_family_and_elder(phone, mine, volunteer, elder):
    factories.FamilyContactFactory(elder=elder)
    visit = promise(elder, volunteer)
    response = press(phone, mine, f"visits/{visit.pk}/late", minutes="20")
    assert (fresh(visit).late_minutes, said(response)) == (20, "Noted: 20 minutes later. Family and elder are told.")
    assert Message.objects.filter(template="family_late").count() == 1


@pytest.mark.parametrize("minutes", ["", "soon", "0", "-5", "241", "1e3", "²", "9" * 5000])
def test_late_without_believable_minutes_changes_nothing(phone, mine, volunteer, elder, minutes):
    visit = promise(elder, volunteer)
    response = press(phone, mine, f"visits/{visit.pk}/late", minutes=minutes)
    assert (fresh(visit).late_minutes, said(response).startswith("How many minutes?")) == (0, True)


def test_late_after_the_arrival_is_refused(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    press(phone, mine, f"visits/{visit.pk}/arrived")
    response = press(phone, mine, f"visits/{visit.pk}/late", minutes="20")
    assert (fresh(visit).late_minutes, said(response).startswith("Meanwhile this has changed")) == (0, True)


def test_arrived_puts_the_help_request_under_way(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    press(phone, mine, f"visits/{visit.pk}/arrived")
    first = fresh(visit).arrived_at
    press(phone, mine, f"visits/{visit.pk}/arrived")
    assert (fresh(visit).help_request.status, fresh(visit).arrived_at) == (Status.UNDERWAY, first)


def test_on_my_way_after_the_arrival_changes_nothing(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    press(phone, mine, f"visits/{visit.pk}/arrived")
    press(phone, mine, f"visits/{visit.pk}/on-my-way")
    assert fresh(visit).on_my_way_at is None


def test_done_with_its_minutes_goes_into_the_hours(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    press(phone, mine, f"visits/{visit.pk}/arrived")
    response = press(phone, mine, f"visits/{visit.pk}/done", minutes="75")
    visit = fresh(visit)
    assert (visit.status, visit.minutes, visit.outcome) == (Assignment.Status.FINISHED, 75, Outcome.DONE)
    assert (visit.help_request.status, "1 h 15 min" in words(response)) == (Status.DONE, True)


def test_done_twice_counts_once(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    press(phone, mine, f"visits/{visit.pk}/done", minutes="30")
    again = press(phone, mine, f"visits/{visit.pk}/done", minutes="60")
    assert (fresh(visit).minutes, said(again)) == (30, "This visit is finished already. Thank you!")


def test_cannot_come_searches_anew(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    response = press(phone, mine, f"visits/{visit.pk}/cannot-come")
    visit = fresh(visit)
    assert (visit.status, visit.outcome) == (Assignment.Status.RELEASED, Outcome.CANNOT_COME)
    assert (visit.help_request.status, elder.name in words(response)) == (Status.OPEN, False)
    again = press(phone, mine, f"visits/{visit.pk}/cannot-come")
    assert said(again) == "This visit is no longer yours, so you need not go."


def test_cannot_come_after_the_arrival_is_refused(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    press(phone, mine, f"visits/{visit.pk}/arrived")
    press(phone, mine, f"visits/{visit.pk}/cannot-come")
    assert fresh(visit).status == Assignment.Status.STANDING


def test_nobody_opens_owes_one_call_while_the_visit_goes_on(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    for _tap in range(2):
        response = press(phone, mine, f"visits/{visit.pk}/nobody-opens")
    assert Todo.objects.filter(kind=Todo.Kind.NO_ANSWER_AT_DOOR, help_request=visit.help_request).count() == 1
    assert (fresh(visit).status, "wait at the door" in said(response)) == (Assignment.Status.STANDING, True)


def test_cannot_come_stands_behind_a_second_tap(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    page = words(phone.get(mine))
    before_button = page.partition(f"visits/{visit.pk}/cannot-come/")[0]
    assert before_button.rpartition("<details>")[2].startswith("<summary>I cannot come</summary>")


def test_no_button_of_a_visit_is_answered_by_a_text(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    before = texts_to(volunteer)
    for act, form in (("on-my-way", {}), ("late", {"minutes": "20"}), ("arrived", {}), ("done", {"minutes": "30"})):
        press(phone, mine, f"visits/{visit.pk}/{act}", **form)
    assert texts_to(volunteer) == before


@pytest.mark.parametrize("act", ["on-my-way", "late", "arrived", "done", "cannot-come", "nobody-opens", "help"])
def test_visit_of_somebody_else_is_not_found(phone, mine, elder, community, act):
    visit = promise(elder, factories.VolunteerFactory(community=community))
    assert phone.post(f"{mine}visits/{visit.pk}/{act}/", {"minutes": "20"}).status_code == 404
    assert (fresh(visit).status, fresh(visit).arrived_at) == (Assignment.Status.STANDING, None)


@pytest.mark.parametrize("address", ["visits/{}/fly/", "offers/{}/perhaps/", "wish/gold/"])
def test_unknown_button_is_not_found(phone, mine, volunteer, elder, address):
    visit = promise(elder, volunteer)
    assert phone.post(mine + address.format(visit.pk)).status_code == 404


def test_call_is_owed_once_with_the_volunteer_and_the_visit(phone, mine, volunteer, elder):
    visit = promise(elder, volunteer)
    for _tap in range(2):
        response = press(phone, mine, f"visits/{visit.pk}/help")
    todo = Todo.objects.get(kind=Todo.Kind.HELP_WANTED)
    pressed = InboundMessage.objects.get()
    assert (todo.help_request, todo.inbound, pressed.sender) == (visit.help_request, pressed, volunteer.phone)
    assert (pressed.about, pressed.handled_at is None, "120" in said(response)) == (visit.help_request.ref, False, True)


def test_call_without_a_visit_is_named_in_the_inbox(phone, mine, volunteer, desk):
    press(phone, mine, "wish/help")
    inbox = words(desk.get("/inbox/"))
    assert (volunteer.name in inbox, "Please call me." in inbox) == (True, True)


def test_call_that_was_pressed_is_not_read_again_as_a_text(phone, mine):
    press(phone, mine, "wish/help")
    clock.tick()
    assert Todo.objects.count() == 1


# --- wishes -------------------------------------------------------------------------------------------------------


def test_pause_ends_offers_and_keeps_promises(phone, mine, volunteer, elder):
    visit, offer = promise(elder, volunteer, hours=26), ask(elder, volunteer)
    until = timezone.localdate() + timedelta(days=3)
    response = press(phone, mine, "wish/pause", until=until.isoformat())
    back_on = timezone.localtime(fresh(volunteer).paused_until)
    assert (back_on.date(), back_on.hour) == (until + timedelta(days=1), 0)
    assert (fresh(offer).status, fresh(visit).status) == (Offer.Status.WITHDRAWN, Assignment.Status.STANDING)
    assert "End the pause" in words(response)


def test_pause_until_a_day_that_has_passed_is_refused(phone, mine, volunteer):
    response = press(phone, mine, "wish/pause", until="2020-01-01")
    assert (fresh(volunteer).paused_until, said(response)) == (None, "This day has passed.")


def test_end_of_the_pause(phone, mine, volunteer):
    press(phone, mine, "wish/pause", until=(timezone.localdate() + timedelta(days=3)).isoformat())
    press(phone, mine, "wish/resume")
    assert fresh(volunteer).paused_until is None


@pytest.mark.parametrize(("name", "cap"), [("more", 9), ("fewer", 5)])
def test_more_and_fewer_offers(phone, mine, volunteer, name, cap):
    response = press(phone, mine, f"wish/{name}")
    assert (fresh(volunteer).weekly_cap, said(response)) == (cap, f"All right: we ask you at most {cap} times a week.")


# --- the week -----------------------------------------------------------------------------------------------------

MORNINGS = Week(*[slots(8 * 60, 12 * 60)] * 5)


def test_ticked_boxes_are_the_week(phone, mine, volunteer):
    Volunteer.objects.update(**dict(zip(("free_mon", "free_sun"), (0, slots(8 * 60, 12 * 60)), strict=True)))
    Volunteer.objects.update(**{f"free_{day}": 0 for day in ("tue", "wed", "thu", "fri", "sat")})
    phone.post(f"{mine}week/", {"free": ["0-0", "0-1", "5-4"]})
    assert fresh(volunteer).week == Week(mon=slots(8 * 60, 14 * 60), sat=slots(20 * 60, 22 * 60))


def test_what_no_box_shows_or_nobody_touched_stays(phone, mine, volunteer):
    half_a_morning, night = slots(9 * 60, 11 * 60), slots(23 * 60, 24 * 60)
    volunteer.set_week(Week(mon=half_a_morning | night, tue=slots(14 * 60, 18 * 60)))
    page = words(phone.get(f"{mine}week/"))
    phone.post(f"{mine}week/", {"free": ["2-0"]})
    assert page.count('class="partly"') == 1
    assert fresh(volunteer).week == Week(mon=half_a_morning | night, wed=slots(8 * 60, 12 * 60))


def test_week_in_words(phone, mine, volunteer):
    response = phone.post(f"{mine}week/", {"week": "Mon-Fri 18:30-21:00"}, follow=True)
    assert fresh(volunteer).week == Week(*[slots(18 * 60 + 30, 21 * 60)] * 5)
    assert (said(response), "Mon–Fri 18:30–21:00" in words(response)) == ("Your week is saved.", True)


@pytest.mark.parametrize("form", [{"week": "whenever the moon is full"}, {"week": ""}, {"free": ["9-9"]}, {"free": []}])
def test_week_that_is_not_understood_or_empty_is_refused(phone, mine, volunteer, form):
    volunteer.set_week(MORNINGS)
    response = phone.post(f"{mine}week/", form)
    assert (response.status_code, fresh(volunteer).week) == (422, MORNINGS)
    assert 'role="alert"' in words(response)


def test_new_week_is_asked_for_at_once(phone, mine, volunteer, elder):
    volunteer.set_week(Week())
    phone.post(f"{mine}week/", {"week": "every day 0:00-24:00"})
    assert ask(elder, volunteer).status == Offer.Status.OPEN
