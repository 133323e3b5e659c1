"""Every look at an elder's record is written down, and whoever tampers with the log is found."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from linzhu.communities.clock import now
from linzhu.dispatch.retention import forget
from linzhu.requests import looks
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.looks import KEPT, SAME_LOOK, Crowded, digest_of, find_tampering, note_look
from linzhu.requests.models import Look, LookSeal
from tests import factories
from tests.factories import ElderFactory, RoleFactory, window
from tests.test_dispatch_races import at_once
from tests.test_linzhu_walls import CANARIES, WALLS, Wall, World, address, build_world, world  # noqa: F401 (a fixture)

HTMX = {"HX-Request": "true"}
What = Look.What


def looks_of(elder) -> list[tuple[str, str]]:
    return list(Look.objects.filter(elder=elder).order_by("pk").values_list("what", "about"))


# --- What is written down -------------------------------------------------------------------------------------------


def test_look_says_who_what_whose_and_when(desk, dispatcher, elder):
    desk.get(reverse("elder", args=[elder.pk]))
    look = Look.objects.get()
    assert (look.user, look.what, look.elder) == (dispatcher, "card", elder)
    assert now() - look.at < timedelta(seconds=5)


def test_look_at_a_help_request_says_which(desk, elder):
    need = log_request(elder, "groceries", actor=SYSTEM, **window())
    desk.get(reverse("help-request", args=[need.ref]))
    assert looks_of(elder) == [("help-request", need.ref)]


def test_look_at_a_card_says_which_help_request_was_in_progress(desk, elder):
    need = log_request(elder, "groceries", actor=SYSTEM, **window())
    desk.get(reverse("elder", args=[elder.pk]))
    assert looks_of(elder) == [("card", need.ref)]


def test_look_without_any_help_request_says_so(desk, elder):
    factories.HelpRequestFactory(elder=elder, status="closed")
    desk.get(reverse("elder-edit", args=[elder.pk]))
    assert looks_of(elder) == [("form", "")]


def test_intake_notes_whose_card_it_shows(desk, elder):
    desk.get(reverse("intake-elder", args=[elder.pk]), headers=HTMX)
    assert looks_of(elder) == [("intake", "")]


def test_intake_that_recognises_the_caller_notes_it(desk, elder):
    desk.post(reverse("intake-elders"), {"q": elder.phone})
    assert looks_of(elder) == [("intake", "")]


def test_intake_without_an_elder_notes_nothing(desk, elder):
    desk.get(reverse("intake"))
    assert Look.objects.count() == 0


def test_looking_again_soon_is_the_same_look(desk, elder):
    for _look in range(3):
        desk.get(reverse("elder", args=[elder.pk]))
    assert Look.objects.count() == 1


def test_looking_again_later_is_another(stopped_clock, desk, elder):
    desk.get(reverse("elder", args=[elder.pk]))
    stopped_clock.shift(SAME_LOOK + timedelta(seconds=1))
    desk.get(reverse("elder", args=[elder.pk]))
    assert Look.objects.count() == 2


def test_page_that_renews_itself_is_one_look_in_half_an_hour(desk, elder):
    need = log_request(elder, "groceries", actor=SYSTEM, **window())
    for _poll in range(5):
        desk.get(reverse("help-request", args=[need.ref]), headers=HTMX)
    assert Look.objects.count() == 1


def test_two_who_look_are_two(desk, client_of, elder):
    colleague = client_of(RoleFactory(community=elder.community, kind="intake").user)
    for browser in (desk, colleague):
        browser.get(reverse("elder", args=[elder.pk]))
    assert Look.objects.count() == 2


def test_two_help_requests_of_one_elder_are_two(desk, elder):
    for code in ("groceries", "ride"):
        need = log_request(elder, code, actor=SYSTEM, **window())
        desk.get(reverse("help-request", args=[need.ref]))
    assert len(looks_of(elder)) == 2


def test_page_that_is_refused_is_no_look(desk):
    stranger = ElderFactory()
    assert desk.get(reverse("elder", args=[stranger.pk])).status_code == 404
    assert Look.objects.count() == 0


def test_stranger_who_is_sent_to_sign_in_is_no_look(elder):
    assert Client().get(reverse("elder", args=[elder.pk])).status_code == 302
    assert Look.objects.count() == 0


def test_look_holds_no_name_and_no_number(desk, elder):
    desk.get(reverse("elder", args=[elder.pk]))
    told = "".join(str(value) for value in Look.objects.values_list().get())
    assert [word for word in (elder.name, elder.phone, elder.address, elder.notes) if word in told] == []


NUMBERS = ["elder's phone", "elder's phone as read", "family's phone", "family's phone as read"]
RECORD = ["address", "elder's notes", *NUMBERS]
LISTS = {"elders", "intake-elders", "inbox", "phones", "elder-new", "intake-elder-new", "import", "help-requests"}
"""They name many, and are no look at one of them."""


@pytest.mark.parametrize("name", [name for name, wall in WALLS.items() if isinstance(wall, Wall)])
def test_every_page_that_shows_a_record_is_noted(world: World, name):  # noqa: F811
    """The pages are those of the walls' table: one that is added without a look fails here."""
    wall, browser = WALLS[name], world.clients["lead here"]
    with transaction.atomic():
        shows = False
        for method in ("get", "post"):
            data = {key: world.filled(value) for key, value in wall.data.items()} if method == "post" else None
            page = getattr(browser, method)(address(world, name), data)
            text = page.content.decode() if page.status_code in (200, 422) else ""
            shows |= any(CANARIES[what] in text for what in RECORD)
        noted = Look.objects.exists()
        transaction.set_rollback(True)
    assert noted or not shows or name in LISTS


# --- Who may read it ------------------------------------------------------------------------------------------------


@pytest.fixture
def lead(client_of, community) -> Client:
    return client_of(RoleFactory(community=community, kind="lead").user)


def test_lead_reads_who_has_looked(desk, dispatcher, lead, elder):
    need = log_request(elder, "groceries", actor=SYSTEM, **window())
    desk.get(reverse("help-request", args=[need.ref]))
    page = lead.get(reverse("elder-looks", args=[elder.pk])).content.decode()
    assert (str(dispatcher) in page, need.ref in page, "help request" in page) == (True, True, True)


def test_reading_the_list_costs_the_same_for_one_and_for_thirty(lead, elder, django_assert_num_queries):
    def look(number: int) -> None:
        for _user in range(number):
            note_look(RoleFactory(community=elder.community).user, elder.pk, What.CARD)

    url = reverse("elder-looks", args=[elder.pk])
    look(1)
    lead.get(url)
    with django_assert_num_queries(9):
        lead.get(url)
    look(29)
    with django_assert_num_queries(9):
        lead.get(url)


def test_account_that_is_gone_stays_in_the_list(lead, elder):
    user = RoleFactory(community=elder.community).user
    note_look(user, elder.pk, What.CARD)
    user.delete()
    assert "an account that is gone" in lead.get(reverse("elder-looks", args=[elder.pk])).content.decode()


def test_lead_of_another_branch_with_another_role_here_may_not(client_of, elder):
    user = RoleFactory(kind="lead").user
    RoleFactory(user=user, community=elder.community, kind="intake")
    assert client_of(user).get(reverse("elder-looks", args=[elder.pk])).status_code == 403


def test_help_request_page_leads_the_lead_there(lead, desk, elder):
    need = log_request(elder, "groceries", actor=SYSTEM, **window())
    link = reverse("elder-looks", args=[elder.pk])
    pages = [browser.get(reverse("help-request", args=[need.ref])).content.decode() for browser in (lead, desk)]
    assert [link in page for page in pages] == [True, False]


# --- Tampering ------------------------------------------------------------------------------------------------------


@pytest.fixture
def chain(community) -> list[Look]:
    """Five looks at five elders."""
    user = RoleFactory(community=community).user
    for elder in ElderFactory.create_batch(5, community=community):
        note_look(user, elder.pk, What.CARD)
    return list(Look.objects.order_by("pk"))


def test_chain_that_nobody_touched_is_whole(chain):
    assert list(find_tampering()) == []


@pytest.mark.django_db
def test_empty_log_is_whole():
    assert list(find_tampering()) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("user_id", 999), ("elder_id", 999), ("what", "form"), ("about", "XXXXX"), ("at", None), ("previous", "x")],
)
@pytest.mark.parametrize("position", range(5))
def test_change_of_any_field_of_any_row_is_found(chain, position, field, value):
    changed = {field: value if value is not None else now() - timedelta(days=1)}
    Look.objects.filter(pk=chain[position].pk).update(**changed)
    assert list(find_tampering()) != []


@pytest.mark.parametrize("position", range(5))
def test_row_that_is_left_out_is_found(chain, position):
    chain[position].delete()
    assert list(find_tampering()) != []


def test_chain_that_is_cut_off_at_the_end_is_found(chain):
    Look.objects.filter(pk__gt=chain[1].pk).delete()
    assert list(find_tampering()) != []


def test_chain_that_is_cut_off_with_its_seal_set_back_is_found(chain):
    Look.objects.filter(pk__gt=chain[1].pk).delete()
    LookSeal.objects.update(digest=chain[1].digest)
    assert list(find_tampering()) != []


def test_chain_that_was_reckoned_anew_without_the_key_is_found(chain):
    """Whoever can write to the database alone can make every digest fit, but not sign the last."""
    before = ""
    for look in chain:
        look.user_id, look.previous = 999, before
        before = look.digest = digest_of(look)
    for look in reversed(chain):
        look.save()
    LookSeal.objects.update(digest=before)
    assert list(find_tampering()) == ["The seal was not made with this office's SECRET_KEY."]


def test_log_that_was_emptied_is_found(chain):
    Look.objects.all().delete()
    assert list(find_tampering()) != []


def test_seal_that_was_taken_away_is_found(chain):
    LookSeal.objects.all().delete()
    assert list(find_tampering()) != []


def test_row_that_was_put_in_is_found(chain):
    user = chain[0].user
    Look.objects.create(user=user, elder_id=1, what=What.CARD, previous="made up", digest="made up")
    assert list(find_tampering()) != []


def test_new_key_with_the_old_one_named_is_no_tampering(chain, settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-of-this-office"
    assert list(find_tampering()) == []


def test_command_says_that_all_is_well(chain, capsys):
    call_command("check_looks")
    assert capsys.readouterr().out == f"5 looks, whole and unchanged. The last: {Look.objects.latest('pk').digest}\n"


def test_command_ends_with_an_error_after_tampering(chain):
    Look.objects.filter(pk=chain[2].pk).update(user_id=999)
    with pytest.raises(CommandError, match="was changed"):
        call_command("check_looks")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_many_who_look_at_once_leave_one_chain(_round, community):
    elder = ElderFactory(community=community)
    users = [RoleFactory(community=community).user for _user in range(8)]
    errors = at_once([lambda user=user: note_look(user, elder.pk, What.CARD) for user in users])
    assert (errors, Look.objects.count(), list(find_tampering())) == ([], 8, [])


def test_record_is_not_shown_if_the_look_cannot_be_written(desk, elder, monkeypatch):
    monkeypatch.setattr("linzhu.requests.looks.TRIES", 0)
    with pytest.raises(Crowded):
        desk.get(reverse("elder", args=[elder.pk]))


# --- Kept for three years -------------------------------------------------------------------------------------------


def age(chain: list[Look], by: timedelta) -> None:
    """Make the first three looks that much older, as if they had been written then."""
    before = ""
    for position, look in enumerate(chain):
        look.previous = before
        look.at = look.at - by if position < 3 else look.at
        before = look.digest = digest_of(look)
    Look.objects.all().delete()
    Look.objects.bulk_create(chain)
    LookSeal.objects.all().delete()
    LookSeal.objects.create(pk=looks.THE_SEAL, digest=before, signature=looks._signature(before, settings.SECRET_KEY))


def test_look_is_kept_for_three_years(chain):
    age(chain, KEPT - timedelta(days=1))
    forget(now())
    assert Look.objects.count() == 5


def test_look_is_forgotten_after_three_years_but_for_the_last_link(chain):
    age(chain, KEPT + timedelta(days=1))
    forget(now())
    assert [look.pk for look in Look.objects.order_by("pk")] == [look.pk for look in chain[2:]]


def test_chain_is_whole_after_forgetting(chain):
    age(chain, KEPT + timedelta(days=1))
    forget(now())
    assert list(find_tampering()) == []


def test_beginning_that_was_cut_off_too_early_is_found(chain):
    age(chain, KEPT - timedelta(days=400))
    Look.objects.filter(pk__lt=chain[2].pk).delete()
    assert list(find_tampering()) != []
