"""The form of a community's own wording: the rules of the house speak beside the field."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.db import transaction
from django.utils.html import format_html
from django.utils.safestring import SafeString

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.communities.versions import BothVersions
from linzhu.notifications.lint import lint_own
from linzhu.notifications.models import TextOverride
from linzhu.notifications.placeholders import tidy
from linzhu.notifications.wording import RIGHT_TO_LEFT


class WordingForm(BothVersions, forms.ModelForm):
    """``above`` is the wording that holds without one of the community's own: from there one starts."""

    class Meta:
        model = TextOverride
        fields = ["body"]

    def __init__(self, *args: Any, above: str, live_at: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.above = above
        if not self.instance.pk:
            self.initial["body"] = above
        language = self.instance.language
        self.fields["body"].widget.attrs.update(
            {
                "rows": 4, "spellcheck": "false", "lang": "zh-Hans" if language == "zh-hans" else language,
                "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
                "hx-post": live_at, "hx-trigger": "input changed delay:400ms", "hx-target": "#preview",
                "hx-vals": json.dumps({"do": "preview"}),
            }
        )  # fmt: skip

    @property
    def seen_input(self) -> SafeString:
        """Also where there is no row yet: somebody else may write the first one meanwhile."""
        seen = {"body": self._stored("body")}
        return format_html('<input type="hidden" name="seen" value="{}">', json.dumps(seen))

    def clean_body(self) -> str:
        body = tidy(self.cleaned_data["body"])
        if faults := lint_own(self.instance.key, self.instance.language, body):
            raise forms.ValidationError(faults)
        return body

    def keep(self, user: User) -> None:
        """Store it; what says the same as above needs no row. Raises Overtaken."""
        with transaction.atomic():
            self.claim()
            if self.cleaned_data["body"] == self.above:
                drop(self.instance)
                return
            self.instance.changed_by, self.instance.changed_at = user, now()
            self.instance.save()


def drop(own: TextOverride) -> None:
    """Let the wording from above hold again. The history keeps what was."""
    if own.pk:
        own.delete()
