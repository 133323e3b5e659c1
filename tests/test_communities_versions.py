"""Two staff edit one elder, volunteer or recurring request: the second sees both versions, and nothing is lost."""

import json
from datetime import time

import pytest
from django.urls import reverse

from linzhu.communities.versions import BothVersions, Overtaken
from linzhu.requests import recurring
from linzhu.requests.forms import ElderForm
from linzhu.requests.models import Elder, FamilyContact, RecurringRequest
from linzhu.requests.recurring_form import RecurringForm
from linzhu.volunteers.forms import VolunteerForm
from linzhu.volunteers.models import Volunteer
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(community):
    return factories.RoleFactory(community=community, kind="lead", user__name="韩雪").user


@pytest.fixture
def first(client_of, lead):
    """The colleague who saves first."""
    return client_of(lead)


@pytest.fixture
def second(desk):
    """The one whose page is old by then."""
    return desk


@pytest.fixture
def elder(community):
    return factories.ElderFactory(community=community, name="张秀英", phone="+8613900000001", notes="a dog")


def as_shown(browser, url) -> dict[str, object]:
    """What a browser would send if its page were sent back as it came."""
    page = browser.get(url)
    forms = [page.context["form"], *page.context.get("family", [])]
    data: dict[str, object] = {}
    for form in forms:
        for field in form:
            value = form._plain(field.name, field.value()) if field.name not in ("id", "DELETE", "elder") else ""
            if value:
                data[field.html_name] = value
        if form.instance.pk:
            data[form.add_prefix("seen")] = json.dumps({name: form._stored(name) for name in form._compared()})
            if form.prefix:
                data[form.add_prefix("id")] = form.instance.pk
    if "family" in page.context:
        family = page.context["family"]
        data |= {"family-TOTAL_FORMS": family.total_form_count(), "family-INITIAL_FORMS": family.initial_form_count()}
    return data


def edit(row) -> str:
    names = {Elder: "elder-edit", Volunteer: "volunteer-edit", RecurringRequest: "recurring"}
    return reverse(names[type(row)], args=[row.pk])


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_page_names_the_version_it_shows(second, elder):
    assert 'name="seen" value="{&quot;name&quot;' in second.get(edit(elder)).content.decode()


def test_form_for_somebody_new_names_no_version(second):
    assert 'name="seen"' not in second.get(reverse("elder-new")).content.decode()


@pytest.mark.parametrize("kind", ["elder", "volunteer", "recurring"])
def test_page_sent_back_as_it_came_saves(second, elder, community, dispatcher, kind):
    row = made(kind, elder, community, dispatcher)
    assert second.post(edit(row), as_shown(second, edit(row))).status_code == 302


def made(kind, elder, community, user):
    if kind == "elder":
        factories.FamilyContactFactory(elder=elder)
        return elder
    if kind == "volunteer":
        return factories.VolunteerFactory(community=community, notes="a dog")
    row = factories.RecurringRequestFactory.build(elder=elder, details="a dog", cash_limit_fen=80_00)
    recurring.save(row, user=user)
    return row


@pytest.mark.parametrize(("kind", "field"), [("elder", "notes"), ("volunteer", "notes"), ("recurring", "details")])
def test_second_to_change_a_field_sees_both_and_then_decides(first, second, elder, community, dispatcher, kind, field):
    row = made(kind, elder, community, dispatcher)
    mine, theirs = as_shown(second, edit(row)), as_shown(first, edit(row))
    first.post(edit(row), theirs | {field: "two dogs"})
    answer = second.post(edit(row), mine | {field: "a cat"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "韩雪 has stored meanwhile" in page
    assert "two dogs" in page
    assert answer.context["form"][field].value() == "a cat"
    assert getattr(fresh(row), field) == "two dogs"
    assert "Save as it stands here" in page
    again = mine | {field: "a cat", "seen": seen_on(page)}
    assert second.post(edit(row), again).status_code == 302
    assert getattr(fresh(row), field) == "a cat"


def seen_on(page: str) -> str:
    value = page.split('name="seen" value="')[1].split('"', maxsplit=1)[0]
    return value.replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")


def test_old_page_sent_twice_saves_nothing(first, second, elder):
    mine, theirs = as_shown(second, edit(elder)), as_shown(first, edit(elder))
    first.post(edit(elder), theirs | {"notes": "two dogs"})
    for _time in range(2):
        assert second.post(edit(elder), mine | {"notes": "a cat"}).status_code == 422
    assert fresh(elder).notes == "two dogs"


def test_third_version_stops_whoever_has_seen_the_second(first, second, elder):
    mine, theirs = as_shown(second, edit(elder)), as_shown(first, edit(elder))
    first.post(edit(elder), theirs | {"notes": "two dogs"})
    page = second.post(edit(elder), mine | {"notes": "a cat"}).content.decode()
    first.post(edit(elder), as_shown(first, edit(elder)) | {"notes": "three dogs"})
    answer = second.post(edit(elder), mine | {"notes": "a cat", "seen": seen_on(page)})
    assert (answer.status_code, fresh(elder).notes) == (422, "three dogs")
    assert "three dogs" in answer.content.decode()


def test_field_that_the_second_has_not_touched_takes_over_what_is_stored(first, second, elder):
    mine, theirs = as_shown(second, edit(elder)), as_shown(first, edit(elder))
    first.post(edit(elder), theirs | {"phone": "139 0000 0099", "needs": ["hearing"]})
    answer = second.post(edit(elder), mine | {"notes": "a cat"})
    form, page = answer.context["form"], answer.content.decode()
    assert "Before, it said: 139 0000 0001" in page
    assert (form["phone"].value(), form["needs"].value()) == ("139 0000 0099", ["hearing"])
    again = mine | {"notes": "a cat", "phone": form["phone"].value(), "needs": ["hearing"], "seen": seen_on(page)}
    second.post(edit(elder), again)
    saved = fresh(elder)
    assert (saved.phone, saved.needs, saved.notes) == ("+8613900000099", {"hearing"}, "a cat")


def test_box_that_a_colleague_has_unticked_stays_unticked(first, second, community):
    row = factories.VolunteerFactory(community=community, has_vehicle=True)
    mine, theirs = as_shown(second, edit(row)), as_shown(first, edit(row))
    theirs.pop("has_vehicle")
    first.post(edit(row), theirs)
    answer = second.post(edit(row), mine | {"notes": "a cat"})
    assert answer.context["form"]["has_vehicle"].value() is False
    assert "Before, it said: ticked" in answer.content.decode()


def test_same_change_made_twice_is_no_conflict(first, second, elder):
    mine, theirs = as_shown(second, edit(elder)), as_shown(first, edit(elder))
    first.post(edit(elder), theirs | {"notes": "two dogs"})
    assert second.post(edit(elder), mine | {"notes": "two dogs"}).status_code == 302


def test_choice_is_told_by_its_label(first, second, elder):
    mine, theirs = as_shown(second, edit(elder)), as_shown(first, edit(elder))
    first.post(edit(elder), theirs | {"gender": "man"})
    page = second.post(edit(elder), mine | {"gender": ""}).content.decode()
    assert "man</li>" in page
    assert fresh(elder).gender == "man"


def test_week_of_a_volunteer_is_compared_as_it_is_written(first, second, community):
    row = factories.VolunteerFactory(community=community)
    mine, theirs = as_shown(second, edit(row)), as_shown(first, edit(row))
    first.post(edit(row), theirs | {"week": "Mon-Fri 18:00-21:00"})
    page = second.post(edit(row), mine | {"week": "Sat 09:00-12:00"}).content.decode()
    assert "韩雪 has stored meanwhile" in page
    assert "18:00-21:00" in page


def test_rule_of_a_recurring_request_is_compared_as_it_is_chosen(first, second, elder, dispatcher):
    row = made("recurring", elder, None, dispatcher)
    mine, theirs = as_shown(second, edit(row)), as_shown(first, edit(row))
    first.post(edit(row), theirs | {"weekdays": ["FR"], "begins": "10:00"})
    answer = second.post(edit(row), mine | {"weekdays": ["TU"]})
    page = answer.content.decode()
    assert "韩雪 has stored meanwhile" in page
    assert "Friday</li>" in page
    assert (fresh(row).rrule, fresh(row).begins) == ("FREQ=WEEKLY;BYDAY=FR", time(10))


def test_family_contact_that_two_change_shows_both(first, second, elder):
    contact = factories.FamilyContactFactory(elder=elder, name="王芳", phone="+8613900000011")
    mine, theirs = as_shown(second, edit(elder)), as_shown(first, edit(elder))
    first.post(edit(elder), theirs | {"family-0-phone": "139 0000 0012"})
    answer = second.post(edit(elder), mine | {"family-0-phone": "139 0000 0013"})
    assert answer.status_code == 422
    assert "Stored meanwhile: 139 0000 0012" in answer.content.decode()
    assert "Save as it stands here" in answer.content.decode()
    assert fresh(contact).phone == "+8613900000012"


def test_family_contact_that_the_second_has_not_touched_is_not_set_back(first, second, elder):
    factories.FamilyContactFactory(elder=elder, name="王芳", phone="+8613900000011")
    mine, theirs = as_shown(second, edit(elder)), as_shown(first, edit(elder))
    first.post(edit(elder), theirs | {"family-0-phone": "139 0000 0012"})
    second.post(edit(elder), mine | {"notes": "a cat"})
    assert FamilyContact.objects.get().phone == "+8613900000012"


def test_what_no_field_shows_is_no_conflict(second, community):
    """A suspension or an opt-out is not edited here, and not written over either."""
    row = factories.VolunteerFactory(community=community)
    mine = as_shown(second, edit(row))
    Volunteer.objects.update(status="suspended")
    assert second.post(edit(row), mine | {"notes": "a cat"}).status_code == 302
    assert fresh(row).status == "suspended"


@pytest.mark.parametrize("seen", ["", "no json", "[]", '{"notes": 7}'])
def test_page_that_names_no_version_that_we_know_is_harmless(second, elder, seen):
    answer = second.post(edit(elder), as_shown(second, edit(elder)) | {"notes": "a cat", "seen": seen})
    assert answer.status_code in (302, 422)


# --- in the same moment -------------------------------------------------------------------------------------------


def forms_of(kind, row, user):
    return {
        "elder": lambda: ElderForm(instance=fresh(row), user=user),
        "volunteer": lambda: VolunteerForm(instance=fresh(row), user=user),
        "recurring": lambda: RecurringForm(instance=fresh(row), elder=row.elder),
    }[kind]()


@pytest.mark.parametrize("kind", ["elder", "volunteer", "recurring"])
def test_row_that_changes_between_comparing_and_saving_is_not_written_over(
    second, elder, community, dispatcher, kind, monkeypatch
):
    """One conditional UPDATE decides; the form is compared anew and then shows both."""
    row = made(kind, elder, community, dispatcher)
    field = "details" if kind == "recurring" else "notes"
    mine = as_shown(second, edit(row))
    honest, raced = BothVersions._compare, []

    def compare(form):
        notes = honest(form)
        if not raced and type(form.instance) is type(row):
            raced.append(True)
            type(row).objects.filter(pk=row.pk).update(**{field: "two dogs"})
        return notes

    monkeypatch.setattr(BothVersions, "_compare", compare)
    answer = second.post(edit(row), mine | {field: "a cat"})
    assert (answer.status_code, "Stored meanwhile: two dogs" in answer.content.decode()) == (422, True)
    assert getattr(fresh(row), field) == "two dogs"


@pytest.mark.parametrize("kind", ["elder", "volunteer", "recurring"])
def test_claim_holds_only_what_was_read(elder, community, dispatcher, lead, kind):
    row = made(kind, elder, community, dispatcher)
    form = forms_of(kind, row, lead)
    form.is_bound, form.data = True, {}
    form.is_valid()
    form.claim()
    type(row).objects.filter(pk=row.pk).update(**{"details" if kind == "recurring" else "notes": "two dogs"})
    with pytest.raises(Overtaken):
        form.claim()


def test_pause_of_the_same_moment_is_not_written_over(elder, community, dispatcher):
    row = made("recurring", elder, community, dispatcher)
    form = RecurringForm({}, instance=fresh(row), elder=elder)
    form.is_valid()
    RecurringRequest.objects.update(paused_until=row.starts_on)
    with pytest.raises(Overtaken):
        form.claim()
