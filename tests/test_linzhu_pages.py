"""What all pages share: the frame, errors in the product's voice, languages, security headers."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linzhu.dispatch.context import console
from linzhu.dispatch.models import Todo
from tests.factories import ElderFactory, RoleFactory

TEMPLATES = [*Path("templates").rglob("*.html")]
STAFF_PAGES = ["board", "intake", "elders", "elder-new", "volunteers", "volunteer-new", "inbox"]


# --- Errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_unknown_address_gets_a_kind_404(desk):
    response = desk.get("/no/such/page/")
    assert (response.status_code, "Nothing here" in response.content.decode()) == (404, True)


@pytest.mark.django_db
def test_other_community_s_elder_looks_like_nothing(desk):
    stranger = ElderFactory()
    response = desk.get(reverse("elder", args=[stranger.pk]))
    assert (response.status_code, stranger.name in response.content.decode()) == (404, False)


@pytest.mark.django_db
def test_wrong_role_gets_a_403_with_a_way_on(client_of):
    response = client_of(RoleFactory(kind="overseer").user).get(reverse("elders"))
    assert (response.status_code, "Your role does not reach" in response.content.decode()) == (403, True)


@pytest.mark.django_db
def test_missing_token_is_explained(dispatcher):
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    browser.force_login(dispatcher, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = browser.post(reverse("intake"), {})
    assert (response.status_code, "open for too long" in response.content.decode()) == (403, True)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404"])
@pytest.mark.django_db
def test_stranger_is_not_sent_to_the_board(name):
    page = render_to_string(f"{name}.html", request=RequestFactory().get("/"))
    assert ("To the board" in page, f'href="{reverse("enter")}"' in page) == (False, True)


@pytest.mark.django_db
def test_neighbour_s_old_form_is_not_told_of_the_office_s_drafts():
    phone = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    page = phone.post("/c/", {}).content.decode()
    assert ("open for too long" in page, "intake form" in page) == (True, False)


def test_server_error_page_needs_no_context():
    assert "不是您的问题" in render_to_string("500.html")


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404"])
@pytest.mark.django_db
def test_error_page_renders_for_a_stranger(name):
    assert "<h1>" in render_to_string(f"{name}.html", request=RequestFactory().get("/"))


# --- The frame --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STAFF_PAGES)
@pytest.mark.django_db
def test_staff_page_asks_strangers_to_sign_in(name):
    response = Client().get(reverse(name))
    assert response.url == f"{reverse('account_login')}?next={reverse(name)}"


@pytest.mark.parametrize("name", STAFF_PAGES)
@pytest.mark.django_db
def test_staff_page_has_one_heading_and_a_language(desk, name):
    page = desk.get(reverse(name)).content.decode()
    assert (page.count("<h1"), '<html lang="en"' in page) == (1, True)


def is_labelled(page: str, field: re.Match[str]) -> bool:
    """Named by itself, by a label around it, or by a label that points to it."""
    around = page.rfind("<label", 0, field.start()) > page.rfind("</label>", 0, field.start())
    name = re.search(r'\bid="([^"]+)"', field[0])
    return "aria-label" in field[0] or around or (name is not None and f'for="{name[1]}"' in page)


@pytest.mark.parametrize("name", STAFF_PAGES)
@pytest.mark.django_db
def test_staff_page_labels_every_field(desk, name):
    page = desk.get(reverse(name)).content.decode()
    visible = re.finditer(r'<(?:input|select|textarea)\b(?![^>]*type="hidden")[^>]*>', page)
    unlabelled = [field[0] for field in visible if not is_labelled(page, field)]
    assert unlabelled == []


@pytest.mark.django_db
def test_policy_allows_nothing_inline(desk):
    policy = desk.get(reverse("elders")).headers["Content-Security-Policy"]
    assert ("script-src 'self'" in policy, "unsafe" in policy) == (True, False)


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_template_has_nothing_inline(path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|\son[a-z]+=|\shx-on|<script(?![^>]*\ssrc=)|<style", text) == []


@pytest.mark.django_db
def test_language_switch_is_remembered(desk):
    desk.post(reverse("set_language"), {"language": "zh-hans", "next": "/"})
    assert '<html lang="zh-Hans"' in desk.get(reverse("elders")).content.decode()


@pytest.mark.django_db
def test_health_answers_strangers():
    assert Client().get("/health").json() == {"status": "ok"}


# --- What the frame knows -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_context_costs_nothing_until_it_is_shown(rf, dispatcher):
    request = rf.get("/")
    request.user = dispatcher
    with CaptureQueriesContext(connection) as queries:
        console(request)
    assert len(queries) == 0


@pytest.mark.django_db
def test_sign_in_page_asks_nothing_of_the_database():
    with CaptureQueriesContext(connection) as queries:
        Client().get(reverse("account_login"))
    assert len(queries) == 0


@pytest.mark.django_db
def test_inbox_count_is_that_of_the_user_s_communities(rf, dispatcher, community):
    from linzhu.communities.clock import now

    for place in (community, RoleFactory().community):
        Todo.objects.create(community=place, kind="unknown-sender", due_at=now())
    request = rf.get("/")
    request.user = dispatcher
    assert console(request)["todo_count"] == 1


@pytest.mark.parametrize(("kind", "expected"), [("lead", True), ("dispatcher", False)])
@pytest.mark.django_db
def test_lead_is_known(rf, kind, expected):
    request = rf.get("/")
    request.user = RoleFactory(kind=kind).user
    assert bool(console(request)["is_lead"]) is expected


def test_gateway_of_the_demo_is_known(rf):
    assert console(rf.get("/"))["gateway_is_local"] is True


def test_no_zoom_lock_in_any_template():
    assert [path for path in TEMPLATES if "user-scalable" in path.read_text(encoding="utf-8")] == []


def test_stylesheet_is_served_from_our_own_files():
    assert (Path(settings.STATICFILES_DIRS[0]) / "css" / "linzhu.css").is_file()
