"""What is forgotten at night, what is kept, and that it happens by itself."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.dispatch import clock, retention
from linzhu.dispatch.emergency import ending, roll_call
from linzhu.dispatch.models import CashJob, CashReceipt, Emergency, RollCallEntry, Todo
from linzhu.notifications.models import Call, InboundMessage, Message
from linzhu.notifications.outbox import send_again
from linzhu.requests.models import FamilyLink, Status
from linzhu.volunteers.models import VolunteerLink
from tests import factories
from tests.emergencies import declared, entry_of, mobile_elder

State = Message.State


def sent(community, days, **fields):
    defaults = {"state": State.DELIVERED, "params": {"service": "代取药"}, "created_at": now() - timedelta(days=days)}
    return factories.MessageFactory(community=community, **{**defaults, **fields})


def received(days, **fields):
    at = now() - timedelta(days=days)
    return factories.InboundMessageFactory(received_at=at, handled_at=at, **fields)


def called(community, days, **fields):
    at = now() - timedelta(days=days)
    defaults = {
        "phone": "+8619920000001", "script": "elder_off", "language": "en", "params": {"service": "Groceries"},
        "state": Call.State.COMPLETED, "keys": "2", "created_at": at, "settled_at": at,
    }  # fmt: skip
    return Call.objects.create(community=community, **{**defaults, **fields})


def volunteer_link(community, days_expired):
    volunteer = factories.VolunteerFactory(community=community)
    link, _secret = VolunteerLink.issue(volunteer)
    VolunteerLink.objects.filter(pk=link.pk).update(expires_at=now() - timedelta(days=days_expired))
    return link


# --- receipts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "settled", "kept"), [(89, True, True), (91, True, False), (91, False, True)])
def test_photo_of_a_receipt_goes_after_90_days_once_the_money_is_settled(community, days, settled, kept):
    visit = factories.AssignmentFactory(help_request__elder__community=community)
    fields = {"status": "cleared", "settled_at": now()} if settled else {"status": "gap"}
    job = CashJob.objects.create(
        assignment=visit, volunteer=visit.volunteer, limit_fen=200_00, handed_fen=1, spent_fen=1, returned_fen=0,
        reported_at=now(), **fields,
    )  # fmt: skip
    CashReceipt.objects.create(job=job, kind="image/png", picture=b"x", at=now() - timedelta(days=days))
    retention.forget(now())
    assert CashReceipt.objects.exists() == kept
    assert CashJob.objects.get().spent_fen == 1


# --- words --------------------------------------------------------------------------------------------------------


def test_words_are_forgotten_after_30_days_and_the_facts_kept(community):
    text, reply, call = sent(community, 31), received(31), called(community, 31)
    forgotten = retention.forget(now())
    for row in (text, reply, call):
        row.refresh_from_db()
    assert (text.text, text.params, text.state, text.parts) == ("", {}, State.DELIVERED, 1)
    assert (reply.text, reply.handled_at is not None) == ("", True)
    assert (call.params, call.keys, call.understood) == ({}, "2", True)
    assert forgotten == {"words of texts sent": 1, "words of texts received": 1, "words of calls": 1}
    assert retention.forget(now()) == {}


def test_words_of_the_last_30_days_are_kept(community):
    text, reply, call = sent(community, 29), received(29), called(community, 29)
    retention.forget(now())
    for row in (text, reply, call):
        row.refresh_from_db()
    assert "" not in (text.text, reply.text)
    assert call.params == {"service": "Groceries"}


def test_text_whose_words_are_forgotten_is_not_sent_again(community):
    text = sent(community, 31, state=State.FAILED)
    retention.forget(now())
    text.refresh_from_db()
    assert send_again(text) is False
    assert Message.objects.count() == 1


def test_what_a_person_has_still_to_answer_is_kept(community):
    reply, text = received(200), sent(community, 200, state=State.FAILED)
    owed = [factories.TodoFactory(community=community, kind=Todo.Kind.UNKNOWN_SENDER, inbound=reply),
            factories.TodoFactory(community=community, kind=Todo.Kind.NOT_DELIVERED, message=text)]  # fmt: skip
    assert retention.forget(now()) == {}
    for todo in owed:
        todo.closed_at = now()
        todo.save()
    assert retention.forget(now()) == {"texts sent": 1, "texts received": 1}


@pytest.mark.parametrize("state", Message.IN_FLIGHT)
def test_text_that_is_still_on_its_way_is_kept(community, state):
    sent(community, 200, state=state)
    assert retention.forget(now()) == {}


def test_call_that_nobody_has_settled_is_kept(community):
    called(community, 200, settled_at=None)
    assert retention.forget(now()) == {}


# --- rows ---------------------------------------------------------------------------------------------------------


def test_nothing_is_left_of_texts_and_calls_after_180_days(community):
    old = sent(community, 181)
    factories.OfferFactory(message=old, help_request__community=community)
    sent(community, 181, again_of=old)
    received(181)
    called(community, 181)
    recent = sent(community, 179), received(179), called(community, 179)
    retention.forget(now())
    assert (*Message.objects.all(), *InboundMessage.objects.all(), *Call.objects.all()) == recent


def test_roll_call_is_forgotten_180_days_after_its_end_and_its_figures_kept(community, dispatcher, desk):
    elder = mobile_elder(community)
    emergency = declared(community, dispatcher)
    roll_call.learn(entry_of(emergency, elder), RollCallEntry.State.SAFE, by=RollCallEntry.By.STAFF)
    ending.end(emergency, user=dispatcher)
    Emergency.objects.update(ended_at=now() - timedelta(days=181))
    assert retention.forget(now())["roll-calls"] == 1
    assert (RollCallEntry.objects.count(), Emergency.objects.get().summary["safe"]) == (0, 1)
    assert "&lt; 5" in desk.get("/emergencies/").content.decode()


def test_links_are_forgotten_a_month_after_they_have_closed(community):
    volunteer_link(community, 31)
    kept = [volunteer_link(community, 29), volunteer_link(community, -5)]
    revoked = volunteer_link(community, -5)
    VolunteerLink.objects.filter(pk=revoked.pk).update(revoked_at=now() - timedelta(days=31))
    assert retention.forget(now()) == {"volunteers' links": 2}
    assert set(VolunteerLink.objects.all()) == set(kept)


def test_familys_link_is_forgotten_a_month_after_the_end(community):
    at = {31: Status.CLOSED, 29: Status.CLOSED, 60: Status.OPEN}
    links = {
        days: FamilyLink.issue(
            factories.HelpRequestFactory(
                elder__community=community, status=status, status_at=now() - timedelta(days=days)
            )
        )[0]
        for days, status in at.items()
    }
    assert retention.forget(now()) == {"families' links": 1}
    assert set(FamilyLink.objects.all()) == {links[29], links[60]}


# --- by itself ----------------------------------------------------------------------------------------------------


@pytest.fixture
def after_midnight(stopped_clock, db):
    """The clock's first look has been, in the evening before."""
    clock.tick_texts()
    stopped_clock.move_to(datetime(2026, 11, 23, 19, 10, tzinfo=UTC))  # 3:10 in Shanghai
    return stopped_clock


def test_clock_forgets_once_a_night(community, after_midnight):
    sent(community, 31)
    clock.tick_texts()
    assert Message.objects.filter(text="").count() == 0
    after_midnight.shift(timedelta(minutes=11))
    clock.tick_texts()
    assert Message.objects.filter(text="").count() == 1
    sent(community, 31)
    after_midnight.shift(timedelta(hours=23))
    clock.tick_texts()
    assert Message.objects.filter(text="").count() == 1
    after_midnight.shift(timedelta(hours=1))
    clock.tick_texts()
    assert Message.objects.filter(text="").count() == 2


def test_night_that_the_clock_slept_through_is_made_up_for(community, after_midnight):
    sent(community, 31)
    after_midnight.shift(timedelta(hours=9))
    clock.tick_texts()
    assert Message.objects.filter(text="").count() == 1


def test_backlog_is_forgotten_in_portions(community, after_midnight, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for _text in range(3):
        sent(community, 31)
    after_midnight.shift(timedelta(minutes=11))
    clock.tick_texts()
    assert Message.objects.filter(text="").count() == 2
    after_midnight.shift(timedelta(seconds=11))
    clock.tick_texts()
    assert Message.objects.filter(text="").count() == 3


def test_log_gets_counts_and_nothing_else(community, after_midnight, caplog):
    text = sent(community, 181)
    after_midnight.shift(timedelta(minutes=11))
    with caplog.at_level(logging.INFO, logger="linzhu.dispatch.retention"):
        clock.tick_texts()
    assert [record.getMessage() for record in caplog.records] == ["forgotten: 1 texts sent"]
    assert text.to not in caplog.text


def test_look_that_is_not_due_only_reads(after_midnight, django_assert_num_queries):
    with django_assert_num_queries(1):
        retention.forget_due(now())


def test_help_requests_page_says_that_words_are_no_longer_kept(community, desk):
    need = factories.HelpRequestFactory(elder__community=community, community=community)
    sent(community, 31, about=need.ref)
    retention.forget(now())
    assert "(Words are kept for 30 days.)" in desk.get(f"/requests/{need.ref}/").content.decode()
