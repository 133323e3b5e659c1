"""Shared computers: whoever has left theirs alone for a while is asked for the password before anything is shown again.

A session then is at rest. Only a person's own acts count as being there: pages that renew themselves keep nobody
signed in. The screen on the wall goes on at rest, since it veils names and has no buttons.
"""

from __future__ import annotations

import time

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST

RESTING = "resting-since"
_OWN_DEVICE, _SINCE, _ACTIVE = "own-device", "signed-in-at", "active-at"
_EXACT_S = 30
"""The note of the last act may be so old: a click is no reason to write the session anew each time."""


def begin(request: HttpRequest, *, own_device: bool) -> None:
    """Somebody signs in; ``own_device``: nobody else uses it, they say. That holds while the office allows it."""
    request.session.update({_OWN_DEVICE: own_device, _SINCE: time.time(), _ACTIVE: time.time()})


def limit_s(request: HttpRequest) -> int:
    """Return after how many seconds without an act this session rests; 0 is never."""
    is_own = settings.OWN_DEVICES and request.session.get(_OWN_DEVICE)
    return 0 if is_own else settings.IDLE_MINUTES * 60


def is_over(request: HttpRequest) -> bool:
    """Whether so long ago somebody has signed in that they do so anew, however busy they are (``SESSION_HOURS``)."""
    return bool(time.time() - request.session.get(_SINCE, time.time()) > settings.SESSION_COOKIE_AGE)


def is_resting(request: HttpRequest) -> bool:
    """Whether the password is needed again. Once it is, nothing but the password ends that."""
    session, limit = request.session, limit_s(request)
    idle_s = time.time() - session.get(_ACTIVE, time.time())
    if RESTING not in session and limit and idle_s > limit + _EXACT_S:
        session[RESTING] = time.time()
    if RESTING in session and _proven_at(request) > session[RESTING]:
        del session[RESTING]
        session[_ACTIVE] = time.time()
    return RESTING in session


def note_act(request: HttpRequest) -> None:
    """Count this request as a sign of life, unless the page has asked by itself."""
    renews_itself = request.method == "GET" and request.headers.get("HX-Request")
    noted_s = time.time() - request.session.get(_ACTIVE, 0)
    if limit_s(request) and not renews_itself and noted_s > _EXACT_S:
        request.session[_ACTIVE] = time.time()


def ask_password(request: HttpRequest) -> HttpResponse:
    """Ask, and come back to the same page; what was sent just now waits in the session, and is done then.

    A part of a page lets the whole page ask. Raises ReauthenticationRequired, which allauth's middleware answers.
    """
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    # What was sent from a page that was closed then must not be done when that page is opened some other time.
    request.session.pop(STATE_SESSION_KEY, None)
    raise ReauthenticationRequired


@require_POST
def rest(request: HttpRequest) -> HttpResponse:
    """The page has seen nobody for long enough: hide what it shows, and ask."""
    path = request.POST.get("next", "")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    if request.user.is_authenticated:
        request.session[RESTING] = time.time()
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': path if is_ours else '/'})}")


@require_POST
def still_here(request: HttpRequest) -> HttpResponse:
    """Somebody reads or types on a page that sends nothing meanwhile. 401 if it must be opened anew."""
    if not request.user.is_authenticated or is_over(request) or is_resting(request):
        return HttpResponse(status=401)
    note_act(request)
    return HttpResponse(status=204)


def _proven_at(request: HttpRequest) -> float:
    return max((record["at"] for record in get_authentication_records(request, request.user)), default=0)
