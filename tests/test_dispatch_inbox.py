"""The inbox: what is owed, by kind; answers by one key; nothing done twice; nothing of another community."""

from datetime import timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.dispatch.inbox_answers import ANSWERS
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.words import moment_words
from linzhu.notifications.models import Message
from linzhu.requests.models import Status
from tests import factories


@pytest.fixture
def row(community):
    return factories.HelpRequestFactory(elder=factories.ElderFactory(community=community, name="张秀英"))


@pytest.fixture
def unclear(row):
    """A doubtful reply to an open offer."""
    question = factories.MessageFactory(community=row.community, text="能去请回：接47")
    offer = factories.OfferFactory(help_request=row, volunteer__name="王敏", message=question)
    inbound = factories.InboundMessageFactory(sender=offer.phone, text="下午三点行不行？")
    return factories.TodoFactory(
        community=row.community, help_request=row, kind=Todo.Kind.UNCLEAR_REPLY, offer=offer, inbound=inbound
    )


@pytest.fixture
def call(community):
    """A call owed to an elder: somebody comes."""
    elder = factories.ElderFactory(community=community, name="李爷爷")
    row = factories.HelpRequestFactory(elder=elder, status=Status.ASSIGNED, places_filled=1)
    factories.AssignmentFactory(help_request=row, volunteer__name="陈磊", door_word="石榴")
    return factories.TodoFactory(community=community, help_request=row, kind=Todo.Kind.TELL_ELDER)


@pytest.fixture
def stranger(community):
    return factories.TodoFactory(
        community=community,
        kind=Todo.Kind.UNKNOWN_SENDER,
        inbound=factories.InboundMessageFactory(text="食堂几点开门？"),
    )


def answer(client, todo, act, **form):
    return client.post(f"/inbox/{todo.pk}/", {"act": act, **form}, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


# --- what is shown ------------------------------------------------------------------------------------------------


def test_unclear_reply_stands_beside_what_was_asked(desk, unclear):
    page = desk.get("/inbox/").text
    assert page.index("能去请回：接47") < page.index("下午三点行不行？")
    assert "王敏" in page


def test_call_says_whom_to_call_and_what_to_say(desk, call):
    page = desk.get("/inbox/").text
    assert f"tel:{call.help_request.elder.phone}" in page
    assert "陈磊 comes" in page
    assert "<b>石榴</b>" in page


def test_unknown_sender_stands_with_the_text(desk, stranger):
    assert "食堂几点开门？" in desk.get("/inbox/").text


def test_unknown_sender_can_be_called_back_and_logged(desk, stranger):
    page = desk.get("/inbox/").text
    assert f'href="tel:{stranger.inbound.sender}"' in page
    assert f'<input type="hidden" name="q" value="{stranger.inbound.sender}">' in page


def test_unknown_sender_is_recognised_by_a_familys_number(desk, community, stranger):
    elder = factories.ElderFactory(community=community, name="赵奶奶")
    factories.FamilyContactFactory(elder=elder, phone=stranger.inbound.sender)
    page = desk.get("/inbox/").text
    assert f'<a href="/elders/{elder.pk}/">赵奶奶</a>' in page


def test_unknown_sender_is_not_recognised_across_communities(desk, stranger):
    factories.ElderFactory(name="赵奶奶", phone=stranger.inbound.sender)
    assert "赵奶奶" not in desk.get("/inbox/").text


def test_most_overdue_stands_first(desk, community, row):
    later = factories.TodoFactory(community=community, help_request=row)
    sooner = factories.TodoFactory(
        community=community, help_request=row, kind=Todo.Kind.NO_POSITION, due_at=now() - timedelta(minutes=3)
    )
    assert desk.get("/inbox/").context["inbox"].todos == [sooner, later]


def test_tab_shows_its_kinds_only(desk, unclear, call, stranger):
    assert desk.get("/inbox/", {"show": "replies"}).context["inbox"].todos == [unclear]
    assert desk.get("/inbox/", {"show": "calls"}).context["inbox"].todos == [call]
    assert desk.get("/inbox/", {"show": "unknown"}).context["inbox"].todos == [stranger]


def test_every_kind_of_todo_is_in_one_tab_beside_all(desk, community):
    tabs = desk.get("/inbox/").context["inbox"].tabs
    kinds = [kind for tab in tabs[1:] for kind in tab.kinds]
    assert sorted(kinds) == sorted(Todo.Kind.values)


def test_unknown_tab_shows_all(desk, call):
    assert desk.get("/inbox/", {"show": "nonsense"}).context["inbox"].todos == [call]


def test_empty_inbox_is_friendly(desk):
    assert "Nothing waits for an answer" in desk.get("/inbox/").text


def test_htmx_gets_only_the_part_that_renews_itself(desk, call):
    page = desk.get("/inbox/", headers={"HX-Request": "true"}).text
    assert "李爷爷" in page
    assert "<html" not in page


# --- unclear replies ----------------------------------------------------------------------------------------------


def test_counts_as_yes_assigns(desk, unclear, dispatcher):
    response = answer(desk, unclear, "yes")
    unclear.refresh_from_db()
    assert unclear.offer.assignment.status == Assignment.Status.STANDING
    assert unclear.closed_by == dispatcher
    assert said(response) == ["王敏 comes, and has been told where and when."]


def test_counts_as_no_declines(desk, unclear):
    answer(desk, unclear, "no")
    unclear.refresh_from_db()
    assert unclear.offer.status == Offer.Status.DECLINED
    assert unclear.closed_at is not None


def test_ask_again_sends_the_question_once_more(desk, unclear):
    answer(desk, unclear, "ask")
    unclear.refresh_from_db()
    assert unclear.closed_at is not None
    assert unclear.offer.status == Offer.Status.OPEN
    assert Message.objects.filter(to=unclear.offer.phone, template="offer").count() == 1


def test_yes_after_somebody_else_has_won_is_answered_kindly(desk, unclear, row):
    winner = factories.OfferFactory(help_request=row, wave=unclear.offer.wave)
    desk.post(f"/requests/{row.ref}/assign/", {"volunteer": winner.volunteer_id, "via": "phone"})
    response = answer(desk, unclear, "yes")
    assert response.status_code == 200
    assert row.assignments.count() == 1
    assert said(response)[-1] == "This offer is closed by now: somebody else comes, or it is over."


def test_double_click_on_yes_assigns_once(desk, unclear, row, dispatcher):
    answer(desk, unclear, "yes")
    response = answer(desk, unclear, "yes")
    assert row.assignments.count() == 1
    assert said(response)[-1] == f"{dispatcher} has settled this already."


def test_doubtful_text_after_the_yes_can_mean_that_they_do_not_come(desk, unclear, row):
    answer(desk, unclear, "yes")
    again = factories.TodoFactory(
        community=row.community,
        help_request=row,
        kind=Todo.Kind.UNCLEAR_REPLY,
        offer=unclear.offer,
        inbound=factories.InboundMessageFactory(text="可能去不了"),
    )
    assert "Cannot come" in desk.get("/inbox/").text
    answer(desk, again, "cannot")
    row.refresh_from_db()
    assert (row.status, row.round) == (Status.OPEN, 2)


def test_reply_without_a_certain_offer_can_only_be_settled(desk, community):
    todo = factories.TodoFactory(
        community=community, kind=Todo.Kind.UNCLEAR_REPLY, inbound=factories.InboundMessageFactory()
    )
    assert "Counts as yes" not in desk.get("/inbox/").text
    answer(desk, todo, "yes")
    todo.refresh_from_db()
    assert todo.closed_at is None
    answer(desk, todo, "settled")
    todo.refresh_from_db()
    assert todo.closed_at is not None


# --- calls and strangers ------------------------------------------------------------------------------------------


def test_told_settles_the_call(desk, call, dispatcher):
    answer(desk, call, "told")
    call.refresh_from_db()
    assert (call.closed_by, call.outcome) == (dispatcher, "told")


def test_nobody_picked_up_keeps_it_owed_and_due_again(desk, call):
    answer(desk, call, "missed")
    call.refresh_from_db()
    assert call.closed_at is None
    assert timedelta(minutes=19) < call.due_at - now() <= timedelta(minutes=20)
    assert "nobody picked up" in desk.get("/inbox/").text


def test_text_that_did_not_arrive_is_told_by_phone(desk, call, community):
    lost = factories.MessageFactory(community=community, to="+8619912345678", text="进度 https://x.example/f/SeCrEt")
    todo = factories.TodoFactory(
        community=community, help_request=call.help_request, kind=Todo.Kind.NOT_DELIVERED, message=lost
    )
    page = desk.get("/inbox/", {"show": "calls"}).text
    assert "tel:+8619912345678" in page
    assert "SeCrEt" not in page
    answer(desk, todo, "told")
    todo.refresh_from_db()
    assert todo.closed_at is not None


@pytest.fixture
def visit(community):
    """A visit that should begin now: 陈磊 comes to 李爷爷."""
    elder = factories.ElderFactory(community=community, name="李爷爷")
    row = factories.HelpRequestFactory(elder=elder, status=Status.ASSIGNED, places_filled=1)
    yesterday = now() - timedelta(days=1)
    return factories.AssignmentFactory(help_request=row, volunteer__name="陈磊", accepted_at=yesterday)


def owed(visit, kind, **fields):
    row = visit.help_request
    return factories.TodoFactory(community=row.community, help_request=row, kind=kind, **fields)


def test_not_arrived_says_whom_to_call_and_where_to_note_it(desk, visit):
    owed(visit, Todo.Kind.NOT_ARRIVED)
    page = desk.get("/inbox/", {"show": "decisions"}).text
    at = moment_words(visit.help_request.window_start, now())
    assert f"陈磊 should have been there at {at} and has not answered. Please call." in page
    assert f"tel:{visit.volunteer.phone}" in page
    assert f"tel:{visit.help_request.elder.phone}" in page
    assert f"/requests/{visit.help_request.ref}/#visits" in page


def test_not_arrived_says_when_the_volunteer_set_out_and_how_late_they_said(desk, visit):
    visit.on_my_way_at, visit.late_minutes = now(), 20
    visit.save()
    owed(visit, Todo.Kind.NOT_ARRIVED)
    at = moment_words(visit.help_request.window_start + timedelta(minutes=20), now())
    set_out = moment_words(visit.on_my_way_at, now())
    assert f"陈磊 set out at {set_out}, should have been there at {at}" in desk.get("/inbox/").text


def test_expected_time_is_not_before_the_yes(desk, visit):
    visit.accepted_at = visit.help_request.window_start + timedelta(minutes=40)
    visit.save()
    owed(visit, Todo.Kind.NOT_ARRIVED)
    assert f"at {moment_words(visit.accepted_at, now())} and" in desk.get("/inbox/").text


def test_of_two_who_come_only_the_missing_one_is_named(desk, visit):
    row = visit.help_request
    factories.AssignmentFactory(help_request=row, place=2, volunteer__name="马晓", arrived_at=now())
    owed(visit, Todo.Kind.NOT_ARRIVED)
    page = desk.get("/inbox/").text
    assert "陈磊 should have been there" in page
    assert "马晓" not in page


def test_not_finished_says_since_when_the_volunteer_is_there(desk, visit):
    visit.arrived_at = now()
    visit.save()
    owed(visit, Todo.Kind.NOT_FINISHED)
    page = desk.get("/inbox/", {"show": "decisions"}).text
    at = moment_words(visit.arrived_at, now())
    assert f"陈磊 has been there since {at} and has not said that it is over. Please call." in page


def test_late_visit_gives_the_words_for_the_elder(desk, visit):
    visit.late_minutes = 20
    visit.save()
    todo = owed(visit, Todo.Kind.TELL_ELDER_LATE)
    page = desk.get("/inbox/", {"show": "calls"}).text
    at = moment_words(visit.help_request.window_start + timedelta(minutes=20), now())
    assert f"“陈磊 comes about 20 minutes later, around {at}.”" in page
    assert f"tel:{visit.help_request.elder.phone}" in page
    answer(desk, todo, "told")
    todo.refresh_from_db()
    assert todo.closed_at is not None


def test_volunteer_who_asks_for_help_is_named_with_the_number(desk, visit):
    inbound = factories.InboundMessageFactory(sender=visit.volunteer.phone, text="帮我")
    owed(visit, Todo.Kind.HELP_WANTED, inbound=inbound)
    page = desk.get("/inbox/", {"show": "calls"}).text
    assert "<b>陈磊</b>: <q>帮我</q>" in page
    assert f"tel:{inbound.sender}" in page


def test_volunteer_without_a_visit_is_named_in_their_own_community_only(desk, community):
    inbound = factories.InboundMessageFactory(text="帮我")
    factories.VolunteerFactory(community=community, name="王敏", phone=inbound.sender)
    factories.VolunteerFactory(name="赵强", phone=inbound.sender)
    factories.TodoFactory(community=community, kind=Todo.Kind.HELP_WANTED, inbound=inbound)
    page = desk.get("/inbox/").text
    assert "<b>王敏</b>" in page
    assert "赵强" not in page


@pytest.mark.parametrize("kind", [Todo.Kind.NOT_ARRIVED, Todo.Kind.NOT_FINISHED, Todo.Kind.HELP_WANTED])
def test_nobody_picks_up_is_the_second_key(desk, visit, kind):
    owed(visit, kind)
    page = desk.get("/inbox/").text
    assert 'value="settled">Settled <kbd>1</kbd>' in page
    assert 'value="missed">Nobody picks up <kbd>2</kbd>' in page


def test_unknown_sender_is_settled(desk, stranger):
    answer(desk, stranger, "settled")
    stranger.refresh_from_db()
    assert stranger.closed_at is not None


def test_answer_leads_back_to_the_page_it_came_from(desk, call):
    response = desk.post(f"/inbox/{call.pk}/", {"act": "told", "next": "/inbox/?show=calls"})
    assert response.url == "/inbox/?show=calls"


# --- walls --------------------------------------------------------------------------------------------------------


def test_todo_of_another_community_is_neither_shown_nor_found(desk):
    todo = factories.TodoFactory(help_request=factories.HelpRequestFactory())
    assert desk.get("/inbox/").context["inbox"].todos == []
    assert [answer(desk, todo, act).status_code for act in ANSWERS] == [404] * len(ANSWERS)


def test_intake_worker_may_read_but_not_answer(client_of, community, call):
    worker = client_of(factories.RoleFactory(community=community, kind="intake").user)
    assert "Told" not in worker.get("/inbox/").text
    assert answer(worker, call, "told").status_code == 403


def test_unknown_answer_is_not_found(desk, call):
    assert answer(desk, call, "burn").status_code == 404


def test_answer_by_get_changes_nothing(desk, call):
    assert desk.get(f"/inbox/{call.pk}/").status_code == 405


# --- cost ---------------------------------------------------------------------------------------------------------


def test_inbox_costs_the_same_with_one_row_and_with_thirty(desk, community, django_assert_num_queries):
    def fill(many):
        for _n in range(many):
            row = factories.HelpRequestFactory(elder=factories.ElderFactory(community=community))
            offer = factories.OfferFactory(help_request=row)
            inbound = factories.InboundMessageFactory(sender=offer.phone)
            for kind in (Todo.Kind.UNCLEAR_REPLY, Todo.Kind.UNKNOWN_SENDER):
                factories.TodoFactory(community=community, help_request=row, kind=kind, offer=offer, inbound=inbound)

    fill(1)
    with django_assert_num_queries(11):
        desk.get("/inbox/")
    fill(29)
    with django_assert_num_queries(11):
        desk.get("/inbox/")


@pytest.mark.parametrize(
    ("kind", "status", "reason", "words", "not_said"),
    [
        ("tell-elder-looking", "open", "", "cannot come after all. We are looking for somebody else", "called off"),
        ("tell-elder-looking", "paused", "", "We are looking for somebody else", "nobody will come"),
        ("tell-elder-off", "cancelled", "by-elder", "It is called off: nobody comes", "looking for somebody else"),
        ("tell-elder-off", "unmet", "nobody-free", "we found nobody, and nobody will come", "called off"),
    ],
)
def test_call_says_precisely_what_to_tell_the_elder(desk, community, kind, status, reason, words, not_said):
    row = factories.HelpRequestFactory(elder__community=community, status=status, end_reason=reason)
    factories.TodoFactory(community=community, help_request=row, kind=kind)
    shown = desk.get("/inbox/?show=calls").content.decode()
    assert words in shown
    assert not_said not in shown
