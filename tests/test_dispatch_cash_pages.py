"""The money of visits on pages: the volunteer's own, the office's, the family's, and the photo of the receipt."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linzhu.communities.models import CommunityRules
from linzhu.dispatch import cash, cash_forms, receipts
from linzhu.dispatch.assignments import arrive
from linzhu.dispatch.cash_verdict import Word
from linzhu.dispatch.links import family_url
from linzhu.dispatch.models import CashJob, CashReceipt, Todo
from linzhu.dispatch.reading.money import Figures
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import Look
from tests import factories
from tests.cash import AGREES, EVEN, VOLUNTEER, gap, job_of, owed, report, shop
from tests.factories import window
from tests.test_dispatch_pictures import SECRET, exif, jpeg, png
from tests.volunteer_phone import ask, opened, path_of, promise, said, words

pytestmark = pytest.mark.django_db
Kind = Todo.Kind


@pytest.fixture(autouse=True)
def _nothing_is_drawn(community):
    CommunityRules.objects.create(community=community, cash_check_percent=0)


@pytest.fixture
def boss(client_of, community):
    """A community lead's browser."""
    return client_of(factories.RoleFactory(community=community, kind="lead").user)


def photo(data=None, name="IMG_1.jpg"):
    return SimpleUploadedFile(name, jpeg(exif()) if data is None else data, content_type="image/jpeg")


# --- the volunteer's page -----------------------------------------------------------------------------------------


def send(phone, mine, visit, **form):
    return phone.post(f"{mine}visits/{visit.pk}/cash/", form, follow=True)


def test_list_and_limit_are_shown_after_the_yes_and_not_before(phone, volunteer, elder):
    offer = ask(elder, volunteer)
    offer.help_request.details = "牛奶两盒"
    offer.help_request.save()
    mine = opened(phone, volunteer)
    assert ("牛奶两盒" in words(phone.get(mine)), "¥" in words(phone.get(mine))) == (False, False)
    visit = promise(elder, volunteer, 8, details="鸡蛋一板", cash_limit_fen=80_00)
    page = words(phone.get(mine))
    assert ("鸡蛋一板" in page, "¥80" in page, f"visits/{visit.pk}/cash/" in page) == (True, True, True)


def test_figures_are_sent_from_the_page(phone, mine, volunteer, elder):
    visit = shop(elder, volunteer)
    assert "The money is still missing" in words(phone.get(mine))
    response = send(phone, mine, visit, handed="100", spent="86.50", returned="13.5")
    assert said(response).startswith("Thank you, the money is noted.")
    assert (job_of(visit).figures, "still missing" in words(response)) == (EVEN, False)


def test_money_of_a_visit_that_is_over_names_nobody(phone, mine, volunteer, elder, stopped_clock):
    visit = shop(elder, volunteer)
    stopped_clock.shift(timedelta(hours=3))
    pages = words(phone.get(mine)) + words(phone.get(f"{mine}visits/{visit.pk}/cash/"))
    assert ("still missing" in pages, elder.name in pages, elder.address in pages) == (True, False, False)


@pytest.mark.parametrize(
    ("form", "field", "error"),
    [
        ({"handed": ""}, "handed", "Please write an amount in yuan, such as 86.50."),
        ({"spent": "a lot"}, "spent", "Please write an amount in yuan, such as 86.50."),
        ({"returned": "-1"}, "returned", "Please write an amount in yuan, such as 86.50."),
        ({"returned": "13"}, "returned", "It does not add up: ¥13.50 should have come back."),
        ({"handed": "300", "spent": "250", "returned": "50"}, "spent", "At most ¥200 was agreed."),
    ],
)
def test_error_stands_beside_its_field_and_nothing_is_kept(phone, mine, volunteer, elder, form, field, error):
    visit = shop(elder, volunteer)
    response = send(phone, mine, visit, **{"handed": "100", "spent": "86.50", "returned": "13.50", **form})
    own = re.search(rf'id="id_{field}"[^>]*>(.*?)</div>', words(response))[1]
    assert (response.status_code, error in own, job_of(visit).figures) == (422, True, None)


def test_true_figures_that_do_not_add_up_can_be_said(phone, mine, volunteer, elder):
    visit = shop(elder, volunteer)
    form = {"handed": "100", "spent": "86.50", "returned": "13"}
    assert "These are the true figures all the same" in words(send(phone, mine, visit, **form))
    response = send(phone, mine, visit, **form, is_so="on")
    assert 'class="said warning"' in words(response)
    assert (job_of(visit).status, owed(visit)) == (CashJob.Status.GAP, 1)


def test_page_shows_what_was_said_and_takes_a_correction(phone, mine, volunteer, elder):
    visit = shop(elder, volunteer)
    report(visit)
    assert 'value="86.50"' in words(phone.get(f"{mine}visits/{visit.pk}/cash/"))
    send(phone, mine, visit, handed="100", spent="80", returned="20")
    assert job_of(visit).figures == Figures(100_00, 80_00, 20_00)


def test_page_takes_nothing_once_the_elder_was_asked(phone, mine, volunteer, elder, dispatcher):
    visit = shop(elder, volunteer)
    report(visit)
    cash.hear(visit, AGREES, user=dispatcher)
    response = send(phone, mine, visit, handed="100", spent="80", returned="20")
    assert ("The office has asked the elder by now" in words(response), job_of(visit).figures) == (True, EVEN)


def test_visit_of_somebody_else_and_one_without_cash_are_not_found(phone, mine, volunteer, elder, community):
    theirs = shop(elder, factories.VolunteerFactory(community=community))
    other = promise(elder, volunteer, 8, service="companionship")
    for visit in (theirs, other):
        assert phone.get(f"{mine}visits/{visit.pk}/cash/").status_code == 404


# --- the receipt --------------------------------------------------------------------------------------------------


def test_receipt_comes_with_the_figures_and_without_where_it_was_taken(phone, mine, volunteer, elder, desk):
    visit = shop(elder, volunteer)
    send(phone, mine, visit, handed="100", spent="86.50", returned="13.50", receipt=photo())
    kept = CashReceipt.objects.get(job__assignment=visit)
    shown = desk.get(reverse("help-request-receipt", args=[visit.help_request.ref, kept.key]))
    assert (shown.status_code, shown["Content-Type"], SECRET in shown.content) == (200, "image/jpeg", False)
    assert (shown["Content-Disposition"].startswith("attachment"), shown["X-Content-Type-Options"]) == (True, "nosniff")
    assert shown.content.startswith(b"\xff\xd8")


@pytest.mark.parametrize("data", [b"<script>alert(1)</script>", b"%PDF-1.7", png(), jpeg()[:-2]])
def test_file_that_is_no_picture_is_refused_beside_its_field(phone, mine, volunteer, elder, data):
    visit = shop(elder, volunteer)
    form = {"handed": "100", "spent": "86.50", "returned": "13.50"}
    response = send(phone, mine, visit, **form, receipt=photo(data, "receipt.jpg"))
    own = words(response).split('id="id_receipt"')[1].split("</div>")[0]
    assert ("not a photo that we can read" in own, CashReceipt.objects.exists()) == (True, False)
    assert job_of(visit).figures is None


def test_photo_that_is_too_large_is_refused(phone, mine, volunteer, elder, monkeypatch):
    monkeypatch.setattr(cash_forms, "MOST_BYTES", 20)
    visit = shop(elder, volunteer)
    response = send(phone, mine, visit, handed="1", spent="1", returned="0", receipt=photo())
    assert "The photo is too large" in words(response)


def test_new_photo_replaces_the_old_one_under_a_new_address(elder, volunteer):
    visit = shop(elder, volunteer)
    job = report(visit)
    first, second = (receipts.keep(job, data, actor=VOLUNTEER) for data in (jpeg(), jpeg(exif())))
    assert (list(CashReceipt.objects.all()), first.key == second.key) == ([second], False)


def test_receipt_is_not_found_elsewhere_or_under_another_number(elder, volunteer, desk, client_of, community):
    visit = shop(elder, volunteer)
    kept = receipts.keep(report(visit), jpeg(), actor=VOLUNTEER)
    other = factories.HelpRequestFactory(elder__community=community)
    stranger = client_of(factories.RoleFactory(kind="lead").user)
    own = reverse("help-request-receipt", args=[visit.help_request.ref, kept.key])
    assert desk.get(reverse("help-request-receipt", args=[other.ref, kept.key])).status_code == 404
    assert (stranger.get(own).status_code, client_of(dispatcher_of(community)).get(own).status_code) == (404, 200)


def dispatcher_of(community):
    return factories.RoleFactory(community=community).user


def test_look_at_the_receipt_is_logged(elder, volunteer, desk, dispatcher):
    visit = shop(elder, volunteer)
    kept = receipts.keep(report(visit), jpeg(), actor=VOLUNTEER)
    desk.get(reverse("help-request-receipt", args=[visit.help_request.ref, kept.key]))
    assert Look.objects.filter(elder=elder, user=dispatcher, about=visit.help_request.ref).exists()


def test_family_and_volunteer_reach_no_receipt(elder, volunteer, phone, mine, client):
    visit = shop(elder, volunteer)
    kept = receipts.keep(report(visit), jpeg(), actor=VOLUNTEER)
    own = reverse("help-request-receipt", args=[visit.help_request.ref, kept.key])
    client.get(path_of(family_url(visit.help_request)), follow=True)
    assert (client.get(own).status_code, phone.get(own).status_code) == (302, 302)


# --- the office ---------------------------------------------------------------------------------------------------


def act(browser, visit, name, **form):
    address = reverse("help-request-cash", args=[visit.help_request.ref, visit.pk, name])
    return browser.post(address, form, follow=True)


def shown(browser, visit):
    return words(browser.get(reverse("help-request", args=[visit.help_request.ref])))


def test_help_request_shows_both_sides_and_what_does_not_agree(elder, volunteer, desk, dispatcher):
    visit = shop(elder, volunteer)
    report(visit)
    cash.hear(visit, Word(100_00, 10_00, has_receipt=True), user=dispatcher)
    page = shown(desk, visit)
    assert "got <b>¥100</b>, spent <b>¥86.50</b>, gave back <b>¥13.50</b>" in page
    assert "gave <b>¥100</b>, got back <b>¥10</b>" in page
    assert ("Volunteer and elder say different sums." in page, "at most ¥200 was agreed" in page) == (True, True)


def test_help_request_without_cash_has_no_such_card(elder, volunteer, desk):
    assert 'id="money"' not in shown(desk, shop(elder, volunteer, "companionship", limit_fen=None))


def test_story_tells_who_said_what(elder, volunteer, desk, boss):
    visit = gap(elder, volunteer)
    act(boss, visit, "clear", why="counted again")
    story = shown(desk, visit)
    assert "Money: got ¥100, spent ¥86.50, gave back ¥10" in story
    assert ("Cleared the money" in story, "counted again" in story) == (True, True)


def test_staff_note_what_the_volunteer_says_on_the_phone(elder, volunteer, desk, dispatcher):
    visit = shop(elder, volunteer)
    act(desk, visit, "figures", handed="100", spent="86.5", returned="13.5")
    assert job_of(visit).figures == EVEN
    assert job_of(visit).notes.last().user == dispatcher
    assert f"noted by {dispatcher.name}" in shown(desk, visit)


def test_staff_note_what_does_not_add_up_as_it_was_said(elder, volunteer, desk):
    visit = shop(elder, volunteer)
    act(desk, visit, "figures", handed="100", spent="86.5", returned="10")
    assert job_of(visit).status == CashJob.Status.GAP


def test_call_back_asks_for_the_money_and_is_settled_by_it(elder, volunteer, desk):
    visit = shop(elder, volunteer)
    report(visit)
    inbox = words(desk.get("/inbox/"))
    assert ("How much did you give" in inbox, 'name="is_well"' in inbox) == (True, True)
    # Whoever asks is not told beforehand what the answer should be.
    assert "86.50" not in inbox
    act(desk, visit, "word", handed="100", returned="13.50", has_receipt="yes", is_well="1")
    assert (job_of(visit).status, owed(visit, Kind.AFTER_VISIT)) == (CashJob.Status.AGREED, 0)


@pytest.mark.parametrize(
    "form",
    [
        {"handed": "100", "returned": "", "has_receipt": "yes"},
        {"handed": "100", "returned": "13.50"},
        {"handed": "x", "returned": "13.50", "has_receipt": "yes"},
    ],
)
def test_half_a_word_is_not_noted(elder, volunteer, desk, form):
    visit = shop(elder, volunteer)
    assert "Please write how much the elder gave" in words(act(desk, visit, "word", **form))
    assert job_of(visit).heard_at is None


def test_elder_who_cannot_say_how_much_is_a_gap(elder, volunteer, desk):
    visit = shop(elder, volunteer)
    report(visit)
    act(desk, visit, "word", cannot_say="on", has_receipt="yes")
    assert job_of(visit).status == CashJob.Status.GAP


@pytest.mark.parametrize("answer", ["well", "told", "settled"])
def test_call_back_is_not_settled_around_the_money(elder, volunteer, desk, answer):
    visit = shop(elder, volunteer)
    todo = Todo.objects.get(kind=Kind.AFTER_VISIT)
    page = words(desk.post(f"/inbox/{todo.pk}/", {"act": answer}, follow=True))
    assert ("Please note first what the elder says of the money." in page, owed(visit, Kind.AFTER_VISIT)) == (True, 1)


def test_call_back_that_nobody_answers_is_tried_again(elder, volunteer, desk):
    visit = shop(elder, volunteer)
    todo = Todo.objects.get(kind=Kind.AFTER_VISIT)
    desk.post(f"/inbox/{todo.pk}/", {"act": "missed"})
    assert owed(visit, Kind.AFTER_VISIT) == 1


def test_gap_is_not_settled_around_its_reason(elder, volunteer, desk):
    visit = gap(elder, volunteer)
    todo = Todo.objects.get(kind=Kind.CASH_GAP)
    desk.post(f"/inbox/{todo.pk}/", {"act": "settled"})
    assert (owed(visit), job_of(visit).status) == (1, CashJob.Status.GAP)


def test_lead_clears_a_gap_from_the_inbox(elder, volunteer, boss):
    visit = gap(elder, volunteer)
    inbox = words(boss.get("/inbox/?show=decisions"))
    assert ("The figures do not add up: ¥3.50 is missing." in inbox, "Clear it" in inbox) == (True, True)
    act(boss, visit, "clear", why="a coin had rolled under the table")
    assert (job_of(visit).status, owed(visit)) == (CashJob.Status.CLEARED, 0)


def test_dispatcher_may_not_clear_a_gap(elder, volunteer, desk):
    visit = gap(elder, volunteer)
    assert "Clear it" not in words(desk.get("/inbox/?show=decisions"))
    assert act(desk, visit, "clear", why="so").status_code == 403
    assert job_of(visit).status == CashJob.Status.GAP


def test_gap_without_a_reason_stays(elder, volunteer, boss):
    visit = gap(elder, volunteer)
    assert "Please write why." in words(act(boss, visit, "clear", why=" "))
    assert owed(visit) == 1


def test_lead_who_was_the_volunteer_is_sent_to_a_colleague(elder, volunteer, client_of, community):
    own = client_of(factories.RoleFactory(community=community, kind="lead", user__name=volunteer.name).user)
    visit = gap(elder, volunteer)
    assert "Clear it" not in words(own.get("/inbox/?show=decisions"))
    assert "This is your own visit" in words(act(own, visit, "clear", why="so"))
    assert job_of(visit).status == CashJob.Status.GAP


def test_random_check_is_answered_in_the_inbox(elder, volunteer, desk, dispatcher, community):
    CommunityRules.objects.update(cash_check_percent=100)
    visit = shop(elder, volunteer)
    report(visit)
    cash.hear(visit, AGREES, user=dispatcher)
    assert "Drawn at random" in words(desk.get("/inbox/?show=decisions"))
    act(desk, visit, "check", found="wrong", why="the receipt says 76.50")
    assert (owed(visit, Kind.CASH_CHECK), owed(visit), job_of(visit).status) == (0, 1, CashJob.Status.GAP)


def test_what_is_no_act_or_no_visit_of_it_is_not_found(elder, volunteer, desk, community):
    visit = shop(elder, volunteer)
    other = factories.AssignmentFactory(help_request__elder__community=community)
    assert act(desk, visit, "steal").status_code == 404
    wrong = reverse("help-request-cash", args=[visit.help_request.ref, other.pk, "word"])
    assert desk.post(wrong).status_code == 404


@pytest.mark.parametrize("name", ["word", "clear", "check"])
def test_money_of_which_nothing_is_known_cannot_be_settled(elder, volunteer, boss, name):
    visit = promise(elder, volunteer)
    arrive(visit, actor=VOLUNTEER)
    response = act(boss, visit, name, handed="1", returned="0", has_receipt="yes", why="so", found="right")
    assert ("Meanwhile this has changed" in words(response), CashJob.objects.exists()) == (True, False)


def test_board_leads_to_the_money(elder, volunteer, boss):
    visit = gap(elder, volunteer)
    board = words(boss.get("/"))
    assert (f"/requests/{visit.help_request.ref}/#money" in board, "Clear it" in board) == (True, False)


def test_reason_not_to_ask_stands_beside_the_name(elder, volunteer, desk):
    gap(elder, volunteer)
    need = log_request(elder, "meal", actor=SYSTEM, **window(8))
    page = words(desk.get(reverse("help-request", args=[need.ref])))
    assert "the money of an earlier visit does not agree yet" in page
    told = words(
        desk.post(
            reverse("help-request-action", args=[need.ref, "assign"]), {"volunteer": volunteer.pk, "via": "phone"},
            follow=True,
        )
    )  # fmt: skip
    assert "This volunteer cannot be assigned here." in told


@pytest.mark.parametrize("path", ["/inbox/", "/"])
def test_list_costs_the_same_with_one_gap_and_with_many(elder, volunteer, community, boss, path):
    gap(elder, volunteer)
    boss.get(path)
    with CaptureQueriesContext(connection) as one:
        boss.get(path)
    for _time in range(6):
        gap(elder, factories.VolunteerFactory(community=community))
    with CaptureQueriesContext(connection) as many:
        boss.get(path)
    assert len(many) == len(one)


def test_elders_log_says_what_was_spent(elder, volunteer, desk):
    visit = shop(elder, volunteer)
    report(visit)
    assert "spent ¥86.50 of ¥100" in words(desk.get(reverse("elder-log", args=[elder.pk])))


# --- slip and family ----------------------------------------------------------------------------------------------


def test_slip_has_list_and_limit(elder, volunteer, desk):
    visit = promise(elder, volunteer, details="鸡蛋一板", cash_limit_fen=80_00)
    slip = words(desk.get(reverse("slip", args=[visit.help_request.ref]), {"language": "en"}))
    first, _break, second = slip.partition("to-buy")
    assert ("鸡蛋一板" in first, "鸡蛋一板" in second, visit.door_word in second) == (False, True, False)
    assert slip.count("Cash: at most ¥80. The receipt is yours.") == 2


def test_slip_of_a_visit_without_cash_has_no_details(elder, volunteer, desk):
    visit = promise(elder, volunteer, service="companionship", details="喜欢听戏")
    assert "喜欢听戏" not in words(desk.get(reverse("slip", args=[visit.help_request.ref])))


def family_page(client, visit):
    return words(client.get(path_of(family_url(visit.help_request)), follow=True, headers={"accept-language": "en"}))


def test_family_learns_that_both_say_the_same_and_no_sum(elder, volunteer, client, dispatcher):
    visit = shop(elder, volunteer)
    report(visit)
    assert "Receipt and change" not in family_page(client, visit)
    cash.hear(visit, AGREES, user=dispatcher)
    page = family_page(client, visit)
    assert ("Receipt and change: both say the same." in page, "¥" in page, "86.5" in page) == (True, False, False)


def test_family_is_told_nothing_of_a_gap(elder, volunteer, client, boss):
    visit = gap(elder, volunteer)
    before = family_page(client, visit)
    act(boss, visit, "clear", why="so")
    assert ("Receipt" in before, "Receipt" in family_page(client, visit)) == (False, False)
