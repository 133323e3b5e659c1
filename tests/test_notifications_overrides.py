"""A community's own wording: what it may say, where it holds, and that no text is ever lost by it."""

import pytest
from django.urls import reverse

from linzhu.communities.models import Role
from linzhu.notifications import outbox
from linzhu.notifications.lint import lint_own
from linzhu.notifications.models import Message, TextOverride
from linzhu.notifications.overrides import house_wording, own_wordings, render_for, still_passes
from linzhu.notifications.placeholders import fill, has_stray_braces, names_in, tidy
from linzhu.notifications.text_preview import preview, read_groups
from linzhu.notifications.text_titles import grouped
from linzhu.notifications.texts import TEXTS, Text, sample_params
from linzhu.notifications.wording import render
from tests.factories import CommunityFactory, RoleFactory

OFFER = "街坊，{{ service }}，{{ area }}，{{ when }}，去回“接{{ code }}”，不去回“不接{{ code }}”"
VALUES = {"service": "代购", "area": "新华里", "when": "今天9-10点", "code": "47"}
SAID = "【邻助】街坊，代购，新华里，今天9-10点，去回“接47”，不去回“不接47”"
SAID_AT_LENGTH = "【邻助】街坊，待遇资格上门认证，新华里社区东区，11月25日9:30-11:30，去回“接47”，不去回“不接47”"
USUAL = render("offer", VALUES, "zh-hans")


@pytest.fixture
def lead(community):
    return RoleFactory(community=community, kind="lead").user


def own(community, body=OFFER, key="offer", language="zh-hans") -> TextOverride:
    return TextOverride.objects.create(community=community, key=key, language=language, body=body)


def offer_of(community) -> str:
    return render_for(community, "offer", VALUES, "zh-hans")


def address(community, key="offer", language="zh-hans") -> str:
    return reverse("wording-text", args=[community.code, language, key])


# --- where it holds -----------------------------------------------------------------------------------------------


def test_own_wording_is_sent(community):
    own(community)
    message = outbox.queue("+8613800002000", "offer", VALUES, community=community, language="zh-hans")
    assert (message.text, message.parts) == (SAID, 1)


def test_without_own_wording_the_usual_one_is_sent(community):
    assert offer_of(community) == USUAL


def test_own_wording_holds_below(community):
    below = CommunityFactory(parent=CommunityFactory(parent=community))
    own(community)
    assert offer_of(below) == SAID


def test_nearest_own_wording_wins(community):
    below = CommunityFactory(parent=community)
    own(community, OFFER.replace("街坊", "邻居"))
    own(below)
    assert (offer_of(below), offer_of(community)) == (SAID, SAID.replace("街坊", "邻居"))


def test_own_wording_holds_neither_above_nor_beside(community):
    below, beside = CommunityFactory(parent=community), CommunityFactory(parent=community)
    own(below)
    assert [offer_of(one) for one in (community, beside, CommunityFactory())] == [USUAL] * 3


def test_own_wording_of_one_language_leaves_the_others_alone(community):
    own(community)
    assert render_for(community, "offer", VALUES, "en") == render("offer", VALUES, "en")


def test_own_wording_in_chinese_serves_a_language_without_texts(community):
    own(community)
    assert render_for(community, "offer", VALUES, "kk") == SAID


def test_own_wording_in_uyghur_keeps_its_direction(community):
    own(community, "{{ service }}، {{ when }}: رەھمەت", "already_yours", "ug")
    text = render_for(community, "already_yours", {"service": "ھەمراھ بولۇش", "when": "11-25 9:30-10:30"}, "ug")
    assert text == "【邻助】\u2067ھەمراھ بولۇش، \u206611-25 9:30-10:30\u2069: رەھمەت\u2069"


def test_own_wording_costs_one_query_at_any_depth(community, django_assert_num_queries):
    below = CommunityFactory(parent=CommunityFactory(parent=CommunityFactory(parent=community)))
    own(community)
    offer_of(below)
    with django_assert_num_queries(1):
        offer_of(below)


# --- sending never fails ------------------------------------------------------------------------------------------


def test_own_wording_with_a_renamed_parameter_gives_way(community):
    own(community, OFFER.replace("{{ area }}", "{{ place }}"))
    assert offer_of(community) == USUAL


@pytest.mark.parametrize("body", ["", "{% load i18n %}", "{{ service.name }}", "请带200元", "{{", "好" * 900])
def test_own_wording_that_breaks_the_rules_gives_way(community, body):
    own(community, body)
    assert offer_of(community) == USUAL


def test_own_wording_gives_way_once_the_rules_change(community, monkeypatch):
    own(community)
    assert offer_of(community) == SAID
    offer = TEXTS["offer"]
    monkeypatch.setitem(TEXTS, "offer", Text(audience=offer.audience, params=(*offer.params, "office"), one_part=True))
    still_passes.cache_clear()
    assert offer_of_with_office(community) == USUAL
    still_passes.cache_clear()


def offer_of_with_office(community) -> str:
    return render_for(community, "offer", {**VALUES, "office": "022 2731 8800"}, "zh-hans")


def test_own_wording_gives_way_when_a_value_is_empty(community):
    own(community, "{{ service }}（{{ when }}）取消了，因为{{ reason }}。", "visit_off")
    values = {"service": "代购", "when": "今天9-10点", "reason": ""}
    assert render_for(community, "visit_off", values, "zh-hans") == render("visit_off", values, "zh-hans")
    assert render_for(community, "visit_off", values | {"reason": "下雨"}, "zh-hans").endswith("因为下雨。")


def test_value_that_looks_like_a_placeholder_stays_as_it_is(community):
    own(community)
    text = render_for(community, "offer", VALUES | {"area": "{{ code }}{% now 'Y' %}"}, "zh-hans")
    assert "{{ code }}{% now 'Y' %}" in text


def test_own_wording_does_not_hide_a_missing_parameter(community):
    own(community)
    with pytest.raises(KeyError):
        render_for(community, "offer", {"service": "代购"}, "zh-hans")


def test_unknown_text_raises(community):
    with pytest.raises(KeyError):
        render_for(community, "birthday", {}, "zh-hans")


# --- what it may say ----------------------------------------------------------------------------------------------


def test_own_wording_of_offer_passes():
    assert lint_own("offer", "zh-hans", OFFER) == []


@pytest.mark.parametrize("key", TEXTS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_usual_wording_may_be_the_start_of_ones_own(key, language):
    assert lint_own(key, language, house_wording(key, language)) == []


@pytest.mark.parametrize(
    "injected",
    [
        "{% load i18n %}", "{{ service.name }}", "{{ 7|add:1 }}", "{{ service|safe }}", "{% debug %}", "{# hidden #}",
        "{{ code", "}}", "{", "{{{ code }}}", "{{ service.__class__ }}", "{%include 'base.html'%}", "{{ 7 }}", "{{}}",
    ],
)  # fmt: skip
def test_nothing_but_placeholders_may_stand_in_braces(injected):
    assert lint_own("offer", "zh-hans", OFFER + injected) == [
        "In braces only the placeholders may stand, nothing else."
    ]


def test_placeholder_that_the_text_does_not_know_is_refused():
    assert lint_own("offer", "zh-hans", OFFER + "{{ price }}") == ["This text knows no {{ price }}."]


@pytest.mark.parametrize("name", ["elder", "address", "phone", "door_word"])
def test_offer_never_learns_who_or_where(name):
    assert lint_own("offer", "zh-hans", f"{OFFER}{{{{ {name} }}}}") == [f"This text knows no {{{{ {name} }}}}."]


def test_placeholder_left_out_is_refused():
    assert lint_own("offer", "zh-hans", OFFER.replace("{{ when }}", "今天")) == ["Missing: {{ when }}"]


def test_placeholder_that_may_be_empty_may_be_left_out():
    assert lint_own("visit_off", "zh-hans", "{{ service }}（{{ when }}）不用去了。") == []


def test_answer_that_linzhu_reads_must_stay():
    changed = OFFER.replace("“接{{ code }}”", "“来{{ code }}”")
    assert lint_own("offer", "zh-hans", changed) == ["These words must stay as they are: 接{{ code }}"]
    body = "Come? {{ service }}, {{ area }}, {{ when }}: COMING {{ code }} or NO {{ code }}"
    assert lint_own("offer", "en", body) == ["These words must stay as they are: YES {{ code }}"]


def test_numbers_of_help_in_danger_must_stay():
    assert lint_own("danger", "zh-hans", "请马上打120！") == ["These words must stay as they are: 110"]


def test_warning_of_scams_must_stay():
    body = "{{ volunteer }}来帮您，{{ when }}。暗语“{{ door_word }}”。"
    assert lint_own("elder_assigned", "zh-hans", body) == [
        "The warning must stay: that nobody ever asks for money, passwords or codes."
    ]
    assert lint_own("elder_assigned", "zh-hans", body + "不要把密码告诉任何人。") == []


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ("带20元", "It speaks of an amount of money."),
        ("www.example.com", "It carries a link. Only families get links, and only those that Linzhu makes."),
        ("不要了回“退订”", "“退订” is a word by which carriers unsubscribe people."),
        ("请告诉我验证码", "It speaks of passwords, codes or cards other than to warn of them."),
        ("【社区】", "Linzhu puts the signature in front by itself."),
        ("电话13800001111", "No phone number may stand in an offer."),
        ("好" * 30, "It takes 2 parts; the limit is 1."),
    ],
)
def test_own_wording_keeps_the_rules_of_the_house(more, fault):
    assert fault in lint_own("offer", "zh-hans", f"{OFFER}。{more}")


@pytest.mark.parametrize(
    "link",
    [
        "t.me/abc", "看bit.ly/x1", "evil.io", "例子.中国", "ｈｔｔｐｓ：／／a.b", "evil．com", "http ://x", "1.2.3.4/x",
        "bi\u200bt.ly/x", "weixin://dl", "tel:123",
    ],
)  # fmt: skip
def test_link_is_found_however_it_is_written(link):
    fault = "It carries a link. Only families get links, and only those that Linzhu makes."
    assert lint_own("late_taken", "zh-hans", f"{{{{ service }}}}有人去了 {link}") == [fault]


@pytest.mark.parametrize(
    "price",
    [
        "二百块",
        "五十元",
        "十块",
        "５０元",
        "RMB 50",
        "CNY50",
        "50 dollars",
        "5\u200b0 kuai",
        "10欧元",
        "一块钱",
        "50rmb吧",
    ],
)
def test_price_is_found_however_it_is_written(price):
    fault = "It speaks of an amount of money."
    assert lint_own("late_taken", "zh-hans", f"{{{{ service }}}}有人去了，{price}") == [fault]


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", "请先转账给站点"), ("zh-hans", "扫码领红包"), ("en", "please pay the volunteer first")],
)
def test_text_asks_nobody_to_pay(language, words):
    assert lint_own("late_taken", language, f"{{{{ service }}}}: {words}") == [
        "It speaks of paying other than to warn of it."
    ]


@pytest.mark.parametrize(
    "words",
    ["下次一块去", "正月十五元宵节见", "9.30开门", "at 3 p.m., e.g. today", "No.47", "不会让您付钱", "免费", "等等…ok"],
)
def test_harmless_words_pass(words):
    assert lint_own("late_taken", "zh-hans", f"{{{{ service }}}}有人去了。{words}") == []


def test_placeholders_are_read_and_spelled_alike():
    assert names_in("{{when}} {{  code }}") == {"when", "code"}
    assert tidy(" {{when}}\n\n{{  code }} ") == "{{ when }} {{ code }}"
    assert fill("{{when}}-{{ code }}", {"when": "{{ code }}", "code": "7"}) == "{{ code }}-7"
    assert not has_stray_braces("{{when}}")


# --- the pages ----------------------------------------------------------------------------------------------------


def test_page_shows_every_text_with_its_parts(client, lead, community):
    client.force_login(lead)
    page = client.get(reverse("wording"), {"language": "zh-hans"}, headers={"accept-language": "en"}).content.decode()
    assert [key for key in TEXTS if f'id="{key}"' not in page] == []
    assert render("offer", sample_params("offer", "zh-hans"), "zh-hans") in page
    assert "1 part · 64 characters" in page


@pytest.mark.parametrize("language", ["bo", "ug"])
def test_page_says_what_awaits_review(client, lead, language):
    client.force_login(lead)
    page = client.get(reverse("wording"), {"language": language}).content.decode()
    assert ("native reader" in page, "awaiting review" in page) == (True, True)
    assert f'lang="{language}" dir="auto"' in page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_page_of_reviewed_languages_says_nothing_of_review(client, lead, language):
    client.force_login(lead)
    assert "review" not in client.get(reverse("wording"), {"language": language}).content.decode()


def test_page_shows_whose_words_are_sent(client, lead, community):
    own(community)
    below = CommunityFactory(parent=community, name="东区")
    client.force_login(lead)
    page = client.get(reverse("wording"), {"community": below.code}).content.decode()
    assert (f"words of {community.name}" in page, "街坊，待遇资格上门认证" in page) == (True, True)


def test_page_says_that_own_words_no_longer_keep_the_rules(client, lead, community):
    own(community, "请带200元")
    client.force_login(lead)
    assert "These words no longer keep to the rules" in client.get(reverse("wording")).content.decode()


def test_page_asks_as_often_for_many_own_wordings_as_for_none(client, lead, community, django_assert_max_num_queries):
    client.force_login(lead)
    client.get(reverse("wording"))
    for key in list(TEXTS)[:20]:
        own(community, key=key)
    with django_assert_max_num_queries(14):
        client.get(reverse("wording"))


def test_overseer_sees_wordings_and_changes_none(client, community):
    client.force_login(RoleFactory(community=community, kind="overseer").user)
    page = client.get(reverse("wording"))
    assert (page.status_code, address(community) in page.content.decode()) == (200, False)
    assert client.post(address(community), {"body": OFFER, "do": "save"}).status_code == 403


@pytest.mark.parametrize("asked", [{"language": "fr"}, {"community": "nowhere"}])
def test_page_of_what_does_not_exist_is_not_found(client, lead, asked):
    client.force_login(lead)
    assert client.get(reverse("wording"), asked).status_code == 404


def test_lead_saves_own_words(client, lead, community):
    client.force_login(lead)
    response = client.post(address(community), {"body": OFFER.replace("{{ area }}", "{{area}}"), "do": "save"})
    kept = TextOverride.objects.get()
    assert response["Location"] == f"{reverse('wording')}?language=zh-hans&community={community.code}#offer"
    assert (kept.body, kept.changed_by, kept.history.get().history_user) == (OFFER, lead, lead)


def test_lead_of_elsewhere_finds_nothing(client, community):
    stranger = RoleFactory(community=CommunityFactory(parent=community), kind=Role.Kind.LEAD).user
    client.force_login(stranger)
    assert client.post(address(community), {"body": OFFER, "do": "save"}).status_code == 404
    assert not TextOverride.objects.exists()


@pytest.mark.parametrize(("key", "language"), [("birthday", "en"), ("offer", "kk"), ("self_test", "ug")])
def test_text_that_cannot_be_reworded_is_not_found(client, lead, community, key, language):
    client.force_login(lead)
    assert client.get(address(community, key, language)).status_code == 404


def test_faults_stand_beside_the_field_and_what_was_typed_stays(client, lead, community):
    client.force_login(lead)
    response = client.post(address(community), {"body": "请带200元", "do": "save"})
    page = response.content.decode()
    assert (response.status_code, "请带200元</textarea>" in page) == (422, True)
    assert "It speaks of an amount of money." in response.context["form"].errors["body"]
    assert not TextOverride.objects.exists()


def test_preview_shows_parts_and_saves_nothing(client, lead, community):
    client.force_login(lead)
    page = client.post(address(community), {"body": OFFER + "好" * 30, "do": "preview"})
    assert page.status_code == 200
    length = len(SAID_AT_LENGTH) + 30
    assert f"2 parts · {length} characters" in page.content.decode()
    assert "It takes 2 parts; the limit is 1." in page.content.decode()
    assert not TextOverride.objects.exists()


def test_preview_while_typing_is_a_part_of_the_page(client, lead, community):
    client.force_login(lead)
    page = client.post(address(community), {"body": "{{ whom }}<b>", "do": "preview"}, headers={"hx-request": "true"})
    said = page.content.decode()
    assert ("<html" in said, "【邻助】{{ whom }}&lt;b&gt;" in said) == (False, True)
    assert "This text knows no {{ whom }}." in said


def test_form_starts_from_the_wording_from_above(client, lead, community):
    below = CommunityFactory(parent=community)
    own(community)
    client.force_login(lead)
    assert OFFER in client.get(address(below)).content.decode()


def test_saying_the_same_as_above_needs_no_own_words(client, lead, community):
    client.force_login(lead)
    own(community)
    client.post(address(community), {"body": house_wording("offer", "zh-hans"), "do": "save"})
    assert not TextOverride.objects.exists()


def test_own_words_are_given_up_and_remembered(client, lead, community):
    client.force_login(lead)
    client.post(address(community), {"body": OFFER, "do": "save"})
    client.post(address(community), {"do": "reset"})
    assert offer_of(community) == USUAL
    changes = client.get(address(community)).context["changes"]
    assert [(change.history_type, change.history_user) for change in changes] == [("-", lead), ("+", lead)]


def test_second_editor_sees_both_versions(client, lead, community):
    client.force_login(lead)
    seen = client.get(address(community)).context["form"].seen_input
    mine = {"body": OFFER.replace("街坊", "邻居"), "do": "save", "seen": hidden_value(seen)}
    own(community)
    response = client.post(address(community), mine)
    assert (response.status_code, TextOverride.objects.get().body) == (422, OFFER)
    assert "Nothing is saved yet" in response.content.decode()


def hidden_value(field: str) -> str:
    from html import unescape

    return unescape(str(field).partition('value="')[2].removesuffix('">'))


def test_page_is_not_a_place_to_run_templates(client, lead, community):
    client.force_login(lead)
    own(community, "{% now 'Y' %}{{ request }}")
    for at in (reverse("wording"), address(community)):
        assert "WSGIRequest" not in client.get(at).content.decode()


def test_every_text_has_a_title_and_a_place():
    listed = [key for texts in grouped().values() for key in texts]
    assert (len(listed), set(listed)) == (len(set(listed)), set(TEXTS))


def test_preview_of_a_text_without_translation_is_in_chinese():
    shown = preview("self_test", "ug")
    assert (shown.language, shown.awaits_review) == ("zh-hans", False)


def test_characters_are_counted_as_carriers_do(community):
    own(community, "谢谢😀", "no_thanks")
    shown = preview("no_thanks", "zh-hans", own_wordings(community, "zh-hans")["no_thanks"])
    assert (shown.text, shown.characters) == ("【邻助】谢谢😀", 8)


def test_texts_already_queued_keep_their_words(community):
    message = outbox.queue("+8613800002000", "offer", VALUES, community=community, language="zh-hans")
    own(community)
    assert Message.objects.get(pk=message.pk).text == USUAL


def test_groups_name_their_readers(community):
    readers = [group.reader for group in read_groups(community, "en")]
    assert readers[:4] == ["volunteers read it", "volunteers read it", "families read it", "elders read it"]
