"""Overseers see figures of all communities below, no names, no small cells."""

import pytest

from linzhu.requests.models import Status
from tests import factories


@pytest.fixture
def street(db):
    return factories.CommunityFactory(name="和平街道")


@pytest.fixture
def below(street):
    return factories.CommunityFactory(parent=street, name="新华里")


@pytest.fixture
def overseer(client_of, street):
    return client_of(factories.RoleFactory(community=street, kind="overseer").user)


def log(community, count, **fields):
    elder = factories.ElderFactory(community=community)
    factories.HelpRequestFactory.create_batch(count, elder=elder, community=community, **fields)
    return elder


def cells(client):
    return {row.community.name: row.cells for row in client.get("/figures/").context["rows"]}


def test_figures_add_up_from_below(overseer, street, below):
    log(below, 6)
    log(street, 5, status=Status.DONE)
    assert cells(overseer) == {"和平街道": ["6", "0", "11", "5", "0"], "新华里": ["6", "0", "6", "0", "0"]}


def test_small_counts_are_not_shown(overseer, below):
    log(below, 4)
    assert cells(overseer)["新华里"][0] == "< 5"


def test_figures_name_nobody(overseer, below):
    elder = log(below, 6)
    assert elder.name not in overseer.get("/figures/").content.decode()


def test_other_trees_are_not_counted(overseer, below):
    log(factories.CommunityFactory(code="elsewhere", name="别处"), 6)
    assert set(cells(overseer)) == {"和平街道", "新华里"}


def test_overseer_lands_on_the_figures_and_sees_no_people(overseer):
    assert overseer.get("/home/").url == "/figures/"
    assert [overseer.get(page).status_code for page in ("/", "/elders/", "/volunteers/", "/inbox/")] == [403] * 4


def test_dispatcher_lands_on_the_board(desk):
    assert desk.get("/home/").url == "/"


def test_queries_do_not_grow_with_the_communities(overseer, street, django_assert_max_num_queries):
    for number in range(10):
        log(factories.CommunityFactory(parent=street, code=f"c{number}"), 2)
    with django_assert_max_num_queries(15):
        overseer.get("/figures/")


def test_password_chosen_by_somebody_else_must_be_changed_first(client_of, community):
    user = factories.RoleFactory(community=community, user__must_change_password=True).user
    user.set_password("chosen-by-the-office")
    user.save()
    client = client_of(user)
    assert client.get("/").url == "/accounts/password/change/"
    client.post(
        "/accounts/password/change/",
        {"oldpassword": "chosen-by-the-office", "password1": "my own long words", "password2": "my own long words"},
    )
    user.refresh_from_db()
    assert (user.must_change_password, user.check_password("my own long words")) == (False, True)
