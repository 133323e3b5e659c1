"""What pages may ask of the browser: nothing, but the microphone where somebody speaks into the search."""

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
HEADER = "Permissions-Policy"


def rights(response) -> dict[str, str]:
    return dict(right.strip().split("=") for right in response.headers[HEADER].split(","))


@pytest.mark.parametrize("name", ["board", "elders", "help-requests", "inbox"])
def test_page_may_use_neither_microphone_nor_place(desk, name):
    allowed = rights(desk.get(reverse(name)))
    assert (allowed["microphone"], allowed["geolocation"], allowed["camera"]) == ("()", "()", "()")


def test_public_page_may_not_listen():
    assert rights(Client().get(reverse("account_login")))["microphone"] == "()"


def test_intake_may_listen_and_nothing_else(desk):
    allowed = rights(desk.get(reverse("intake")))
    assert {right for right, who in allowed.items() if who != "()"} == {"microphone"}


def test_intake_may_listen_for_itself_alone(desk):
    assert rights(desk.get(reverse("intake")))["microphone"] == "(self)"


def test_call_that_is_passed_on_opens_a_page_that_may_listen(desk):
    assert rights(desk.post(reverse("intake-elders"), {"q": "13800138000"}))["microphone"] == "(self)"


def test_intake_that_sends_one_to_sign_in_may_not_listen_for_strangers():
    response = Client().get(reverse("intake"))
    assert (response.status_code, rights(response)["geolocation"]) == (302, "()")
