"""Pairing, the same person again, never this person: what staff note and what the search makes of it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse

from linzhu.communities.clock import now
from linzhu.communities.models import CommunityRules
from linzhu.communities.rules import rules_of
from linzhu.dispatch import bonds
from linzhu.dispatch.assignments import assign
from linzhu.dispatch.errors import NotCleared
from linzhu.dispatch.head_start import head_start
from linzhu.dispatch.history import read_history
from linzhu.dispatch.matching import rank
from linzhu.dispatch.models import Bond, Offer, Todo
from linzhu.dispatch.offers import accept
from linzhu.dispatch.reasons import explain
from linzhu.dispatch.ties import Ties, are_kept_apart, paired_with, tie_exclusions, tie_reasons
from linzhu.requests.lifecycle import SYSTEM
from linzhu.requests.models import Occurrence
from tests.factories import (
    AssignmentFactory,
    BondFactory,
    CommunityFactory,
    ElderFactory,
    HelpRequestFactory,
    OfferFactory,
    RecurringRequestFactory,
    RoleFactory,
    VolunteerFactory,
    WaveFactory,
    window,
)

pytestmark = pytest.mark.django_db
ELDER_SAYS, VOLUNTEER_SAYS = Bond.Kind.NEVER_BY_ELDER, Bond.Kind.NEVER_BY_VOLUNTEER


@pytest.fixture
def elder(community):
    return ElderFactory(community=community, name="张秀英")


@pytest.fixture
def volunteer(community):
    return VolunteerFactory(community=community, name="陈磊")


def ties_of(need) -> Ties:
    return read_history(need).ties


def standing() -> list[str]:
    return list(Bond.objects.standing().values_list("kind", flat=True))


# --- Noting ---------------------------------------------------------------------------------------------------------


def test_pair_is_noted_with_who_and_why(elder, volunteer, dispatcher):
    bond = bonds.pair(elder, volunteer, user=dispatcher, note="邻居")
    assert (bond.kind, bond.created_by, bond.note, paired_with(elder)) == ("paired", dispatcher, "邻居", [volunteer])


@pytest.mark.parametrize("act", [bonds.pair, bonds.prefer])
def test_noted_twice_is_one_bond(elder, volunteer, act):
    assert act(elder, volunteer, user=None) == act(elder, volunteer, user=None)
    assert Bond.objects.count() == 1


def test_one_standing_bond_of_a_kind_is_kept_by_the_database(elder, volunteer):
    BondFactory(elder=elder, volunteer=volunteer)
    with pytest.raises(IntegrityError):
        BondFactory(elder=elder, volunteer=volunteer)


def test_pair_takes_the_place_of_the_preference(elder, volunteer):
    bonds.prefer(elder, volunteer, user=None)
    bonds.pair(elder, volunteer, user=None)
    assert standing() == ["paired"]


def test_preference_adds_nothing_to_a_pairing(elder, volunteer):
    paired = bonds.pair(elder, volunteer, user=None)
    assert (bonds.prefer(elder, volunteer, user=None), standing()) == (paired, ["paired"])


def test_bond_that_ended_can_begin_again(elder, volunteer, dispatcher):
    first = bonds.pair(elder, volunteer, user=None)
    assert (bonds.end(first, user=dispatcher), bonds.end(first, user=None)) == (True, False)
    assert bonds.pair(elder, volunteer, user=None) != first


@pytest.mark.parametrize("by", Bond.NEVER)
def test_never_ends_what_binds_them(elder, volunteer, by):
    bonds.pair(elder, volunteer, user=None)
    bonds.never(elder, volunteer, by=by, user=None)
    assert (standing(), are_kept_apart(elder.pk, volunteer.pk)) == ([by], True)


def test_never_leaves_other_people_s_bonds_alone(elder, volunteer):
    bonds.pair(ElderFactory(), volunteer, user=None)
    bonds.pair(elder, VolunteerFactory(), user=None)
    bonds.never(elder, volunteer, by=ELDER_SAYS, user=None)
    assert standing().count("paired") == 2


@pytest.mark.parametrize("by", Bond.NEVER)
@pytest.mark.parametrize("act", [bonds.pair, bonds.prefer])
def test_who_is_kept_apart_is_not_bound(elder, volunteer, act, by):
    bonds.never(elder, volunteer, by=by, user=None)
    with pytest.raises(bonds.KeptApart):
        act(elder, volunteer, user=None)


def test_they_stay_apart_until_both_wishes_end(elder, volunteer):
    first = bonds.never(elder, volunteer, by=ELDER_SAYS, user=None)
    second = bonds.never(elder, volunteer, by=VOLUNTEER_SAYS, user=None)
    bonds.end(first, user=None)
    still = are_kept_apart(elder.pk, volunteer.pk)
    bonds.end(second, user=None)
    assert (still, are_kept_apart(elder.pk, volunteer.pk)) == (True, False)


def test_never_voids_open_offers(elder, volunteer):
    mine = OfferFactory(help_request__elder=elder, volunteer=volunteer)
    others = OfferFactory(help_request__elder=elder)
    bonds.never(elder, volunteer, by=VOLUNTEER_SAYS, user=None)
    statuses = {offer.pk: offer.status for offer in Offer.objects.all()}
    assert statuses == {mine.pk: "withdrawn", others.pk: "open"}


def test_who_is_kept_apart_takes_no_place_by_a_yes_of_the_same_moment_or_by_hand(elder, volunteer):
    offer = OfferFactory(help_request__elder=elder, volunteer=volunteer, wave__ends_at=now() + timedelta(hours=1))
    BondFactory(elder=elder, volunteer=volunteer, kind=ELDER_SAYS)  # noted while the yes was on its way
    with pytest.raises(NotCleared):
        accept(offer, actor=SYSTEM)
    with pytest.raises(NotCleared):
        assign(offer.help_request, volunteer, actor=SYSTEM)
    assert offer.help_request.assignments.count() == 0


def test_never_asks_a_dispatcher_to_look_at_a_promised_visit(elder, volunteer):
    visit = AssignmentFactory(help_request__elder=elder, volunteer=volunteer)
    bonds.never(elder, volunteer, by=ELDER_SAYS, user=None)
    todo = Todo.objects.get()
    assert (todo.kind, todo.help_request) == ("volunteer-cannot", visit.help_request)


def test_never_needs_to_know_whose_wish_it_is(elder, volunteer):
    with pytest.raises(ValueError, match="paired"):
        bonds.never(elder, volunteer, by="paired", user=None)


# --- The search -----------------------------------------------------------------------------------------------------


def test_ties_are_told_by_kind(elder):
    rows = {kind: BondFactory(elder=elder, kind=kind).volunteer_id for kind in Bond.Kind}
    BondFactory(elder=elder, ended_at=now())
    BondFactory()
    assert ties_of(HelpRequestFactory(elder=elder)) == Ties(
        paired=set({rows["paired"]}),
        preferred=set({rows["preferred"]}),
        never=set({rows["never-by-elder"], rows["never-by-volunteer"]}),
    )


def test_ties_of_a_help_request_that_is_not_saved(elder):
    bond = BondFactory(elder=elder)
    assert ties_of(HelpRequestFactory.build(elder=elder)).paired == {bond.volunteer_id}


@pytest.mark.parametrize(("wished", "expected"), [(True, True), (False, False)])
def test_who_came_last_time_is_preferred_where_wished(elder, volunteer, wished, expected):
    series = RecurringRequestFactory(elder=elder, same_volunteer=wished)
    for days, person, status in ((14, VolunteerFactory(), "finished"), (7, volunteer, "finished")):
        at = now() - timedelta(days=days)
        visit = AssignmentFactory(help_request__elder=elder, volunteer=person, status=status, finished_at=at)
        Occurrence.objects.create(recurring=series, on=at.date(), fate="opened", help_request=visit.help_request)
    this_time = HelpRequestFactory(elder=elder, channel="repeat")
    Occurrence.objects.create(recurring=series, on=now().date(), fate="opened", help_request=this_time)
    assert (ties_of(this_time).preferred == {volunteer.pk}) is expected


def test_history_and_ties_cost_one_query(elder, django_assert_num_queries):
    BondFactory.create_batch(3, elder=elder)
    help_request = HelpRequestFactory(elder=elder)
    with django_assert_num_queries(1):
        ties_of(help_request)


def test_reason_to_keep_apart_does_not_say_whose_wish(elder):
    ties = Ties(never=set({7}))
    assert [explain(reason) for reason in tie_exclusions(7, ties)] == ["is not sent to this elder"]
    assert tie_exclusions(8, ties) == []


def test_tie_is_explained():
    ties = Ties(paired=set({1}), preferred=set({1, 2}))
    assert [list(map(explain, tie_reasons(pk, ties))) for pk in (1, 2, 3)] == [
        ["paired with this elder"],
        ["the elder would like the same person again"],
        [],
    ]


# --- Head start -----------------------------------------------------------------------------------------------------


@pytest.fixture
def need(elder):
    return HelpRequestFactory(elder=elder, **window(hours_ahead=8))


def begin(need):
    return head_start(need, rank(need).candidates, rules_of(need.community), now())


def chosen(need):
    start = begin(need)
    return start and [candidate.volunteer for candidate in start.chosen]


def test_paired_volunteer_is_asked_first_and_alone(community, elder, volunteer, need):
    VolunteerFactory.create_batch(3, community=community)
    BondFactory(elder=elder, volunteer=volunteer)
    start = begin(need)
    assert ([one.volunteer for one in start.chosen], start.length) == ([volunteer], timedelta(hours=1))


def test_nobody_paired_means_no_head_start(volunteer, need):
    assert chosen(need) is None


def test_paired_volunteer_who_cannot_be_asked_holds_nobody_up(community, elder, need):
    BondFactory(elder=elder, volunteer=VolunteerFactory(community=community, cleared_until=None))
    assert chosen(need) is None


def test_head_start_takes_a_quarter_of_the_time_at_most(elder, volunteer):
    BondFactory(elder=elder, volunteer=volunteer)
    need = HelpRequestFactory(elder=elder, **window(hours_ahead=2))
    length = begin(need).length
    assert timedelta(minutes=29) < length <= timedelta(minutes=30)


@pytest.mark.parametrize("hours_ahead", [0.2, -0.5])
def test_no_head_start_where_time_is_short(elder, volunteer, hours_ahead):
    BondFactory(elder=elder, volunteer=volunteer)
    assert chosen(HelpRequestFactory(elder=elder, **window(hours_ahead=hours_ahead))) is None


def test_no_head_start_for_time_critical_help(elder, volunteer):
    BondFactory(elder=elder, volunteer=volunteer)
    assert chosen(HelpRequestFactory(elder=elder, service_code="meal", **window(hours_ahead=8))) is None


def test_head_start_is_the_first_wave_of_a_round_alone(elder, volunteer, need):
    BondFactory(elder=elder, volunteer=volunteer)
    WaveFactory(help_request=need, number=1, ended_at=now())
    first_round = chosen(need)
    need.round = 2
    assert (first_round, chosen(need)) == (None, [volunteer])


def test_community_may_do_without_head_starts(elder, volunteer, need):
    CommunityRules.objects.create(community=elder.community, pairing_head_start_min=0)
    BondFactory(elder=elder, volunteer=volunteer)
    assert chosen(need) is None


# --- Pages ----------------------------------------------------------------------------------------------------------


def make(elder, volunteer, name="bond-make"):
    return reverse(name, args=[elder.pk, volunteer.pk])


@pytest.mark.parametrize("kind", ["paired", "preferred"])
def test_button_notes_the_bond(desk, elder, volunteer, kind, dispatcher):
    response = desk.post(make(elder, volunteer), {"kind": kind})
    bond = Bond.objects.get()
    assert (response.url, bond.kind, bond.created_by) == (reverse("elder", args=[elder.pk]), kind, dispatcher)


def test_button_leads_back_to_its_page(desk, elder, volunteer):
    assert (
        desk.post(make(elder, volunteer), {"kind": "preferred", "next": "/requests/H7K2M/"}).url == "/requests/H7K2M/"
    )


def test_button_does_not_lead_away_from_us(desk, elder, volunteer):
    response = desk.post(make(elder, volunteer), {"kind": "preferred", "next": "https://evil.example/"})
    assert response.url == reverse("inbox")


@pytest.mark.parametrize("kind", ["", "never-by-elder", "married"])
def test_button_of_another_kind_does_nothing(desk, elder, volunteer, kind):
    assert (desk.post(make(elder, volunteer), {"kind": kind}).status_code, Bond.objects.count()) == (404, 0)


def test_button_for_who_is_kept_apart_says_so(desk, elder, volunteer):
    bonds.never(elder, volunteer, by=ELDER_SAYS, user=None)
    page = desk.post(make(elder, volunteer), {"kind": "paired"}, follow=True)
    assert [str(message) for message in page.context["messages"]] == ["陈磊 is not sent to 张秀英: end that first."]


def test_never_asks_before_it_acts(desk, elder, volunteer):
    visit = AssignmentFactory(help_request__elder=elder, volunteer=volunteer)
    page = desk.get(make(elder, volunteer, "bond-never")).content.decode()
    assert ("Never send 陈磊 to 张秀英 again?" in page, visit.help_request.ref in page, Bond.objects.count()) == (
        True, True, 0,
    )  # fmt: skip


def test_never_needs_to_be_told_whose_wish(desk, elder, volunteer):
    response = desk.post(make(elder, volunteer, "bond-never"), {"note": "吵架"})
    assert (response.status_code, Bond.objects.count()) == (422, 0)


def test_never_is_noted(desk, elder, volunteer, dispatcher):
    desk.post(make(elder, volunteer, "bond-never"), {"by": "never-by-volunteer", "note": "怕狗"})
    bond = Bond.objects.get()
    assert (bond.kind, bond.note, bond.created_by) == ("never-by-volunteer", "怕狗", dispatcher)


def test_end_ends(desk, elder, volunteer, dispatcher):
    bond = bonds.pair(elder, volunteer, user=None)
    desk.post(reverse("bond-end", args=[bond.pk]))
    bond.refresh_from_db()
    assert (bond.ended_at is not None, bond.ended_by) == (True, dispatcher)


def test_elder_s_part_is_neutral_about_whose_wish(desk, elder, volunteer):
    bonds.never(elder, volunteer, by=ELDER_SAYS, user=None)
    page = desk.get(reverse("elder-bonds", args=[elder.pk])).content.decode()
    assert ("陈磊" in page, "is not sent here" in page, "says the elder" in page) == (True, True, False)


def test_volunteer_s_part_hides_elders_of_other_communities(desk, elder, volunteer):
    BondFactory(elder=elder, volunteer=volunteer)
    BondFactory(elder__name="李奶奶", volunteer=volunteer)
    page = desk.get(reverse("volunteer-bonds", args=[volunteer.pk])).content.decode()
    assert ("张秀英" in page, "李奶奶" in page) == (True, False)


def test_partner_is_found_among_those_who_helped_and_by_name(desk, elder, volunteer, community):
    helper = AssignmentFactory(help_request__elder=elder, volunteer__name="刘洋", status="finished").volunteer
    AssignmentFactory(help_request__elder=elder, volunteer=VolunteerFactory(), status="released")
    url = reverse("bond-new", args=[elder.pk])
    assert (list(desk.get(url).context["people"]), list(desk.post(url, {"q": "chenlei"}).context["people"])) == (
        [helper], [volunteer],
    )  # fmt: skip


def test_partner_from_elsewhere_who_has_helped_here_may_be_paired(desk, elder):
    helper = VolunteerFactory(community=CommunityFactory())
    AssignmentFactory(help_request__elder=elder, volunteer=helper, status="finished")
    desk.post(make(elder, helper), {"kind": "paired"})
    assert paired_with(elder) == [helper]


def test_stranger_from_elsewhere_is_not_there(desk, elder):
    assert desk.post(make(elder, VolunteerFactory()), {"kind": "paired"}).status_code == 404


@pytest.mark.parametrize("name", ["bond-make", "bond-never"])
def test_elder_of_another_community_is_not_there(desk, volunteer, name):
    assert desk.post(make(ElderFactory(), volunteer, name), {"kind": "paired"}).status_code == 404


def test_bond_of_another_community_is_not_there(desk):
    assert desk.post(reverse("bond-end", args=[BondFactory().pk])).status_code == 404


def test_intake_worker_may_look_but_not_act(client_of, community, elder, volunteer):
    worker = client_of(RoleFactory(community=community, kind="intake").user)
    looked = worker.get(reverse("elder-bonds", args=[elder.pk]))
    acted = worker.post(make(elder, volunteer), {"kind": "paired"})
    assert (looked.status_code, reverse("bond-new", args=[elder.pk]) in looked.content.decode(), acted.status_code) == (
        200, False, 403,
    )  # fmt: skip


def test_dispatcher_elsewhere_who_only_logs_here_may_not_act(client_of, community, elder, volunteer):
    user = RoleFactory(community=community, kind="intake").user
    RoleFactory(user=user, kind="dispatcher")
    assert client_of(user).post(make(elder, volunteer), {"kind": "paired"}).status_code == 403


@pytest.mark.parametrize("page", ["elder", "volunteer"])
def test_pages_fetch_their_part(desk, elder, volunteer, page):
    pk = elder.pk if page == "elder" else volunteer.pk
    assert reverse(f"{page}-bonds", args=[pk]) in desk.get(reverse(page, args=[pk])).content.decode()


def test_finished_visit_offers_the_wish_and_its_opposite(desk, elder, volunteer):
    visit = AssignmentFactory(help_request__elder=elder, volunteer=volunteer, status="finished", finished_at=now())
    page = desk.get(reverse("help-request", args=[visit.help_request.ref])).content.decode()
    assert (make(elder, volunteer) in page, make(elder, volunteer, "bond-never") in page) == (True, True)


def test_visit_that_is_still_to_come_offers_neither(desk, elder, volunteer):
    visit = AssignmentFactory(help_request__elder=elder, volunteer=volunteer)
    assert (
        make(elder, volunteer) not in desk.get(reverse("help-request", args=[visit.help_request.ref])).content.decode()
    )
