import os
import re
import time

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linzhu.communities.models import Place, Role
from linzhu.requests.models import Elder
from tests.factories import CommunityFactory, PlaceFactory, RoleFactory
from tests.sheets import upload

HEADER = ["姓名", "电话", "住址"]
ZHANG = ["张秀英", "022-27318800", "7号楼501"]


@pytest.fixture
def lead(community):
    return RoleFactory(community=community, kind="lead").user


@pytest.fixture
def browser(client_of, lead):
    return client_of(lead)


@pytest.fixture
def send(browser, community):
    def send(*rows, kind="elders", community=community, file=None, **headers):
        data = {"kind": kind, "community": community.pk, "file": file or upload(*(rows or (HEADER, ZHANG)))}
        return browser.post("/import/", data, headers=headers)

    return send


def ticket_of(response):
    found = re.search(r'name="ticket" value="([^"]+)"', response.content.decode())
    return found[1] if found else None


def kept(settings):
    folder = settings.MEDIA_ROOT / "imports"
    return list(folder.iterdir()) if folder.exists() else []


def test_page_offers_the_leads_communities_only(browser, community):
    CommunityFactory(name="别的社区")
    page = browser.get("/import/").content.decode()
    assert community.name in page
    assert "别的社区" not in page


@pytest.mark.parametrize("kind", [Role.Kind.DISPATCHER, Role.Kind.INTAKE, Role.Kind.OVERSEER])
@pytest.mark.parametrize("path", ["/import/", "/places/", "/places/new/"])
def test_pages_are_for_leads(client_of, community, kind, path):
    assert client_of(RoleFactory(community=community, kind=kind).user).get(path).status_code == 403


@pytest.mark.parametrize("path", ["/import/", "/places/"])
def test_pages_ask_strangers_to_sign_in(client, db, path):
    assert client.get(path).status_code == 302


def test_preview_shows_counts_and_stores_nothing(send, settings):
    response = send()
    assert "1 new" in response.content.decode()
    assert not Elder.objects.exists()
    assert len(kept(settings)) == 1


def test_preview_by_htmx_is_the_result_alone(send):
    page = send(hx_request="true").content.decode()
    assert "<html" not in page
    assert ticket_of(send(hx_request="true"))


def test_confirm_imports_and_forgets_the_file(send, browser, settings, lead):
    response = browser.post("/import/confirm/", {"ticket": ticket_of(send())})
    assert response.headers["Location"] == "/elders/"
    assert Elder.objects.get().name == "张秀英"
    assert Elder.history.get().history_user == lead
    assert kept(settings) == []


def test_confirm_twice_imports_once(send, browser):
    ticket = ticket_of(send())
    browser.post("/import/confirm/", {"ticket": ticket})
    again = browser.post("/import/confirm/", {"ticket": ticket}, follow=True)
    assert "was imported already" in again.content.decode()
    assert Elder.objects.count() == 1


def test_confirm_by_somebody_else_is_refused(send, client_of, community):
    other = client_of(RoleFactory(community=community, kind="lead").user)
    other.post("/import/confirm/", {"ticket": ticket_of(send())})
    assert not Elder.objects.exists()


@pytest.mark.parametrize("ticket", ["", "nonsense", "a:b:c"])
def test_confirm_with_a_false_ticket_is_refused(browser, ticket):
    assert browser.post("/import/confirm/", {"ticket": ticket}).headers["Location"] == "/import/"


def test_confirm_after_an_hour_is_refused(send, browser):
    ticket = ticket_of(send())
    with time_machine.travel(time.time() + 3700):
        browser.post("/import/confirm/", {"ticket": ticket})
    assert not Elder.objects.exists()


def test_confirm_after_the_role_was_taken_away_is_refused(send, browser, lead):
    ticket = ticket_of(send())
    RoleFactory(user=lead, kind="lead")
    lead.roles.filter(community=lead.roles.first().community).delete()
    assert browser.post("/import/confirm/", {"ticket": ticket}).status_code == 403
    assert not Elder.objects.exists()


def test_confirm_needs_post(browser):
    assert browser.get("/import/confirm/").status_code == 405


def test_file_is_private_and_swept_after_an_hour(send, settings):
    send()
    (file,) = kept(settings)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    os.utime(file, (time.time() - 3700,) * 2)
    send()
    assert not file.exists()


def test_errors_are_shown_and_nothing_can_be_confirmed(send, settings):
    response = send(HEADER, ["李强", "138", ""])
    assert "Row 2, 电话: This is too short to be somebody&#x27;s phone number." in response.content.decode()
    assert ticket_of(response) is None
    assert kept(settings) == []


def test_warnings_are_shown(send):
    assert "No place and no coordinates" in send().content.decode()


def test_unchanged_list_has_nothing_to_confirm(send, browser):
    browser.post("/import/confirm/", {"ticket": ticket_of(send())})
    response = send()
    assert "All of this is in Linzhu already." in response.content.decode()
    assert ticket_of(response) is None


def test_community_of_others_is_refused(send):
    response = send(community=CommunityFactory())
    assert "Select a valid choice" in response.content.decode()


def test_file_is_known_by_its_content(send):
    response = send(file=SimpleUploadedFile("list.xlsx", b"\x89PNG\r\n\x1a\n\x00"))
    assert "This is not a spreadsheet" in response.content.decode()


def test_workbook_named_csv_is_read(send):
    assert ticket_of(send(file=upload(HEADER, ZHANG, name="list.csv")))


def test_file_above_ten_megabytes_is_refused(send):
    response = send(file=SimpleUploadedFile("list.csv", b"x" * (10 * 1024 * 1024 + 1)))
    assert "larger than 10" in response.content.decode()


def test_cells_are_escaped(send):
    page = send(HEADER, ["李强", "<script>alert(1)</script>", ""]).content.decode()
    assert "<script>alert" not in page


def test_preview_compares_again_when_it_is_confirmed(send, browser, community):
    ticket = ticket_of(send())
    Elder.objects.create(community=community, name="张秀英", phone="+862227318800", address="先来")
    browser.post("/import/confirm/", {"ticket": ticket})
    assert Elder.objects.get().address == "7号楼501"


# --- The gazetteer ------------------------------------------------------------------------------------------------


def place(community, **values):
    return {"name": "新华里", "kind": "compound", "community": community.pk, "lat": "39.12", "lng": "117.2", **values}


def test_places_are_listed_under_their_compounds(browser, community):
    compound = PlaceFactory(community=community, name="B园")
    PlaceFactory(community=community, name="1号楼", parent=compound)
    PlaceFactory(community=community, name="A园")
    PlaceFactory(name="别处")
    page = browser.get("/places/").content.decode()
    assert re.findall(r'<th scope="row"><a [^>]+>([^<]+)', page) == ["A园", "B园", "B园 1号楼"]


def test_places_are_found_by_pinyin(browser, community):
    PlaceFactory(community=community, name="新华里")
    PlaceFactory(community=community, name="和平里")
    page = browser.get("/places/?q=XHL").content.decode()
    assert "新华里" in page
    assert "和平里" not in page


def test_places_page_asks_as_little_with_thirty_rows_as_with_one(browser, community):
    def count():
        with CaptureQueriesContext(connection) as caught:
            browser.get("/places/")
        return len(caught)

    PlaceFactory(community=community)
    one = count()
    for _n in range(30):
        PlaceFactory(community=community, parent=PlaceFactory(community=community))
    assert count() == one


def test_place_is_added(browser, community):
    assert browser.post("/places/new/", place(community)).status_code == 302
    assert Place.objects.get().search_key == "新华里 xinhuali xhl"


def test_place_is_changed(browser, community):
    old = PlaceFactory(community=community, name="老名")
    browser.post(f"/places/{old.pk}/", place(community))
    old.refresh_from_db()
    assert old.name == "新华里"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lat": "117.2", "lng": "39.12"}, "less than or equal to 90"),
        ({"lat": "0", "lng": "0"}, "lies in the ocean"),
        ({"name": ""}, "required"),
    ],
)
def test_wrong_place_is_explained(browser, community, wrong, said):
    assert said in browser.post("/places/new/", place(community, **wrong)).content.decode()
    assert not Place.objects.exists()


def test_place_twice_is_refused(browser, community):
    PlaceFactory(community=community, name="新华里")
    assert browser.post("/places/new/", place(community)).status_code == 200
    assert Place.objects.count() == 1


def test_compound_of_another_community_is_refused(browser, community, lead):
    other = RoleFactory(user=lead, community=CommunityFactory(), kind="lead").community
    compound = PlaceFactory(community=other)
    response = browser.post("/places/new/", place(community, parent=compound.pk))
    assert "belongs to another community" in response.content.decode()


def test_compound_with_buildings_stays_on_top(browser, community):
    compound = PlaceFactory(community=community, name="新华里")
    PlaceFactory(community=community, name="1号楼", parent=compound)
    other = PlaceFactory(community=community, name="乙园")
    response = browser.post(f"/places/{compound.pk}/", place(community, parent=other.pk))
    assert "has buildings of its own" in response.content.decode()


def test_place_is_deleted(browser, community):
    old = PlaceFactory(community=community)
    browser.post(f"/places/{old.pk}/delete/")
    assert not Place.objects.exists()


def test_compound_with_buildings_is_not_deleted(browser, community):
    compound = PlaceFactory(community=community)
    PlaceFactory(community=community, parent=compound)
    browser.post(f"/places/{compound.pk}/delete/")
    assert Place.objects.count() == 2


@pytest.mark.parametrize(("method", "end"), [("get", ""), ("post", ""), ("post", "delete/")])
def test_place_of_others_is_not_found(browser, method, end):
    other = PlaceFactory()
    assert getattr(browser, method)(f"/places/{other.pk}/{end}").status_code == 404
    assert Place.objects.exists()
