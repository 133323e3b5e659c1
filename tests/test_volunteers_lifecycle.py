"""A volunteer's status moves through one door."""

import pytest

from linzhu.volunteers.lifecycle import IllegalMove, leave, reactivate, suspend
from linzhu.volunteers.models import Volunteer
from tests.factories import VolunteerFactory

pytestmark = pytest.mark.django_db
LEGAL = [
    ("active", suspend, "suspended"), ("active", leave, "left"), ("suspended", reactivate, "active"),
    ("suspended", leave, "left"), ("left", reactivate, "active"),
]  # fmt: skip
ILLEGAL = [("active", reactivate), ("suspended", suspend), ("left", leave), ("left", suspend)]


@pytest.mark.parametrize(("before", "move", "after"), LEGAL)
def test_legal_move_changes_status(dispatcher, before, move, after):
    volunteer = move(VolunteerFactory(status=before), user=dispatcher)
    assert (volunteer.status, Volunteer.objects.get().status) == (after, after)


@pytest.mark.parametrize(("before", "move"), ILLEGAL)
def test_illegal_move_is_refused(dispatcher, before, move):
    with pytest.raises(IllegalMove):
        move(VolunteerFactory(status=before), user=dispatcher)
    assert Volunteer.objects.get().status == before


@pytest.mark.parametrize(("before", "move", "after"), LEGAL)
def test_move_delivered_twice_happens_once(dispatcher, before, move, after):
    first = VolunteerFactory(status=before)
    second = Volunteer.objects.get(pk=first.pk)
    move(first, user=dispatcher)
    with pytest.raises(IllegalMove):
        move(second, user=dispatcher)
    assert first.history.filter(status=after).count() == 1


def test_move_leaves_a_trail_of_who_and_why(dispatcher):
    volunteer = suspend(VolunteerFactory(), user=dispatcher, why="complaint")
    row = volunteer.history.first()
    assert (row.status, row.history_user, row.history_change_reason) == ("suspended", dispatcher, "complaint")
