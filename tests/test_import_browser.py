"""Importing lists in the browser: what is shown before, which column is what, what happens after."""

import csv
import io
import json
import os
import re
import time

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from linzhu.communities.models import Role
from linzhu.requests.models import Elder
from tests.factories import CommunityFactory, RoleFactory
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


def test_what_was_imported_is_told_in_the_readers_language(send, browser):
    browser.cookies["django_language"] = "zh-hans"
    done = browser.post("/import/confirm/", {"ticket": ticket_of(send())}, follow=True)
    assert [str(message) for message in done.context["messages"]] == ["已导入 1 行：新增 1，更新 0，未变 0。"]


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


def test_errors_are_shown_and_nothing_can_be_confirmed(send):
    page = send(HEADER, ["李强", "138", ""]).content.decode()
    assert "Row 2, 电话: This is too short to be somebody&#x27;s phone number." in page
    assert "/import/confirm/" not in page


def test_warnings_are_shown(send):
    assert "No place and no coordinates" in send().content.decode()


def test_unchanged_list_has_nothing_to_confirm(send, browser):
    browser.post("/import/confirm/", {"ticket": ticket_of(send())})
    response = send()
    assert "All of this is in Linzhu already." in response.content.decode()
    assert "/import/confirm/" not in response.content.decode()


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


# --- which column is what -----------------------------------------------------------------------------------------

ODD = ["谁", "怎么找", "身份证号"]
ZHANG_ODD = ["张秀英", "022-27318800", "120101194001011234"]


def chosen(page):
    """Which column each select of the page shows."""
    selects = re.findall(r'<select name="column-(\d+)".*?</select>', page, re.DOTALL)
    picked = re.findall(r'<select name="column-\d+".*?<option value="(\w*)" selected', page, re.DOTALL)
    return selects, picked


def test_columns_are_shown_with_samples_and_what_they_are_taken_for(send):
    page = send(HEADER, ZHANG, ["李强", "13900001111", ""]).content.decode()
    assert chosen(page) == (["0", "1", "2"], ["name", "phone", "address"])
    assert "张秀英 · 李强" in page


def test_unknown_columns_can_be_named(send, browser):
    page = send(ODD, ZHANG_ODD).content.decode()
    assert "A column is missing" in page
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)[1]
    looked = browser.post("/import/look/", {"ticket": ticket, "column-0": "name", "column-1": "phone"})
    assert "1 new" in looked.content.decode()
    browser.post("/import/confirm/", {"ticket": ticket_of(looked), "column-0": "name", "column-1": "phone"})
    assert (Elder.objects.get().name, Elder.objects.get().phone) == ("张秀英", "+862227318800")


def test_known_column_can_be_left_out(send, browser):
    choice = {"column-0": "name", "column-1": "phone", "column-2": ""}
    looked = browser.post("/import/look/", {"ticket": ticket_of(send()), **choice})
    browser.post("/import/confirm/", {"ticket": ticket_of(looked), **choice})
    assert Elder.objects.get().address == ""


def test_identity_numbers_are_neither_shown_nor_read(send, browser):
    page = send(ODD, ZHANG_ODD).content.decode()
    assert ("120101194001011234" in page, "身份证号" in page) == (False, True)
    choice = {"column-0": "name", "column-1": "phone", "column-2": "notes"}
    looked = browser.post("/import/look/", {"ticket": ticket_of(send(ODD, ZHANG_ODD)), **choice})
    browser.post("/import/confirm/", {"ticket": ticket_of(looked)})
    assert Elder.objects.get().notes == ""


def test_choice_that_nobody_has_looked_at_is_shown_before_it_is_imported(send, browser):
    choice = {"column-0": "name", "column-1": "phone", "column-2": "notes"}
    response = browser.post("/import/confirm/", {"ticket": ticket_of(send()), **choice})
    assert (response.status_code, Elder.objects.exists()) == (200, False)
    assert chosen(response.content.decode())[1] == ["name", "phone", "notes"]


@pytest.mark.parametrize("choice", [{"column-0": "pk"}, {"column-x": "name"}, {"column-99": "name"}, {}])
def test_choice_without_the_required_columns_is_explained(send, browser, choice):
    looked = browser.post("/import/look/", {"ticket": ticket_of(send()), **choice})
    assert (looked.status_code, "A column is missing" in looked.content.decode()) == (200, True)


def test_first_rows_are_shown_with_what_becomes_of_them_mistakes_first(send, community):
    Elder.objects.create(community=community, name="王芳", phone="+8613900002222")
    rows = [["王芳", "13900002222", "3号楼"], ZHANG, ["李强", "138", ""]]
    preview = send(HEADER, *rows).context["preview"]
    assert [(row["number"], row["state"]) for row in preview] == [(4, "wrong"), (2, "updated"), (3, "new")]
    assert preview[0]["cells"] == ["李强", "138", ""]


# --- mistakes to download -----------------------------------------------------------------------------------------


def download(browser, response):
    answer = browser.post("/import/errors/", {"ticket": ticket_of(response)})
    return answer, list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_rows_with_mistakes_are_downloaded_with_what_is_wrong(send, browser):
    answer, rows = download(browser, send(HEADER, ZHANG, ["李强", "138", "1号楼"], ["", "13900001111", ""]))
    assert answer["Content-Disposition"] == 'attachment; filename="linzhu-errors.csv"'
    assert rows == [
        ["Row", "What is wrong", *HEADER],
        ["3", "电话: This is too short to be somebody's phone number.", "李强", "138", "1号楼"],
        ["4", "姓名: This is missing.", "", "13900001111", ""],
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_cell_of_the_download_is_no_formula(send, browser, cell):
    _answer, rows = download(browser, send(HEADER, ["李强", "138", f"{cell}号楼"]))
    assert rows[1][4][:1] == "'" or not rows[1][4].startswith(("=", "+", "-", "@", "\t"))


def test_download_of_somebody_else_s_list_is_refused(send, client_of, community):
    other = client_of(RoleFactory(community=community, kind="lead").user)
    response = other.post("/import/errors/", {"ticket": ticket_of(send(HEADER, ["李强", "138", ""]))})
    assert response.headers["Location"] == "/import/"


# --- long lists ---------------------------------------------------------------------------------------------------


@pytest.fixture
def long_list(monkeypatch):
    """What counts as long here."""
    monkeypatch.setattr("linzhu.import_views.AT_ONCE", 2)
    return [HEADER, *(["张秀英", f"1390000{number:04}", ""] for number in range(5))]


def wait_for(browser, address):
    """Look at the page until the import is over, as the browser does; returns the last look and the phases seen."""
    deadline = time.monotonic() + 30
    while (state := browser.get(address).context["state"]).phase == "running":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return state


@pytest.mark.django_db(transaction=True)
def test_long_list_is_imported_while_a_page_tells_how_far_it_is(long_list, send, browser, settings):
    response = browser.post("/import/confirm/", {"ticket": ticket_of(send(*long_list))})
    assert response.headers["Location"].startswith("/import/jobs/")
    state = wait_for(browser, response.headers["Location"])
    assert (state.phase, state.new, Elder.objects.count()) == ("done", 5, 5)
    assert "5 rows were imported: 5 new" in browser.get(response.headers["Location"]).content.decode()
    assert [path.suffix for path in kept(settings)] == [".json"]


@pytest.mark.django_db(transaction=True)
def test_second_click_finds_the_long_import_begun(long_list, send, browser):
    ticket = ticket_of(send(*long_list))
    first, second = (browser.post("/import/confirm/", {"ticket": ticket}) for _click in range(2))
    state = wait_for(browser, first.headers["Location"])
    assert (state.phase, Elder.objects.count()) == ("done", 5)
    assert second.headers["Location"] in {first.headers["Location"], "/import/"}


@pytest.mark.django_db(transaction=True)
def test_long_list_of_who_leads_no_more_is_refused(long_list, send, browser, lead, community):
    ticket = ticket_of(send(*long_list))
    RoleFactory(user=lead, kind="lead")
    lead.roles.filter(community=community).delete()
    state = wait_for(browser, browser.post("/import/confirm/", {"ticket": ticket}).headers["Location"])
    assert (state.phase, Elder.objects.count()) == ("refused", 0)


def state_file(settings, **told):
    folder = settings.MEDIA_ROOT / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{'0' * 32}.json").write_text(json.dumps(told))
    return f"/import/jobs/{'0' * 32}/"


def test_page_draws_how_far_it_is(browser, lead, settings):
    told = {"user": lead.pk, "kind": "elders", "doing": "storing", "done": 500, "of": 2000, "told_at": time.time()}
    page = browser.get(state_file(settings, **told)).content.decode()
    assert '<progress value="500" max="2000"' in page
    assert 'http-equiv="refresh"' in page


def test_import_that_fell_silent_has_stopped(browser, lead, settings):
    told = {"user": lead.pk, "kind": "elders", "doing": "storing", "told_at": time.time() - 300}
    page = browser.get(state_file(settings, **told)).content.decode()
    assert ("has stopped in the middle" in page, 'http-equiv="refresh"' in page) == (True, False)


def test_problems_of_a_long_list_are_told(browser, lead, settings):
    told = {"user": lead.pk, "kind": "elders", "phase": "refused", "problems": ["Row 2, 电话: nonsense"]}
    assert "Row 2, 电话: nonsense" in browser.get(state_file(settings, **told)).content.decode()


def test_import_of_somebody_else_is_not_found(browser, lead, settings):
    assert browser.get(state_file(settings, user=lead.pk + 1, kind="elders")).status_code == 404
