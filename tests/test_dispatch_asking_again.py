"""A no in the middle of a wave: who is asked instead. A late yes: who stands by and is asked first another time."""

from datetime import timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.dispatch import bonds, clock, wishes
from linzhu.dispatch.assignments import release
from linzhu.dispatch.decisions import cancel
from linzhu.dispatch.models import Assignment, Offer, Todo, Wave
from linzhu.dispatch.offers import STAND_BYS, accept, decline, stand_by
from linzhu.dispatch.opting import opt_out
from linzhu.dispatch.replies import Kind, Reply
from linzhu.dispatch.tasks import look_again as look_again_task
from linzhu.dispatch.waves import look_again, start_wave
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM
from linzhu.requests.models import HelpRequest
from linzhu.volunteers import lifecycle
from tests import factories
from tests.asking import ask_all, neighbours

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("room")]


# --- a no in the middle of a wave ---------------------------------------------------------------------------------


def test_decliner_is_replaced_within_the_wave(wave, need):
    decline(wave.offers.first(), actor=SYSTEM)
    clock.tick()
    assert (Wave.objects.count(), wave.offers.count(), need.offers.open().count()) == (1, 3, 2)


@pytest.mark.parametrize("leave", ["pause", "opt out", "suspension"])
def test_who_can_no_longer_be_asked_is_replaced_like_a_decliner(wave, need, leave):
    volunteer = wave.offers.first().volunteer
    if leave == "pause":
        wishes.rest(volunteer, now().date() + timedelta(days=7))
    elif leave == "opt out":
        opt_out(factories.InboundMessageFactory(sender=volunteer.phone), Reply(Kind.OPT_OUT))
    else:
        lifecycle.suspend(volunteer, user=None)
        clock.tick()
    clock.tick()
    assert (Wave.objects.count(), wave.offers.count(), need.offers.open().count()) == (1, 3, 2)
    assert need.offers.filter(volunteer=volunteer).count() == 1


def test_replacing_leaves_the_time_of_the_wave(wave):
    decline(wave.offers.first(), actor=SYSTEM)
    clock.tick()
    fresh = Wave.objects.get()
    assert (fresh.ends_at, fresh.due_at, fresh.ended_at) == (wave.ends_at, wave.ends_at, None)


def test_wave_says_how_far_it_reaches_with_those_who_came_later(wave, need):
    decline(wave.offers.first(), actor=SYSTEM)
    clock.tick()
    assert Wave.objects.get().radius_m == max(offer.distance_m for offer in wave.offers.all())


def test_decliner_is_replaced_once(wave):
    decline(wave.offers.first(), actor=SYSTEM)
    stale = Wave.objects.get()
    look_again(stale)
    look_again(Wave.objects.get(pk=stale.pk) if stale.due_at == wave.ends_at else stale)
    assert wave.offers.count() == 3


def test_worker_that_is_woken_finds_nothing_to_do_twice(wave, need):
    decline(wave.offers.first(), actor=SYSTEM)
    look_again_task(need.pk)
    look_again_task(need.pk)
    assert wave.offers.count() == 3


def test_no_said_twice_is_one_no(wave):
    offer = wave.offers.first()
    decline(offer, actor=SYSTEM)
    clock.tick()
    decline(offer, actor=SYSTEM)
    clock.tick()
    assert wave.offers.count() == 3


def test_when_everybody_has_declined_a_person_decides_at_once(community, need):
    neighbours(community, 2)
    wave = ask_all(need)
    for offer in need.offers.all():
        decline(offer, actor=SYSTEM)
    clock.tick()
    assert Todo.objects.get().kind == Todo.Kind.NOBODY_FOUND
    assert now() < wave.ends_at


def test_nobody_is_texted_in_place_of_a_decliner_in_quiet_hours(wave, settings):
    local = now().astimezone(factories.timezone.get_current_timezone())
    settings.QUIET_HOURS = ((local - timedelta(minutes=1)).time(), (local + timedelta(hours=1)).time())
    decline(wave.offers.first(), actor=SYSTEM)
    clock.tick()
    assert wave.offers.count() == 2


def test_who_replaces_a_decliner_after_the_window_has_begun_can_answer_until_it_ends(wave, need):
    decline(wave.offers.first(), actor=SYSTEM)
    begun = now() - timedelta(minutes=1)
    HelpRequest.objects.filter(pk=need.pk).update(window_start=begun)
    Wave.objects.update(started_at=begun - timedelta(minutes=1))
    look_again(Wave.objects.get())
    assert wave.offers.latest("pk").expires_at == need.window_end


def test_yes_before_the_second_look_leaves_nothing_to_do(wave, need):
    first, second = wave.offers.all()
    decline(first, actor=SYSTEM)
    stale = Wave.objects.select_related("help_request").get()
    accept(second, actor=SYSTEM)
    look_again(stale)
    assert wave.offers.count() == 2


def test_head_start_ends_when_all_paired_have_said_no(community, elder, need):
    paired, *_others = neighbours(community, 6)
    bonds.pair(elder, paired, user=None)
    start = start_wave(need)
    assert (start.head_start, [offer.volunteer for offer in start.offers.all()]) == (True, [paired])
    decline(start.offers.get(), actor=SYSTEM)
    clock.tick()
    second = Wave.objects.get(ended_at=None)
    assert (second.number, second.head_start, second.offers.filter(volunteer=paired).exists()) == (2, False, False)


def test_one_of_two_paired_who_declines_is_not_replaced(community, elder, need):
    for volunteer in neighbours(community, 6)[:2]:
        bonds.pair(elder, volunteer, user=None)
    start = start_wave(need)
    decline(start.offers.first(), actor=SYSTEM)
    clock.tick()
    assert (Wave.objects.count(), start.offers.count()) == (1, 2)


# --- stand-by -----------------------------------------------------------------------------------------------------


def start_over(need):
    """Whoever comes drops out."""
    return release(Assignment.objects.standing().get(help_request=need), actor=SYSTEM, why="cannot_come")


def test_late_yes_stands_by(late):
    assert (stand_by(late), stand_by(late)) == (True, True)
    late.refresh_from_db()
    assert (late.status, late.answer) == (Offer.Status.STANDBY, Offer.Answer.YES)


def test_who_stands_by_is_asked_first_and_alone_when_the_place_is_free_again(late, need):
    stand_by(late)
    start_over(need)
    wave = start_wave(HelpRequest.objects.get(pk=need.pk))
    assert (wave.head_start, [offer.volunteer for offer in wave.offers.all()]) == (True, [late.volunteer])
    assert Message.objects.latest("pk").template == "offer_standby"


def test_head_start_of_a_stand_by_is_short(late, need):
    stand_by(late)
    start_over(need)
    wave = start_wave(HelpRequest.objects.get(pk=need.pk))
    assert wave.ends_at - wave.started_at == timedelta(minutes=5)


def test_who_stands_by_is_asked_even_at_their_cap(late, need):
    stand_by(late)
    late.volunteer.weekly_cap = 1
    late.volunteer.save()
    start_over(need)
    wave = start_wave(HelpRequest.objects.get(pk=need.pk))
    assert [offer.volunteer for offer in wave.offers.all()] == [late.volunteer]


def test_who_takes_the_stand_by_back_is_not_asked_again(late, need):
    stand_by(late)
    decline(late, actor=SYSTEM)
    start_over(need)
    wave = start_wave(HelpRequest.objects.get(pk=need.pk))
    assert late.volunteer not in [offer.volunteer for offer in wave.offers.all()]


def test_only_a_few_stand_by(community, need):
    neighbours(community, STAND_BYS + 3)
    need.elder.save()
    wave = factories.WaveFactory(help_request=need)
    offers = [
        factories.OfferFactory(help_request=need, wave=wave, volunteer=volunteer)
        for volunteer in community.volunteers.all()
    ]
    accept(offers.pop(), actor=SYSTEM)
    assert [stand_by(Offer.objects.get(pk=offer.pk)) for offer in offers] == [True] * STAND_BYS + [False] * 2


def test_late_yes_to_what_was_cancelled_does_not_stand_by(late, need):
    cancel(HelpRequest.objects.get(pk=need.pk), actor=SYSTEM, reason="mistake")
    assert stand_by(Offer.objects.get(pk=late.pk)) is False


def test_late_yes_of_somebody_who_is_elsewhere_then_does_not_stand_by(late, need, elder):
    other = factories.HelpRequestFactory(elder=elder, window_start=need.window_start, window_end=need.window_end)
    factories.AssignmentFactory(help_request=other, volunteer=late.volunteer)
    assert stand_by(late) is False


def test_late_yes_after_the_window_has_begun_does_not_stand_by(late, need):
    HelpRequest.objects.filter(pk=need.pk).update(window_start=now() - timedelta(minutes=1))
    assert stand_by(Offer.objects.get(pk=late.pk)) is False


def test_late_yes_of_who_wants_no_texts_does_not_stand_by(late):
    late.volunteer.opted_out_at = now()
    late.volunteer.save()
    assert stand_by(Offer.objects.get(pk=late.pk)) is False


def test_late_yes_of_a_suspended_volunteer_does_not_stand_by(late):
    late.volunteer.status = "suspended"
    late.volunteer.save()
    assert stand_by(Offer.objects.get(pk=late.pk)) is False
