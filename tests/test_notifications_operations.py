"""The page of texts: what leads see and do, what overseers see, and whom nothing is shown."""

from datetime import UTC, date, datetime, timedelta

import pytest

from linzhu.checks import check_environment
from linzhu.notifications.models import GatewayLine, Message
from linzhu.notifications.operations import last_months, read_costs
from linzhu.notifications.reasons import reason_of
from tests import factories

State = Message.State
PHONE = "+8613912345678"


@pytest.fixture
def clock(stopped_clock):
    return stopped_clock


@pytest.fixture
def lead(community, client_of):
    return client_of(factories.RoleFactory(community=community, kind="lead").user)


@pytest.fixture
def overseer(community, client_of):
    return client_of(factories.RoleFactory(community=community, kind="overseer").user)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def text(community, clock):
    def write(**fields) -> Message:
        ended = {"finished_at": now()} if fields.get("state") in {State.FAILED, State.UNDELIVERED} else {}
        return factories.MessageFactory(**{"community": community, "to": PHONE, **ended, **fields})

    return write


def shown(client) -> list[Message]:
    return list(client.get("/texts/").context["troubled"])


# --- single texts -------------------------------------------------------------------------------------------------


def test_late_unknown_and_lost_texts_are_shown_newest_first(text, lead, clock):
    late = text(created_at=now() - timedelta(minutes=3))
    lost = [text(state=state) for state in (State.UNKNOWN, State.FAILED, State.UNDELIVERED)]
    for fine in (State.QUEUED, State.SENDING, State.ACCEPTED, State.SENT, State.DELIVERED, State.EXPIRED):
        text(state=fine)
    assert shown(lead) == [*reversed(lost), late]


def test_lost_text_is_forgotten_after_a_day_and_once_it_went_out_again(text, lead, clock):
    text(state=State.FAILED, finished_at=now() - timedelta(hours=24))
    text(state=State.DELIVERED, again_of=text(state=State.FAILED))
    assert shown(lead) == []


def test_numbers_are_masked_and_links_hidden(text, lead):
    text(state=State.FAILED, text="see https://linzhu.example/f/secret now")
    page = lead.get("/texts/").text
    assert "139****5678" in page
    assert PHONE[3:] not in page
    assert "secret" not in page


def test_texts_of_other_communities_are_not_shown(text, lead):
    text(state=State.FAILED, community=factories.CommunityFactory())
    assert shown(lead) == []
    assert "Every text is out" in lead.get("/texts/").text


def test_send_again_is_one_key(text, lead):
    lost = text(state=State.FAILED)
    assert lead.post(f"/texts/{lost.pk}/", {"act": "again"}).url == "/texts/"
    assert lead.post(f"/texts/{lost.pk}/", {"act": "again"}).url == "/texts/"
    assert Message.objects.filter(again_of=lost).count() == 1
    assert "Nothing to do any more" in lead.get("/texts/").text


def test_give_up_is_one_key(text, lead):
    pending = text(state=State.UNKNOWN)
    lead.post(f"/texts/{pending.pk}/", {"act": "give-up"})
    pending.refresh_from_db()
    assert (pending.state, pending.error_code) == (State.FAILED, "given-up")


@pytest.mark.parametrize("state", [State.QUEUED, State.UNKNOWN, State.FAILED, State.UNDELIVERED])
def test_keys_fit_the_state(text, lead, state):
    text(state=state, created_at=now() - timedelta(hours=1))
    page = lead.get("/texts/").text
    assert ('value="again"' in page) is (state != State.UNKNOWN)
    assert ('value="give-up"' in page) is (state in {State.QUEUED, State.UNKNOWN})


def test_unknown_act_is_not_found(text, lead):
    assert lead.post(f"/texts/{text().pk}/", {"act": "burn"}).status_code == 404


def test_text_of_another_community_cannot_be_sent_again(text, lead):
    theirs = text(state=State.FAILED, community=factories.CommunityFactory())
    assert lead.post(f"/texts/{theirs.pk}/", {"act": "again"}).status_code == 404


# --- figures ------------------------------------------------------------------------------------------------------


def cells(client) -> dict[str, list[str | int]]:
    rows = client.get("/texts/").context["gateways"]
    return {row.name: [row.waiting, row.late, row.unknown, row.failed, row.parts] for row in rows}


def test_lead_sees_exact_counts_by_gateway(text, lead):
    text(created_at=now() - timedelta(minutes=3))
    text(gateway="local", state=State.UNKNOWN)
    text(gateway="local", state=State.FAILED)
    text(gateway="local", state=State.DELIVERED, handed_at=now(), parts=3)
    assert cells(lead) == {"local": ["0", "0", "1", "1", 3], "": ["1", "1", "0", "0", 0]}


def test_overseer_sees_no_text_and_no_small_count(text, overseer):
    text(gateway="local", state=State.FAILED)
    page = overseer.get("/texts/")
    assert cells(overseer)["local"] == ["0", "0", "0", "< 5", 0]
    assert "139" not in page.text
    assert page.context["troubled"] == page.context["reasons"] == []


def test_page_asks_as_much_with_thirty_texts_as_with_one(text, lead, django_assert_max_num_queries):
    for n in range(30):
        text(state=State.FAILED, error_code=str(n), handed_at=now())
    with django_assert_max_num_queries(14):
        lead.get("/texts/")


def test_outage_is_said_on_top(clock, lead, settings):
    settings.SMS_GATEWAY = "twilio"
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = "x" * 34
    GatewayLine.objects.create(name="twilio", failures=5, down_since=now(), rests_until=now() + timedelta(seconds=30))
    page = lead.get("/texts/").text
    assert "No text goes out since 12:00" in page
    assert "does not answer; next try 12:00" in page


# --- costs --------------------------------------------------------------------------------------------------------


def test_costs_are_parts_by_community_and_local_month(text, lead, community, settings, clock):
    settings.SMS_PRICE_FEN = 4.5
    text(handed_at=now(), parts=2)
    text(handed_at=now(), parts=3)
    text(handed_at=datetime(2026, 10, 31, 16, 30, tzinfo=UTC), parts=10)  # half past midnight in Shanghai
    text(handed_at=datetime(2026, 10, 31, 15, 30, tzinfo=UTC), parts=100)
    text(handed_at=datetime(2026, 8, 31, 15, 30, tzinfo=UTC), parts=1000)
    costs = lead.get("/texts/").context["costs"]
    assert costs.months == [date(2026, 11, 1), date(2026, 10, 1), date(2026, 9, 1)]
    assert [(row.community, row.parts) for row in costs.rows] == [(community, [15, 100, 0])]
    assert costs.total_priced == [(15, 68), (100, 450), (0, 0)]


def test_costs_of_others_are_not_shown(text, lead):
    text(handed_at=now(), community=factories.CommunityFactory())
    assert lead.get("/texts/").context["costs"].rows == []


def test_price_is_shown_only_if_there_is_one(text, lead, settings):
    text(handed_at=now(), parts=200)
    settings.SMS_PRICE_FEN = 0
    assert "¥" not in lead.get("/texts/").text
    settings.SMS_PRICE_FEN = 4.5
    assert "¥9" in lead.get("/texts/").text


def test_costs_are_counted_in_two_questions(text, lead, community, django_assert_num_queries):
    user = factories.RoleFactory(community=community, kind="overseer").user
    for _n in range(5):
        text(handed_at=now(), community=factories.CommunityFactory(parent=community))
    with django_assert_num_queries(2):
        assert len(read_costs(user, now()).rows) == 5


def test_months_go_back_over_the_new_year():
    assert last_months(date(2027, 1, 31), 3) == [date(2027, 1, 1), date(2026, 12, 1), date(2026, 11, 1)]


# --- reasons ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ("failed", "country", "not a number of a country"),
        ("failed", "cap-number", "has had its texts"),
        ("failed", "21614", "this number gets no texts"),
        ("undelivered", "30003", "phone switched off"),
        ("failed", "30007", "blocked by the carrier"),
        ("failed", "99999", "tell your operator the code"),
        ("queued", "20503", "the gateway was not well"),
        ("queued", "", "waits for its turn"),
        ("unknown", "ReadTimeout", "answer was lost"),
        ("undelivered", "", "did not take it"),
        ("failed", "", "no reason"),
    ],
)
def test_reason_is_told_in_words(state, code, words):
    assert words in str(reason_of(state, code).text)


# --- what must be set ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("SMS_GATEWAY_FALLBACK", "twilio2", "linzhu.E005"),
        ("SMS_GATEWAY_FALLBACK", "local", "linzhu.E012"),
        ("SMS_GATEWAY_FALLBACK", "pigeon", "linzhu.E012"),
        ("SMS_RATE", -1, "linzhu.E013"),
        ("SMS_CAP_ALL", -1, "linzhu.E013"),
        ("SMS_COUNTRIES", ["+86", "China"], "linzhu.E014"),
    ],
)
def test_check_refuses_what_cannot_be(settings, name, value, found):
    settings.SMS_GATEWAY = "twilio"
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = settings.TWILIO_FROM = "x"
    assert {error.id for error in check_environment()} & {
        "linzhu.E005",
        "linzhu.E012",
        "linzhu.E013",
        "linzhu.E014",
    } == set()
    setattr(settings, name, value)
    assert found in {error.id for error in check_environment()}
