"""The form for signing in, with a box for one's own device where the office allows it."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from linzhu.communities import idle


class SignInForm(LoginForm):
    """Whoever sits at a computer that nobody else uses may say so, and is not asked again when they come back to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.OWN_DEVICES:
            self.fields["own_device"] = forms.BooleanField(required=False)

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Note it before the code of the phone is asked for: that form no longer knows."""
        idle.begin(request, own_device=bool(self.cleaned_data.get("own_device")))
        response: HttpResponse = super().login(request, redirect_url)
        return response
