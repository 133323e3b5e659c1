"""Where a form that stands on several pages leads back to."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def next_page(request: HttpRequest, ref: str = "") -> str:
    """Return the form's own ``next`` if it is a page of ours; else the help request's page, else the inbox."""
    asked = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return reverse("help-request", args=[ref]) if ref else reverse("inbox")
