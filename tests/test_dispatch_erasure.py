"""A copy of one's data, and their erasure: what goes, what stays, who may, and when it has to wait."""

from datetime import timedelta

import pytest
from django.urls import reverse

from linzhu.communities.clock import now
from linzhu.communities.models import Erasure
from linzhu.dispatch import assignments, bonds, todos
from linzhu.dispatch.erasure import StillOpen, erase_elder, erase_volunteer
from linzhu.dispatch.figures_office import read_office_figures
from linzhu.dispatch.models import Assignment, Bond, CallUp, CashJob, CashNote, CashReceipt, Offer, Todo
from linzhu.dispatch.person_copy import copy_of_elder, copy_of_volunteer
from linzhu.dispatch.service_log import volunteer_log
from linzhu.dispatch.words import yuan_words
from linzhu.notifications.models import Call, InboundMessage, Message, OptOut
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import Elder, ElderState, FamilyContact, FamilyLink, Look, Status, StatusChange
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.emergencies import declared


@pytest.fixture
def lead(community):
    return factories.RoleFactory(community=community, kind="lead").user


@pytest.fixture
def volunteer(community):
    return factories.VolunteerFactory(community=community, name="陈磊", notes="only mornings")


@pytest.fixture
def visit(elder, volunteer):
    """A visit that is over, with everything that was said around it."""
    daughter = factories.FamilyContactFactory(elder=elder, phone="+8619955550000")
    bonds.pair(elder, volunteer, user=None, note="old friends")
    row = log_request(elder, "groceries", actor=SYSTEM, details="milk", **factories.window(-3))
    FamilyLink.issue(row, daughter)
    promise = assignments.assign(row, volunteer, actor=SYSTEM)
    assignments.arrive(promise, actor=SYSTEM)
    assignments.finish(promise, actor=SYSTEM, minutes=45)
    factories.InboundMessageFactory(sender=daughter.phone, text="thank you, 张秀英", about=row.ref)
    Todo.objects.update(closed_at=now())
    Message.objects.update(state=Message.State.DELIVERED)
    CashJob.objects.update(status="cleared", settled_at=now())
    promise.refresh_from_db()
    return promise


def words(*models):
    """Everything that these tables hold, as one text."""
    return "\n".join(str(row) for model in models for row in model.objects.values_list())


EVERYWHERE = (
    Elder, Elder.history.model, FamilyContact, Message, InboundMessage, Call, StatusChange, Bond, Erasure, Todo,
    Volunteer, Volunteer.history.model, Offer,
)  # fmt: skip


def test_nothing_of_the_elder_is_left(visit, elder, lead):
    erase_elder(elder, user=lead, why="asked by letter")
    left = words(*EVERYWHERE)
    for secret in ("张秀英", "+8622", "7号楼", "喜欢听戏", "王芳", "+8619955550000"):
        assert secret not in left
    visit.help_request.refresh_from_db()
    assert visit.help_request.details == ""


def test_hours_and_figures_stay(visit, elder, volunteer, lead):
    def figures():
        return read_office_figures(lead).month, volunteer_log(volunteer, lead).figures

    before = figures()
    erase_elder(elder, user=lead, why="asked by letter")
    assert figures() == before
    erase_volunteer(volunteer, user=lead, why="asked by letter")
    assert figures() == before
    assert Assignment.objects.get().minutes == 45


def test_erased_elder_is_seen_by_nobody(visit, elder, lead, client_of):
    erase_elder(elder, user=lead, why="asked by letter")
    assert Elder.objects.get(pk=elder.pk).state == ElderState.ERASED
    assert not Elder.objects.visible_to(lead).exists()
    assert client_of(lead).get(reverse("help-request", args=[visit.help_request.ref])).status_code == 200


def test_erasure_is_noted_with_who_why_and_a_number_alone(visit, elder, lead):
    erase_elder(elder, user=lead, why="asked by letter")
    row = Erasure.objects.get()
    assert (row.what, row.subject, row.user, row.why) == ("elder", elder.pk, lead, "asked by letter")


def test_number_that_others_use_too_stays_theirs(visit, elder, community, lead):
    widow = factories.ElderFactory(community=community, phone=elder.phone)
    hers = factories.MessageFactory(community=community, to=elder.phone, about="", text="for the widow")
    erase_elder(elder, user=lead, why="asked by letter")
    hers.refresh_from_db()
    assert (hers.to, hers.text) == (widow.phone, "for the widow")


@pytest.mark.parametrize("status", [Status.OPEN, Status.ASSIGNED, Status.UNDERWAY, Status.PAUSED])
def test_elder_is_not_erased_while_something_is_open(elder, lead, status):
    factories.HelpRequestFactory(elder=elder, status=status)
    with pytest.raises(StillOpen):
        erase_elder(elder, user=lead, why="asked by letter")
    assert Elder.objects.get().name == "张秀英"


def test_elder_is_not_erased_while_a_concern_is_open(elder, community, lead):
    row = factories.HelpRequestFactory(elder=elder, status=Status.CLOSED)
    todos.owe(Todo.Kind.CONCERN, community=community, help_request=row, due_in=timedelta(days=1))
    with pytest.raises(StillOpen):
        erase_elder(elder, user=lead, why="asked by letter")


def test_nothing_of_the_volunteer_is_left(visit, volunteer, lead):
    phone = volunteer.phone
    OptOut.objects.create(phone=phone)
    erase_volunteer(volunteer, user=lead, why="asked by text")
    left = words(*EVERYWHERE)
    for secret in ("陈磊", phone, "only mornings", "old friends"):
        assert secret not in left
    assert OptOut.objects.get().phone == phone
    assert not Volunteer.objects.visible_to(lead).exists()


def test_volunteer_is_not_erased_while_a_visit_is_promised(elder, volunteer, lead):
    assignments.assign(log_request(elder, "meal", actor=SYSTEM, **factories.window()), volunteer, actor=SYSTEM)
    with pytest.raises(StillOpen):
        erase_volunteer(volunteer, user=lead, why="asked by text")
    assert Volunteer.objects.get().name == "陈磊"


def test_erased_volunteer_is_not_asked(elder, volunteer, community, lead):
    row = log_request(elder, "meal", actor=SYSTEM, **factories.window())
    offer = factories.OfferFactory(help_request=row, volunteer=volunteer, wave=factories.WaveFactory(help_request=row))
    erase_volunteer(volunteer, user=lead, why="asked by text")
    offer.refresh_from_db()
    assert (offer.status, offer.phone) == (Offer.Status.WITHDRAWN, "")


# --- the pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "who"), [("elder", "elder"), ("volunteer", "volunteer")])
def test_page_asks_why_and_then_erases(request, visit, lead, client_of, name, who):
    person = request.getfixturevalue(who)
    browser, address = client_of(lead), reverse(f"{name}-erase", args=[person.pk])
    assert "This cannot be taken back." in browser.get(address).content.decode()
    assert browser.post(address, {"why": " "}).status_code == 422
    assert not Erasure.objects.exists()
    browser.post(address, {"why": "asked by letter"})
    assert Erasure.objects.get().subject == person.pk


def test_page_refuses_kindly_while_something_is_open(elder, lead, client_of):
    factories.HelpRequestFactory(elder=elder)
    response = client_of(lead).post(reverse("elder-erase", args=[elder.pk]), {"why": "asked by letter"})
    assert response.status_code == 422
    assert "Bring it to an end first" in response.content.decode()


def test_copy_holds_all_that_is_known_and_is_noted_as_a_look(visit, elder, lead, client_of):
    response = client_of(lead).post(reverse("elder-copy", args=[elder.pk]))
    page = response.content.decode()
    assert response["Content-Disposition"] == f'attachment; filename="elder-{elder.pk}.html"'
    for told in ("张秀英", "7号楼501", "喜欢听戏", "王芳", "milk", visit.help_request.ref):
        assert told in page
    assert Look.objects.get(elder=elder.pk).what == Look.What.COPY


def test_copy_of_a_volunteer_names_no_elder(visit, elder, volunteer, lead, client_of):
    page = client_of(lead).post(reverse("volunteer-copy", args=[volunteer.pk])).content.decode()
    assert "陈磊" in page
    assert "only mornings" in page
    assert Look.objects.get(about=f"V{volunteer.pk}").what == Look.What.COPY


def test_copy_writes_out_what_a_browser_would_take_for_a_tag(elder, lead, client_of):
    elder.notes = "<script>alert(1)</script>"
    elder.save()
    page = client_of(lead).post(reverse("elder-copy", args=[elder.pk])).content.decode()
    assert "<script>" not in page


def test_lead_of_another_community_finds_nothing(elder, client_of):
    other = factories.RoleFactory(kind="lead").user
    assert client_of(other).post(reverse("elder-copy", args=[elder.pk])).status_code == 404


def test_dispatcher_sees_no_way_to_erase(desk, elder):
    assert "Their own data" not in desk.get(reverse("elder", args=[elder.pk])).content.decode()


# --- money and emergencies ------------------------------------------------------------------------------------------


@pytest.fixture
def money(visit):
    CashJob.objects.update(handed_fen=100_00, spent_fen=86_50, returned_fen=13_50, reported_at=now())
    job = CashJob.objects.get()
    CashNote.objects.create(
        job=job, who="staff", what="cleared", status="cleared", why="张秀英 and 陈磊 found the note"
    )
    CashReceipt.objects.create(job=job, kind="image/png", picture=b"picture")
    return job


def erase(who, elder, volunteer, lead):
    if who == "elder":
        erase_elder(elder, user=lead, why="asked")
    else:
        erase_volunteer(volunteer, user=lead, why="asked")


@pytest.mark.parametrize("who", ["elder", "volunteer"])
def test_sums_stay_without_words_or_photo(money, elder, volunteer, lead, who):
    erase(who, elder, volunteer, lead)
    assert (CashJob.objects.get().spent_fen, CashReceipt.objects.count()) == (86_50, 0)
    assert set(CashNote.objects.values_list("why", flat=True)) == {""}


@pytest.mark.parametrize("who", ["elder", "volunteer"])
def test_nobody_is_erased_while_money_is_unsettled(money, elder, volunteer, lead, who):
    CashJob.objects.update(status="gap", settled_at=None)
    with pytest.raises(StillOpen):
        erase(who, elder, volunteer, lead)


def test_roll_call_knows_nothing_of_who_was_erased(visit, elder, volunteer, community, lead):
    emergency = declared(community, lead)
    CallUp.objects.get_or_create(emergency=emergency, volunteer=volunteer, defaults={"phone": volunteer.phone})
    erase_elder(elder, user=lead, why="asked")
    erase_volunteer(volunteer, user=lead, why="asked")
    assert (emergency.entries.count(), emergency.call_ups.count()) == (0, 0)


@pytest.mark.parametrize("who", ["elder", "volunteer"])
def test_copy_holds_the_money_and_no_key_of_ours(money, elder, volunteer, who):
    sections = copy_of_elder(elder) if who == "elder" else copy_of_volunteer(volunteer)
    written = "\n".join(" ".join(row) for section in sections for row in section.rows)
    assert " ".join(map(yuan_words, (100_00, 86_50, 13_50))) in written
    assert "b'" not in written
