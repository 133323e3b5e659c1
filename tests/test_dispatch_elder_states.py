"""What follows when an elder is away, has moved, has died, or is back: for visits, families, volunteers, staff."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from linzhu.dispatch import assignments, bonds, clock, elder_states, offers, todos
from linzhu.dispatch.emergency import roll_call
from linzhu.dispatch.models import Assignment, Bond, Offer, Todo
from linzhu.notifications.models import Message
from linzhu.requests.elder_state import IllegalMove
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import Elder, ElderState, FamilyLink, HelpRequest, Status
from linzhu.requests.models.help_requests import LIVE_STATUSES
from tests import factories
from tests.emergencies import declared, entry_of

State, Kind = ElderState, Todo.Kind


@pytest.fixture
def daughter(elder):
    return factories.FamilyContactFactory(elder=elder)


@pytest.fixture
def volunteer(community):
    return factories.VolunteerFactory(community=community)


def asked(elder, hours_ahead=3, **fields):
    return log_request(elder, "groceries", actor=SYSTEM, **{**factories.window(hours_ahead), **fields})


def promised(elder, volunteer, hours_ahead=3):
    row = asked(elder, hours_ahead)
    return assignments.assign(row, volunteer, actor=SYSTEM)


def texts_to(phone, *states):
    rows = Message.objects.filter(to=phone)
    return list((rows.filter(state__in=states) if states else rows).order_by("pk").values_list("template", flat=True))


def waiting(phone):
    return texts_to(phone, Message.State.QUEUED)


def owed():
    return sorted(Todo.objects.open().values_list("kind", flat=True))


# --- away ---------------------------------------------------------------------------------------------------------


def test_visits_in_the_absence_are_called_off_with_the_reason_and_later_ones_stand(elder, volunteer, dispatcher):
    soon, later = promised(elder, volunteer, 3), asked(elder, 24 * 5)
    until = timezone.localdate() + timedelta(days=2)
    elder_states.note(elder, State.AWAY, user=dispatcher, until=until)
    soon.help_request.refresh_from_db()
    later.refresh_from_db()
    assert (soon.help_request.status, soon.help_request.end_reason) == (Status.CANCELLED, "elder-away")
    assert later.status == Status.OPEN
    assert soon.help_request.changes.last().user == dispatcher
    assert texts_to(volunteer.phone)[-1] == "visit_off"


def test_family_gets_a_text_and_the_elder_is_not_called(elder, daughter, volunteer, dispatcher):
    promised(elder, volunteer)
    elder_states.note(elder, State.AWAY, user=dispatcher)
    assert texts_to(daughter.phone)[-1] == "family_off"
    assert owed() == []


def test_call_owed_to_the_elder_becomes_one_to_the_family_by_a_named_person(elder, daughter, volunteer, dispatcher):
    daughter.gets_texts = False
    daughter.save()
    promised(elder, volunteer)
    assert owed() == [Kind.TELL_ELDER]
    elder_states.note(elder, State.AWAY, user=dispatcher)
    todo = Todo.objects.open().get()
    assert (todo.kind, todo.elder, todo.owed_by) == (Kind.CALL_FAMILY, elder, dispatcher)


def test_call_owed_to_an_elder_without_family_vanishes(elder, volunteer, dispatcher):
    promised(elder, volunteer)
    elder_states.note(elder, State.AWAY, user=dispatcher)
    assert owed() == []


def test_question_how_it_was_becomes_a_call_to_the_family(elder, daughter, community, dispatcher):
    over = factories.HelpRequestFactory(elder=elder, status=Status.DONE)
    todos.owe(Kind.AFTER_VISIT, community=community, help_request=over, due_in=timedelta(hours=1))
    elder_states.note(elder, State.AWAY, user=dispatcher)
    assert owed() == [Kind.CALL_FAMILY]


def test_who_stands_by_is_told_too(elder, community, volunteer, dispatcher):
    visit = promised(elder, volunteer)
    wave = factories.WaveFactory(help_request=visit.help_request)
    other = factories.VolunteerFactory(community=community)
    standby = factories.OfferFactory(
        help_request=visit.help_request, wave=wave, volunteer=other, status=Offer.Status.STANDBY
    )
    elder_states.note(elder, State.AWAY, user=dispatcher)
    standby.refresh_from_db()
    assert standby.status == Offer.Status.WITHDRAWN
    assert texts_to(other.phone) == ["offer_cancelled"]


def test_open_offers_are_withdrawn(elder, community, dispatcher):
    row = asked(elder)
    offer = factories.OfferFactory(help_request=row, wave=factories.WaveFactory(help_request=row))
    elder_states.note(elder, State.AWAY, user=dispatcher)
    offer.refresh_from_db()
    assert offer.status == Offer.Status.WITHDRAWN
    with pytest.raises(offers.TooLate):
        offers.accept(offer, actor=SYSTEM)


def test_pairing_outlasts_an_absence(elder, volunteer, dispatcher):
    bonds.pair(elder, volunteer, user=dispatcher)
    elder_states.note(elder, State.AWAY, user=dispatcher)
    assert Bond.objects.standing().count() == 1


def test_visit_under_way_goes_on(elder, volunteer, dispatcher):
    visit = promised(elder, volunteer)
    assignments.arrive(visit, actor=SYSTEM)
    elder_states.note(elder, State.AWAY, user=dispatcher)
    visit.refresh_from_db()
    assert (visit.status, visit.help_request.status) == (Assignment.Status.STANDING, Status.UNDERWAY)


def test_longer_absence_calls_off_what_falls_into_it(elder, dispatcher):
    later = asked(elder, 24 * 5)
    elder_states.note(elder, State.AWAY, user=dispatcher, until=timezone.localdate())
    elder_states.note(elder, State.AWAY, user=dispatcher, until=timezone.localdate() + timedelta(days=9))
    later.refresh_from_db()
    assert later.status == Status.CANCELLED


# --- died ---------------------------------------------------------------------------------------------------------


def test_after_a_death_no_text_goes_to_the_family_or_the_elders_phone(elder, daughter, volunteer, dispatcher):
    elder.phone, elder.tell_by = "+8619911110000", "text"
    elder.save()
    visit = promised(elder, volunteer)
    assert waiting(daughter.phone)
    assert waiting(elder.phone)
    elder_states.note(elder, State.DIED, user=dispatcher, why="the daughter called")
    assert (waiting(daughter.phone), waiting(elder.phone)) == ([], [])
    visit.help_request.refresh_from_db()
    assert visit.help_request.end_reason == "elder-died"


def test_text_about_another_elder_of_the_same_family_still_goes(elder, daughter, community, dispatcher):
    widower = factories.ElderFactory(community=community)
    factories.FamilyContactFactory(elder=widower, phone=daughter.phone)
    asked(elder)
    mine = asked(widower)
    elder_states.note(elder, State.DIED, user=dispatcher)
    left = Message.objects.filter(to=daughter.phone, state=Message.State.QUEUED)
    assert set(left.values_list("about", flat=True)) == {mine.ref}


def test_volunteer_reads_only_that_they_need_not_come_and_is_called_by_a_person(elder, volunteer, dispatcher):
    promised(elder, volunteer)
    elder_states.note(elder, State.DIED, user=dispatcher)
    assert texts_to(volunteer.phone, Message.State.QUEUED) == ["visit_off_gently"]
    todo = Todo.objects.open().get(kind=Kind.TELL_VOLUNTEER)
    assert (todo.volunteer, todo.elder, todo.owed_by) == (volunteer, elder, dispatcher)


def test_family_is_called_by_a_named_person(elder, daughter, dispatcher):
    elder_states.note(elder, State.DIED, user=dispatcher)
    todo = Todo.objects.open().get()
    assert (todo.kind, todo.owed_by) == (Kind.CALL_FAMILY, dispatcher)


def test_familys_links_close(elder, daughter, dispatcher):
    row = asked(elder)
    FamilyLink.issue(row, daughter)
    elder_states.note(elder, State.DIED, user=dispatcher)
    assert not any(link.is_valid() for link in FamilyLink.objects.all())


def test_pairing_ends_with_a_word_by_a_person_once(elder, volunteer, dispatcher):
    bonds.pair(elder, volunteer, user=dispatcher)
    promised(elder, volunteer)
    elder_states.note(elder, State.DIED, user=dispatcher)
    assert not Bond.objects.standing().exists()
    assert Todo.objects.open().filter(kind=Kind.TELL_VOLUNTEER).count() == 1


def test_whoever_is_there_is_called_and_nobody_is_asked_how_it_was(elder, daughter, volunteer, dispatcher):
    visit = promised(elder, volunteer)
    assignments.arrive(visit, actor=SYSTEM)
    elder_states.note(elder, State.DIED, user=dispatcher)
    assignments.finish(Assignment.objects.get(), actor=SYSTEM)
    assert owed() == [Kind.CALL_FAMILY, Kind.TELL_VOLUNTEER]


def test_alarm_stays_until_a_person_has_made_sure(elder, community, dispatcher):
    row = asked(elder)
    todos.owe(Kind.NO_ANSWER_AT_DOOR, community=community, help_request=row, due_in=timedelta(0))
    elder_states.note(elder, State.DIED, user=dispatcher)
    assert owed() == [Kind.NO_ANSWER_AT_DOOR]


def test_noted_by_mistake_lets_help_be_logged_again(elder, daughter, dispatcher):
    elder_states.note(elder, State.DIED, user=dispatcher)
    elder_states.note(elder, State.ACTIVE, user=dispatcher, why="another 张秀英")
    assert (asked(elder).status, owed()) == (Status.OPEN, [])


# --- moved --------------------------------------------------------------------------------------------------------


def test_moved_away_ends_all_and_tells_the_family(elder, daughter, volunteer, dispatcher):
    bonds.pair(elder, volunteer, user=dispatcher)
    promised(elder, volunteer)
    elder_states.note(elder, State.MOVED, user=dispatcher, why="to the son")
    assert not HelpRequest.objects.filter(status__in=LIVE_STATUSES).exists()
    assert texts_to(daughter.phone)[-1] == "family_off"
    assert owed() == [Kind.TELL_VOLUNTEER]


def test_illegal_move_calls_nothing_off(elder, dispatcher):
    row = asked(elder)
    stale = Elder.objects.get(pk=elder.pk)
    elder_states.note(elder, State.AWAY, user=dispatcher, until=date(2020, 1, 1))
    with pytest.raises(IllegalMove):
        elder_states.note(stale, State.DIED, user=dispatcher)
    row.refresh_from_db()
    assert row.status == Status.OPEN


# --- the clock ----------------------------------------------------------------------------------------------------


def test_elder_is_back_the_day_after_and_a_person_asks(elder, dispatcher, stopped_clock):
    elder_states.note(elder, State.AWAY, user=dispatcher, until=date(2026, 11, 24))
    stopped_clock.shift(timedelta(days=1, hours=11))
    clock.tick_decisions()
    assert Elder.objects.get().state == State.AWAY
    stopped_clock.shift(timedelta(hours=2))
    clock.tick_decisions()
    clock.tick_decisions()
    assert (Elder.objects.get().state, owed()) == (State.ACTIVE, [Kind.IS_BACK])


def test_absence_without_an_end_stays(elder, dispatcher, stopped_clock):
    elder_states.note(elder, State.AWAY, user=dispatcher)
    stopped_clock.shift(timedelta(days=100))
    clock.tick_decisions()
    assert Elder.objects.get().state == State.AWAY


# --- the pages ----------------------------------------------------------------------------------------------------


def url(elder):
    return reverse("elder-state", args=[elder.pk])


def sent(elder, to, **more):
    return {"to": to, "seen": Elder.objects.get(pk=elder.pk).state_at.isoformat(), **more}


def test_page_says_what_follows_before_anything_happens(desk, elder, volunteer, dispatcher):
    promised(elder, volunteer)
    bonds.pair(elder, volunteer, user=dispatcher)
    page = desk.post(url(elder), sent(elder, "died", why="the daughter called")).content.decode()
    assert "1 visit is called off." in page
    assert f"The pairing with {volunteer.name} ends." in page
    assert "The family gets no text" in page
    assert Elder.objects.get().state == State.ACTIVE


def test_confirmed_it_is_done(desk, elder, dispatcher):
    desk.post(url(elder), sent(elder, "died", why="the daughter called", confirm="1"))
    version = Elder.objects.get().history.first()
    assert (version.state, version.history_change_reason, version.history_user) == (
        State.DIED,
        "the daughter called",
        dispatcher,
    )


def test_death_or_move_without_a_source_is_asked_for_it(desk, elder):
    response = desk.post(url(elder), sent(elder, "moved", confirm="1"))
    assert (response.status_code, Elder.objects.get().state) == (422, State.ACTIVE)


def test_page_that_has_been_overtaken_changes_nothing(desk, elder, dispatcher):
    data = sent(elder, "moved", why="x", confirm="1")
    elder_states.note(elder, State.AWAY, user=dispatcher)
    page = desk.post(url(elder), data, follow=True).content.decode()
    assert "Meanwhile this has changed" in page
    assert Elder.objects.get().state == State.AWAY


def test_elders_page_says_where_they_are_and_offers_the_way_back(desk, elder, dispatcher):
    elder_states.note(elder, State.AWAY, user=dispatcher)
    page = desk.get(reverse("elder", args=[elder.pk])).content.decode()
    assert "Nobody knows yet for how long" in page
    desk.post(url(elder), sent(elder, "active"))
    assert Elder.objects.get().state == State.ACTIVE


def test_list_leaves_out_who_is_gone_and_search_finds_them(desk, elder, dispatcher):
    elder_states.note(elder, State.MOVED, user=dispatcher)
    address = reverse("elders")
    assert elder.name not in desk.get(address).content.decode()
    assert elder.name in desk.get(address, {"who": "gone"}).content.decode()
    assert elder.name in desk.post(address, {"q": elder.name}).content.decode()


def intake_data(elder):
    day = timezone.localdate() + timedelta(days=1)
    return {
        "key": "3f2b1f6e-0000-4000-8000-000000000000", "elder": elder.pk, "services": "groceries", "when": "custom",
        "day": day.isoformat(), "begin": "14:00", "finish": "16:00", "channel": "phone",
    }  # fmt: skip


def test_intake_says_who_is_gone_before_it_logs(desk, elder, dispatcher):
    elder_states.note(elder, State.MOVED, user=dispatcher)
    shown = desk.get(reverse("intake"), {"elder": elder.pk}).content.decode()
    assert "has moved away" in shown
    assert "Is back" in shown
    response = desk.post(reverse("intake"), intake_data(elder))
    assert (response.status_code, HelpRequest.objects.count()) == (422, 0)


def test_intake_asks_once_more_where_the_elder_is_away(desk, elder, dispatcher):
    elder_states.note(elder, State.AWAY, user=dispatcher)
    refused = desk.post(reverse("intake"), intake_data(elder))
    assert (refused.status_code, HelpRequest.objects.count()) == (422, 0)
    assert "for a time when the elder is away" in refused.content.decode()
    desk.post(reverse("intake"), intake_data(elder) | {"anyway": "1"})
    assert HelpRequest.objects.count() == 1


def test_intake_logs_for_after_the_absence_without_asking(desk, elder, dispatcher):
    elder_states.note(elder, State.AWAY, user=dispatcher, until=timezone.localdate())
    desk.post(reverse("intake"), intake_data(elder))
    assert HelpRequest.objects.count() == 1


def test_back_from_intake_leads_to_intake(desk, elder, dispatcher):
    elder_states.note(elder, State.AWAY, user=dispatcher)
    there = f"{reverse('intake')}?elder={elder.pk}"
    assert desk.post(url(elder), sent(elder, "active", next=there)).url == there


def test_inbox_names_the_calls_and_who_owes_them(desk, elder, daughter, volunteer, dispatcher):
    bonds.pair(elder, volunteer, user=dispatcher)
    elder_states.note(elder, State.DIED, user=dispatcher)
    page = desk.get(reverse("inbox")).content.decode()
    assert f"for {dispatcher}" in page
    assert daughter.name in page
    assert volunteer.name in page
    todo = Todo.objects.open().get(kind=Kind.TELL_VOLUNTEER)
    desk.post(reverse("todo-act", args=[todo.pk]), {"act": "told"})
    assert owed() == [Kind.CALL_FAMILY]


def test_intake_worker_who_owes_a_call_by_name_settles_it(client_of, elder, daughter, community):
    worker = factories.RoleFactory(community=community, kind="intake").user
    other = factories.RoleFactory(community=community, kind="intake").user
    elder_states.note(elder, State.DIED, user=worker)
    address = reverse("todo-act", args=[Todo.objects.open().get().pk])
    assert client_of(other).post(address, {"act": "told"}).status_code == 403
    assert "Told" in client_of(worker).get(reverse("inbox")).content.decode()
    client_of(worker).post(address, {"act": "told"})
    assert owed() == []


def test_longer_absence_settles_the_question_whether_they_are_back(elder, daughter, community, dispatcher):
    todos.owe(Kind.IS_BACK, community=community, elder=elder, due_in=timedelta(hours=8))
    elder_states.note(elder, State.AWAY, user=dispatcher)
    assert owed() == []


def test_number_of_a_couple_leads_to_who_lives_here(desk, elder, community, dispatcher):
    wife = factories.ElderFactory(community=community, phone=elder.phone, name="李桂兰")
    elder_states.note(elder, State.DIED, user=dispatcher)
    page = desk.post(reverse("intake-elders"), {"q": elder.phone}).content.decode()
    assert f'name="elder" value="{wife.pk}"' in page


def test_actor_of_what_the_clock_notes_is_linzhu(elder, stopped_clock, dispatcher):
    elder_states.note(elder, State.AWAY, user=dispatcher, until=timezone.localdate())
    stopped_clock.shift(timedelta(days=1))
    clock.tick_decisions()
    assert Elder.objects.get().history.first().history_user is None


# --- in an emergency ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["away", "moved", "died"])
def test_who_is_away_or_gone_is_not_asked_after_in_an_emergency(elder, community, dispatcher, state):
    at_home = factories.ElderFactory(community=community)
    elder_states.note(elder, state, user=dispatcher, why="女儿来电")
    emergency = declared(community, dispatcher)
    assert [entry.elder for entry in emergency.entries.all()] == [at_home]


@pytest.mark.parametrize("state", ["away", "moved", "died"])
def test_who_leaves_during_an_emergency_is_asked_after_no_more(elder, community, dispatcher, state):
    emergency = declared(community, dispatcher)
    clock.tick()
    elder_states.note(elder, state, user=dispatcher, why="女儿来电")
    clock.tick()
    assert list(emergency.entries.all()) == []


def test_who_needed_help_and_is_in_hospital_has_been_helped(elder, community, dispatcher):
    entry = entry_of(declared(community, dispatcher), elder)
    roll_call.learn(entry, "needs-help", by="elder-text")
    elder_states.note(elder, "away", user=dispatcher, why="住院")
    entry.refresh_from_db()
    assert (entry.state, entry.step, entry.help_request.status) == ("helped", "", "cancelled")


def test_word_that_somebody_is_safe_counts_after_they_have_left(elder, community, dispatcher):
    entry = entry_of(declared(community, dispatcher), elder)
    roll_call.learn(entry, "safe", by="staff", user=dispatcher)
    elder_states.note(elder, "away", user=dispatcher, why="住院")
    entry.refresh_from_db()
    assert entry.state == "safe"
