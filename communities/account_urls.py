"""Of allauth's pages only those that an office needs: sign in, sign out, change one's password.

Nobody signs up, and accounts have no e-mail address: the community lead sets a new password. The page of a disabled
account and the address of the sign-up page are here because allauth's own views lead to them.
"""

from allauth.account import views
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path


def _nobody_signs_up(request: HttpRequest) -> HttpResponse:
    raise Http404


urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", _nobody_signs_up, name="account_signup"),
    path("password/change/", views.password_change, name="account_change_password"),
]
