"""Care mode 长辈模式: a browser's wish for large print, remembered in a cookie. No account, nothing in the database.

Large print begins at 18 points and goes up to 30 (as China's guides for services to elders ask of apps and sites);
``static/css/care.css`` does the rest.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

COOKIE = "care"
SIZES_PT = ("18", "24", "30")
REMEMBERED_S = 365 * 24 * 3600


def care_of(request: HttpRequest) -> str:
    """Return the size of text in points that this browser wishes, or nothing where care mode is off."""
    wished = request.COOKIES.get(COOKIE, "")
    return wished if wished in SIZES_PT else ""


# Exempt: it changes how this browser shows pages and nothing else; and a page that sends no referrer, such as a
# family's, posts with "Origin: null", which the CSRF check refuses.
@csrf_exempt
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Remember the size that was chosen, or forget it, and go back to the page."""
    response = HttpResponseRedirect(_page_to_go_back_to(request))
    size = request.POST.get("text", "")
    if size in SIZES_PT:
        response.set_cookie(COOKIE, size, max_age=REMEMBERED_S, secure=settings.HTTPS, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    response["Cache-Control"] = "no-store"
    return response


def _page_to_go_back_to(request: HttpRequest) -> str:
    """A path of our own, else the front page: nobody is sent elsewhere from here."""
    path = request.POST.get("next", "")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else "/"
