"""A living page of all components, for staff and for whoever builds a new page: what stands there is what pages use."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.models import Role
from linzhu.communities.templatetags.linzhu import ICONS
from linzhu.dispatch.figures_charts import draw

COLOURS = ("paper", "card", "well", "ink", "soft", "line", "edge", "green", "green-soft", "amber", "amber-soft", "red",
           "red-soft", "blue", "blue-soft", "focus")  # fmt: skip
TONES = ("", "amber", "red", "blue", "plain")
TOASTS = (
    (messages.SUCCESS, _("Saved.")),
    (messages.INFO, _("Somebody was quicker.")),
    (messages.WARNING, _("No connection just now.")),
    (messages.ERROR, _("That did not work.")),
)
STEPS = (("did", _("Logged")), ("did", _("Somebody has said yes")), ("now", _("At the door")), ("next", _("Finished")))
SERIES = ((_("somebody said yes"), "green"), (_("nobody yet"), "amber"))
LYING = ((_("nobody was free"), (5,)), (_("the time has passed"), (2,)))
ROWS = (("1", (3, 1)), ("2", (6, 0)), ("3", (4, 2)), ("4", (7, 1)))


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("name"), help_text=_("As on the identity card."))
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(label=_("Kind of help"), choices=[("a", _("Groceries")), ("b", _("Escort"))])
    channel = forms.ChoiceField(
        label=_("How it reached us"), choices=[("p", _("phone")), ("t", _("text"))], widget=forms.RadioSelect
    )
    agreed = forms.BooleanField(label=_("gets texts with a link"))
    details = forms.CharField(label=_("Details"), widget=forms.Textarea, required=False)


@require_safe
@staff_required(Role.ANY)
def design(request: StaffRequest) -> HttpResponse:
    """Every component in every state that pages use, with the name of its template."""
    context: dict[str, Any] = {
        "colours": COLOURS,
        "tones": TONES,
        "icons": icon_names(),
        "empty_form": SampleForm(initial={"channel": "p"}, label_suffix="", auto_id="empty_%s"),
        "wrong_form": SampleForm({"name": ""}, label_suffix="", auto_id="wrong_%s"),
        "toasts": [Message(level, str(text)) for level, text in TOASTS],
        "steps": STEPS,
        "page": Paginator(range(50), 10).page(2),
        "chart": draw("sample", _("A chart"), SERIES, ROWS, name_of_columns=_("Day")),
        "rows_chart": draw("sample-rows", _("A chart lying down"), SERIES[:1], LYING, name_of_columns=_("Day")),
    }
    return render(request, "dispatch/design.html", context)


def icon_names() -> list[str]:
    """Return the names of our icons, from the sprite itself."""
    sprite = settings.DATA_DIR / "static" / ICONS
    return re.findall(r'<symbol id="([a-z0-9-]+)"', sprite.read_text(encoding="utf-8"))
