"""A slip in large print for the elder's table: who comes, when, the door word, the phone of the office."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import get_language, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.page_languages import IN_REVIEW, NAMES, TAGS, menu
from linzhu.communities.people import Language
from linzhu.requests.models import Elder, HelpRequest

PARTS_OF_DAY = (
    (6, pgettext_lazy("at night", "%(clock)s am")),
    (12, pgettext_lazy("in the morning", "%(clock)s am")),
    (13, pgettext_lazy("at noon", "%(clock)s pm")),
    (18, pgettext_lazy("in the afternoon", "%(clock)s pm")),
    (24, pgettext_lazy("in the evening", "%(clock)s pm")),
)


@never_cache
@require_safe
@staff_required()
def slip(request: StaffRequest, ref: str) -> HttpResponse:
    """The page to print, in the elder's language (``?language=`` overrides); there is none while nobody comes."""
    visible = HelpRequest.objects.visible_to(request.user).select_related("elder", "community__parent__parent")
    help_request = get_object_or_404(visible, ref=ref)
    coming = list(help_request.assignments.standing().select_related("volunteer"))
    if not coming:
        raise Http404
    asked = request.GET.get("language", "")
    language = asked if asked in NAMES else language_of(help_request.elder)
    with translation.override(language):
        begins, ends = spoken(help_request.window_start), spoken(help_request.window_end)
    context = {
        "help_request": help_request,
        "coming": coming,
        "begins": begins,
        "ends": ends,
        "slip_phone": help_request.community.phone_for_callers(),
        "slip_language": language,
        "slip_tag": TAGS.get(language, language),
        "in_review": language in IN_REVIEW,
        "other_languages": menu(language),
    }
    return render(request, "dispatch/slip.html", context)


def language_of(elder: Elder) -> str:
    """Tibetan and Uyghur for those who speak no Mandarin, English for those who read nothing else; else Chinese."""
    if elder.knows_english_only:
        return "en"
    own = [code for code in (Language.TIBETAN, Language.UYGHUR) if code in elder.languages]
    return own[0] if own and Language.MANDARIN not in elder.languages else "zh-hans"


def spoken(at: datetime) -> str:
    """Return a local time as people say it: ``3:30 pm``, ``下午3:30``. A slip is read later, too: no "today".

    In a language that awaits its reviewer it is a number, as in texts: a wrong word could cost a visit.
    """
    local = timezone.localtime(at)
    if get_language() in IN_REVIEW:
        return f"{local:%H:%M}"
    part = next(words for until, words in PARTS_OF_DAY if local.hour < until)
    return str(part) % {"clock": f"{(local.hour - 1) % 12 + 1}:{local:%M}"}
