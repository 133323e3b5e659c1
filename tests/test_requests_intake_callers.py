"""A number, typed or passed on with a call, leads to the person behind it."""

import pytest
from django.urls import reverse

from linzhu.requests.intake_callers import contact_behind, recognise, whole_number
from linzhu.requests.models import HelpRequest
from tests.factories import CommunityFactory, ElderFactory, FamilyContactFactory, RoleFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def elder(community):
    return ElderFactory(community=community, name="张秀英", phone="+862227318800")


@pytest.fixture
def daughter(elder):
    return FamilyContactFactory(elder=elder, name="王芳", relation="女儿", phone="+8613800138000", may_act=True)


@pytest.mark.parametrize("text", ["13800138000", "138 0013 8000", "+86 138-0013-8000", "１３８００１３８０００"])
def test_whole_number_is_read_however_it_is_written(text):
    assert whole_number(text).e164 == "+8613800138000"


def test_whole_number_of_this_place_needs_no_area_code(settings):
    settings.PHONE_AREA_CODE = "022"
    assert whole_number("2731 8800").e164 == "+862227318800"


@pytest.mark.parametrize("text", ["", "张秀英", "8800", "1380013"])
def test_whole_number_is_not_seen_in_anything_else(text):
    assert whole_number(text) is None


def test_whole_number_survives_an_empty_area_code(settings):
    settings.PHONE_AREA_CODE = ""
    assert whole_number("27318800") is None


def test_recognise_knows_the_elder_s_own_number(elder):
    assert recognise("022 2731 8800", [elder]) == elder


def test_recognise_knows_the_family_s_number(elder, daughter):
    assert recognise("13800138000", [elder]) == elder


def test_recognise_waits_for_the_whole_number(elder):
    assert recognise("2731", [elder]) is None


def test_recognise_does_not_choose_among_those_who_share_a_number(elder):
    neighbour = ElderFactory(community=elder.community, phone=elder.phone, phone_ext="2")
    assert recognise("022-27318800", [elder, neighbour]) is None


def test_recognise_heeds_the_extension(elder):
    neighbour = ElderFactory(community=elder.community, phone=elder.phone, phone_ext="2")
    assert recognise("022-27318800转2", [elder, neighbour]) == neighbour


def test_contact_behind_is_who_has_the_digits(elder, daughter):
    assert contact_behind("013800", elder) == daughter


def test_contact_behind_is_nobody_where_the_number_is_the_elder_s_own(elder, daughter):
    assert contact_behind("8800", elder) is None


def test_contact_behind_is_nobody_for_a_name(elder, daughter):
    assert contact_behind("zxy", elder) is None


# --- On the page --------------------------------------------------------------------------------------------------


def test_search_says_who_calls(desk, elder, daughter):
    page = desk.post(reverse("intake-elders"), {"q": "13800138000"}, headers=HTMX).content.decode()
    assert ("王芳 (女儿) is calling" in page, f"?by={daughter.pk}" in page) == (True, True)


def test_chosen_with_the_caller_shows_that_they_may_act(desk, elder, daughter):
    page = desk.get(reverse("intake-elder", args=[elder.pk]), {"by": daughter.pk}, headers=HTMX).content.decode()
    assert ("王芳 (女儿) is calling" in page, "may act" in page) == (True, True)


def test_chosen_with_a_caller_who_may_not_act_says_so(desk, elder, daughter):
    daughter.may_act = False
    daughter.save()
    page = desk.get(reverse("intake-elder", args=[elder.pk]), {"by": daughter.pk}, headers=HTMX).content.decode()
    assert "ask the elder, too" in page


def test_chosen_with_the_caller_comes_by_family(desk, elder, daughter):
    page = desk.get(reverse("intake-elder", args=[elder.pk]), {"by": daughter.pk}, headers=HTMX).content.decode()
    assert '<option value="family" selected>' in page


@pytest.mark.parametrize("by", ["", "x", "999999"])
def test_chosen_without_a_known_caller_leaves_the_channel_alone(desk, elder, by):
    page = desk.get(reverse("intake-elder", args=[elder.pk]), {"by": by}, headers=HTMX).content.decode()
    assert ('name="elder"' in page, 'id="channel"' in page) == (True, False)


def test_contact_of_another_elder_is_no_caller(desk, elder):
    stranger = FamilyContactFactory(name="李四")
    page = desk.get(reverse("intake-elder", args=[elder.pk]), {"by": stranger.pk}, headers=HTMX).content.decode()
    assert "李四" not in page


def test_call_that_is_passed_on_begins_with_the_elder(desk, elder):
    response = desk.post(reverse("intake-elders"), {"q": elder.phone})
    assert (response.context["elder"], elder.phone in response.request["PATH_INFO"]) == (elder, False)


def test_call_of_the_family_that_is_passed_on_begins_with_both(desk, elder, daughter):
    response = desk.post(reverse("intake-elders"), {"q": daughter.phone})
    shown = response.context["form"].initial
    assert (response.context["elder"], shown["caller"], shown["channel"]) == (
        elder, daughter, HelpRequest.Channel.FAMILY,
    )  # fmt: skip


def test_call_from_elsewhere_begins_with_nobody(desk, elder):
    stranger = ElderFactory(community=CommunityFactory(), phone="+8613900139000")
    response = desk.post(reverse("intake-elders"), {"q": stranger.phone})
    assert (response.context["elder"], stranger.name in response.content.decode()) == (None, False)


def test_intake_worker_of_one_community_recognises_its_callers(client_of, elder, daughter):
    worker = RoleFactory(community=elder.community, kind="intake").user
    assert client_of(worker).post(reverse("intake-elders"), {"q": daughter.phone}).context["elder"] == elder
