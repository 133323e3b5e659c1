"""The screen on the wall, and the page of components: what they show, and what they do not."""

import re
from pathlib import Path

import pytest

from linzhu.communities.names import veiled
from linzhu.dispatch.design_views import icon_names
from linzhu.requests.models import Status
from tests import factories

pytestmark = pytest.mark.django_db


def assigned(community):
    row = factories.HelpRequestFactory(elder__community=community, elder__name="张秀英", status=Status.ASSIGNED)
    factories.AssignmentFactory(help_request=row, volunteer__name="陈磊", volunteer__community=community)
    return row


def test_wall_veils_names(community, desk):
    assigned(community)
    page = desk.get("/wall/").text
    assert ("张**" in page, "陈*" in page, "张秀英" in page, "陈磊" in page) == (True, True, False, False)


def test_wall_shows_no_phone_address_or_words_of_people(community, desk):
    row = assigned(community)
    inbound = factories.InboundMessageFactory(sender="+8613912340003", text="明天可以吗")
    factories.TodoFactory(community=community, kind="unknown-sender", inbound=inbound)
    factories.TodoFactory(community=community, kind="unclear-reply", inbound=inbound, help_request=row)
    page = desk.get("/wall/").text
    shown = [secret for secret in ("139", "明天可以吗", row.elder.address, row.ref) if secret in page]
    assert shown == []


def test_wall_counts_what_the_board_counts(community, desk):
    assigned(community)
    factories.TodoFactory(community=community, kind="unknown-sender")
    page = desk.get("/wall/").text
    assert re.findall(r"<dd>(\d+)</dd>", page) == ["1", "0", "1", "0", "0"]


def test_wall_has_neither_menu_nor_buttons_of_the_office(desk):
    page = desk.get("/wall/").text
    main = page[page.index("<main") : page.index("</main")]
    assert ("<nav" in page, "<form" in main, "<button" in main) == (False, False, False)


def test_wall_keeps_the_filters_of_the_board(community, desk):
    assigned(community)
    assert "张**" not in desk.get("/wall/", {"group": "booking"}).text
    assert 'hx-get="/wall/?group=booking"' in desk.get("/wall/", {"group": "booking"}).text


def test_wall_renews_itself(community, desk):
    assigned(community)
    part = desk.get("/wall/", headers={"HX-Request": "true"}).text
    assert ("张**" in part, "<html" in part) == (True, False)


@pytest.mark.parametrize("many", [3, 40])
def test_wall_costs_no_more_than_the_board(community, desk, django_assert_max_num_queries, many):
    for _number in range(many):
        assigned(community)
    with django_assert_max_num_queries(12):
        desk.get("/wall/")


@pytest.mark.parametrize(("name", "shown"), [("张秀英", "张**"), ("Mary Lee", "M."), ("", "")])
def test_veiled_names(name, shown):
    assert veiled(name) == shown


# --- the page of components ---------------------------------------------------------------------------------------


def test_page_of_components_draws_every_icon(desk):
    page = desk.get("/design/").text
    assert [name for name in icon_names() if f".svg#{name}" not in page] == []


def test_every_icon_that_a_template_names_is_in_the_sprite():
    templates = [path.read_text(encoding="utf-8") for path in Path("templates").rglob("*.html")]
    named = {name for text in templates for name in re.findall(r'(?:% icon |sign=)"([a-z0-9-]+)"', text)}
    assert (named - set(icon_names()), len(named) > 10) == (set(), True)


def test_page_of_components_costs_the_frame_alone(desk, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        desk.get("/design/")


def test_overseer_may_look_at_the_components(client_of):
    assert client_of(factories.RoleFactory(kind="overseer").user).get("/design/").status_code == 200
