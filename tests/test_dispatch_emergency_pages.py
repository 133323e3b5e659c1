"""The pages of an emergency: declared with two confirmations, telephoned through, printed, ended."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from linzhu.communities.clock import now
from linzhu.dispatch import clock
from linzhu.dispatch.emergency import asking, roll_call
from linzhu.dispatch.models import Emergency, RollCallEntry, Todo
from linzhu.notifications.models import Message
from linzhu.requests.models import Look
from tests import factories
from tests.emergencies import declared, entry_of, mobile_elder, text

State, Step, By = RollCallEntry.State, RollCallEntry.Step, RollCallEntry.By

pytestmark = pytest.mark.django_db


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(key)" value="([^"]+)"', page))


def form(desk: Client, community, **changed) -> dict[str, object]:
    """The form as a dispatcher fills it in."""
    key = fields_of(desk.get("/emergencies/new/").content.decode())["key"]
    filled = {"key": key, "kind": "flood", "where": "below", "nodes": [community.pk], "radius_m": 500, "call_up": "on"}
    return {**filled, **changed}


# --- declaring --------------------------------------------------------------------------------------------------------


def test_preview_shows_numbers_and_texts_and_sends_nothing(desk, community):
    mobile_elder(community)
    page = desk.post("/emergencies/new/", form(desk, community)).content.decode()
    assert "Reply" in page or "平安" in page
    assert (Emergency.objects.count(), Message.objects.count()) == (0, 0)


@pytest.mark.parametrize("given", [{}, {"read": "on"}, {"number": "1"}, {"read": "on", "number": "2"}])
def test_declaration_without_both_confirmations_is_refused(desk, community, given):
    mobile_elder(community)
    answer = desk.post("/emergencies/new/confirm/", form(desk, community) | given)
    assert (answer.status_code, Emergency.objects.count()) == (422, 0)


def test_declaration_with_both_confirmations_happens_once(desk, community):
    mobile_elder(community)
    sent = form(desk, community) | {"read": "on", "number": "1"}
    for _double_click in range(2):
        answer = desk.post("/emergencies/new/confirm/", sent)
    emergency = Emergency.objects.get()
    assert answer.headers["Location"] == f"/emergencies/{emergency.pk}/"
    assert emergency.entries.count() == 1


def test_form_says_what_is_missing(desk, community):
    answer = desk.post("/emergencies/new/", form(desk, community, nodes=[]))
    assert (answer.status_code, "Please choose at least one." in answer.content.decode()) == (422, True)


def test_somebody_elses_community_cannot_be_chosen(desk, community):
    stranger = factories.CommunityFactory()
    mobile_elder(stranger)
    answer = desk.post("/emergencies/new/", form(desk, community, nodes=[stranger.pk]))
    assert answer.status_code == 422


def test_circle_asks_whoever_lives_inside_and_is_mine(desk, community):
    mobile_elder(community)
    mobile_elder(factories.CommunityFactory())
    around = {"where": "around", "nodes": [], "lat": "39.12", "lng": "117.2", "read": "on", "number": "1"}
    desk.post("/emergencies/new/confirm/", form(desk, community, **around))
    assert Emergency.objects.get().entries.count() == 1


# --- the page ---------------------------------------------------------------------------------------------------------


def test_page_shows_three_figures(desk, community, dispatcher):
    elders = [mobile_elder(community) for _person in range(3)]
    emergency = declared(community, dispatcher)
    roll_call.learn(entry_of(emergency, elders[0]), State.SAFE, by=By.STAFF)
    page = desk.get(f"/emergencies/{emergency.pk}/").content.decode()
    tiles = re.findall(r"<dd>(\d+)</dd>", page)
    assert tiles[:3] == ["1", "0", "2"]


def test_page_lists_first_what_needs_a_human(desk, community, dispatcher):
    safe, help_needed, landline = (mobile_elder(community), mobile_elder(community), None)
    landline = factories.ElderFactory(community=community)
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    roll_call.learn(entry_of(emergency, safe), State.SAFE, by=By.STAFF)
    roll_call.learn(entry_of(emergency, help_needed), State.NEEDS_HELP, by=By.STAFF)
    page = desk.get(f"/emergencies/{emergency.pk}/").content.decode()
    places = [page.index(f">{elder.name} ") for elder in (help_needed, landline, safe)]
    assert places == sorted(places)


def test_page_costs_the_same_for_three_and_for_three_hundred(desk, community, dispatcher, django_assert_num_queries):
    for _person in range(3):
        mobile_elder(community)
    first = declared(community, dispatcher)
    desk.get(f"/emergencies/{first.pk}/")
    with django_assert_num_queries(14) as few:
        desk.get(f"/emergencies/{first.pk}/")
    for _person in range(297):
        mobile_elder(community)
    second = declared(community, dispatcher, key="many")
    with django_assert_num_queries(len(few)):
        desk.get(f"/emergencies/{second.pk}/")


def test_list_costs_the_same_for_one_and_for_many(desk, community, dispatcher, django_assert_num_queries):
    mobile_elder(community)
    declared(community, dispatcher)
    with django_assert_num_queries(8) as few:
        desk.get("/emergencies/")
    for number in range(10):
        declared(community, dispatcher, key=f"k{number}")
    with django_assert_num_queries(len(few)):
        desk.get("/emergencies/")


def test_list_of_the_page_shows_neither_phone_nor_address(desk, community, dispatcher):
    elder = mobile_elder(community, address="柳树胡同12号")
    emergency = declared(community, dispatcher)
    page = desk.get(f"/emergencies/{emergency.pk}/").content.decode()
    assert [word for word in (elder.phone, elder.address) if word in page] == []


def test_map_shows_a_pin_for_each_home(desk, community, dispatcher):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    roll_call.learn(entry_of(emergency, elder), State.NEEDS_HELP, by=By.STAFF)
    page = desk.get(f"/emergencies/{emergency.pk}/?view=map").content.decode()
    assert '"lane": "need"' in page


# --- telephoning ------------------------------------------------------------------------------------------------------


@pytest.fixture
def emergency(community, dispatcher) -> Emergency:
    for _person in range(2):
        factories.ElderFactory(community=community)
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    return emergency


@pytest.fixture
def colleague(community, client_of) -> Client:
    return client_of(factories.RoleFactory(community=community, kind="intake").user)


def test_two_staff_are_never_given_the_same_elder(desk, colleague, emergency):
    for browser in (desk, colleague):
        browser.post(f"/emergencies/{emergency.pk}/next/")
    assert emergency.entries.values("claimed_by").distinct().count() == 2
    answer = desk.post(f"/emergencies/{emergency.pk}/next/", follow=True)
    assert emergency.entries.filter(claimed_by=None).count() == 0
    assert answer.status_code == 200


def test_call_shows_the_number_and_is_a_look_that_is_noted(desk, emergency, dispatcher):
    page = desk.post(f"/emergencies/{emergency.pk}/next/", follow=True).content.decode()
    entry = emergency.entries.get(claimed_by=dispatcher)
    assert f"tel:{entry.elder.phone}" in page
    assert list(Look.objects.values_list("elder", "what", "user")) == [(entry.elder_id, "roll-call", dispatcher.pk)]


def test_claim_lapses_when_somebody_forgets_it(desk, colleague, emergency, stopped_clock):
    entry = emergency.entries.first()
    act = f"/emergencies/{emergency.pk}/elders/{entry.pk}"
    desk.post(f"{act}/call/")
    colleague.post(f"{act}/call/")
    entry.refresh_from_db()
    first = entry.claimed_by
    stopped_clock.shift(timedelta(minutes=11))
    colleague.post(f"{act}/call/")
    entry.refresh_from_db()
    assert entry.claimed_by != first


@pytest.mark.parametrize(("act", "state"), [("safe", State.SAFE), ("needs-help", State.NEEDS_HELP)])
def test_one_press_notes_what_the_elder_says(desk, emergency, dispatcher, act, state):
    desk.post(f"/emergencies/{emergency.pk}/next/")
    entry = emergency.entries.get(claimed_by=dispatcher)
    for _double_click in range(2):
        desk.post(f"/emergencies/{emergency.pk}/elders/{entry.pk}/{act}/")
    entry.refresh_from_db()
    assert (entry.state, entry.claimed_by, entry.changes.count()) == (state, None, 1)
    assert entry.changes.get().user == dispatcher


def test_nobody_picks_up_sends_a_neighbour(desk, emergency, dispatcher):
    desk.post(f"/emergencies/{emergency.pk}/next/")
    entry = emergency.entries.get(claimed_by=dispatcher)
    desk.post(f"/emergencies/{emergency.pk}/elders/{entry.pk}/missed/")
    clock.tick()
    entry.refresh_from_db()
    assert (entry.state, entry.step, entry.claimed_by) == (State.NOT_REACHED, Step.VISIT, None)


def test_nobody_is_sent_while_somebody_is_on_the_phone(desk, emergency, dispatcher, stopped_clock):
    RollCallEntry.objects.update(due_at=now() + timedelta(minutes=1))
    desk.post(f"/emergencies/{emergency.pk}/next/")
    stopped_clock.shift(timedelta(minutes=5))
    clock.tick()
    assert emergency.entries.get(claimed_by=dispatcher).step == Step.STAFF_CALL


def test_unknown_act_is_not_found(desk, emergency):
    assert desk.post(f"/emergencies/{emergency.pk}/elders/{emergency.entries.first().pk}/dance/").status_code == 404


def test_inbox_leads_to_the_roll_call_and_settles_itself(desk, emergency):
    assert "To the roll-call" in desk.get("/inbox/").content.decode()
    for entry in emergency.entries.all():
        roll_call.learn(entry, State.SAFE, by=By.STAFF)
    clock.tick()
    assert not Todo.objects.open().filter(kind=Todo.Kind.ROLL_CALL).exists()


def test_helped_in_the_inbox_is_helped_in_the_roll_call(desk, emergency):
    entry = emergency.entries.select_related("community", "elder", "emergency").first()
    roll_call.learn(entry, State.NEEDS_HELP, by=By.STAFF)
    todo = Todo.objects.open().get(kind=Todo.Kind.NEEDS_HELP)
    desk.post(f"/inbox/{todo.pk}/", {"act": "helped"})
    entry.refresh_from_db()
    todo.refresh_from_db()
    assert (entry.state, todo.closed_by is not None) == (State.HELPED, True)


def test_printed_list_holds_the_calls_to_make_and_notes_each_look(desk, emergency):
    known = emergency.entries.first()
    roll_call.learn(known, State.SAFE, by=By.STAFF)
    page = desk.get(f"/emergencies/{emergency.pk}/calls/").content.decode()
    waiting = emergency.entries.exclude(pk=known.pk).get()
    assert (waiting.elder.name in page, known.elder.name in page) == (True, False)
    assert list(Look.objects.values_list("elder", flat=True)) == [waiting.elder_id]


# --- the end ----------------------------------------------------------------------------------------------------------


def test_end_names_who_owes_what(desk, emergency, dispatcher):
    desk.post(f"/emergencies/{emergency.pk}/end/")
    emergency.refresh_from_db()
    owed = emergency.entries.values_list("state", "step", "owner")
    assert set(owed) == {(State.NOT_REACHED, Step.PERSON, dispatcher.pk)}
    assert not emergency.entries.filter(due_at=None).exists()


def test_end_leaves_open_safety_checks_open(desk, community, dispatcher):
    elder = factories.ElderFactory(community=community, phone="")
    emergency = declared(community, dispatcher)
    for _look in range(2):
        asking.take_due_steps(now())
    desk.post(f"/emergencies/{emergency.pk}/end/")
    entry = entry_of(emergency, elder)
    assert (entry.step, entry.help_request.is_live) == (Step.VISIT, True)


def test_end_stops_texts_that_wait(desk, community, dispatcher):
    mobile_elder(community)
    emergency = declared(community, dispatcher)
    asking.take_due_steps(now())
    desk.post(f"/emergencies/{emergency.pk}/end/")
    assert Message.objects.get(template__startswith="roll_call").state == Message.State.EXPIRED
    clock.tick()
    assert Message.objects.count() == 1


def test_end_sums_up_who_was_safe_when(desk, community, dispatcher, stopped_clock):
    elders = [mobile_elder(community) for _person in range(3)]
    emergency = declared(community, dispatcher)
    for minutes, elder in zip((10, 10, 30), elders, strict=True):
        stopped_clock.shift(timedelta(minutes=minutes))
        text(elder.phone, "平安")
    desk.post(f"/emergencies/{emergency.pk}/end/")
    emergency.refresh_from_db()
    assert emergency.summary["safe_after"] == {"15": 1, "30": 2, "60": 3}
    assert "safe after 15 min" in desk.get(f"/emergencies/{emergency.pk}/").content.decode()


def test_end_pressed_twice_is_one(desk, emergency):
    for _time in range(2):
        assert desk.post(f"/emergencies/{emergency.pk}/end/").status_code in {302, 403}
    emergency.refresh_from_db()
    assert emergency.ended_at is not None


def test_who_may_not_declare_all_of_it_may_not_end_it(client_of):
    city = factories.CommunityFactory()
    here = factories.CommunityFactory(parent=city)
    mobile_elder(here)
    emergency = declared(city, factories.RoleFactory(community=city).user)
    below = client_of(factories.RoleFactory(community=here).user)
    assert below.get(f"/emergencies/{emergency.pk}/").status_code == 200
    assert below.post(f"/emergencies/{emergency.pk}/end/").status_code == 403


# --- those who oversee ------------------------------------------------------------------------------------------------


def test_overseer_sees_figures_and_no_small_ones(community, dispatcher, client_of):
    elders = [mobile_elder(community) for _person in range(9)]
    emergency = declared(community, dispatcher)
    roll_call.learn(entry_of(emergency, elders[0]), State.SAFE, by=By.STAFF)
    overseer = client_of(factories.RoleFactory(community=community, kind="overseer").user)
    for address in ("/emergencies/", f"/emergencies/{emergency.pk}/figures/"):
        page = overseer.get(address).content.decode()
        assert ("&lt; 5" in page, ">8<" in page, elders[0].name in page) == (True, True, False)
    assert overseer.get(f"/emergencies/{emergency.pk}/").status_code == 403
