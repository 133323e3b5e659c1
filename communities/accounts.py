from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from linzhu.communities.models import User


class StaffAdapter(DefaultAccountAdapter):
    """Accounts are made by the office: nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def set_password(self, user: User, password: str) -> None:
        """A password that the person chose themself: from now on it lets them in."""
        user.must_change_password = False
        super().set_password(user, password)
