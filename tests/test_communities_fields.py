import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q

from linzhu.communities.models import Place
from linzhu.communities.names import known_as, search_key
from linzhu.communities.people import Skill
from linzhu.requests.models import Elder
from linzhu.volunteers.models import Volunteer
from tests.factories import CommunityFactory, PlaceFactory, VolunteerFactory


def test_choice_set_comes_back_as_it_was_stored(db):
    made = VolunteerFactory(skills={"escort", "rides"})
    assert Volunteer.objects.get(pk=made.pk).skills == frozenset({"escort", "rides"})


def test_choice_set_is_empty_by_default(community):
    assert Elder.objects.create(community=community, name="王芳").groups == frozenset()


def test_choice_set_stores_every_choice(db):
    made = VolunteerFactory(skills=Skill.values)
    assert Volunteer.objects.get(pk=made.pk).skills == frozenset(Skill.values)


def test_choice_set_has_finds_those_with_the_choice(db):
    both, one = VolunteerFactory(skills={"escort", "rides"}), VolunteerFactory(skills={"rides"})
    VolunteerFactory(skills=set())
    assert set(Volunteer.objects.filter(skills__has="rides")) == {both, one}
    assert set(Volunteer.objects.filter(skills__has=Skill.ESCORT)) == {both}
    assert set(Volunteer.objects.filter(skills__has=["escort", "rides"])) == {both}


def test_choice_set_has_can_be_negated_and_joined(db):
    both, one = VolunteerFactory(skills={"escort", "rides"}), VolunteerFactory(skills={"rides"})
    assert list(Volunteer.objects.filter(Q(skills__has="rides") & ~Q(skills__has="escort"))) == [one]
    assert list(Volunteer.objects.exclude(skills__has="escort").exclude(pk=both.pk)) == [one]


def test_choice_set_equals_finds_the_same_set(db):
    VolunteerFactory(skills={"escort", "rides"})
    only = VolunteerFactory(skills={"rides"})
    assert list(Volunteer.objects.filter(skills={"rides"})) == [only]


def test_choice_set_updates_in_a_query(db):
    made = VolunteerFactory(skills={"escort"})
    Volunteer.objects.update(skills={"rides"})
    made.refresh_from_db()
    assert made.skills == frozenset({"rides"})


def test_choice_set_refuses_what_is_no_choice(db):
    with pytest.raises(ValidationError):
        VolunteerFactory.build(community=CommunityFactory(), skills={"flying"}).full_clean()


def test_choice_set_labels_are_in_the_order_of_the_choices():
    field = Volunteer._meta.get_field("skills")
    assert field.labels({"company", "errands"}) == [Skill.ERRANDS.label, Skill.COMPANY.label]


def test_search_key_is_filled_by_save(community):
    place = PlaceFactory(name="新华里")
    place.name = "桂花里"
    place.save()
    assert Place.objects.get().search_key == "桂花里 guihuali ghl"


@pytest.mark.parametrize(
    ("name", "key"),
    [("张秀英", "张秀英 zhangxiuying zxy"), ("Anna  MILLER", "anna miller"), ("Ａｎｎａ", "anna"), ("", "")],
)
def test_search_key_of_names(name, key):
    assert search_key(name) == key


@pytest.mark.parametrize(("name", "shown"), [("陈磊", "陈磊"), ("Anna Miller", "Anna"), ("", "")])
def test_known_as_is_what_a_family_may_read(name, shown):
    assert known_as(name) == shown
