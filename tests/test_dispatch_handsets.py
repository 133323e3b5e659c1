"""Calls on the demo's phones: they ring, are picked up, keys are pressed; and the one key rings the hotline."""

import pytest

from linzhu.communities.people import TellBy
from linzhu.dispatch import assignments, clock
from linzhu.dispatch.models import Todo
from linzhu.notifications.models import Call
from linzhu.notifications.voice import calls
from linzhu.requests.lifecycle import SYSTEM
from linzhu.requests.models import HelpRequest
from tests import factories

State, Kind = Call.State, Todo.Kind


@pytest.fixture(autouse=True)
def voice(settings, stopped_clock):
    settings.VOICE_GATEWAY = "local"
    return stopped_clock


@pytest.fixture
def elder(community):
    return factories.ElderFactory(community=community, name="张秀英", tell_by=TellBy.CALL)


@pytest.fixture
def ring(elder):
    """Somebody has said yes, and the elder's phone rings."""
    need = factories.HelpRequestFactory(elder=elder, community=elder.community, **factories.window(6))
    volunteer = factories.VolunteerFactory(community=elder.community, name="陈磊")
    assignments.assign(need, volunteer, actor=SYSTEM)
    call = Call.objects.get()
    calls.dial(call.pk)
    return call


def page_of(client):
    return client.get("/phones/").content.decode()


def do(desk, call, *acts):
    for act in acts:
        assert desk.post("/phones/call/", {"call": call.ref, "act": act}).status_code == 302
    call.refresh_from_db()


def owed():
    return sorted(Todo.objects.open().values_list("kind", flat=True))


def test_phone_rings_and_says_nothing_before_it_is_picked_up(desk, ring):
    page = page_of(desk)
    assert "Linzhu is calling" in page
    assert "张秀英 · elder" in page
    assert "陈磊来帮您" not in page
    assert 'value="key-2"' not in page


def test_picked_up_phone_shows_what_is_read_aloud_and_its_keys(desk, ring):
    do(desk, ring, "pick-up")
    page = page_of(desk)
    assert "开门暗语" in page
    assert [key for key in "120" if f'value="key-{key}"' not in page] == []


def test_key_2_tells_the_elder_and_ends_the_call(desk, ring):
    do(desk, ring, "pick-up", "key-2")
    page = page_of(desk)
    assert (ring.state, ring.keys, owed()) == (State.COMPLETED, "2", [])
    assert "好的，谢谢您" in page
    assert 'value="hang-up"' not in page


def test_key_0_owes_a_call_by_a_person(desk, ring):
    do(desk, ring, "pick-up", "key-1", "key-0")
    assert (ring.keys, owed()) == ("10", [Kind.CALL_WANTED])


@pytest.mark.parametrize("acts", [["miss"], ["pick-up", "hang-up"], ["pick-up", "silence", "silence", "silence"]])
def test_phone_that_is_not_answered_is_rung_again(desk, ring, acts):
    do(desk, ring, *acts)
    assert list(Call.objects.values_list("ring", flat=True)) == [1, 2]
    assert "Linzhu is calling" not in page_of(desk)


def test_phone_that_nobody_looks_at_stops_ringing(ring, voice):
    voice.shift(150)
    clock.tick_texts()
    assert [call.state for call in Call.objects.all()] == [State.NO_ANSWER, State.QUEUED]


def test_key_pressed_too_late_changes_nothing(desk, ring):
    do(desk, ring, "miss", "key-2", "pick-up")
    assert (ring.state, ring.keys) == (State.NO_ANSWER, "")


def test_one_key_rings_the_hotline(desk, elder):
    desk.post("/phones/call/", {"act": "ring", "phone": elder.phone})
    page = page_of(desk)
    assert "请按1" in page or "press 1" in page
    assert 'value="key-3"' in page


def test_key_on_the_hotline_opens_a_help_request(desk, elder):
    desk.post("/phones/call/", {"act": "ring", "phone": elder.phone})
    do(desk, Call.objects.get(), "key-1")
    assert (HelpRequest.objects.get().pause_reason, owed()) == ("call-back", [Kind.CALL_BACK])
    assert Call.objects.get().state == State.COMPLETED


def test_stranger_hears_one_sentence_and_is_hung_up(desk, elder):
    desk.post("/phones/call/", {"act": "ring", "phone": "+8613988887777"})
    assert (Call.objects.get().state, owed()) == (State.COMPLETED, [Kind.UNKNOWN_CALLER])


def test_elders_phone_has_the_one_key_and_a_volunteers_has_none(desk, community, elder):
    volunteer = factories.VolunteerFactory(community=community)
    factories.MessageFactory(to=volunteer.phone, community=community, state="delivered")
    assert "One-key call" not in page_of(desk)
    factories.MessageFactory(to=elder.phone, community=community, state="delivered")
    assert page_of(desk).count("One-key call") == 1


def test_no_phone_rings_where_calls_are_off(desk, elder, settings):
    settings.VOICE_GATEWAY = ""
    factories.MessageFactory(to=elder.phone, community=elder.community, state="delivered")
    assert "One-key call" not in page_of(desk)
    assert desk.post("/phones/call/", {"act": "ring", "phone": elder.phone}).status_code == 404


@pytest.mark.parametrize("ref", ["nonsense", "", "3f2b1f6e-0000-4000-8000-000000000000"])
def test_call_that_is_not_there_is_not_found(desk, ref):
    assert desk.post("/phones/call/", {"call": ref, "act": "pick-up"}).status_code == 404


def test_call_of_another_community_is_not_found(client_of, ring):
    stranger = factories.RoleFactory(kind="dispatcher").user
    response = client_of(stranger).post("/phones/call/", {"call": ring.ref, "act": "pick-up"})
    assert response.status_code == 404


def test_inbox_and_board_say_what_a_caller_wants(desk, ring, elder):
    do(desk, ring, "pick-up", "key-0")
    for key, caller in (("1", elder), ("0", factories.ElderFactory(community=elder.community, name="李桂兰"))):
        desk.post("/phones/call/", {"act": "ring", "phone": caller.phone})
        do(desk, Call.objects.latest("pk"), f"key-{key}")
    desk.post("/phones/call/", {"act": "ring", "phone": "+8613988887777"})
    inbox, board = (desk.get(path).content.decode() for path in ("/inbox/", "/"))
    for page in (inbox, board):
        assert "Pressed 0 when Linzhu rang them" in page
        assert "Asked for by one key" in page
        assert "Start the search" in page
        assert "from a number that is on no list" in page
        assert "139 8888 7777" in page
    assert "The number belongs to" in inbox
    assert "李桂兰" in inbox
