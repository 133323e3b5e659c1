"""The JSON API: one help request a key, only in the token's communities, a problem document for every error."""

import json
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from linzhu.communities.models import ApiToken
from linzhu.dispatch.links import family_door
from linzhu.requests.models import HelpRequest, Status, StatusChange
from tests.factories import (
    AssignmentFactory,
    CommunityFactory,
    ElderFactory,
    HelpRequestFactory,
    OfferFactory,
    WaveFactory,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/help-requests"


@pytest.fixture
def elder(community):
    return ElderFactory(community=community)


@pytest.fixture
def token(community):
    return ApiToken.issue(community, "hotline")[1]


@pytest.fixture
def call(token):
    """A hotline that calls the API with its token."""
    client = Client(headers={"authorization": f"Bearer {token}"})

    def post(body, key="call-1", **kwargs):
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        headers = {"idempotency-key": key} if key else {}
        return client.post(URL, content, content_type="application/json", headers=headers, **kwargs)

    post.get = client.get
    post.put = client.put
    return post


@pytest.fixture
def body(elder):
    start = timezone.now() + timedelta(hours=3)
    return {
        "elder_id": elder.pk,
        "service": "groceries",
        "details": "Rice, 5 kg",
        "window_start": start.isoformat(),
        "window_end": (start + timedelta(hours=2)).isoformat(),
    }


def problem(response):
    """The problem document, checked for what every one must have."""
    document = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "errors"} <= document.keys()
    assert document["status"] == response.status_code
    return document


def fields(response):
    return [error["field"] for error in problem(response)["errors"]]


# --- opening ------------------------------------------------------------------------------------------------------


def test_help_request_is_opened(call, body, elder):
    response = call(body)

    help_request = HelpRequest.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "ref": help_request.ref,
        "status": "open",
        "family_url": response.json()["family_url"],
    }
    assert response["Location"] == f"{URL}/{help_request.ref}"
    assert (help_request.elder, help_request.service_code, help_request.channel) == (elder, "groceries", "device")
    assert help_request.details == "Rice, 5 kg"
    assert help_request.window_start == datetime.fromisoformat(body["window_start"])


def test_opening_is_noted_as_the_hotlines(call, body):
    call(body)

    change = StatusChange.objects.get()
    assert (change.who, change.name, change.to_status) == ("api", "hotline", Status.OPEN)


def test_family_url_opens_the_family_page(call, body):
    url = call(body).json()["family_url"]
    family = Client()

    response = family.get(url.removeprefix("http://testserver"), follow=True)

    assert response.status_code == 200
    assert family_door.cookie in family.cookies


@pytest.mark.parametrize("written", ["022-2000 9999", "+862220009999", "０２２２０００９９９９"])
def test_elder_is_found_by_phone_as_people_write_it(call, body, community, written):
    elder = ElderFactory(community=community, phone="+862220009999")
    del body["elder_id"]

    assert call(body | {"elder_phone": written}).status_code == 201
    assert HelpRequest.objects.get().elder == elder


def test_channel_can_be_named(call, body):
    call(body | {"channel": "phone"})

    assert HelpRequest.objects.get().channel == "phone"


def test_time_without_an_offset_is_local(call, body):
    local = timezone.localtime() + timedelta(hours=4)
    naive = local.replace(tzinfo=None, microsecond=0)

    call(body | {"window_start": naive.isoformat(), "window_end": (naive + timedelta(hours=1)).isoformat()})

    assert HelpRequest.objects.get().window_start == local.replace(microsecond=0)


def test_elder_below_the_tokens_community_is_reached(call, body, community):
    below = ElderFactory(community=CommunityFactory(parent=community))

    assert call(body | {"elder_id": below.pk}).status_code == 201


# --- once ---------------------------------------------------------------------------------------------------------


def test_same_key_and_body_open_nothing_twice(call, body):
    first, second = call(body), call(body)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["ref"] == second.json()["ref"]
    assert HelpRequest.objects.count() == 1


def test_retry_after_the_window_has_passed_still_answers(call, body):
    ref = call(body).json()["ref"]
    past = {
        "window_start": timezone.now() - timedelta(hours=3),
        "window_end": timezone.now() - timedelta(hours=1),
    }
    HelpRequest.objects.update(**past)

    response = call(body | {name: at.isoformat() for name, at in past.items()})

    assert (response.status_code, response.json()["ref"]) == (200, ref)


def test_same_key_with_another_body_is_a_conflict(call, body):
    call(body)

    response = call(body | {"service": "medicine"})

    assert response.status_code == 409
    assert "Idempotency-Key" in problem(response)["detail"]
    assert HelpRequest.objects.count() == 1


def test_another_key_opens_another(call, body):
    assert call(body)["Location"] != call(body, key="call-2")["Location"]


def test_key_of_another_token_is_another_key(call, body, community):
    call(body)
    other = Client(headers={"authorization": f"Bearer {ApiToken.issue(community, 'device')[1]}"})

    response = other.post(URL, json.dumps(body), "application/json", headers={"idempotency-key": "call-1"})

    assert response.status_code == 201
    assert HelpRequest.objects.count() == 2


@pytest.mark.parametrize("key", ["", "a" * 81, "schlüssel", "two words"])
def test_key_that_is_missing_or_strange_is_refused(call, body, key):
    response = call(body, key=key)

    assert response.status_code == 422
    assert fields(response) == ["Idempotency-Key"]


# --- what cannot be opened ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("body_of", [{"elder_id": 999_999}, {"elder_phone": "022-2000 9998", "elder_id": None}])
def test_unknown_elder_is_not_found(call, body, body_of):
    response = call(body | body_of)

    assert response.status_code == 404
    assert "No such elder" in problem(response)["detail"]


def test_elder_of_another_community_is_as_unknown(call, body):
    stranger = ElderFactory()

    unknown = call(body | {"elder_id": 999_999})
    response = call(body | {"elder_id": stranger.pk})

    assert response.status_code == 404
    assert problem(response) == problem(unknown)


def test_number_of_several_elders_asks_which(call, body, community):
    couple = [ElderFactory(community=community, phone="+862220009999").pk for _person in range(2)]

    response = call(body | {"elder_phone": "022-20009999", "elder_id": None})

    assert response.status_code == 409
    assert problem(response)["elder_ids"] == couple
    assert "张秀英" not in response.content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service": "laundry"}, "service"),
        ({"service": None}, "service"),
        ({"window_end": "2020-01-01T10:00"}, "window_end"),
        ({"window_start": "2020-01-01T10:00", "window_end": "2020-01-01T12:00"}, "window_end"),
        ({"window_end": "2999-01-01T12:00+08:00"}, "window_end"),
        ({"window_start": "tomorrow"}, "window_start"),
        ({"window_start": 1_900_000_000}, "window_start"),
        ({"window_start": "2030-01-01"}, "window_start"),
        ({"details": "x" * 2001}, "details"),
        ({"details": "a\0b"}, "details"),
        ({"channel": "pigeon"}, "channel"),
        ({"elder_id": 2**80}, "elder_id"),
        ({"elder_id": None}, ""),
        ({"elder_phone": "022-2000 9999"}, ""),
        ({"elder_phone": "110", "elder_id": None}, "elder_phone"),
        ({"elder_name": "张秀英"}, "elder_name"),
    ],
)
def test_wrong_field_is_named(call, body, change, field):
    response = call(body | change)

    assert response.status_code == 422
    assert fields(response) == [field]
    assert not HelpRequest.objects.exists()


def test_unknown_service_lists_the_known_ones(call, body):
    message = problem(call(body | {"service": "laundry"}))["errors"][0]["message"]

    assert "groceries" in message
    assert "safety-check" in message


def test_answer_does_not_repeat_what_was_sent(call, body):
    assert "身份证" not in call(body | {"details": "身份证" * 1000}).content.decode()


@pytest.mark.parametrize("content", ["{", "", "\xff\xfe", '"text"', "[]", "null"])
def test_body_that_is_no_object_is_refused(call, content):
    response = call(content)

    assert response.status_code in {400, 422}
    assert problem(response)["detail"]


def test_body_that_is_too_large_is_refused(call, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = call("x" * 2000)

    assert response.status_code == 413
    assert problem(response)["detail"] == "The body is too large."


# --- how far it is ------------------------------------------------------------------------------------------------


def test_progress_of_a_help_request_that_is_looked_after(call, community):
    help_request = HelpRequestFactory(elder__community=community, status=Status.ASSIGNED)
    wave = WaveFactory(help_request=help_request)
    for _neighbour in range(2):
        OfferFactory(help_request=help_request, wave=wave)
    AssignmentFactory(help_request=help_request, volunteer__name="Aisha Karim")
    change = StatusChange.objects.create(help_request=help_request, to_status=Status.ASSIGNED, who="volunteer")

    response = call.get(f"{URL}/{help_request.ref}")

    document = response.json()
    logged_at, assigned_at = (document["stages"].pop(stage) for stage in ("logged_at", "assigned_at"))
    assert datetime.fromisoformat(logged_at) - help_request.created_at < timedelta(seconds=1)
    assert datetime.fromisoformat(assigned_at) - change.at < timedelta(seconds=1)
    assert document == {
        "ref": help_request.ref,
        "status": "assigned",
        "stages": dict.fromkeys(("underway_at", "done_at", "closed_at", "cancelled_at", "unmet_at")),
        "offers_sent": 2,
        "people": ["Aisha"],
    }


def test_progress_in_another_community_is_not_found(call):
    response = call.get(f"{URL}/{HelpRequestFactory().ref}")

    assert response.status_code == 404
    assert problem(response) == problem(call.get(f"{URL}/NOSUCH"))


# --- who may call, and how ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", "Basic dXNlcjpwYXNz", "wrong"])
def test_call_without_a_valid_token_is_refused(db, header):
    response = Client(headers={"authorization": header} if header else {}).get(f"{URL}/H7K2M")

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert problem(response)["title"] == "Unauthorized"


def test_revoked_token_is_refused(call):
    ApiToken.objects.update(revoked_at=timezone.now())

    assert call.get(f"{URL}/H7K2M").status_code == 401


def test_session_of_staff_opens_no_api(desk):
    assert desk.get(f"{URL}/H7K2M").status_code == 401


def test_use_of_a_token_is_noted_once_a_minute(call):
    call.get(f"{URL}/H7K2M")
    first = ApiToken.objects.get().last_used_at
    call.get(f"{URL}/H7K2M")

    assert first is not None
    assert ApiToken.objects.get().last_used_at == first

    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    call.get(f"{URL}/H7K2M")
    assert ApiToken.objects.get().last_used_at >= first


def test_more_than_120_calls_a_minute_are_put_off(call, time_machine):
    time_machine.move_to(timezone.now().replace(second=5), tick=False)
    for _call in range(120):
        assert call.get(f"{URL}/H7K2M").status_code == 404

    response = call.get(f"{URL}/H7K2M")

    assert response.status_code == 429
    assert problem(response)["status"] == 429
    assert 0 < int(response["Retry-After"]) <= 60

    time_machine.shift(60)
    assert call.get(f"{URL}/H7K2M").status_code == 404


@pytest.mark.parametrize("path", ["", "nothing", "help-requests/H7K2M/cancel"])
def test_unknown_address_is_a_problem_document(call, path):
    response = call.get(f"/api/v1/{path}")

    assert response.status_code == 404
    assert problem(response)["title"] == "Not Found"


def test_wrong_method_is_a_problem_document(call):
    response = call.put(f"{URL}")

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert problem(response)["detail"] == "Use POST here."


# --- the description ----------------------------------------------------------------------------------------------


def test_openapi_names_both_operations(client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]

    assert {(path, method) for path, item in paths.items() for method in item} == {
        (URL, "post"),
        (f"{URL}/{{ref}}", "get"),
    }


def test_docs_load_nothing_from_elsewhere(client):
    page = client.get("/api/v1/docs").content.decode()

    assert "https://" not in page
    assert "/static/ninja/" in page
