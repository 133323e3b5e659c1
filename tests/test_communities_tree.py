import io

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from linzhu.communities.models import ApiToken, Community, Role, User
from linzhu.communities.tree import create_community, create_staff, give_role
from linzhu.requests.models import Elder
from tests.factories import CommunityFactory, ElderFactory, RoleFactory, UserFactory


@pytest.fixture
def tree(db) -> dict[str, Community]:
    """city → (north, south); north → (a, b); south → c. north and north2 share the beginning of their code."""
    city = create_community("city", "市", kind="city")
    north = create_community("north", "北区", city, kind="district")
    north2 = create_community("north2", "北二区", city, kind="district")
    south = create_community("south", "南区", city, kind="district")
    a, b = create_community("a", "甲", north), create_community("b", "乙", north)
    c = create_community("c", "丙", south)
    return {node.code: node for node in (city, north, north2, south, a, b, c)}


def test_path_of_root_is_its_code(db):
    assert create_community("city", "市").path == "city/"


def test_path_of_child_continues_its_parents(tree):
    assert tree["a"].path == "city/north/a/"


def test_ancestor_paths_go_from_root_to_node(tree):
    assert tree["a"].ancestor_paths() == ["city/", "city/north/", "city/north/a/"]


def test_below_holds_node_and_subtree_only(tree):
    assert [c.code for c in Community.objects.below(tree["north"])] == ["north", "a", "b"]


def test_create_community_refuses_a_code_twice(tree):
    with pytest.raises(ValidationError, match="exists already"):
        create_community("a", "again")


@pytest.mark.parametrize("code", ["", "A", "with space", "-a", "a/b", "a_b", "社区"])
def test_create_community_refuses_bad_codes(db, code):
    with pytest.raises(ValidationError):
        create_community(code, "社区")


@pytest.mark.parametrize(("lat", "lng"), [(91, 0), (0, 181), (39.1, None), (None, 117.2)])
def test_create_community_refuses_impossible_coordinates(db, lat, lng):
    with pytest.raises(ValidationError):
        create_community("x", "社区", lat=lat, lng=lng)


@pytest.mark.parametrize(
    ("at", "kind", "visible"),
    [
        ("city", "lead", {"city", "north", "north2", "south", "a", "b", "c"}),
        ("north", "lead", {"north", "a", "b"}),
        ("north", "dispatcher", {"north", "a", "b"}),
        ("north", "intake", {"north", "a", "b"}),
        ("north", "overseer", set()),
        ("a", "dispatcher", {"a"}),
        ("c", "intake", {"c"}),
        ("city", "overseer", set()),
    ],
)
def test_visible_to_reaches_the_subtree_of_roles_that_handle_people(tree, at, kind, visible):
    user = RoleFactory(community=tree[at], kind=kind).user
    for community in tree.values():
        ElderFactory(community=community)
    assert {c.code for c in Community.objects.visible_to(user)} == visible
    assert {elder.community.code for elder in Elder.objects.visible_to(user)} == visible


@pytest.mark.parametrize("kind", Role.Kind.values)
def test_overseen_by_reaches_the_subtree_of_every_role(tree, kind):
    user = RoleFactory(community=tree["north"], kind=kind).user
    assert {c.code for c in Community.objects.overseen_by(user)} == {"north", "a", "b"}


@pytest.mark.parametrize(("kind", "led"), [("lead", {"north", "a", "b"}), ("dispatcher", set()), ("intake", set())])
def test_led_by_reaches_the_subtree_of_leads(tree, kind, led):
    user = RoleFactory(community=tree["north"], kind=kind).user
    assert {c.code for c in Community.objects.led_by(user)} == led


def test_visible_to_joins_several_roles(tree):
    user = RoleFactory(community=tree["a"], kind="intake").user
    RoleFactory(user=user, community=tree["c"], kind="lead")
    assert {c.code for c in Community.objects.visible_to(user)} == {"a", "c"}


def test_visible_to_shows_nothing_without_a_role(tree):
    assert not Community.objects.visible_to(UserFactory()).exists()


def test_visible_to_shows_nothing_to_a_disabled_user(tree):
    user = RoleFactory(community=tree["city"], kind="lead").user
    user.is_active = False
    user.save()
    assert not Community.objects.visible_to(user).exists()


def test_visible_to_shows_nothing_to_a_superuser_without_a_role(tree):
    assert not Community.objects.visible_to(UserFactory(is_superuser=True)).exists()


def test_phone_for_callers_is_the_nearest_above(db):
    city = CommunityFactory(office_phone="+8622111")
    child = CommunityFactory(parent=CommunityFactory(parent=city, office_phone=""), office_phone="")
    assert child.phone_for_callers() == "+8622111"


def test_create_staff_holds_the_role_and_must_change_the_password(tree):
    user = create_staff("wang", "王芳", tree["a"], "lead", "five-quiet-herons")
    assert user.check_password("five-quiet-herons")
    assert user.must_change_password
    assert [(r.community.code, r.kind) for r in user.roles.all()] == [("a", "lead")]


def test_give_role_twice_is_one_role(tree):
    user = UserFactory()
    assert give_role(user, tree["a"], "lead") is True
    assert give_role(user, tree["a"], "lead") is False
    assert user.roles.count() == 1


def run(*args: str, **options: object) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_create_community_command_stores_all_options(tree):
    run("create_community", "d", "丁", parent="south", lat=39.1, lng=117.2, kind="street", phone="022-27318800")
    made = Community.objects.get(code="d")
    assert (made.path, made.kind, made.lat, made.lng) == ("city/south/d/", "street", 39.1, 117.2)
    assert made.office_phone == "+862227318800"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("a", "甲"), "Community “a” exists already."),
        (("x", "某", "--parent", "nowhere"), "There is no community “nowhere”. Known: city"),
        (("X y", "某"), "Use a-z, 0-9 and -."),
        (("x", "某", "--phone", "27318800"), "Did you mean 022-27318800?"),
        (("x", "某", "--lat", "1"), "Give both latitude and longitude"),
    ],
)
def test_create_community_command_explains_in_one_line(tree, args, said):
    with pytest.raises(CommandError) as caught:
        run("create_community", *args)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_create_staff_command_shows_a_password_that_works(tree):
    out = run("create_staff", "wang", "王芳", community="a", role="dispatcher")
    password = out.rsplit(": ", 1)[1].strip()
    assert User.objects.get(username="wang").check_password(password)


def test_create_staff_command_reads_the_password_from_standard_input(tree, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("five-quiet-herons\n"))
    out = run("create_staff", "wang", "王芳", community="a", role="dispatcher", password_stdin=True)
    assert "five-quiet-herons" not in out
    assert User.objects.get(username="wang").check_password("five-quiet-herons")


@pytest.mark.parametrize("typed", ["", "short\n"])
def test_create_staff_command_refuses_weak_passwords(tree, monkeypatch, typed):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(CommandError):
        run("create_staff", "wang", "王芳", community="a", role="dispatcher", password_stdin=True)
    assert not User.objects.filter(username="wang").exists()


def test_create_staff_command_adds_a_role_to_a_user_who_exists(tree):
    run("create_staff", "wang", "王芳", community="a", role="dispatcher")
    before = User.objects.get(username="wang").password
    run("create_staff", "wang", "someone else", community="c", role="lead")
    user = User.objects.get(username="wang")
    assert (user.name, user.password, user.roles.count()) == ("王芳", before, 2)


def test_api_token_command_shows_a_secret_whose_hash_alone_is_kept(tree):
    secret = run("api_token", "a", "hotline").strip()
    token = ApiToken.objects.get()
    assert token.digest == ApiToken.digest_of(secret)
    assert secret not in str(vars(token))


def test_api_token_command_revokes(tree):
    run("api_token", "a", "hotline")
    run("api_token", "a", "hotline", revoke=True)
    assert ApiToken.objects.get().revoked_at is not None


def test_api_token_command_refuses_a_name_in_use(tree):
    run("api_token", "a", "hotline")
    with pytest.raises(CommandError, match="already"):
        run("api_token", "a", "hotline")


def test_api_token_command_refuses_to_revoke_what_is_not_there(tree):
    with pytest.raises(CommandError, match="no valid token"):
        run("api_token", "a", "hotline", revoke=True)
