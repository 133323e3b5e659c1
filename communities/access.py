"""Who may do what: the questions that views ask. Personal data is reached through ``visible_to(user)`` alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django_htmx.middleware import HtmxDetails

from linzhu.communities import idle, second_factor
from linzhu.communities.models import Community, Role, User


class StaffRequest(HttpRequest):
    """The type of a request that :func:`staff_required` let in. For annotations: nothing is ever made of it."""

    user: User
    htmx: HtmxDetails


def may(user: User, kinds: set[str], community: Community | None = None) -> bool:
    """Whether the user holds one of these roles: anywhere, or at this community or above it."""
    if not (user.is_authenticated and user.is_active):
        return False
    if community is None:
        return not kinds.isdisjoint(user.role_kinds)
    return user.roles.filter(kind__in=kinds, community__path__in=community.ancestor_paths()).exists()


def home_community(user: User) -> Community | None:
    """The community that a member of staff works for: where they were given their first role that handles people."""
    roles = user.roles.filter(kind__in=Role.HANDLES_PEOPLE).select_related("community").order_by("pk")
    first = roles.first()
    return first.community if first else None


def staff_required(kinds: set[str] = Role.HANDLES_PEOPLE, *, also_at_rest: bool = False) -> Callable[[Any], Any]:
    """Let only signed-in staff with one of these roles in; others are asked to sign in, or get a 403.

    A password that somebody else has chosen must be changed first, and where it is asked for, a second factor set up.
    Whoever was away for a while is asked for the password again; ``also_at_rest``: this page runs on without anybody.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, kinds):  # type: ignore[arg-type]
                raise PermissionDenied
            if idle.is_over(request):
                logout(request)
                return redirect_to_login(request.get_full_path())
            if not also_at_rest:
                if idle.is_resting(request):
                    return idle.ask_password(request)
                idle.note_act(request)
            if request.user.must_change_password:  # type: ignore[union-attr]
                return redirect("account_change_password")
            if second_factor.is_missing(request):
                return redirect("mfa_activate_totp")
            return view(request, *args, **kwargs)

        return guarded

    return decorate
