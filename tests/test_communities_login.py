"""Signing in: for the office's staff alone, and patient with one wrong hand without locking out the others."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import RoleFactory

PASSWORD = "a long enough one"
pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    user = RoleFactory().user
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(username: str, password: str, address: str = "10.0.0.1"):
    client = Client(headers={"accept-language": "en"}, REMOTE_ADDR=address)
    return client.post(reverse("account_login"), {"login": username, "password": password})


def lock(username: str, address: str = "10.0.0.1"):
    for _attempt in range(5):
        response = sign_in(username, "wrong", address)
    return response


def test_staff_sign_in_and_see_the_board(staff):
    assert sign_in(staff.username, PASSWORD).url == reverse("home")


def test_wrong_password_is_said_kindly_and_keeps_the_name(staff):
    response = sign_in(staff.username, "wrong")
    assert f'value="{staff.username}"' in response.content.decode()


def test_five_wrong_passwords_lock_the_account_here(staff):
    lock(staff.username)
    assert sign_in(staff.username, PASSWORD).status_code == 429


def test_locked_page_says_how_long(staff):
    assert "quarter of an hour" in lock(staff.username).content.decode()


def test_account_is_not_locked_at_another_address(staff):
    lock(staff.username)
    assert sign_in(staff.username, PASSWORD, "10.0.0.2").status_code == 302


def test_colleague_at_the_same_address_is_not_locked(staff):
    colleague = RoleFactory().user
    colleague.set_password(PASSWORD)
    colleague.save()
    lock(staff.username)
    assert sign_in(colleague.username, PASSWORD).status_code == 302


def test_disabled_person_cannot_sign_in(staff):
    staff.is_active = False
    staff.save()
    assert sign_in(staff.username, PASSWORD).url != reverse("board")


def test_disabled_person_is_signed_out_everywhere(staff, client_of):
    browser = client_of(staff)
    staff.is_active = False
    staff.save()
    assert browser.get(reverse("elders")).status_code == 302


def test_nobody_signs_up():
    response = Client().post(
        reverse("account_signup"), {"username": "eve", "password1": PASSWORD, "password2": PASSWORD}
    )
    from linzhu.communities.models import User

    assert (response.status_code, User.objects.filter(username="eve").exists()) == (404, False)


def test_sign_out_ends_the_session(staff, client_of):
    browser = client_of(staff)
    browser.post(reverse("account_logout"))
    assert browser.get(reverse("elders")).status_code == 302


def test_password_is_changed(staff, client_of):
    browser = client_of(staff)
    new = "quite another long one"
    browser.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert sign_in(staff.username, new).url == reverse("home")


def test_disabled_account_is_sent_to_the_lead(staff):
    staff.is_active = False
    staff.save()
    response = sign_in(staff.username, PASSWORD)
    assert "community lead" in Client(headers={"accept-language": "en"}).get(response.url).content.decode()


@pytest.mark.parametrize(
    "page", ["email/", "password/reset/", "password/set/", "reauthenticate/", "confirm-email/", "social/"]
)
def test_there_are_no_other_pages_about_accounts(staff, client_of, page):
    statuses = {browser.get(f"/accounts/{page}").status_code for browser in (Client(), client_of(staff))}
    assert statuses == {404}
