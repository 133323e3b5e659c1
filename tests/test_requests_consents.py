"""Consent of elders: recorded with who, how and when; without it the field is not there; a no takes effect at once."""

import pytest
from django.urls import reverse

from linzhu.communities.clock import now
from linzhu.communities.models import CommunityRules
from linzhu.dispatch import assignments, consenting
from linzhu.dispatch.links import volunteer_url
from linzhu.dispatch.models import Todo
from linzhu.notifications.models import Message
from linzhu.requests import consents
from linzhu.requests.consents import allows
from linzhu.requests.import_elders import ElderImporter
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import Consent, Elder, FamilyContact, FamilyLink
from tests import factories

Kind, How = Consent.Kind, Consent.How
NOTES = "喜欢听戏"


@pytest.fixture
def daughter(elder):
    return factories.FamilyContactFactory(elder=elder)


@pytest.fixture
def demanded(community):
    CommunityRules.objects.create(community=community, needs_consent=True)


def said(elder, kind, answer, user, how=How.PHONE):
    consenting.record(elder, kind, is_given=answer, how=how, user=user)


def logged(elder):
    return log_request(elder, "groceries", actor=SYSTEM, **factories.window())


def texts(contact, **fields):
    return Message.objects.filter(to=contact.phone, **fields).count()


def test_answer_is_recorded_with_who_how_and_when(elder, dispatcher):
    said(elder, Kind.HEALTH, True, dispatcher, How.PAPER)
    row = Consent.objects.get()
    assert (row.kind, row.is_given, row.how, row.user) == (Kind.HEALTH, True, How.PAPER, dispatcher)
    assert row.at <= now()


@pytest.mark.parametrize("kind", Kind)
def test_newest_answer_counts(elder, dispatcher, kind):
    assert allows(elder, kind)
    for answer in (False, True, False):
        said(elder, kind, answer, dispatcher)
        assert allows(elder, kind) is answer


def test_one_consent_does_not_stand_for_the_other(elder, dispatcher, demanded):
    said(elder, Kind.HEALTH, True, dispatcher)
    assert [allows(elder, kind) for kind in (Kind.HEALTH, Kind.FAMILY)] == [True, False]


# --- sharing with the family --------------------------------------------------------------------------------------


def test_no_text_to_the_family_before_consent_where_it_is_demanded(elder, daughter, demanded, dispatcher):
    logged(elder)
    assert texts(daughter) == 0
    said(elder, Kind.FAMILY, True, dispatcher)
    logged(elder)
    assert texts(daughter) == 1


def test_elder_told_by_the_family_is_called_where_nothing_is_shared(elder, daughter, community, dispatcher):
    elder.tell_by = "family"
    elder.save()
    said(elder, Kind.FAMILY, False, dispatcher)
    assignments.assign(logged(elder), factories.VolunteerFactory(community=community), actor=SYSTEM)
    assert Todo.objects.open().get().kind == Todo.Kind.TELL_ELDER


def test_no_closes_links_and_fetches_waiting_texts_back(elder, daughter, dispatcher):
    row = logged(elder)
    assert texts(daughter, state=Message.State.QUEUED) == 1
    said(elder, Kind.FAMILY, False, dispatcher)
    assert texts(daughter, state=Message.State.QUEUED) == 0
    assert not any(link.is_valid() for link in FamilyLink.objects.filter(help_request=row))


def test_staff_make_no_link_without_consent(elder, daughter, desk, dispatcher):
    row = logged(elder)
    said(elder, Kind.FAMILY, False, dispatcher)
    before = FamilyLink.objects.count()
    address = reverse("help-request-family-link", args=[row.ref])
    assert "/f/" not in desk.post(address, {"contact": daughter.pk}).content.decode()
    assert FamilyLink.objects.count() == before
    assert address not in desk.get(reverse("help-request", args=[row.ref])).content.decode()


# --- notes on health ----------------------------------------------------------------------------------------------


def test_no_purges_notes_with_all_their_versions(elder, dispatcher):
    elder.needs = frozenset({"walking"})
    elder.save()
    said(elder, Kind.HEALTH, False, dispatcher)
    fresh = Elder.objects.get()
    assert (fresh.notes, fresh.needs) == ("", frozenset())
    assert not elder.history.filter(notes=NOTES).exists()
    assert {frozenset(row.needs) for row in elder.history.all()} == {frozenset()}


def test_notes_are_not_shown_before_consent_where_it_is_demanded(elder, community, demanded, desk, dispatcher):
    row = logged(elder)
    pages = [
        reverse("elder", args=[elder.pk]),
        reverse("help-request", args=[row.ref]),
        f"{reverse('intake')}?elder={elder.pk}",
        reverse("intake-elder", args=[elder.pk]),
    ]
    assert [page for page in pages if NOTES in desk.get(page).content.decode()] == []
    said(elder, Kind.HEALTH, True, dispatcher)
    assert [page for page in pages if NOTES not in desk.get(page).content.decode()] == []
    assert Elder.objects.get().notes == NOTES


def test_volunteer_reads_what_is_good_to_know_only_with_consent(elder, community, demanded, client, dispatcher):
    elder.needs = frozenset({"hearing"})
    elder.save()
    volunteer = factories.VolunteerFactory(community=community)
    assignments.assign(logged(elder), volunteer, actor=SYSTEM)
    page = client.get(volunteer_url(volunteer).removeprefix("http://testserver")).url
    assert "hears badly" not in client.get(page).content.decode()
    said(elder, Kind.HEALTH, True, dispatcher)
    assert "hears badly" in client.get(page).content.decode()


def test_inbox_reads_notes_only_with_consent(elder, community, demanded, desk, dispatcher):
    assignments.assign(logged(elder), factories.VolunteerFactory(community=community), actor=SYSTEM)
    assert NOTES not in desk.get(reverse("inbox")).content.decode()
    said(elder, Kind.HEALTH, True, dispatcher)
    assert NOTES in desk.get(reverse("inbox")).content.decode()


# --- forms --------------------------------------------------------------------------------------------------------


def test_field_is_not_there_without_consent(elder, daughter, demanded, desk, dispatcher):
    address = reverse("elder-edit", args=[elder.pk])
    page = desk.get(address).content.decode()
    assert [name for name in ('name="notes"', 'name="needs"', "gets_texts") if name in page] == []
    for kind in Kind:
        said(elder, kind, True, dispatcher)
    page = desk.get(address).content.decode()
    assert [name for name in ('name="notes"', 'name="needs"', "gets_texts") if name not in page] == []


def test_saving_without_the_fields_keeps_what_is_stored(elder, demanded, desk):
    data = {
        "name": elder.name, "phone": elder.phone, "community": elder.community_id, "address": "9号楼",
        "tell_by": "call", "notes": "written by hand into the request",
        "family-TOTAL_FORMS": 1, "family-INITIAL_FORMS": 0, "family-0-name": "王芳", "family-0-relation": "女儿",
        "family-0-phone": "13912345678",
    }  # fmt: skip
    assert desk.post(reverse("elder-edit", args=[elder.pk]), data).status_code == 302
    fresh = Elder.objects.get()
    assert (fresh.address, fresh.notes) == ("9号楼", NOTES)
    assert FamilyContact.objects.get().gets_texts is True


def test_new_elder_has_no_field_for_health_where_consent_comes_first(demanded, desk):
    page = desk.get(reverse("elder-new")).content.decode()
    assert [name for name in ('name="notes"', 'name="needs"', "gets_texts") if name in page] == []


@pytest.mark.parametrize("asks_first", [True, False])
def test_import_leaves_notes_on_health_out_where_consent_comes_first(community, asks_first):
    CommunityRules.objects.create(community=community, needs_consent=asks_first)
    importer = ElderImporter(community)
    record = importer.record(2, {"name": "李桂兰", "notes": "糖尿病", "needs": frozenset({"sight"})})
    assert ("notes" in record.values, "needs" in record.values) == (not asks_first, not asks_first)


# --- the page -----------------------------------------------------------------------------------------------------


def test_page_records_answers_and_says_how_they_stand(elder, desk, dispatcher):
    address, card = reverse("elder-consent", args=[elder.pk]), reverse("elder", args=[elder.pk])
    assert "not asked yet" in desk.get(card).content.decode()
    desk.post(address, {"kind": "family", "how": "paper", "answer": "yes"})
    row = Consent.objects.get()
    assert (row.is_given, row.how, row.user) == (True, How.PAPER, dispatcher)
    assert "on paper" in desk.get(card).content.decode()
    desk.post(address, {"kind": "family", "how": "phone", "answer": "no"})
    assert [standing.is_allowed for standing in consents.standing_of(elder).values()] == [True, False]


@pytest.mark.parametrize("data", [{"kind": "x"}, {"how": "x"}, {"answer": "maybe"}])
def test_answer_without_sense_changes_nothing(elder, desk, data):
    sent = {"kind": "family", "how": "phone", "answer": "no"} | data
    assert desk.post(reverse("elder-consent", args=[elder.pk]), sent).status_code == 404
    assert not Consent.objects.exists()
