"""Ten seconds to take something back: nothing happens before, exactly one thing happens after, whatever breaks."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.http import QueryDict

from linzhu.communities.clock import now
from linzhu.dispatch import clock, deferred
from linzhu.dispatch.actions import Refused
from linzhu.dispatch.assignments import arrive, finish
from linzhu.dispatch.deferred import UNDO_FOR, carry_out, defer, undo
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.models import Assignment, DeferredAct, Offer, Todo
from linzhu.dispatch.offers import accept
from linzhu.dispatch.waves import start_wave
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest, Status, StatusChange
from tests import factories
from tests.factories import window
from tests.invariants import broken_rules
from tests.test_dispatch_races import Killed, at_once, killed_before_query

Fate = DeferredAct.Fate


@pytest.fixture
def asked(elder):
    """A help request for which two neighbours have been asked, and nobody has answered."""
    factories.FamilyContactFactory(elder=elder)
    factories.VolunteerFactory.create_batch(2, community=elder.community)
    need = log_request(elder, "groceries", actor=SYSTEM, **window(8))
    start_wave(need)
    return fresh(need)


@pytest.fixture
def visit(asked):
    """Somebody has said yes."""
    return accept(asked.offers.first(), actor=SYSTEM)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def sent(**form: object) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in form.items()})
    return query


def url(need, action: str) -> str:
    return f"/requests/{need.ref}/{action}/"


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def later() -> None:
    """The clock's next tick, once the ten seconds are over."""
    clock.tick_decisions(now() + UNDO_FOR)


def world() -> tuple[object, ...]:
    """All that a button could have moved."""
    return (
        list(HelpRequest.objects.values_list("status", "round", "places_filled", "end_reason")),
        StatusChange.objects.count(),
        sorted(Offer.objects.values_list("pk", "status")),
        sorted(Assignment.objects.values_list("pk", "status", "outcome")),
        sorted(Message.objects.values_list("pk", "state")),
        sorted(Todo.objects.values_list("pk", "closed_at")),
    )


# --- Nothing happens yet --------------------------------------------------------------------------------------------


def test_pressed_button_changes_nothing_and_tells_nobody(desk, visit):
    before = world()
    desk.post(url(visit.help_request, "cancel"), {"reason": "by-elder"})
    assert (world(), DeferredAct.objects.get().fate) == (before, Fate.WAITING)


def test_clock_leaves_it_alone_while_it_can_be_taken_back(desk, asked):
    desk.post(url(asked, "cancel"), {"reason": "by-elder"})
    clock.tick_decisions(now() + UNDO_FOR - timedelta(seconds=1))
    assert fresh(asked).status == Status.OPEN


def test_page_says_what_is_about_to_happen_and_offers_the_way_back(desk, asked):
    page = desk.post(url(asked, "cancel"), {"reason": "by-elder"}, follow=True).text
    assert "This is about to be cancelled" in page
    assert url(asked, f"undo/{DeferredAct.objects.get().pk}") in page


def test_page_names_who_is_about_to_be_told(desk, visit):
    page = desk.post(url(visit.help_request, "release"), {"assignment": visit.pk}, follow=True).text
    assert f"{visit.volunteer.name} is about to be told not to come" in page


def test_reader_who_may_not_act_sees_it_without_the_button(desk, client_of, asked):
    desk.post(url(asked, "cancel"), {"reason": "by-elder"})
    reader = client_of(factories.RoleFactory(community=asked.community, kind="intake").user)
    page = reader.get(f"/requests/{asked.ref}/").text
    assert ("This is about to be cancelled" in page, "/undo/" in page) == (True, False)


def test_what_cannot_be_done_is_said_at_once(desk, asked):
    response = desk.post(url(asked, "cancel"), {"reason": "because"}, follow=True)
    assert (said(response), DeferredAct.objects.count()) == (["Please choose a reason."], 0)


def test_second_click_finds_the_first(desk, asked):
    for _click in range(2):
        response = desk.post(url(asked, "cancel"), {"reason": "by-elder"}, follow=True)
    assert (DeferredAct.objects.count(), said(response)) == (1, [])


def test_something_else_waits_until_the_first_is_over(desk, asked):
    desk.post(url(asked, "cancel"), {"reason": "by-elder"})
    response = desk.post(url(asked, "give-up"), {"reason": "nobody-free"}, follow=True)
    assert (DeferredAct.objects.get().action, "Take it back first" in said(response)[0]) == ("cancel", True)


def test_nobody_is_assigned_while_it_is_about_to_be_cancelled(desk, asked):
    desk.post(url(asked, "cancel"), {"reason": "by-elder"})
    desk.post(url(asked, "assign"), {"volunteer": asked.offers.first().volunteer_id})
    assert (Assignment.objects.count(), Message.objects.filter(template="visit_yours").count()) == (0, 0)


def test_what_is_reported_from_the_door_does_not_wait(desk, visit):
    desk.post(url(visit.help_request, "cancel"), {"reason": "by-elder"})
    desk.post(url(visit.help_request, "no-answer"), {"assignment": visit.pk})
    assert Todo.objects.open().filter(kind=Todo.Kind.NO_ANSWER_AT_DOOR).exists()


@pytest.mark.parametrize("outcome", ["turned-down", "elder-no-answer"])
def test_alarm_never_waits(desk, visit, outcome):
    desk.post(url(visit.help_request, "release"), {"assignment": visit.pk, "outcome": outcome})
    assert (DeferredAct.objects.count(), Todo.objects.open().filter(kind__in=Todo.ALARMS).count()) == (0, 1)


@pytest.mark.parametrize("action", ["on-my-way", "arrived", "done"])
def test_facts_do_not_wait(desk, visit, action):
    desk.post(url(visit.help_request, action), {"assignment": visit.pk})
    assert DeferredAct.objects.count() == 0


def test_database_holds_one_at_a_time(asked):
    factories.DeferredActFactory(help_request=asked)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.DeferredActFactory(help_request=asked, action="give-up")


# --- Taken back -----------------------------------------------------------------------------------------------------


def test_taken_back_never_happens(desk, visit):
    before = world()
    desk.post(url(visit.help_request, "cancel"), {"reason": "by-elder"})
    response = desk.post(url(visit.help_request, f"undo/{DeferredAct.objects.get().pk}"), follow=True)
    later()
    assert (said(response)[0], DeferredAct.objects.get().fate) == (
        "Taken back. Nothing has happened, and nobody was told anything.", Fate.UNDONE,
    )  # fmt: skip
    assert world()[:4] == before[:4]


def test_taken_back_leaves_a_line_in_the_story(desk, asked, dispatcher):
    desk.post(url(asked, "cancel"), {"reason": "by-elder"})
    desk.post(url(asked, f"undo/{DeferredAct.objects.get().pk}"))
    entries = desk.get(f"/requests/{asked.ref}/").context["entries"]
    assert [(entry.who, entry.text) for entry in entries if entry.side == "staff"] == [
        (str(dispatcher), "Took back: “Cancel”")
    ]


def test_colleague_can_take_it_back(desk, client_of, asked):
    desk.post(url(asked, "cancel"), {"reason": "by-elder"})
    colleague = factories.RoleFactory(community=asked.community, kind="lead").user
    client_of(colleague).post(url(asked, f"undo/{DeferredAct.objects.get().pk}"))
    assert (DeferredAct.objects.get().fate, DeferredAct.objects.get().over_by) == (Fate.UNDONE, colleague)


def test_after_it_was_taken_back_it_can_be_pressed_again(desk, asked):
    desk.post(url(asked, "cancel"), {"reason": "by-elder"})
    desk.post(url(asked, f"undo/{DeferredAct.objects.get().pk}"))
    desk.post(url(asked, "cancel"), {"reason": "mistake"})
    later()
    assert fresh(asked).end_reason == "mistake"


def test_too_late_to_take_back_is_said_kindly(desk, asked):
    desk.post(url(asked, "cancel"), {"reason": "by-elder"})
    later()
    response = desk.post(url(asked, f"undo/{DeferredAct.objects.get().pk}"), follow=True)
    assert ("Too late" in said(response)[0], fresh(asked).status) == (True, Status.CANCELLED)


def test_intake_worker_takes_nothing_back(desk, client_of, asked):
    desk.post(url(asked, "cancel"), {"reason": "by-elder"})
    worker = client_of(factories.RoleFactory(community=asked.community, kind="intake").user)
    assert worker.post(url(asked, f"undo/{DeferredAct.objects.get().pk}")).status_code == 403
    assert DeferredAct.objects.get().fate == Fate.WAITING


def test_act_of_another_help_request_is_not_there(desk, asked):
    elsewhere = factories.DeferredActFactory()
    assert desk.post(url(asked, f"undo/{elsewhere.pk}")).status_code == 404


# --- It happens -----------------------------------------------------------------------------------------------------


def test_it_happens_under_the_name_of_who_pressed_it(desk, dispatcher, asked):
    desk.post(url(asked, "cancel"), {"reason": "by-elder"})
    later()
    change = asked.changes.last()
    assert (change.to_status, change.user, change.why) == (Status.CANCELLED, dispatcher, "by-elder")


def test_it_happens_once_however_often_the_clock_looks(desk, visit):
    desk.post(url(visit.help_request, "cancel"), {"reason": "by-elder"})
    later()
    later()
    assert Message.objects.filter(template="visit_off").count() == 1


def test_everything_that_was_written_into_the_form_arrives(desk, visit):
    desk.post(url(visit.help_request, "release"), {"assignment": visit.pk, "why": "发烧 & mehr", "outcome": "no-show"})
    later()
    assert (fresh(visit).outcome, visit.help_request.changes.last().why) == ("no-show", "发烧 & mehr")


def test_words_are_forgotten_once_it_is_decided(desk, visit):
    desk.post(url(visit.help_request, "release"), {"assignment": visit.pk, "why": "孩子发烧"})
    later()
    assert DeferredAct.objects.get().form == {}


def test_only_known_fields_are_kept(desk, asked):
    desk.post(url(asked, "cancel"), {"reason": "by-elder", "next": "/", "csrfmiddlewaretoken": "x", "note": "secret"})
    assert DeferredAct.objects.get().form == {"reason": "by-elder"}


def test_cancelling_goes_on_although_somebody_said_yes_meanwhile(desk, asked):
    desk.post(url(asked, "cancel"), {"reason": "no-longer-needed"})
    winner = accept(asked.offers.first(), actor=SYSTEM)
    later()
    assert (fresh(asked).status, Message.objects.filter(to=winner.volunteer.phone, template="visit_off").count()) == (
        Status.CANCELLED, 1,
    )  # fmt: skip


def test_giving_up_is_overtaken_by_a_yes(desk, asked):
    desk.post(url(asked, "give-up"), {"reason": "nobody-free"})
    accept(asked.offers.first(), actor=SYSTEM)
    later()
    assert (fresh(asked).status, DeferredAct.objects.get().fate) == (Status.ASSIGNED, Fate.OVERTAKEN)


def test_overtaken_is_told_in_the_story(desk, dispatcher, asked):
    desk.post(url(asked, "give-up"), {"reason": "nobody-free"})
    accept(asked.offers.first(), actor=SYSTEM)
    later()
    told = [entry for entry in desk.get(f"/requests/{asked.ref}/").context["entries"] if "was not done" in entry.text]
    assert [entry.note for entry in told] == [f"asked for by {dispatcher}"]


def test_releasing_is_overtaken_by_an_arrival(desk, visit):
    desk.post(url(visit.help_request, "release"), {"assignment": visit.pk})
    arrive(fresh(visit), actor=SYSTEM)
    later()
    assert (fresh(visit).status, DeferredAct.objects.get().fate) == (Assignment.Status.STANDING, Fate.OVERTAKEN)


def test_cancelling_what_is_done_by_then_changes_nothing(desk, visit):
    desk.post(url(visit.help_request, "cancel"), {"reason": "by-elder"})
    finish(fresh(visit), actor=SYSTEM, minutes=30)
    later()
    assert (fresh(visit.help_request).status, DeferredAct.objects.get().fate) == (Status.DONE, Fate.OVERTAKEN)


def test_act_of_somebody_who_is_gone_is_not_done(asked):
    act = factories.DeferredActFactory(help_request=asked, user=None)
    carry_out(act)
    assert (fresh(asked).status, fresh(act).fate) == (Status.OPEN, Fate.OVERTAKEN)


def test_one_that_fails_does_not_hold_up_the_others(asked, elder, dispatcher, caplog):
    other = log_request(elder, "ride", actor=SYSTEM, **window(8))
    broken = factories.DeferredActFactory(help_request=asked, action="no-such-action", user=dispatcher)
    factories.DeferredActFactory(help_request=other, user=dispatcher)
    later()
    assert (fresh(other).status, fresh(broken).fate) == (Status.CANCELLED, Fate.WAITING)


# --- Whatever breaks ------------------------------------------------------------------------------------------------


def test_killed_anywhere_it_happens_whole_or_not_at_all(asked, dispatcher):
    act = defer("cancel", asked, sent(reason="by-elder"), dispatcher)
    number, finished = 0, False
    while not finished:
        number += 1
        with transaction.atomic():
            with suppress(Killed), killed_before_query(number) as queries:
                carry_out(fresh(act))
            finished = queries[0] < number
            fates = (fresh(asked).status, fresh(act).fate)
            later()
            happened = (fresh(asked).status, fresh(act).fate, Message.objects.filter(template="family_off").count())
            transaction.set_rollback(True)
        assert fates in {(Status.OPEN, Fate.WAITING), (Status.CANCELLED, Fate.DONE)}
        assert (number, happened) == (number, (Status.CANCELLED, Fate.DONE, 1))
    assert number > 5


@pytest.mark.parametrize("number", range(1, 200, 7))
def test_killed_while_it_is_rehearsed_nothing_has_happened(asked, dispatcher, number):
    before = world()
    with transaction.atomic():
        with suppress(Killed), killed_before_query(number):
            defer("cancel", asked, sent(reason="by-elder"), dispatcher)
        assert world() == before
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_taking_back_and_the_clock_at_once_leave_one_of_the_two(_round, community, elder, dispatcher):
    factories.VolunteerFactory.create_batch(2, community=community)
    need = log_request(elder, "groceries", actor=SYSTEM, **window(8))
    act = defer("cancel", need, sent(reason="by-elder"), dispatcher)
    steps = [lambda: undo(fresh(act), user=dispatcher), lambda: carry_out(fresh(act)), lambda: carry_out(fresh(act))]
    assert at_once(steps) == []
    assert (fresh(act).fate, fresh(need).status) in {(Fate.UNDONE, Status.OPEN), (Fate.DONE, Status.CANCELLED)}
    assert need.changes.count() == 1 + (fresh(act).fate == Fate.DONE)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_two_who_press_at_once_ask_for_it_once(_round, elder, dispatcher):
    need = log_request(elder, "groceries", actor=SYSTEM, **window(8))
    steps = [lambda: defer("cancel", fresh(need), sent(reason="by-elder"), dispatcher)] * 4
    assert (at_once(steps), DeferredAct.objects.count()) == ([], 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_it_happens_beside_yeses_without_deadlock(_round, community, elder, dispatcher):
    factories.VolunteerFactory.create_batch(3, community=community)
    need = log_request(elder, "groceries", actor=SYSTEM, **window(8))
    start_wave(need)
    act = defer("give-up", fresh(need), sent(reason="nobody-free"), dispatcher)
    steps = [lambda offer=offer: accept(fresh(offer), actor=SYSTEM) for offer in need.offers.all()]
    assert at_once([*steps, lambda: carry_out(fresh(act))]) == []
    possible = {(Status.ASSIGNED, Fate.OVERTAKEN), (Status.UNMET, Fate.DONE)}
    assert ((fresh(need).status, fresh(act).fate) in possible, broken_rules()) == (True, [])


def test_defer_raises_what_cannot_be(asked, dispatcher):
    with pytest.raises(Refused):
        defer("release", asked, sent(assignment=1), dispatcher)


def test_undo_of_what_is_over_is_too_late(dispatcher, asked):
    act = factories.DeferredActFactory(help_request=asked, fate=Fate.DONE)
    with pytest.raises(TooLate):
        undo(act, user=dispatcher)


def test_every_deferred_action_has_its_words():
    from linzhu.dispatch.deferred_words import ABOUT_TO, NAMES

    assert set(ABOUT_TO) == set(NAMES) == deferred.DEFERRED
