"""A code from one's own phone besides the password: asked for where it must be, and hard to guess, replay or steal."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography.fernet import InvalidToken
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import travel

from linzhu.checks import check_environment
from linzhu.communities.second_factor import SecondFactorAdapter
from tests.factories import RoleFactory

PASSWORD, SECRET = "a long enough one", "JBSWY3DPEHPK3PXP"
PAGES = ["board", "elders", "help-requests", "inbox", "intake", "volunteers", "figures", "home"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demanded(settings):
    settings.STAFF_TOTP = True


@pytest.fixture
def staff():
    user = RoleFactory().user
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def equipped(staff):
    """Somebody whose phone shows codes."""
    TOTP.activate(staff, SECRET)
    return staff


def code(secret: str = SECRET, steps_ago: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 - steps_ago))


def browser(address: str = "10.0.0.1") -> Client:
    return Client(headers={"accept-language": "en"}, REMOTE_ADDR=address)


def give_password(client: Client, user):
    return client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})


def give_code(client: Client, text: str):
    return client.post(reverse("mfa_authenticate"), {"code": text})


def is_in(client: Client) -> bool:
    return client.get(reverse("elders")).status_code == 200


# --- Who has none yet -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_no_page_opens_before_a_second_factor_is_set_up(staff, name):
    client = browser()
    give_password(client, staff)
    assert client.get(reverse(name)).url == reverse("mfa_activate_totp")


def test_no_action_is_done_before_a_second_factor_is_set_up(staff):
    client = browser()
    give_password(client, staff)
    assert client.post(reverse("intake-elders"), {"q": "a"}).url == reverse("mfa_activate_totp")


def test_nothing_is_asked_where_it_is_not_demanded(staff, settings):
    settings.STAFF_TOTP = False
    client = browser()
    give_password(client, staff)
    assert is_in(client)


def test_setting_it_up_opens_the_pages_and_shows_recovery_codes(staff):
    client = browser()
    give_password(client, staff)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    page = client.post(reverse("mfa_activate_totp"), {"code": code(secret)}, follow=True)
    assert (len(page.context["unused_codes"]), is_in(client)) == (10, True)


def test_page_of_setting_up_shows_a_picture_and_the_key(staff):
    client = browser()
    give_password(client, staff)
    page = client.get(reverse("mfa_activate_totp"))
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    assert page.context["form"].secret in page.content.decode()


def test_wrong_code_sets_nothing_up(staff):
    client = browser()
    give_password(client, staff)
    client.get(reverse("mfa_activate_totp"))
    page = client.post(reverse("mfa_activate_totp"), {"code": "000000"}).content.decode()
    assert ("This code is not right" in page, Authenticator.objects.count()) == (True, 0)


def test_recovery_codes_are_shown_once(staff):
    client = browser()
    give_password(client, staff)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    first = client.post(reverse("mfa_activate_totp"), {"code": code(secret)}, follow=True).context["unused_codes"]
    again = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert ([one for one in first if one in again], "10 recovery codes are left" in again) == ([], True)


# --- Signing in with one --------------------------------------------------------------------------------------------


def test_password_alone_opens_nothing(equipped):
    client = browser()
    assert give_password(client, equipped).url == reverse("mfa_authenticate")
    assert not is_in(client)


def test_password_and_code_open_the_door(equipped):
    client = browser()
    give_password(client, equipped)
    give_code(client, code())
    assert is_in(client)


def test_code_alone_opens_nothing(equipped):
    client = browser()
    assert give_code(client, code()).url == reverse("account_login")
    assert not is_in(client)


@pytest.mark.parametrize("steps_ago", [1, -1])
def test_phone_s_clock_may_be_a_little_off(equipped, steps_ago):
    client = browser()
    give_password(client, equipped)
    give_code(client, code(steps_ago=steps_ago))
    assert is_in(client)


def test_code_of_two_minutes_ago_opens_nothing(equipped):
    client = browser()
    give_password(client, equipped)
    give_code(client, code(steps_ago=4))
    assert not is_in(client)


def test_code_opens_the_door_once(equipped):
    used = code()
    for client, opens in ((browser(), True), (browser("10.0.0.2"), False)):
        give_password(client, equipped)
        give_code(client, used)
        assert is_in(client) is opens


def test_five_wrong_codes_lock_even_the_right_one(equipped):
    client = browser()
    give_password(client, equipped)
    for _guess in range(5):
        give_code(client, "000000")
    page = give_code(client, code()).content.decode()
    assert ("Too many wrong codes" in page, is_in(client)) == (True, False)


def test_guessing_from_many_addresses_is_counted_together(equipped):
    for number in range(6):
        client = browser(f"10.0.1.{number}")
        give_password(client, equipped)
        give_code(client, "000000")
    client = browser("10.0.2.1")
    give_password(client, equipped)
    give_code(client, code())
    assert not is_in(client)


def test_wrong_codes_of_one_do_not_lock_out_a_colleague(equipped):
    client, colleague = browser(), RoleFactory().user
    colleague.set_password(PASSWORD)
    colleague.save()
    TOTP.activate(colleague, SECRET)
    give_password(client, equipped)
    for _guess in range(6):
        give_code(client, "000000")
    other = browser()
    give_password(other, colleague)
    give_code(other, code())
    assert is_in(other)


def test_lock_opens_by_itself(equipped):
    client = browser()
    give_password(client, equipped)
    for _guess in range(5):
        give_code(client, "000000")
    with travel(time.time() + 301):
        give_code(client, code())
        assert is_in(client)


def test_many_sign_ins_from_one_office_are_not_held_up(staff, settings):
    """An office shares one address: its right passwords are no attack."""
    settings.STAFF_TOTP = False
    assert {give_password(browser(), staff).url for _time in range(40)} == {reverse("home")}


def test_recovery_code_opens_the_door_once(staff):
    client = browser()
    give_password(client, staff)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    codes = client.post(reverse("mfa_activate_totp"), {"code": code(secret)}, follow=True).context["unused_codes"]
    for address, opens in (("10.0.0.2", True), ("10.0.0.3", False)):
        other = browser(address)
        give_password(other, staff)
        give_code(other, codes[0])
        assert is_in(other) is opens


# --- Keeping it -----------------------------------------------------------------------------------------------------


def signed_in(user) -> Client:
    client = browser()
    give_password(client, user)
    give_code(client, code())
    return client


def test_nobody_switches_it_off_where_it_is_demanded(equipped):
    client = signed_in(equipped)
    page = client.post(reverse("mfa_deactivate_totp"), follow=True).content.decode()
    assert ("cannot be switched off" in page, Authenticator.objects.filter(type="totp").count()) == (True, 1)


def test_it_can_be_switched_off_where_it_is_not_demanded(equipped, settings):
    client = signed_in(equipped)
    settings.STAFF_TOTP = False
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.count() == 0


def test_secret_is_not_readable_in_the_database(equipped):
    assert SECRET not in str(Authenticator.objects.values_list("data", flat=True).get())


def test_secret_of_another_key_cannot_be_read(settings):
    kept = SecondFactorAdapter().encrypt(SECRET)
    settings.SECRET_KEY = "another-key-of-this-office"
    with pytest.raises(InvalidToken):
        SecondFactorAdapter().decrypt(kept)


def test_secret_is_read_with_a_former_key(settings):
    kept = SecondFactorAdapter().encrypt(SECRET)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-of-this-office"
    assert SecondFactorAdapter().decrypt(kept) == SECRET


def test_lost_phone_is_helped_by_the_command(equipped, capsys):
    call_command("reset_second_factor", equipped.username)
    client = browser()
    give_password(client, equipped)
    assert client.get(reverse("elders")).url == reverse("mfa_activate_totp")
    assert capsys.readouterr().out == f"{equipped.username} has no second factor any more.\n"


def test_command_names_an_account_that_is_not_there():
    with pytest.raises(CommandError, match="no account"):
        call_command("reset_second_factor", "nobody")


def test_database_is_asked_once_whether_there_is_one(equipped):
    client = signed_in(equipped)
    asked = []
    for _page in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("figures"))
        asked.append(sum("mfa_authenticator" in query["sql"] for query in queries))
    assert asked == [1, 0]


def test_production_without_it_is_warned_of(settings):
    settings.PRODUCTION, settings.STAFF_TOTP = True, False
    assert "linzhu.W005" in [message.id for message in check_environment()]


def test_production_with_it_is_not_warned_of(settings):
    settings.PRODUCTION = True
    assert "linzhu.W005" not in [message.id for message in check_environment()]
