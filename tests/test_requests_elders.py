"""The pages about elders."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import Elder
from tests.factories import CommunityFactory, ElderFactory, FamilyContactFactory, PlaceFactory, window

pytestmark = pytest.mark.django_db


def sent(elder: Elder, **fields) -> dict[str, object]:
    contacts = list(elder.family.all())
    data = {
        "name": elder.name, "phone": elder.phone, "community": elder.community_id, "tell_by": elder.tell_by,
        "family-TOTAL_FORMS": len(contacts), "family-INITIAL_FORMS": len(contacts),
    }  # fmt: skip
    for number, contact in enumerate(contacts):
        data |= {
            f"family-{number}-id": contact.pk, f"family-{number}-name": contact.name,
            f"family-{number}-phone": contact.phone,
        }  # fmt: skip
    return data | fields


def names(response) -> list[str]:
    return [elder.name for elder in response.context["page"]]


def queries(desk, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        desk.get(url)
    return len(captured)


def test_list_costs_the_same_for_one_and_thirty(desk, community):
    FamilyContactFactory(elder=ElderFactory(community=community, place=PlaceFactory(community=community)))
    desk.get(reverse("elders"))  # warms what is cached for a process
    one = queries(desk, reverse("elders"))
    for elder in ElderFactory.create_batch(29, community=community, place=PlaceFactory(community=community)):
        log_request(elder, "meal", actor=SYSTEM, **window())
    assert queries(desk, reverse("elders")) == one


def test_list_holds_fifty_a_page(desk, community):
    ElderFactory.create_batch(51, community=community)
    assert len(names(desk.post(reverse("elders"), {"page": 2}, follow=True))) == 1


def test_list_leaves_out_other_communities(desk, community):
    mine = ElderFactory(community=community)
    ElderFactory()
    assert names(desk.get(reverse("elders"))) == [mine.name]


@pytest.mark.parametrize("text", ["李建国", "lijianguo", "ljg", "8037"])
def test_list_is_searched_by_name_pinyin_and_phone(desk, community, text):
    ElderFactory(community=community, name="李建国", phone="+862227318037")
    ElderFactory(community=community, name="王淑珍", phone="+862227310000")
    assert names(desk.post(reverse("elders"), {"q": text})) == ["李建国"]


def test_list_counts_live_help_requests_once_each(desk, community):
    elder = ElderFactory(community=community)
    FamilyContactFactory.create_batch(2, elder=elder)
    log_request(elder, "meal", actor=SYSTEM, **window())
    assert desk.get(reverse("elders")).context["page"][0].live == 1


def test_detail_of_another_community_is_not_there(desk):
    assert desk.get(reverse("elder", args=[ElderFactory().pk])).status_code == 404


def test_detail_shows_the_help_requests(desk, community):
    elder = ElderFactory(community=community)
    help_request = log_request(elder, "meal", actor=SYSTEM, **window())
    assert help_request.ref in desk.get(reverse("elder", args=[elder.pk])).content.decode()


def test_detail_dials_the_extension_too(desk, community):
    elder = ElderFactory(community=community, phone="+862227318800", phone_ext="802")
    page = desk.get(reverse("elder", args=[elder.pk])).text
    assert page.count('href="tel:+862227318800;ext=802"') == page.count('href="tel:+862227318800') == 2


def test_detail_warns_of_a_home_off_the_map(desk, community):
    community.lat = community.lng = None
    community.save()
    elder = ElderFactory(community=community, lat=None, lng=None)
    assert "not on the map" in desk.get(reverse("elder", args=[elder.pk])).content.decode()


def test_edit_saves_and_keeps_a_trail(desk, dispatcher, community):
    elder = ElderFactory(community=community)
    desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, name="李建国"))
    row = elder.history.first()
    assert (row.name, row.history_user) == ("李建国", dispatcher)


def test_edit_keeps_choices_ticked(desk, community):
    elder = ElderFactory(community=community, groups=frozenset({"living-alone"}))
    page = desk.get(reverse("elder-edit", args=[elder.pk])).content.decode()
    assert 'value="living-alone" id="id_groups_1" checked' in page


def test_edit_of_another_community_is_not_there(desk):
    elder = ElderFactory()
    assert desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder)).status_code == 404


def test_edit_cannot_move_an_elder_out_of_sight(desk, community):
    elder = ElderFactory(community=community)
    response = desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, community=CommunityFactory().pk))
    assert [*response.context["form"].errors] == ["community"]


def test_extension_is_kept(desk, community):
    elder = ElderFactory(community=community)
    desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, phone="022-27318800 转 802"))
    elder.refresh_from_db()
    assert (elder.phone, elder.phone_ext) == ("+862227318800", "802")


def test_shown_number_with_extension_reads_back(desk, community):
    elder = ElderFactory(community=community, phone="+862227318800", phone_ext="802")
    shown = desk.get(reverse("elder-edit", args=[elder.pk])).context["form"]["phone"].value()
    desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, phone=shown))
    elder.refresh_from_db()
    assert (elder.phone, elder.phone_ext) == ("+862227318800", "802")


def test_two_digit_birth_year_is_asked_again(desk, community):
    elder = ElderFactory(community=community)
    response = desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, birth_year="42"))
    assert [*response.context["form"].errors] == ["birth_year"]


def test_new_place_forgets_old_coordinates(desk, community):
    elder, place = ElderFactory(community=community), PlaceFactory(community=community, lat=39.5, lng=117.5)
    desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, place=place.pk))
    assert Elder.objects.get().position() == (39.5, 117.5)


def test_one_more_contact_without_javascript(desk, community):
    elder = ElderFactory(community=community)
    response = desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, name="李", add_family="1"))
    elder.refresh_from_db()
    family = response.context["family"]
    assert (family.total_form_count(), response.context["form"]["name"].value(), elder.name != "李") == (1, "李", True)


def test_contact_is_added(desk, community):
    elder = ElderFactory(community=community)
    contact = {"family-TOTAL_FORMS": 1, "family-0-name": "王芳", "family-0-phone": "138 0000 1111"}
    desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, **contact))
    assert elder.family.get().phone == "+8613800001111"


def test_contact_is_removed(desk, community):
    elder = FamilyContactFactory(elder__community=community).elder
    desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, **{"family-0-DELETE": "on"}))
    assert elder.family.count() == 0


def test_contact_on_a_landline_gets_no_texts(desk, community):
    elder = ElderFactory(community=community)
    contact = {
        "family-TOTAL_FORMS": 1, "family-0-name": "王芳", "family-0-phone": "022 2731 8800",
        "family-0-gets_texts": "on",
    }  # fmt: skip
    response = desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, **contact))
    assert [*response.context["family"].forms[0].errors] == ["phone"]


def test_broken_contact_saves_nothing(desk, community):
    elder = ElderFactory(community=community)
    contact = {"family-TOTAL_FORMS": 1, "family-0-name": "王芳", "family-0-phone": "12"}
    desk.post(reverse("elder-edit", args=[elder.pk]), sent(elder, name="李建国", **contact))
    elder.refresh_from_db()
    assert elder.name != "李建国"
