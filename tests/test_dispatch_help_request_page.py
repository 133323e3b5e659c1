"""The page of one help request: who may see and do what, each action, kind words when it is too late, the story."""

from datetime import timedelta

import pytest
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.dispatch import timeline
from linzhu.dispatch.actions import legal_actions
from linzhu.dispatch.assignments import assign
from linzhu.dispatch.models import Assignment, Offer, Todo, VisitStep
from linzhu.notifications.models import Message
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import SYSTEM, Actor
from linzhu.requests.models import Status, StatusChange
from tests import factories
from tests.waiting import let_it_happen


@pytest.fixture
def elder(community):
    return factories.ElderFactory(community=community, name="张秀英", address="7号楼501", notes="耳背")


@pytest.fixture
def row(elder):
    return factories.HelpRequestFactory(elder=elder)


@pytest.fixture
def assigned(elder):
    row = factories.HelpRequestFactory(elder=elder, status=Status.ASSIGNED, places_filled=1)
    factories.AssignmentFactory(help_request=row, volunteer__name="陈磊")
    return row


def url(row, action=""):
    return f"/requests/{row.ref}/{action}/" if action else f"/requests/{row.ref}/"


def said(response):
    return [str(message) for message in response.context["messages"]]


# --- who may look and act -----------------------------------------------------------------------------------------


def test_page_shows_staff_what_the_visit_needs(desk, row, elder):
    page = desk.get(url(row)).text
    for word in ("张秀英", "7号楼501", "耳背", f"tel:{elder.phone}", row.details, row.ref):
        assert word in page


def test_help_request_of_another_community_is_not_found(desk):
    elsewhere = factories.HelpRequestFactory()
    assert desk.get(url(elsewhere)).status_code == 404
    assert desk.post(url(elsewhere, "cancel"), {"reason": "by-elder"}).status_code == 404
    assert desk.post(url(elsewhere, "family-link")).status_code == 404


def test_intake_worker_may_look_but_not_act(client_of, community, row):
    worker = client_of(factories.RoleFactory(community=community, kind="intake").user)
    page = worker.get(url(row))
    assert page.status_code == 200
    assert "Said yes on the phone" not in page.text
    assert "/cancel/" not in page.text
    assert worker.post(url(row, "cancel"), {"reason": "by-elder"}).status_code == 403


def test_dispatcher_elsewhere_who_only_takes_calls_here_may_not_act(client_of, community, row):
    user = factories.RoleFactory(community=community, kind="intake").user
    factories.RoleFactory(user=user, kind="dispatcher")
    assert client_of(user).post(url(row, "cancel"), {"reason": "by-elder"}).status_code == 403


def test_unknown_action_is_not_found(desk, row):
    assert desk.post(url(row, "explode")).status_code == 404


def test_action_by_get_changes_nothing(desk, row):
    assert desk.get(url(row, "cancel")).status_code == 405


def test_htmx_gets_only_the_part_that_renews_itself(desk, row):
    page = desk.get(url(row), headers={"HX-Request": "true"}).text
    assert row.ref in page
    assert "<html" not in page


def test_only_legal_actions_are_offered(row, assigned):
    assert legal_actions(row) == {"ask-next", "assign", "cancel", "give-up", "release", "family-link", "revoke-links"}
    assert {"on-my-way", "arrived", "done", "release"} <= legal_actions(assigned)
    assert "assign" not in legal_actions(assigned)


# --- the search ---------------------------------------------------------------------------------------------------


def test_search_again_begins_a_new_round(desk, elder):
    row = factories.HelpRequestFactory(elder=elder, status=Status.PAUSED, pause_reason="nobody-found")
    response = desk.post(url(row, "search-again"), follow=True)
    row.refresh_from_db()
    assert (row.status, row.round) == (Status.OPEN, 2)
    assert said(response) == ["Linzhu asks again, from the nearest outwards."]


def test_second_click_on_search_again_is_harmless(desk, elder):
    row = factories.HelpRequestFactory(elder=elder, status=Status.PAUSED, pause_reason="nobody-found")
    desk.post(url(row, "search-again"))
    response = desk.post(url(row, "search-again"), follow=True)
    row.refresh_from_db()
    assert row.round == 2
    assert said(response)[-1] == "Meanwhile this has changed: here is how it stands now."


def test_ask_next_starts_the_next_wave_now(desk, community, row):
    factories.VolunteerFactory.create_batch(6, community=community)
    wave = factories.WaveFactory(help_request=row, number=1)
    desk.post(url(row, "ask-next"))
    wave.refresh_from_db()
    assert wave.ended_at is not None
    assert row.waves.filter(ended_at=None).get().number == 2


def test_candidates_stand_with_their_distance_and_reasons(desk, community, row):
    factories.VolunteerFactory(community=community, name="刘芳", lat=39.12, lng=117.2)
    page = desk.get(url(row)).text
    assert "刘芳" in page
    assert "not asked this week" in page


def test_excluded_neighbour_stands_with_the_reason(desk, community, row):
    factories.VolunteerFactory(community=community, name="周杰", cleared_until=None)
    page = desk.get(url(row)).text
    assert "1 neighbour in reach is not asked" in page
    assert "not cleared yet" in page


def test_neighbours_worth_a_call_stand_open_where_nobody_fits(desk, community, row):
    factories.VolunteerFactory(community=community, name="周杰", cleared_until=None)
    paused = factories.VolunteerFactory(community=community, name="吴慧", paused_until=now() + timedelta(days=9))
    worth_a_call = desk.get(url(row)).context["worth_a_call"]
    assert [person.volunteer for person in worth_a_call] == [paused]


def test_nobody_is_worth_a_call_while_somebody_can_be_asked(desk, community, row):
    factories.VolunteerFactory(community=community, paused_until=now() + timedelta(days=9))
    factories.VolunteerFactory(community=community)
    assert desk.get(url(row)).context["worth_a_call"] == []


def test_said_yes_on_the_phone_assigns(desk, community, row):
    volunteer = factories.VolunteerFactory(community=community)
    desk.post(url(row, "assign"), {"volunteer": volunteer.pk, "via": "phone"})
    assignment = row.assignments.get()
    assert (assignment.volunteer, assignment.via) == (volunteer, Assignment.Via.PHONE)


def test_neighbour_who_was_asked_may_say_yes_on_the_phone(desk, row):
    offer = factories.OfferFactory(help_request=row)
    desk.post(url(row, "assign"), {"volunteer": offer.volunteer_id, "via": "phone"})
    offer.refresh_from_db()
    assert offer.status == Offer.Status.ACCEPTED


def test_uncleared_neighbour_cannot_be_assigned(desk, community, row):
    volunteer = factories.VolunteerFactory(community=community, cleared_until=None)
    response = desk.post(url(row, "assign"), {"volunteer": volunteer.pk}, follow=True)
    assert not row.assignments.exists()
    assert said(response) == ["This volunteer cannot be assigned here. Please choose from the list."]


def test_assigning_after_the_place_is_taken_is_answered_kindly(desk, community, row):
    first, second = factories.VolunteerFactory.create_batch(2, community=community)
    desk.post(url(row, "assign"), {"volunteer": first.pk})
    response = desk.post(url(row, "assign"), {"volunteer": second.pk}, follow=True)
    assert response.status_code == 200
    assert said(response)[-1] == "Meanwhile this has changed: here is how it stands now."
    assert row.assignments.count() == 1


@pytest.mark.parametrize("volunteer", ["", "abc", "999999"])
def test_assigning_nobody_is_answered_kindly(desk, row, volunteer):
    assert desk.post(url(row, "assign"), {"volunteer": volunteer}, follow=True).status_code == 200
    assert not row.assignments.exists()


# --- the visit ----------------------------------------------------------------------------------------------------


def test_arrived_puts_it_under_way(desk, assigned):
    desk.post(url(assigned, "arrived"), {"assignment": assigned.assignments.get().pk})
    assigned.refresh_from_db()
    assert assigned.status == Status.UNDERWAY


def test_second_click_on_arrived_is_harmless(desk, assigned):
    form = {"assignment": assigned.assignments.get().pk}
    desk.post(url(assigned, "arrived"), form)
    assert desk.post(url(assigned, "arrived"), form, follow=True).status_code == 200
    assert assigned.changes.filter(to_status=Status.UNDERWAY).count() == 1


def test_done_notes_the_minutes(desk, assigned):
    desk.post(url(assigned, "done"), {"assignment": assigned.assignments.get().pk, "minutes": "45"})
    assigned.refresh_from_db()
    assert (assigned.status, assigned.assignments.get().minutes) == (Status.DONE, 45)


@pytest.mark.parametrize("minutes", ["0", "-3", "many", "5000"])
def test_done_with_unbelievable_minutes_is_refused(desk, assigned, minutes):
    desk.post(url(assigned, "done"), {"assignment": assigned.assignments.get().pk, "minutes": minutes})
    assigned.refresh_from_db()
    assert assigned.status == Status.ASSIGNED


def test_release_looks_for_somebody_else(desk, assigned):
    desk.post(url(assigned, "release"), {"assignment": assigned.assignments.get().pk, "why": "孩子发烧"})
    let_it_happen()
    assigned.refresh_from_db()
    assert (assigned.status, assigned.round, assigned.places_filled) == (Status.OPEN, 2, 0)
    assert "孩子发烧" in desk.get(url(assigned)).text


def test_releasing_twice_is_answered_kindly(desk, assigned):
    form = {"assignment": assigned.assignments.get().pk}
    desk.post(url(assigned, "release"), form)
    let_it_happen()
    response = desk.post(url(assigned, "release"), form, follow=True)
    assigned.refresh_from_db()
    assert assigned.round == 2
    assert said(response)[-1] == "Meanwhile this has changed: here is how it stands now."


def test_on_my_way_is_noted_and_shown(desk, assigned):
    response = desk.post(url(assigned, "on-my-way"), {"assignment": assigned.assignments.get().pk}, follow=True)
    assert assigned.assignments.get().on_my_way_at is not None
    assert said(response) == ["Noted: 陈磊 is on the way."]
    assert "on the way since" in response.text
    assert "/on-my-way/" not in response.text


def test_second_click_on_the_way_keeps_the_first_time(desk, assigned):
    form = {"assignment": assigned.assignments.get().pk}
    desk.post(url(assigned, "on-my-way"), form)
    first = assigned.assignments.get().on_my_way_at
    assert desk.post(url(assigned, "on-my-way"), form, follow=True).status_code == 200
    assert assigned.assignments.get().on_my_way_at == first


def test_on_my_way_after_the_arrival_is_answered_kindly(desk, assigned):
    form = {"assignment": assigned.assignments.get().pk}
    desk.post(url(assigned, "arrived"), form)
    response = desk.post(url(assigned, "on-my-way"), form, follow=True)
    assert assigned.assignments.get().on_my_way_at is None
    assert said(response)[-1] == "Meanwhile this has changed: here is how it stands now."


def test_volunteer_who_comes_later_is_shown_with_the_new_time(desk, assigned):
    assigned.assignments.update(late_minutes=20, accepted_at=now() - timedelta(days=1))
    at = timezone.localtime(assigned.window_start + timedelta(minutes=20))
    assert f"late 20 min, around {at:%H:%M}" in desk.get(url(assigned)).text.replace("tomorrow ", "")


@pytest.mark.parametrize("outcome", ["cannot-come", "no-show", "turned-down", "elder-no-answer"])
def test_release_keeps_how_it_went_and_looks_for_somebody_else(desk, assigned, outcome):
    desk.post(url(assigned, "release"), {"assignment": assigned.assignments.get().pk, "outcome": outcome})
    let_it_happen()
    assigned.refresh_from_db()
    assert (assigned.status, assigned.assignments.get().outcome) == (Status.OPEN, outcome)


@pytest.mark.parametrize(("outcome", "texts"), [("no-show", 1), ("turned-down", 0)])
def test_only_who_was_not_at_the_door_is_told_that_it_is_off(desk, assigned, outcome, texts):
    visit = assigned.assignments.get()
    desk.post(url(assigned, "release"), {"assignment": visit.pk, "outcome": outcome})
    let_it_happen()
    assert Message.objects.filter(to=visit.volunteer.phone, template="visit_off").count() == texts


def test_release_settles_that_the_volunteer_has_not_arrived(desk, assigned, community):
    todo = factories.TodoFactory(community=community, help_request=assigned, kind=Todo.Kind.NOT_ARRIVED)
    desk.post(url(assigned, "release"), {"assignment": assigned.assignments.get().pk, "outcome": "no-show"})
    let_it_happen()
    todo.refresh_from_db()
    assert todo.closed_at is not None


def test_who_has_been_at_the_door_is_no_no_show(desk, assigned):
    form = {"assignment": assigned.assignments.get().pk}
    desk.post(url(assigned, "arrived"), form)
    response = desk.post(url(assigned, "release"), {**form, "outcome": "no-show"}, follow=True)
    assert assigned.assignments.standing().exists()
    assert said(response)[-1] == "陈磊 has been at the door. Please choose another reason."
    assert 'value="no-show"' not in response.text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("done", "Noted: 陈磊 has finished. Thank you both."),
        ("elder-no-answer", "Noted: nobody opens. Please call the elder and the family now."),
        ("turned-down", "Noted: 陈磊 was turned away at the door. Please call the elder now."),
    ],
)
def test_visit_that_is_over_shows_how_it_went(desk, assigned, outcome, words):
    form = {"assignment": assigned.assignments.get().pk, "outcome": outcome}
    response = desk.post(url(assigned, "done"), form, follow=True)
    visit = assigned.assignments.get()
    assert (visit.status, visit.outcome) == (Assignment.Status.FINISHED, outcome)
    assert said(response) == [words]
    assert (f'<span class="tag amber">{visit.get_outcome_display()}</span>' in response.text) == (outcome != "done")


@pytest.mark.parametrize(("action", "outcome"), [("done", "no-show"), ("release", "done"), ("release", "burnt")])
def test_outcome_that_does_not_fit_is_refused(desk, assigned, action, outcome):
    form = {"assignment": assigned.assignments.get().pk, "outcome": outcome}
    response = desk.post(url(assigned, action), form, follow=True)
    assert assigned.assignments.standing().exists()
    assert said(response) == ["Please choose how it went."]


def test_assignment_of_another_help_request_is_not_touched(desk, assigned, row):
    desk.post(url(row, "release"), {"assignment": assigned.assignments.get().pk})
    assert assigned.assignments.standing().exists()


# --- the end ------------------------------------------------------------------------------------------------------


def test_cancel_with_a_reason(desk, row):
    desk.post(url(row, "cancel"), {"reason": "by-elder"})
    let_it_happen()
    row.refresh_from_db()
    assert (row.status, row.end_reason) == (Status.CANCELLED, "by-elder")


@pytest.mark.parametrize("reason", ["", "nobody-free", "because"])
def test_cancel_without_a_fitting_reason_is_refused(desk, row, reason):
    response = desk.post(url(row, "cancel"), {"reason": reason}, follow=True)
    row.refresh_from_db()
    assert row.status == Status.OPEN
    assert said(response) == ["Please choose a reason."]


def test_give_up_with_a_reason(desk, row):
    desk.post(url(row, "give-up"), {"reason": "nobody-free"})
    let_it_happen()
    row.refresh_from_db()
    assert (row.status, row.end_reason) == (Status.UNMET, "nobody-free")


def test_close_after_the_visit(desk, elder):
    row = factories.HelpRequestFactory(elder=elder, status=Status.DONE)
    desk.post(url(row, "close"))
    let_it_happen()
    row.refresh_from_db()
    assert row.status == Status.CLOSED


def test_cancelling_what_is_over_is_answered_kindly(desk, elder):
    row = factories.HelpRequestFactory(elder=elder, status=Status.DONE)
    response = desk.post(url(row, "cancel"), {"reason": "by-elder"}, follow=True)
    assert said(response) == ["Meanwhile this has changed: here is how it stands now."]


def test_action_leads_back_to_the_page_it_came_from(desk, row):
    form = {"reason": "by-elder", "next": "/?group=errand"}
    assert desk.post(url(row, "cancel"), form).url == "/?group=errand"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_action_never_leads_to_another_site(desk, row, elsewhere):
    assert desk.post(url(row, "cancel"), {"reason": "by-elder", "next": elsewhere}).url == url(row)


# --- links and texts ----------------------------------------------------------------------------------------------


def test_family_link_is_shown_this_once(desk, row):
    response = desk.post(url(row, "family-link"))
    link = response.context["url"]
    assert link in response.text
    assert "no-store" in response.headers["Cache-Control"]
    assert link not in desk.get(url(row)).text


def test_family_link_belongs_to_the_chosen_contact(desk, row, elder):
    contact = factories.FamilyContactFactory(elder=elder)
    desk.post(url(row, "family-link"), {"contact": contact.pk})
    assert row.family_links.get().contact == contact


def test_contact_of_another_elder_is_not_taken(desk, row):
    stranger = factories.FamilyContactFactory()
    desk.post(url(row, "family-link"), {"contact": stranger.pk})
    assert row.family_links.get().contact is None


@pytest.mark.parametrize("contact", ["abc", "-1"])
def test_family_link_for_nonsense_is_no_error(desk, row, contact):
    assert desk.post(url(row, "family-link"), {"contact": contact}).status_code == 200


def test_no_link_is_made_for_what_is_over(desk, elder):
    row = factories.HelpRequestFactory(elder=elder, status=Status.CANCELLED)
    assert "nothing left to follow" in desk.post(url(row, "family-link")).text
    assert not row.family_links.exists()


def test_revoked_links_open_nothing(desk, row):
    desk.post(url(row, "family-link"))
    desk.post(url(row, "revoke-links"))
    assert [link.is_valid() for link in row.family_links.all()] == [False]


def test_secret_of_a_link_is_masked_in_the_texts(desk, row, community):
    factories.MessageFactory(community=community, about=row.ref, text="进度 https://linzhu.example/f/SeCrEt123 谢谢")
    page = desk.get(url(row)).text
    assert "SeCrEt123" not in page
    assert "https://linzhu.example/…" in page


def test_texts_name_the_people_we_know(desk, row, elder, community):
    factories.FamilyContactFactory(elder=elder, name="王芳", relation="女儿", phone="+8619900000001")
    factories.MessageFactory(community=community, about=row.ref, to="+8619900000001")
    [text] = desk.get(url(row)).context["texts"]
    assert (text.who, text.came_in, text.state) == ("王芳 (女儿)", False, "waiting")


def test_undelivered_text_stands_out(desk, row, community):
    factories.MessageFactory(community=community, about=row.ref, state="undelivered")
    [text] = desk.get(url(row)).context["texts"]
    assert text.is_troubled


def test_texts_in_and_out_stand_in_order(desk, row, community):
    start = now() - timedelta(hours=1)
    factories.InboundMessageFactory(about=row.ref, text="接47", received_at=start + timedelta(minutes=2))
    factories.MessageFactory(community=community, about=row.ref, created_at=start)
    assert [text.came_in for text in desk.get(url(row)).context["texts"]] == [False, True]


def test_texts_about_another_help_request_are_absent(desk, row, community):
    factories.MessageFactory(community=community, about="ZZZZZ", text="something else")
    assert desk.get(url(row)).context["texts"] == []


# --- the story ----------------------------------------------------------------------------------------------------


def story(row):
    entries = timeline.tell(
        row,
        changes=list(row.changes.all()),
        waves=list(row.waves.all()),
        offers=list(row.offers.select_related("volunteer")),
        assignments=list(row.assignments.select_related("volunteer")),
        todos=list(row.todos.select_related("closed_by")),
        steps=list(VisitStep.objects.filter(assignment__help_request=row).exclude(done_at=None)),
    )
    return [(entry.who, entry.text, entry.status) for entry in entries]


def change(row, minute, before, after, **fields):
    fields = {"who": StatusChange.Who.SYSTEM, **fields}
    at = row.created_at + timedelta(minutes=minute)
    return StatusChange.objects.create(help_request=row, from_status=before, to_status=after, at=at, **fields)


def test_story_says_who_was_asked_once_more(desk, row):
    first, second = (factories.WaveFactory(help_request=row, number=number, ended_at=now()) for number in (1, 2))
    factories.OfferFactory(help_request=row, wave=first, asked_again_in=second)
    factories.OfferFactory(help_request=row, wave=first)
    assert [text for _who, text, _status in story(row)] == [
        "Wave 1: asked 2 neighbours within 1.0 km",
        "Wave 2: once more asked those who have not answered",
    ]
    assert desk.get(url(row)).content.decode().count("· asked once more") == 1


def test_story_is_told_in_order_and_each_fact_once(row, dispatcher):
    start = row.created_at
    change(row, 0, "", "open", who="staff", user=dispatcher)
    wave = factories.WaveFactory(help_request=row, number=1, started_at=start)
    no = factories.OfferFactory(
        help_request=row, wave=wave, status="declined", answered_at=start + timedelta(minutes=1), volunteer__name="王敏"
    )
    yes = factories.OfferFactory(help_request=row, wave=wave, status="accepted", volunteer__name="陈磊")
    factories.AssignmentFactory(
        help_request=row,
        volunteer=yes.volunteer,
        offer=yes,
        accepted_at=start + timedelta(minutes=2),
        arrived_at=start + timedelta(minutes=30),
        finished_at=start + timedelta(minutes=75),
        minutes=45,
        status="finished",
    )
    change(row, 2, "open", "assigned", who="volunteer", name="陈磊")
    change(row, 30, "assigned", "underway", who="volunteer", name="陈磊")
    change(row, 75, "underway", "done", who="volunteer", name="陈磊")
    assert story(row) == [
        (str(dispatcher), "Logged: Groceries (phone)", "open"),
        ("Linzhu", "Wave 1: asked 2 neighbours within 1.0 km", ""),
        (no.volunteer.name, "Cannot this time", ""),
        ("陈磊", "Says yes", "assigned"),
        ("陈磊", "Is at the door", "underway"),
        ("陈磊", "Has finished, 45 minutes", "done"),
    ]


def test_story_tells_why_linzhu_handed_over(row):
    change(row, 9, "open", "paused", why="nobody-found")
    [entry] = timeline.tell(
        row, changes=list(row.changes.all()), waves=[], offers=[], assignments=[], todos=[], steps=[]
    )
    assert (entry.text, entry.note) == ("Handed over to staff", "nobody found")


def test_story_says_which_member_of_staff_noted_it(row, dispatcher):
    at = row.created_at + timedelta(minutes=2)
    factories.AssignmentFactory(help_request=row, accepted_at=at, via="phone", volunteer__name="刘芳")
    change(row, 2, "open", "assigned", who="staff", user=dispatcher)
    [entry] = timeline.tell(
        row,
        changes=list(row.changes.all()),
        waves=[],
        offers=[],
        assignments=list(row.assignments.all()),
        todos=[],
        steps=[],
    )
    assert (entry.who, entry.text, entry.note) == ("刘芳", "Says yes on the phone", f"noted by {dispatcher}")


def step_done(visit, kind, minute):
    at = visit.help_request.created_at + timedelta(minutes=minute)
    return VisitStep.objects.create(assignment=visit, kind=kind, due_at=at, done_at=at)


def test_story_tells_what_linzhu_did_around_the_visit(row):
    visit = factories.AssignmentFactory(
        help_request=row,
        volunteer__name="陈磊",
        accepted_at=row.created_at,
        on_my_way_at=row.created_at + timedelta(minutes=25),
        arrived_at=row.created_at + timedelta(minutes=40),
    )
    step_done(visit, "remind-evening", 10)
    step_done(visit, "remind-soon", 20)
    step_done(visit, "ask-arrival", 30)
    step_done(visit, "ask-end", 90)
    assert [(who, text) for who, text, _status in story(row)] == [
        ("陈磊", "Says yes"),
        ("Linzhu", "Reminded 陈磊 the evening before"),
        ("Linzhu", "Reminded 陈磊 of the visit"),
        ("陈磊", "Has set out"),
        ("Linzhu", "Asked 陈磊: have you arrived?"),
        ("陈磊", "Is at the door"),
        ("Linzhu", "Asked 陈磊: is it finished?"),
    ]


def test_story_leaves_out_what_the_volunteer_was_quicker_than(row):
    early = row.created_at + timedelta(minutes=5)
    visit = factories.AssignmentFactory(
        help_request=row, accepted_at=row.created_at, arrived_at=early, finished_at=early, status="finished"
    )
    for kind in ("remind-soon", "ask-arrival", "ask-end"):
        step_done(visit, kind, 10)
    assert [text for _who, text, _status in story(row)] == ["Says yes", "Is at the door", "Has finished"]


def test_story_leaves_an_alarm_to_what_staff_owe(row, community):
    visit = factories.AssignmentFactory(help_request=row, accepted_at=row.created_at)
    step_done(visit, "alert-arrival", 30)
    factories.TodoFactory(community=community, help_request=row, kind=Todo.Kind.NOT_ARRIVED, opened_at=now())
    assert [text for _who, text, _status in story(row)] == ["Says yes", "volunteer has not arrived"]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("cannot-come", "Does not come after all"),
        ("no-show", "Did not come"),
        ("turned-down", "Was turned away at the door"),
        ("elder-no-answer", "Rang, and the elder did not answer"),
    ],
)
def test_story_tells_how_a_promise_ended(row, outcome, words):
    at = row.created_at + timedelta(minutes=20)
    factories.AssignmentFactory(
        help_request=row, accepted_at=row.created_at, status="released", released_at=at, outcome=outcome
    )
    assert [text for _who, text, _status in story(row)] == ["Says yes", words]


def test_story_does_not_say_of_a_cancelled_visit_that_the_volunteer_let_down(row):
    at = row.created_at + timedelta(minutes=20)
    factories.AssignmentFactory(help_request=row, accepted_at=row.created_at, status="released", released_at=at)
    change(row, 20, "assigned", "cancelled", who="staff", why="the elder cancelled")
    assert [text for _who, text, _status in story(row)] == ["Says yes", "Cancelled"]


def test_story_tells_what_was_owed_and_who_settled_it(row, dispatcher):
    start = row.created_at
    factories.TodoFactory(
        community=row.community,
        help_request=row,
        kind=Todo.Kind.TELL_ELDER,
        opened_at=start,
        closed_at=start + timedelta(minutes=4),
        closed_by=dispatcher,
        outcome="told",
    )
    assert [(who, text) for who, text, _status in story(row)] == [
        ("Owed by staff", "call the elder: who comes"),
        (str(dispatcher), "Settled: call the elder: who comes"),
    ]


def test_story_of_a_real_help_request_begins_with_its_logging(elder, dispatcher, desk):
    row = lifecycle.log_request(elder, "groceries", actor=Actor.staff(dispatcher), **factories.window())
    lifecycle.move(row, Status.PAUSED, actor=SYSTEM, why="nobody-found", pause_reason="nobody-found")
    entries = desk.get(url(row)).context["entries"]
    assert entries[0].text == "Logged: Groceries (phone)"


@pytest.mark.parametrize(
    ("status", "tone"),
    [
        ("open", ""),
        ("paused", " amber"),
        ("assigned", " blue"),
        ("underway", " blue"),
        ("done", " plain"),
        ("unmet", " plain"),
    ],
)
def test_state_has_the_same_colour_on_every_page(desk, elder, status, tone):
    row = factories.HelpRequestFactory(elder=elder, status=status)
    tag = f'<span class="tag{tone}">{row.get_status_display()}'
    for page in (url(row), "/requests/", f"/elders/{elder.pk}/"):
        assert tag in desk.get(page).text


# --- cost ---------------------------------------------------------------------------------------------------------


def fill(row, many):
    wave = factories.WaveFactory(help_request=row, number=1)
    for n in range(many):
        offer = factories.OfferFactory(help_request=row, wave=wave)
        factories.MessageFactory(community=row.community, about=row.ref, to=offer.phone)
        factories.VolunteerFactory(community=row.community)
        factories.TodoFactory(
            community=row.community, help_request=row, inbound=factories.InboundMessageFactory(), kind="unclear-reply"
        )
        change(row, n, "open", "paused")


def test_page_costs_the_same_number_of_queries_with_one_row_and_with_thirty(
    desk, elder, django_assert_num_queries, django_assert_max_num_queries
):
    small, large = factories.HelpRequestFactory.create_batch(2, elder=elder)
    fill(small, 1)
    fill(large, 30)
    for row in (small, large):
        desk.get(url(row))  # the look is noted, once
    with django_assert_max_num_queries(47) as counted:
        desk.get(url(small))
    with django_assert_num_queries(len(counted)):
        desk.get(url(large))


# --- the list -----------------------------------------------------------------------------------------------------


def found(desk, **search):
    return [row.ref for row in desk.post("/requests/", search, follow=True).context["page"]]


def test_list_shows_the_newest_first_and_nobody_elses(desk, elder):
    old = factories.HelpRequestFactory(elder=elder, created_at=now() - timedelta(days=2))
    new = factories.HelpRequestFactory(elder=elder)
    factories.HelpRequestFactory()
    assert found(desk) == [new.ref, old.ref]


@pytest.mark.parametrize("words", ["张秀", "zhangxiu", "zxy", "ZXY"])
def test_list_finds_by_name_and_pinyin(desk, row, community, words):
    factories.HelpRequestFactory(elder=factories.ElderFactory(community=community, name="李建国"))
    assert found(desk, q=words) == [row.ref]


def test_list_finds_by_reference_in_small_letters(desk, elder):
    row = factories.HelpRequestFactory(elder=elder, ref="H7K2M")
    factories.HelpRequestFactory(elder=elder, ref="ABCDE")
    assert found(desk, q="h7k") == [row.ref]


def test_list_finds_by_phone_digits(desk, community):
    elder = factories.ElderFactory(community=community, phone="+862227311846")
    row = factories.HelpRequestFactory(elder=elder)
    factories.HelpRequestFactory(elder=factories.ElderFactory(community=community))
    assert found(desk, q="2731 18") == [row.ref]
    assert found(desk, q="022-27311846") == [row.ref]


def test_list_filters_by_status_service_and_day(desk, elder):
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    row = factories.HelpRequestFactory(elder=elder, service_code="ride", window_start=noon, status=Status.UNMET)
    factories.HelpRequestFactory(elder=elder, service_code="meal", window_start=noon + timedelta(days=3))
    assert found(desk, status="ended") == [row.ref]
    assert found(desk, service="ride") == [row.ref]
    assert found(desk, day=noon.date().isoformat()) == [row.ref]


def test_board_leads_to_one_lane_of_the_list(desk, row, assigned):
    page = desk.get("/requests/", {"status": "assigned"}).context["page"]
    assert [item.ref for item in page] == [assigned.ref]


def test_list_with_an_unreadable_filter_says_so_and_shows_all(desk, row):
    response = desk.get("/requests/", {"day": "someday"})
    assert response.status_code == 200
    assert [item.ref for item in response.context["page"]] == [row.ref]


def test_list_costs_the_same_with_one_row_and_with_thirty(desk, elder, django_assert_num_queries):
    factories.HelpRequestFactory(elder=elder)
    with django_assert_num_queries(7):
        desk.get("/requests/")
    factories.HelpRequestFactory.create_batch(29, elder=elder)
    with django_assert_num_queries(7):
        desk.get("/requests/")


@pytest.mark.parametrize(
    ("why", "from_status", "to_status", "words"),
    [
        ("cannot_come", "assigned", "open", "the volunteer cannot come"),
        ("search-again", "paused", "open", "search again"),
        ("by-elder", "open", "cancelled", "the elder cancelled"),
        ("nobody-free", "paused", "unmet", "nobody was free"),
        ("nobody-found", "open", "paused", "nobody found"),
    ],
)
def test_story_gives_reasons_in_words_and_never_as_codes(desk, elder, why, from_status, to_status, words):
    row = factories.HelpRequestFactory(elder=elder, status=to_status)
    row.changes.create(from_status=from_status, to_status=to_status, who="staff", name="A", why=why)
    notes = [entry.note for entry in desk.get(url(row)).context["entries"]]
    assert [note for note in notes if words in note] != []
    assert [note for note in notes if why in note] == []


@pytest.mark.parametrize(("hours", "is_late"), [(1, True), (8, False)])
def test_late_cancellation_is_seen_on_the_page_in_the_list_and_on_the_board(desk, community, hours, is_late):
    elder = factories.ElderFactory(community=community)
    row = lifecycle.log_request(elder, "parcel", actor=SYSTEM, **factories.window(hours))
    assign(row, factories.VolunteerFactory(community=community), actor=SYSTEM)
    desk.post(url(row, "cancel"), {"reason": "by-elder"})
    let_it_happen()
    page = desk.get(f"/requests/{row.ref}/").content.decode()
    assert ("cancelled late" in page, "Cancelled late" in page) == (is_late, is_late)
    assert ("cancelled late" in desk.get("/requests/").content.decode()) == is_late
    assert ("cancelled late" in desk.get("/").content.decode()) == is_late
