"""Training and insurance where a community demands them: no offer without, and no yes; staff read why."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from linzhu.communities.models import CommunityRules
from linzhu.communities.rules import rules_of
from linzhu.dispatch.errors import NotCleared
from linzhu.dispatch.matching import rank
from linzhu.dispatch.offers import accept
from linzhu.dispatch.reasons import explain
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.asking import ask_all


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


@pytest.fixture
def volunteer(community):
    return factories.VolunteerFactory(community=community)


@pytest.fixture
def need(elder):
    return log_request(elder, "groceries", actor=SYSTEM, **factories.window(2))


def demand(community, **rules):
    return CommunityRules.objects.create(community=community, **rules)


def why_left_out(need):
    return [explain(reason) for one in rank(need).excluded for reason in one.reasons]


def test_nothing_is_demanded_unless_a_community_says_so(community, volunteer, need):
    rules = rules_of(community)
    assert (rules.needs_training, rules.needs_insurance, rules.needs_consent) == (False, False, False)
    assert [one.volunteer for one in rank(need).candidates] == [volunteer]


@pytest.mark.parametrize(
    ("what", "field", "days", "why"),
    [
        ("needs_training", "trained_until", None, ["no training noted"]),
        ("needs_training", "trained_until", -1, ["training has run out by then"]),
        ("needs_training", "trained_until", 10, []),
        ("needs_insurance", "insured_until", None, ["no insurance noted"]),
        ("needs_insurance", "insured_until", -1, ["insurance has run out by then"]),
        ("needs_insurance", "insured_until", 10, []),
    ],
)
def test_no_offer_without_what_is_demanded_and_staff_read_why(community, volunteer, need, what, field, days, why):
    demand(community, **{what: True})
    setattr(volunteer, field, None if days is None else in_days(days))
    volunteer.save()
    assert why_left_out(need) == why
    assert len(rank(need).candidates) == (0 if why else 1)


def test_demand_is_inherited_and_can_be_lifted_below(volunteer):
    city = factories.CommunityFactory(code="city")
    here = factories.CommunityFactory(code="here", parent=city)
    demand(city, needs_training=True)
    assert rules_of(here).needs_training is True
    demand(here, needs_training=False)
    assert rules_of(here).needs_training is False


def test_yes_after_the_insurance_has_run_out_wins_nothing(community, volunteer, need):
    demand(community, needs_insurance=True)
    Volunteer.objects.update(insured_until=in_days(10))
    ask_all(need)
    offer = need.offers.get()
    Volunteer.objects.update(insured_until=in_days(-1))
    offer.volunteer.refresh_from_db()
    with pytest.raises(NotCleared) as refusal:
        accept(offer, actor=SYSTEM)
    assert [explain(gap) for gap in refusal.value.gaps] == ["insurance has run out by then"]
    need.refresh_from_db()
    assert need.places_filled == 0


def test_staff_who_assign_by_hand_read_what_is_missing(community, volunteer, need, desk):
    demand(community, needs_training=True)
    address = reverse("help-request-action", args=[need.ref, "assign"])
    page = desk.post(address, {"volunteer": volunteer.pk, "via": "phone"}, follow=True).content.decode()
    assert need.assignments.count() == 0
    assert "no training noted" in page


def test_list_finds_what_runs_out_soon(community, desk):
    soon = factories.VolunteerFactory(community=community, name="赵一", insured_until=in_days(20))
    later = factories.VolunteerFactory(community=community, name="钱二", insured_until=in_days(60))
    over = factories.VolunteerFactory(community=community, name="孙三", trained_until=in_days(-1))
    page = desk.get(reverse("volunteers"), {"state": "runs-out"}).content.decode()
    assert [person.name in page for person in (soon, later, over)] == [True, False, False]


def test_only_the_lead_notes_training_and_insurance(community, volunteer, desk, client_of):
    address = reverse("volunteer-edit", args=[volunteer.pk])
    data = {
        "name": volunteer.name, "phone": volunteer.phone, "community": community.pk, "text_language": "en",
        "reach_m": 2000, "clearance": 1, "cleared_until": volunteer.cleared_until.isoformat(),
        "skills": ["errands"], "trained_until": in_days(90).isoformat(), "insured_until": in_days(90).isoformat(),
    }  # fmt: skip
    desk.post(address, data)
    volunteer.refresh_from_db()
    assert volunteer.trained_until is None
    client_of(factories.RoleFactory(community=community, kind="lead").user).post(address, data)
    volunteer.refresh_from_db()
    assert (volunteer.trained_until, volunteer.insured_until) == (in_days(90), in_days(90))
