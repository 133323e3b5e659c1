"""Wordings for gateways that carry no links or bring no replies: none of them asks for what cannot come."""

import re
from dataclasses import replace

import pytest

from linzhu.notifications import by_code, inbound, outbox
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.gateways.local import LocalGateway
from linzhu.notifications.lint import check_texts, lint_by_code, lint_own
from linzhu.notifications.models import Message
from linzhu.notifications.texts import TEXTS, Audience, Text, sample_params
from linzhu.notifications.wording import find_template
from tests import factories

ASKS_REPLY = re.compile(r"回“|\breply\b", re.IGNORECASE)
PHONE = "+8619920000001"
LANGUAGES = ["zh-hans", "en"]
FOR_THE_PAGE = {"page": "linzhu.example.org/c/", "page_code": "48217730"}


@pytest.fixture
def one_way(monkeypatch):
    """A gateway like most in mainland China: no links, no replies."""
    monkeypatch.setattr(LocalGateway, "capabilities", replace(LocalGateway.capabilities, links=False, two_way=False))


# --- the wordings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", sorted(by_code.ALL))
def test_wording_keeps_the_rules(key, language):
    assert lint_by_code(key, language) == []


@pytest.mark.parametrize("key", TEXTS)
def test_text_that_asks_for_a_reply_says_so_in_the_catalogue(key):
    asks = {language for language in LANGUAGES if ASKS_REPLY.search(find_template(key, language)[0].source)}
    assert asks == (set(LANGUAGES) if TEXTS[key].asks_reply else set())


def test_new_text_without_its_second_wording_is_found_at_start(monkeypatch):
    monkeypatch.setitem(TEXTS, "no_thanks", Text(audience=Audience.VOLUNTEER, asks_reply=True))
    monkeypatch.setattr(by_code, "ALL", by_code.ALL | {"no_thanks"})
    faults = [error.msg for error in check_texts() if "no_thanks" in error.msg]
    assert len(faults) == len(LANGUAGES)
    assert all("There is no file for this language." in fault for fault in faults)


@pytest.mark.parametrize(
    ("language", "body"), [("en", "Thank you! Reply YES if you can."), ("zh-hans", "谢谢您！能来请回“能来”。")]
)
def test_communitys_wording_may_not_ask_where_nobody_can_answer(language, body):
    assert any("asks for a reply" in fault for fault in lint_own("no_thanks", language, body))


# --- what is sent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-hans", "en", "bo", "ug"])
def test_no_text_asks_for_a_reply_where_none_comes(one_way, community, language):
    for key in TEXTS:
        params = {**sample_params(key, language), **FOR_THE_PAGE}
        outbox.queue(PHONE, key, params, community=community, language=language)
    asking = {message.template for message in Message.objects.all() if ASKS_REPLY.search(message.text)}
    assert Message.objects.count() == len(TEXTS)
    assert asking == set()


def test_text_that_needs_a_code_is_not_written_without_one(one_way, community):
    """Better no text than one that nobody can answer: whoever writes it has to bring the code."""
    with pytest.raises(KeyError):
        outbox.queue(PHONE, "ask_end", {"service": "Groceries"}, community=community, language="en")
    assert Message.objects.count() == 0


def test_thanks_for_what_came_by_another_gateway_lead_to_the_page(one_way, community):
    """Replies may come in by a first gateway while its fallback brings none: the answer may go by either."""
    volunteer = factories.VolunteerFactory(community=community, phone=PHONE)
    factories.AssignmentFactory(volunteer=volunteer, help_request__community=community)
    inbound.receive(gateway(), Inbound(gateway_ref="1", sender=PHONE, text="on my way"))
    message = Message.objects.get(template="on_my_way_thanks")
    assert re.search(r"testserver/c/.*\d{8}", message.text)


def test_opt_out_is_confirmed_without_a_word_to_reply(one_way, community):
    factories.VolunteerFactory(community=community, phone=PHONE, text_language="zh-hans")
    inbound.receive(gateway(), Inbound(gateway_ref="1", sender=PHONE, text="退订"))
    message = Message.objects.get()
    assert (message.template, message.params) == ("opt_out_done", {})
    assert "请告诉社区" in message.text
