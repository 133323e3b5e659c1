import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from linzhu.communities.models import User


class StaffAdapter(DefaultAccountAdapter):
    """Accounts are made by the office: nobody signs up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_password": _("This password is not right. Please try again."),
        "too_many_login_attempts": _("Too many wrong codes. Please try again in five minutes."),
        "rate_limited": _("Too many tries. Please wait a few minutes."),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted by axes, by account and address; allauth counts wrong codes alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Before how one signs in is changed: whoever has signed in within five minutes is not asked once more."""
        request = context.request
        given = [record["at"] for record in get_authentication_records(request, request.user)]
        return not given or time.time() - max(given) > app_settings.REAUTHENTICATION_TIMEOUT

    def set_password(self, user: User, password: str) -> None:
        """A password that the person chose themself: from now on it lets them in."""
        user.must_change_password = False
        super().set_password(user, password)
