"""The Aliyun gateway against a fake server on a real socket: out, looked up, and back in."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from linzhu.checks import check_environment
from linzhu.communities.clock import now
from linzhu.dispatch import telling
from linzhu.dispatch.models import Offer
from linzhu.logs import LinksMasked
from linzhu.notifications.gateways import aliyun_templates, gateway
from linzhu.notifications.gateways.aliyun_codes import ACCOUNT, FAULTS, UNSURE, fault_of, state_of_detail
from linzhu.notifications.gateways.aliyun_params import LANGUAGES, Unfit, fit
from linzhu.notifications.gateways.aliyun_signing import Key, encode_query, signed_headers
from linzhu.notifications.gateways.base import GatewayUnreachable, Outcome
from linzhu.notifications.gateways.faults import Fault
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.optout import is_opted_out
from linzhu.notifications.outbox import queue
from linzhu.notifications.reasons import reason_of
from linzhu.notifications.reconcile import reconcile
from linzhu.notifications.relay import relay
from linzhu.notifications.texts import TEXTS
from tests import factories
from tests.fake_aliyun import ACKNOWLEDGED, KEY_SECRET, WEBHOOK_SECRET, FakeAliyun, receipt, reply
from tests.fake_aliyun import Fault as Broken

State = Message.State
PHONE, DOMESTIC = "+8619920000001", "19920000001"
OFFER = {"service": "代购", "area": "新华里社区", "when": "今天14-16点", "page_code": "48217730"}
PAGE = {"page": "linzhu.example/c/"}
SECRET_PATH = f"/sms/aliyun/k/{WEBHOOK_SECRET}/"
APPROVED = {
    "offer": {"service", "area", "when", "page_code"},
    **{key: set(text.params) for key, text in TEXTS.items() if not text.links and key != "offer"},
    "family_logged": {"elder", "service", "page_code"},
    "family_assigned": {"elder", "service", "volunteer", "when", "page_code"},
}


@pytest.fixture
def aliyun(settings):
    with FakeAliyun() as fake:
        fake.configure(settings, "http://testserver", APPROVED)
        yield fake


@pytest.fixture
def message(community):
    return factories.MessageFactory(community=community, to=PHONE, params={**OFFER, **PAGE})


def post(path, entries, address="127.0.0.1", **headers):
    client = Client(REMOTE_ADDR=address)
    return client.post(path, json.dumps(entries), content_type="application/json", headers=headers)


# --- the signature ------------------------------------------------------------------------------------------------


def test_signature_is_that_of_the_documentations_worked_example():
    """help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature, 固定参数示例."""
    query = encode_query({"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"})
    headers = signed_headers(
        Key("YourAccessKeyId", "YourAccessKeySecret"),
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        query=query,
        nonce="3156853299f313e23d1673dc12e1703d",
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
    )
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_query_is_encoded_as_rfc_3986_says():
    assert encode_query({"b": "a b+*~/", "a": "邻"}) == "a=%E9%82%BB&b=a%20b%2B%2A~%2F"


def test_wrong_secret_is_refused_by_the_server_and_waits_for_the_operator(aliyun, message, settings):
    settings.ALIYUN_ACCESS_KEY_SECRET = "another"
    result = gateway().send(message)
    assert (result.outcome, result.error_code) == (Outcome.RETRY_LATER, "SignatureDoesNotMatch")
    assert result.gateway_down is True


def test_secrets_are_not_shown(aliyun):
    shown = repr(gateway()._account)
    assert KEY_SECRET not in shown
    assert WEBHOOK_SECRET not in shown


# --- which gateway, and what it can do ----------------------------------------------------------------------------


def test_gateway_is_made_once_for_the_same_settings(aliyun, settings):
    first = gateway()
    assert gateway() is first
    settings.ALIYUN_TEMPLATES = {"zh-hans": {"offer": "SMS_9"}}
    assert gateway() is not first


def test_gateway_says_what_it_can_do(aliyun, settings):
    can = gateway().capabilities
    assert (can.two_way, can.free_text, can.links, can.signed, can.metered) == (False, False, False, False, True)
    assert can.scripts == {"Hans", "Latn"}
    settings.ALIYUN_TWO_WAY = True
    assert gateway().capabilities.two_way is True


# --- out ----------------------------------------------------------------------------------------------------------


def test_send_hands_over_template_parameters_and_our_reference(aliyun, message, settings):
    settings.ALIYUN_EXTEND_CODE = "77"
    result = gateway().send(message)
    (text,) = aliyun.texts
    assert (result.outcome, result.state, result.gateway_ref) == (Outcome.ACCEPTED, State.ACCEPTED, text.biz_id)
    assert (text.phone, text.params, text.out_id) == (DOMESTIC, OFFER, str(message.ref))
    assert text.template == settings.ALIYUN_TEMPLATES["zh-hans"]["offer"]
    assert (text.query["SignName"], text.query["SmsUpExtendCode"]) == ("邻助", "77")


def test_send_without_parameters_names_none(aliyun, community):
    result = gateway().send(factories.MessageFactory(community=community, to=PHONE, template="no_thanks", params={}))
    assert result.outcome is Outcome.ACCEPTED
    assert "TemplateParam" not in aliyun.texts[0].query


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"language": "en"}, "no-template"),
        ({"language": "bo", "params": {**OFFER, "service": "ཉོ་ཆ"}}, "param-script"),
        ({"to": "+14155550100"}, "not-domestic"),
        ({"params": {**OFFER, "service": ""}}, "param-empty"),
        ({"params": {**OFFER, "service": "长" * 36}}, "param-length"),
        ({"params": {**OFFER, "service": "看 https://a.example/x"}}, "param-link"),
        ({"params": {**OFFER, "area": "找王姐138 0013 8000"}}, "param-phone"),
    ],
)
def test_send_refuses_what_aliyun_would_refuse_without_asking_it(aliyun, message, changes, code):
    for name, value in changes.items():
        setattr(message, name, value)
    result = gateway().send(message)
    assert (result.outcome, result.state, result.error_code) == (Outcome.REJECTED, State.FAILED, code)
    assert (result.permanent, result.gateway_down, aliyun.tries) == (False, False, 0)
    assert reason_of(State.FAILED, code).text


@pytest.mark.parametrize(
    ("code", "outcome", "down"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", Outcome.RETRY_LATER, False),
        ("Throttling.User", Outcome.RETRY_LATER, False),
        ("isv.AMOUNT_NOT_ENOUGH", Outcome.RETRY_LATER, True),
        ("isv.OUT_OF_SERVICE", Outcome.RETRY_LATER, True),
        ("isv.SMS_TEMPLATE_ILLEGAL", Outcome.RETRY_LATER, False),
        ("isp.SYSTEM_ERROR", Outcome.UNKNOWN, True),
        ("ServiceUnavailable", Outcome.UNKNOWN, True),
        ("isv.BLACK_KEY_CONTROL_LIMIT", Outcome.REJECTED, False),
        ("isv.NEVER_MET", Outcome.REJECTED, False),
    ],
)
def test_code_means_an_outcome(aliyun, message, code, outcome, down):
    aliyun.fail_next(code)
    result = gateway().send(message)
    assert (result.outcome, result.error_code, result.gateway_down, result.permanent) == (outcome, code, down, False)


def test_number_that_gets_no_texts_is_lost_for_good(aliyun, message):
    aliyun.refuse[DOMESTIC] = "isv.MOBILE_NUMBER_ILLEGAL"
    result = gateway().send(message)
    assert (result.outcome, result.permanent) == (Outcome.REJECTED, True)


@pytest.mark.parametrize("fault", [Broken.GARBLED, Broken.ERROR_AFTER, Broken.SILENCE_AFTER, Broken.SILENCE_BEFORE])
def test_answer_that_tells_nothing_is_unknown(aliyun, message, fault):
    aliyun.fail_next(fault)
    assert gateway().send(message).outcome is Outcome.UNKNOWN


def test_server_that_cannot_be_reached_has_not_seen_the_text(aliyun, message, settings):
    settings.ALIYUN_API_URL = "http://127.0.0.1:9"
    result = gateway().send(message)
    assert (result.outcome, result.gateway_down) == (Outcome.RETRY_LATER, True)


def test_send_logs_neither_number_nor_parameters(aliyun, message, caplog):
    aliyun.fail_next("isv.NEVER_MET")
    with caplog.at_level("INFO"):
        gateway().send(message)
    assert DOMESTIC not in caplog.text
    assert "代购" not in caplog.text


def test_library_that_logs_addresses_is_kept_quiet(settings):
    """Numbers stand in the query; urllib3 writes it at DEBUG."""
    assert settings.LOGGING["loggers"]["urllib3"]["level"] == "ERROR"


def test_every_code_has_a_fault_and_words_for_staff():
    assert set(FAULTS) >= ACCOUNT
    assert not UNSURE & set(FAULTS)
    assert fault_of("Throttling.Api") is Fault.PASSING
    assert fault_of("isv.NEVER_MET") is Fault.HUMAN
    assert all(reason_of(State.FAILED, code).code == code for code in FAULTS)


# --- the variables ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "fitted"),
    [
        ("elder", " 欧阳  秀英 ", "欧阳 秀英"),
        ("elder", "王【大爷】", "王（大爷）"),
        ("area", "甲" * 40, "甲" * 35),
        (
            "choices",
            "47 生活用品代购、52 代取药、61 陪同就医、70 待遇资格上门认证",
            "47 生活用品代购、52 代取药、61 陪同就医",
        ),
        ("reason", "", "无"),
        ("phone", "022 2731 8800", "02227318800"),
        ("phone", "022 2731 8800 转 80", "02227318800-80"),
        ("office", "138 0013 8000", "13800138000"),
        ("page_code", "48217730", "48217730"),
        ("when", "11月25日9:30-11:30", "11月25日9:30-11:30"),
        ("address", "新华里社区东区12号楼3单元1502", "新华里社区东区12号楼3单元1502"),
    ],
)
def test_variable_is_made_to_fit(name, value, fitted):
    assert fit({name: value}, "zh-hans") == {name: fitted}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("address", "甲" * 36, Unfit.LENGTH),
        ("volunteer", "，".join(["陈磊"] * 13), Unfit.LENGTH),
        ("phone", "022 2731 8800 转 80212", Unfit.PHONE),
        ("office", "社区办公室", Unfit.PHONE),
        ("elder", "linzhu.cn", Unfit.LINK),
        ("door_word", "", Unfit.EMPTY),
    ],
)
def test_variable_that_cannot_fit_is_refused(name, value, code):
    with pytest.raises(Unfit) as refusal:
        fit({name: value}, "zh-hans")
    assert refusal.value.code == code


# --- looking up ---------------------------------------------------------------------------------------------------


def test_look_up_finds_the_text_by_our_reference_page_by_page(aliyun, message, community):
    for _text in range(60):
        gateway().send(factories.MessageFactory(community=community, to=PHONE, params=OFFER))
    aliyun.texts.sort(key=lambda text: text.out_id)
    aliyun.fail_next(Broken.ERROR_AFTER)
    gateway().send(message)
    aliyun.texts.insert(0, aliyun.texts.pop())  # the oldest stands on the last page
    found = gateway().look_up(message)
    assert (found.outcome, found.state, aliyun.queries) == (Outcome.ACCEPTED, State.ACCEPTED, 2)


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [(3, "DELIVERED", State.DELIVERED), (2, "SP_UNKNOWN_ERROR", State.UNDELIVERED), (9, "", State.ACCEPTED)],
)
def test_look_up_tells_what_became_of_it(aliyun, message, status, code, state):
    gateway().send(message)
    aliyun.texts[0].status, aliyun.texts[0].err_code = status, code
    found = gateway().look_up(message)
    assert (found.state, found.error_code) == (state, code if status == 2 else "")


def test_look_up_of_what_is_not_there_says_so_once_the_lease_is_over(aliyun, message, community):
    gateway().send(factories.MessageFactory(community=community, to=PHONE, params=OFFER))
    message.lease_until = now() + timedelta(seconds=50)
    assert gateway().look_up(message).error_code == "too-soon"
    message.lease_until = now() - timedelta(seconds=1)
    assert gateway().look_up(message) is None


def test_look_up_asks_for_every_day_in_aliyuns_own_calendar(aliyun, message, stopped_clock):
    stopped_clock.move_to(datetime(2026, 11, 23, 15, 59, tzinfo=UTC))  # 23:59 in Shanghai
    message.created_at = now()
    gateway().send(message)
    stopped_clock.shift(120)
    assert gateway().look_up(message).outcome is Outcome.ACCEPTED
    assert aliyun.queries == 2


def test_look_up_without_an_answer_is_unknown(aliyun, message):
    aliyun.down = True
    assert gateway().look_up(message).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("fault", "tries"), [(Broken.SILENCE_AFTER, 1), (Broken.GARBLED, 1), (Broken.SILENCE_BEFORE, 2)]
)
def test_text_whose_answer_was_lost_is_sent_once(aliyun, community, fault, tries):
    aliyun.fail_next(fault)
    message = queue(PHONE, "offer", {**OFFER, **PAGE}, community=community, language="zh-hans")
    relay(message.pk)
    for _look in range(2):
        Message.objects.update(lease_until=now() - timedelta(seconds=1), next_attempt_at=now())
        relay(message.pk)
    message.refresh_from_db()
    assert (message.state, len(aliyun.texts), aliyun.tries) == (State.ACCEPTED, 1, tries)


# --- receipts that did not come -----------------------------------------------------------------------------------


def test_history_asks_after_texts_without_a_receipt(aliyun, community):
    message = queue(PHONE, "offer", {**OFFER, **PAGE}, community=community, language="zh-hans")
    relay(message.pk)
    aliyun.texts[0].status = 3
    assert reconcile(gateway(), now() - timedelta(hours=1)).reported == 0  # its receipt may still come
    Message.objects.update(handed_at=now() - timedelta(minutes=4))
    assert reconcile(gateway(), now() - timedelta(hours=1)).reported == 1
    message.refresh_from_db()
    assert (message.state, message.gateway_ref) == (State.DELIVERED, aliyun.texts[0].biz_id)
    asked = aliyun.queries
    reconcile(gateway(), now() - timedelta(hours=1))
    assert aliyun.queries == asked


def test_history_without_an_answer_says_so(aliyun, message):
    aliyun.down = True
    Message.objects.update(gateway="aliyun", state=State.ACCEPTED, handed_at=now() - timedelta(minutes=4))
    with pytest.raises(GatewayUnreachable, match="ServiceUnavailable"):
        list(gateway().history(now() - timedelta(hours=1)))


def test_status_of_a_word_that_nobody_knows_counts_as_accepted():
    assert state_of_detail(7, "") == State.ACCEPTED


# --- who may knock ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["inbound", "status"])
def test_webhook_with_a_wrong_secret_is_not_there(aliyun, db, what):
    assert post(f"/sms/aliyun/k/{'x' * 32}/{what}/", []).status_code == 404
    assert post(f"/sms/aliyun/{what}/", []).status_code == 404


def test_webhook_without_a_configured_secret_is_not_there(aliyun, db, settings):
    settings.ALIYUN_WEBHOOK_SECRET = ""
    assert post("/sms/aliyun/k//inbound/", []).status_code == 404
    assert post("/sms/aliyun/inbound/", []).status_code == 404
    assert post(f"{SECRET_PATH}inbound/", []).status_code == 404


@pytest.mark.parametrize(
    ("address", "status"),
    [("203.0.113.7", 200), ("::ffff:203.0.113.7", 200), ("198.51.100.200", 200), ("203.0.113.8", 404), ("", 404)],
)
def test_webhook_comes_from_a_known_address(aliyun, db, settings, address, status):
    settings.ALIYUN_WEBHOOK_ADDRESSES = ["203.0.113.7", " 198.51.100.0/24"]
    assert post(f"{SECRET_PATH}inbound/", [], address).status_code == status


def test_webhook_believes_no_header_about_the_address(aliyun, db, settings):
    settings.ALIYUN_WEBHOOK_ADDRESSES = ["203.0.113.7"]
    response = post(f"{SECRET_PATH}inbound/", [], "198.51.100.1", **{"X-Forwarded-For": "203.0.113.7"})
    assert response.status_code == 404


def test_webhook_without_a_list_takes_any_address(aliyun, db, settings):
    settings.ALIYUN_WEBHOOK_ADDRESSES = []
    assert post(f"{SECRET_PATH}inbound/", [], "198.51.100.1").status_code == 200


def test_webhook_of_another_gateway_is_not_there(aliyun, db, settings):
    settings.SMS_GATEWAY = "local"
    assert post(f"{SECRET_PATH}inbound/", []).status_code == 404


def test_refusal_logs_no_secret(aliyun, db, caplog):
    post(f"{SECRET_PATH}inbound/", {"not": "a list"})
    post(f"/sms/aliyun/k/{'x' * 32}/inbound/", [])
    masked = [record.getMessage() for record in caplog.records if LinksMasked().filter(record)]
    assert any("/sms/aliyun/k/…/inbound/" in line for line in masked)
    assert not any(WEBHOOK_SECRET in line for line in masked)


# --- texts in -----------------------------------------------------------------------------------------------------


def test_inbound_stores_every_reply_and_is_acknowledged_as_aliyun_demands(aliyun, db):
    response = post(f"{SECRET_PATH}inbound/", [reply(PHONE, "接47", "1"), reply("+8619920000002", "不接48", "2")])
    assert (response.status_code, response.json()) == (200, ACKNOWLEDGED)
    assert "接收成功" in response.content.decode()
    rows = InboundMessage.objects.order_by("gateway_ref").values_list("gateway", "gateway_ref", "sender", "text")
    assert list(rows) == [("aliyun", "1", PHONE, "接47"), ("aliyun", "2", "+8619920000002", "不接48")]
    assert InboundMessage.objects.first().recipient == "106900001234"


def test_inbound_twice_is_stored_once_beside_what_is_new(aliyun, db):
    post(f"{SECRET_PATH}inbound/", [reply(PHONE, "接47", "1")])
    again = post(f"{SECRET_PATH}inbound/", [reply(PHONE, "接47", "1"), reply(PHONE, "到了", "2")])
    assert again.json() == ACKNOWLEDGED
    assert InboundMessage.objects.count() == 2


def test_inbound_without_a_sequence_is_known_by_what_it_says(aliyun, db):
    entry = {name: value for name, value in reply(PHONE, "接47", "1").items() if name != "sequence_id"}
    for _delivery in range(2):
        assert post(f"{SECRET_PATH}inbound/", [entry]).status_code == 200
    post(f"{SECRET_PATH}inbound/", [{**entry, "send_time": "2026-11-23 12:00:01"}])
    assert InboundMessage.objects.count() == 2


@pytest.mark.parametrize("phone", ["19920000001", "8619920000001", "+8619920000001"])
def test_inbound_knows_the_sender_however_it_is_written(aliyun, db, phone):
    post(f"{SECRET_PATH}inbound/", [{**reply(PHONE, "接47", "1"), "phone_number": phone}])
    assert InboundMessage.objects.get().sender == PHONE


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff", b"phone_number=1"])
def test_inbound_that_is_no_array_is_refused_so_that_it_comes_again(aliyun, db, body):
    response = Client(REMOTE_ADDR="127.0.0.1").post(f"{SECRET_PATH}inbound/", body, content_type="application/json")
    assert response.status_code == 400


def test_inbound_stores_the_rest_of_an_array_with_an_entry_that_nobody_can_read(aliyun, db, caplog):
    assert post(f"{SECRET_PATH}inbound/", [None, reply(PHONE, "接47", "1")]).json() == ACKNOWLEDGED
    assert InboundMessage.objects.get().text == "接47"
    assert "1 of 2 entries" in caplog.text


@pytest.mark.parametrize("sequence", ["1", ""])
def test_inbound_cut_in_the_middle_of_an_emoji_does_not_stop_the_others(aliyun, db, sequence):
    """As 接47😀 is after 67 units: JSON can hold one half alone, no database can."""
    cut = {**reply(PHONE, "接47\ud83d", "1"), "sequence_id": sequence}
    entries = [cut, reply("+8619920000002", "不接48", "2")]
    assert post(f"{SECRET_PATH}inbound/", entries).json() == ACKNOWLEDGED
    assert list(InboundMessage.objects.order_by("pk").values_list("text", flat=True)) == ["接47?", "不接48"]


# --- receipts -----------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(aliyun, community):
    message = queue(PHONE, "offer", {**OFFER, **PAGE}, community=community, language="zh-hans")
    relay(message.pk)
    message.refresh_from_db()
    return message


def told(aliyun, message, **changes):
    response = post(f"{SECRET_PATH}status/", [{**receipt(aliyun.texts[0]), **changes}])
    assert (response.status_code, response.json()) == (200, ACKNOWLEDGED)
    message.refresh_from_db()
    return message.state, message.error_code


def test_receipt_says_that_it_arrived(aliyun, sent):
    assert told(aliyun, sent, success=True, err_code="DELIVERED") == (State.DELIVERED, "")


def test_receipt_says_why_it_did_not(aliyun, sent):
    assert told(aliyun, sent, success=False, err_code="MOBILE_NOT_ON_SERVICE") == (
        State.UNDELIVERED,
        "MOBILE_NOT_ON_SERVICE",
    )


def test_receipt_without_our_reference_is_known_by_aliyuns(aliyun, sent):
    assert told(aliyun, sent, success=True, out_id=None)[0] == State.DELIVERED


def test_receipt_without_any_reference_is_nobodys(aliyun, sent):
    """Somebody else texts by the same account: that must not settle a text of ours that is in doubt."""
    Message.objects.update(state=State.UNKNOWN, gateway_ref="")
    assert told(aliyun, sent, success=True, out_id=None, biz_id=None)[0] == State.UNKNOWN


def test_receipt_that_tells_of_an_opt_out_is_obeyed(aliyun, sent):
    assert told(aliyun, sent, success=False, err_code="USER_REJECT")[0] == State.SUPPRESSED
    assert is_opted_out(PHONE) is True


def test_receipt_settles_a_text_whose_answer_was_lost(aliyun, sent):
    Message.objects.update(state=State.UNKNOWN, gateway_ref="")
    assert told(aliyun, sent, success=True)[0] == State.DELIVERED
    assert sent.gateway_ref == aliyun.texts[0].biz_id


# --- the whole way round ------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_text_goes_out_and_receipt_and_reply_come_back(aliyun, settings, live_server):
    aliyun.configure(settings, live_server.url, APPROVED)
    message = queue(PHONE, "offer", {**OFFER, **PAGE}, community=factories.CommunityFactory(), language="zh-hans")
    relay(message.pk)
    assert aliyun.push_receipts(*aliyun.texts) == 200
    assert aliyun.push_reply(PHONE, "接47", sequence_id="5") == 200
    assert [answer for _status, answer in aliyun.pushed] == [ACKNOWLEDGED, ACKNOWLEDGED]
    message.refresh_from_db()
    assert message.state == State.DELIVERED
    assert InboundMessage.objects.get().gateway_ref == "5"


def test_offer_goes_out_with_a_code_and_is_answered_on_the_page(aliyun, community):
    volunteer = factories.VolunteerFactory(community=community, phone=PHONE, text_language="zh-hans")
    offer = factories.OfferFactory(volunteer=volunteer, help_request__community=community)
    relay(telling.send_offer(offer).pk)
    (text,) = aliyun.texts
    browser = Client()
    entered = browser.post("/c/", {"code": text.params["page_code"], "ending": DOMESTIC[-4:]})
    browser.post(f"{entered.url}offers/{offer.pk}/yes/")
    offer.refresh_from_db()
    assert offer.status == Offer.Status.ACCEPTED


# --- what must be set ---------------------------------------------------------------------------------------------


def found():
    return {error.id for error in check_environment() if error.id >= "linzhu.E015" and error.id < "linzhu.E020"} | {
        error.id for error in check_environment() if error.id in {"linzhu.W002", "linzhu.W003"}
    }


def test_check_with_a_full_configuration_misses_english_alone(aliyun):
    assert found() == {"linzhu.W002"}


@pytest.mark.parametrize(
    ("name", "value", "check_id"),
    [
        ("ALIYUN_ACCESS_KEY_ID", "", "linzhu.E015"),
        ("ALIYUN_ACCESS_KEY_SECRET", "", "linzhu.E015"),
        ("ALIYUN_SIGN_NAME", "", "linzhu.E015"),
        ("ALIYUN_WEBHOOK_SECRET", "short", "linzhu.E017"),
        ("ALIYUN_WEBHOOK_ADDRESSES", ["office"], "linzhu.E018"),
        ("ALIYUN_WEBHOOK_ADDRESSES", [], "linzhu.W003"),
    ],
)
def test_check_fires(aliyun, settings, name, value, check_id):
    setattr(settings, name, value)
    assert found() - {"linzhu.W002"} == {check_id}


def test_check_names_the_texts_that_have_no_approved_template(aliyun, settings):
    codes = dict(settings.ALIYUN_TEMPLATES["zh-hans"])
    del codes["offer"], codes["visit_yours"]
    settings.ALIYUN_TEMPLATES = {"zh-hans": codes}
    (error,) = [error for error in check_environment() if error.id == "linzhu.E016"]
    assert "offer, visit_yours." in error.msg


def test_check_is_silent_where_another_gateway_carries_the_texts(settings):
    settings.SMS_GATEWAY = "local"
    assert found() == set()


def test_command_prints_what_is_handed_in(aliyun):
    out = StringIO()
    call_command("aliyun_templates", stdout=out)
    printed = out.getvalue()
    assert "谢谢您！${service}刚有邻居先接下了" in printed
    assert "phone: 电话号码" in printed
    assert "【" not in printed


def test_every_wanted_wording_uses_each_variable(aliyun):
    for language in LANGUAGES:
        for key in aliyun_templates.wanted():
            item = aliyun_templates.wording(key, language, "linzhu.example/c/")
            assert all(f"${{{name}}}" in item.text for name in item.attributes), key
