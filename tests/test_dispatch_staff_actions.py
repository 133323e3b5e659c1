"""What staff do by hand: assign, release, arrive, finish, cancel, give up, close."""

import pytest

from linzhu.dispatch.assignments import arrive, assign, finish, release
from linzhu.dispatch.decisions import cancel, close, give_up
from linzhu.dispatch.errors import NotCleared, TooLate
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.offers import accept
from linzhu.dispatch.todos import owe, settle
from linzhu.dispatch.unclear import ask_again, count_as_no, count_as_yes
from linzhu.dispatch.waves import start_wave
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, Actor, IllegalTransition, log_request
from linzhu.requests.models import HelpRequest, Status
from tests import factories
from tests.asking import ask_all
from tests.factories import window


@pytest.fixture
def elder(community):
    elder = factories.ElderFactory(community=community)
    factories.FamilyContactFactory(elder=elder)
    return elder


@pytest.fixture
def need(elder):
    return log_request(elder, "groceries", actor=SYSTEM, **window())


@pytest.fixture
def actor(dispatcher):
    return Actor.staff(dispatcher)


@pytest.fixture
def assigned(community, need, actor):
    return assign(need, factories.VolunteerFactory(community=community), actor=actor)


def fresh(help_request):
    return HelpRequest.objects.get(pk=help_request.pk)


def sent(template):
    return Message.objects.filter(template=template).count()


def test_assigning_by_hand_tells_everybody(assigned):
    assert fresh(assigned.help_request).status == Status.ASSIGNED
    assert (sent("visit_yours"), sent("family_assigned")) == (1, 1)


def test_assigning_by_hand_names_who_did_it(assigned, dispatcher):
    change = assigned.help_request.changes.last()
    assert (change.who, change.user) == ("staff", dispatcher)


def test_assigning_answers_the_volunteers_open_offer(community, need, actor):
    volunteer = factories.VolunteerFactory(community=community)
    start_wave(need)
    assign(fresh(need), volunteer, actor=actor, via=Assignment.Via.PHONE)
    assert Offer.objects.get().status == Offer.Status.ACCEPTED


def test_assigning_to_a_place_that_is_taken_is_too_late(community, assigned, actor):
    with pytest.raises(TooLate):
        assign(fresh(assigned.help_request), factories.VolunteerFactory(community=community), actor=actor)


def test_volunteer_without_clearance_cannot_be_assigned(community, need, actor):
    with pytest.raises(NotCleared):
        assign(need, factories.VolunteerFactory(community=community, cleared_until=None), actor=actor)
    assert fresh(need).places_filled == 0


def test_one_volunteer_cannot_hold_both_places(community, elder, actor):
    need = log_request(elder, "benefit-certification", actor=SYSTEM, **window())
    volunteer = factories.VolunteerFactory(community=community, clearance=2)
    assign(need, volunteer, actor=actor)
    with pytest.raises(TooLate):
        assign(fresh(need), volunteer, actor=actor)


def test_release_searches_anew_and_tells_the_family(assigned, actor):
    release(assigned, actor=actor, why="ill")
    need = fresh(assigned.help_request)
    assert (need.status, need.round, need.places_filled) == (Status.OPEN, 2, 0)
    assert (sent("visit_off"), sent("family_searching")) == (1, 1)


def test_release_twice_frees_one_place(assigned, actor):
    release(assigned, actor=actor, why="ill")
    with pytest.raises(TooLate):
        release(Assignment.objects.get(), actor=actor, why="ill")
    assert fresh(assigned.help_request).places_filled == 0


def test_elder_not_told_yet_needs_no_second_call(assigned, actor):
    release(assigned, actor=actor, why="ill")
    assert Todo.objects.open().count() == 0


def test_elder_told_already_is_called_again(assigned, actor, dispatcher):
    settle(Todo.objects.get(kind=Todo.Kind.TELL_ELDER), user=dispatcher, outcome="told")
    release(assigned, actor=actor, why="ill")
    assert Todo.objects.open().get().kind == Todo.Kind.TELL_ELDER_LOOKING


def test_call_that_we_look_for_somebody_else_is_overtaken_by_who_comes(community, assigned, actor, dispatcher):
    settle(Todo.objects.get(kind=Todo.Kind.TELL_ELDER), user=dispatcher, outcome="told")
    release(assigned, actor=actor, why="ill")
    assign(fresh(assigned.help_request), factories.VolunteerFactory(community=community), actor=actor)
    assert Todo.objects.open().get().kind == Todo.Kind.TELL_ELDER


def test_call_that_we_look_for_somebody_else_is_overtaken_by_the_end(assigned, actor, dispatcher):
    settle(Todo.objects.get(kind=Todo.Kind.TELL_ELDER), user=dispatcher, outcome="told")
    release(assigned, actor=actor, why="ill")
    give_up(fresh(assigned.help_request), actor=actor, reason="nobody-free")
    assert Todo.objects.open().get().kind == Todo.Kind.TELL_ELDER_OFF


def test_arrival_and_end_move_the_help_request(assigned, actor):
    arrive(assigned, actor=actor)
    assert fresh(assigned.help_request).status == Status.UNDERWAY
    finish(assigned, actor=actor, minutes=40)
    assert fresh(assigned.help_request).status == Status.DONE
    close(fresh(assigned.help_request), actor=actor)
    assert fresh(assigned.help_request).status == Status.CLOSED


def test_visit_of_two_is_done_when_both_are_through(community, elder, actor):
    need = log_request(elder, "benefit-certification", actor=SYSTEM, **window())
    pair = [
        assign(fresh(need), volunteer, actor=actor)
        for volunteer in factories.VolunteerFactory.create_batch(2, community=community, clearance=2)
    ]
    arrive(pair[0], actor=actor)
    finish(pair[0], actor=actor)
    assert fresh(need).status == Status.UNDERWAY
    finish(pair[1], actor=actor)
    assert fresh(need).status == Status.DONE


def test_cancel_tells_everybody_once(assigned, actor):
    need = fresh(assigned.help_request)
    cancel(need, actor=actor, reason="by-elder")
    with pytest.raises(IllegalTransition):
        cancel(need, actor=actor, reason="by-elder")
    assert (sent("visit_off"), sent("family_off")) == (1, 1)
    assert Todo.objects.open().get().kind == Todo.Kind.TELL_ELDER_OFF


def to(phone, template):
    return Message.objects.filter(to=phone, template=template).count()


@pytest.mark.parametrize("hours", [6, 1, -1], ids=["in time", "late", "during the window"])
def test_cancel_tells_each_of_them_once(elder, community, actor, hours):
    need = log_request(elder, "groceries", actor=SYSTEM, **window(hours))
    visit = assign(need, factories.VolunteerFactory(community=community), actor=actor)
    cancel(fresh(need), actor=actor, reason="no-longer-needed")
    with pytest.raises(IllegalTransition):
        cancel(fresh(need), actor=actor, reason="no-longer-needed")
    assert to(visit.volunteer.phone, "visit_off") == 1
    assert to(elder.family.get().phone, "family_off") == 1
    assert list(Todo.objects.open().values_list("kind", flat=True)) == [Todo.Kind.TELL_ELDER_OFF]


def test_cancel_tells_an_elder_who_reads_texts_by_one_text(community, actor):
    elder = factories.ElderFactory(community=community, phone="+8613900000001", tell_by="text")
    need = log_request(elder, "groceries", actor=SYSTEM, **window())
    assign(need, factories.VolunteerFactory(community=community), actor=actor)
    cancel(fresh(need), actor=actor, reason="mistake")
    assert (to(elder.phone, "elder_off"), Todo.objects.open().count()) == (1, 0)


def test_cancel_before_anybody_was_found_texts_no_volunteer(community, need, actor):
    factories.VolunteerFactory.create_batch(3, community=community)
    ask_all(need)
    cancel(fresh(need), actor=actor, reason="mistake")
    phones = set(Offer.objects.values_list("phone", flat=True))
    assert len(phones) == 3
    assert set(Message.objects.filter(to__in=phones).values_list("template", "state")) == {("offer", "expired")}
    assert sent("family_off") == 1


@pytest.mark.parametrize(
    ("minutes", "outcome"), [(121, "cancelled"), (120, "cancelled"), (119, "late-cancel"), (-30, "late-cancel")]
)
def test_cancel_is_late_from_two_hours_before_the_window(community, elder, actor, stopped_clock, minutes, outcome):
    need = log_request(elder, "groceries", actor=SYSTEM, **window(minutes / 60))
    assign(need, factories.VolunteerFactory(community=community), actor=actor)
    cancel(fresh(need), actor=actor, reason="no-longer-needed")
    assert Assignment.objects.get().outcome == outcome
    assert fresh(need).cancelled_late == (outcome == "late-cancel")


def test_cancel_of_a_visit_under_way_is_late(assigned, actor):
    arrive(assigned, actor=actor)
    cancel(fresh(assigned.help_request), actor=actor, reason="by-elder")
    assert Assignment.objects.get().outcome == Assignment.Outcome.LATE_CANCEL


def test_cancel_is_not_late_where_nobody_was_coming(elder, actor):
    need = log_request(elder, "groceries", actor=SYSTEM, **window(1))
    cancel(need, actor=actor, reason="mistake")
    assert fresh(need).cancelled_late is False


def test_cancel_leaves_the_outcome_of_who_has_been_there(community, elder, actor):
    need = log_request(elder, "benefit-certification", actor=SYSTEM, **window())
    pair = [
        assign(fresh(need), volunteer, actor=actor)
        for volunteer in factories.VolunteerFactory.create_batch(2, community=community, clearance=2)
    ]
    finish(pair[0], actor=actor)
    cancel(fresh(need), actor=actor, reason="by-elder")
    assert list(Assignment.objects.order_by("pk").values_list("outcome", flat=True)) == ["done", "late-cancel"]


def test_giving_up_calls_off_the_visit_of_the_one_who_was_found(community, elder, actor):
    need = log_request(elder, "benefit-certification", actor=SYSTEM, **window(6))
    assign(need, factories.VolunteerFactory(community=community, clearance=2), actor=actor)
    give_up(fresh(need), actor=actor, reason="nobody-free")
    assert (Assignment.objects.get().outcome, sent("visit_off")) == ("cancelled", 1)
    assert fresh(need).cancelled_late is False


def test_cancel_withdraws_open_offers(community, need, actor):
    factories.VolunteerFactory.create_batch(3, community=community)
    start_wave(need)
    cancel(fresh(need), actor=actor, reason="no-longer-needed")
    assert set(Offer.objects.values_list("status", flat=True)) == {Offer.Status.WITHDRAWN}


def test_giving_up_keeps_its_reason_and_asks_staff_to_tell_the_elder(need, actor):
    give_up(need, actor=actor, reason="nobody-free")
    assert (fresh(need).status, fresh(need).end_reason) == (Status.UNMET, "nobody-free")
    assert Todo.objects.open().get().kind == Todo.Kind.TELL_ELDER_OFF


@pytest.mark.parametrize("tell_by", ["call", "text", "family"])
def test_elder_hears_from_a_person_that_nobody_was_found_however_they_are_told_else(community, actor, tell_by):
    elder = factories.ElderFactory(community=community, phone="+8613900000001", tell_by=tell_by)
    factories.FamilyContactFactory(elder=elder)
    give_up(log_request(elder, "groceries", actor=SYSTEM, **window()), actor=actor, reason="nobody-free")
    assert Todo.objects.open().get().kind == Todo.Kind.TELL_ELDER_OFF
    assert (to(elder.phone, "elder_off"), sent("family_off")) == (0, 1)


def test_same_fact_is_owed_once(need, community):
    for _time in range(2):
        owe(
            Todo.Kind.NOBODY_FOUND,
            community=community,
            help_request=need,
            due_in=window()["window_end"] - need.created_at,
        )
    assert Todo.objects.count() == 1


def test_todo_is_settled_once(need, community, dispatcher):
    todo = factories.TodoFactory(community=community, help_request=need)
    assert settle(todo, user=dispatcher, outcome="done") is True
    assert settle(todo, user=dispatcher, outcome="again") is False
    todo.refresh_from_db()
    assert todo.outcome == "done"


@pytest.fixture
def doubtful(community, need):
    """A todo for an unclear reply to an open offer."""
    factories.VolunteerFactory.create_batch(2, community=community)
    start_wave(need)
    offer = need.offers.first()
    return factories.TodoFactory(
        community=community,
        kind=Todo.Kind.UNCLEAR_REPLY,
        help_request=need,
        offer=offer,
        inbound=factories.InboundMessageFactory(sender=offer.phone),
    )


def test_unclear_reply_counted_as_yes_takes_the_place(doubtful, dispatcher):
    assignment = count_as_yes(doubtful, user=dispatcher)
    assert (assignment.volunteer, Todo.objects.filter(pk=doubtful.pk).open().count()) == (doubtful.offer.volunteer, 0)


def test_unclear_reply_counted_as_yes_too_late_stays_open(doubtful, dispatcher):
    accept(factories.OfferFactory(help_request=doubtful.help_request, wave=doubtful.offer.wave), actor=SYSTEM)
    with pytest.raises(TooLate):
        count_as_yes(doubtful, user=dispatcher)
    assert Todo.objects.open().filter(pk=doubtful.pk).exists()


def test_unclear_reply_counted_as_no_is_thanked(doubtful, dispatcher):
    count_as_no(doubtful, user=dispatcher)
    assert (Offer.objects.get(pk=doubtful.offer.pk).status, sent("no_thanks")) == (Offer.Status.DECLINED, 1)


def test_asking_again_repeats_the_same_code(doubtful, dispatcher):
    ask_again(doubtful, user=dispatcher)
    texts = Message.objects.filter(to=doubtful.offer.phone, template="offer").values_list("text", flat=True)
    assert len(texts) == 2
    assert len(set(texts)) == 1
