"""The form that takes a spreadsheet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linzhu.communities.models import Community, User
from linzhu.imports import KINDS

MAX_BYTES = 10 * 1024 * 1024


class ImportForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What is in the list?"), choices=KINDS, widget=forms.RadioSelect)
    community = forms.ModelChoiceField(
        label=gettext_lazy("Community"), queryset=Community.objects.none(), empty_label=gettext_lazy("choose one")
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(".xlsx, .xls, .ods or .csv, up to 10 MB and 10,000 rows."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv,.txt"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        led = Community.objects.led_by(user)
        self.fields["community"].queryset = led  # type: ignore[attr-defined]
        only = list(led[:2])
        if len(only) == 1:
            self.fields["community"].initial = only[0]

    def clean_file(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["file"]
        if (upload.size or 0) > MAX_BYTES:
            raise forms.ValidationError(_("This file is larger than %s.") % filesizeformat(MAX_BYTES))
        return upload
