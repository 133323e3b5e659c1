"""Forms about the money of a visit: the volunteer's three figures with the receipt, and the elder's word."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linzhu.dispatch.cash_verdict import Word
from linzhu.dispatch.pictures import MOST_BYTES, NotAPicture, clean
from linzhu.dispatch.reading.money import Figures, read_sum
from linzhu.dispatch.words import yuan_words

NO_SUM = gettext_lazy("Please write an amount in yuan, such as 86.50.")


class SumField(forms.CharField):
    """An amount in yuan as people type it; cleaned, it is whole fen."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "size": 8})
        super().__init__(max_length=12, widget=widget, error_messages={"required": NO_SUM}, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        fen = read_sum(text)
        if fen is None:
            raise forms.ValidationError(NO_SUM)
        return fen


class FiguresForm(forms.Form):
    """What the volunteer says. ``limit_fen`` was agreed to be spent at most; without one nobody is held to any."""

    handed = SumField(label=gettext_lazy("The elder gave me (yuan)"))
    spent = SumField(label=gettext_lazy("I spent (yuan)"))
    returned = SumField(label=gettext_lazy("I gave back (yuan)"))
    is_so = forms.BooleanField(label=gettext_lazy("These are the true figures all the same"), required=False)

    def __init__(self, *args: Any, limit_fen: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit_fen = limit_fen
        self.asks_again = False
        """Whether something does not fit, so that the box for "all the same" is shown."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors.keys() & {"handed", "spent", "returned"}:
            self._compare(Figures(cleaned["handed"], cleaned["spent"], cleaned["returned"]), sure=cleaned["is_so"])
        return cleaned

    def _compare(self, figures: Figures, *, sure: bool) -> None:
        over = self.limit_fen is not None and figures.spent > self.limit_fen
        self.asks_again = over or not figures.is_even
        if sure:
            return
        if not figures.is_even:
            should = max(0, figures.handed - figures.spent)
            self.add_error(
                "returned", _("It does not add up: %(sum)s should have come back.") % {"sum": yuan_words(should)}
            )
        if over:
            self.add_error("spent", _("At most %(sum)s was agreed.") % {"sum": yuan_words(self.limit_fen or 0)})

    @property
    def figures(self) -> Figures:
        """The cleaned figures."""
        return Figures(self.cleaned_data["handed"], self.cleaned_data["spent"], self.cleaned_data["returned"])


class ReportForm(FiguresForm):
    """The volunteer's own: with a photo of the receipt, if they have one."""

    receipt = forms.FileField(
        label=gettext_lazy("Photo of the receipt"), required=False,
        widget=forms.FileInput({"accept": "image/jpeg,image/png"}),
        help_text=gettext_lazy("Only the office sees it, for 90 days. The elder keeps the receipt."),
    )  # fmt: skip

    def clean_receipt(self) -> bytes | None:
        """The file as it came, once it is sure that it is a picture."""
        photo: UploadedFile | None = self.cleaned_data["receipt"]
        if photo is None:
            return None
        if photo.size is None or photo.size > MOST_BYTES:
            raise forms.ValidationError(
                _("The photo is too large: at most %(size)s.") % {"size": filesizeformat(MOST_BYTES)}
            )
        data: bytes = photo.read()
        try:
            clean(data)
        except NotAPicture:
            raise forms.ValidationError(_("This is not a photo that we can read. Please send a JPEG or PNG.")) from None
        return data


class WordForm(forms.Form):
    """What the elder says when somebody asks."""

    handed = SumField(required=False)
    returned = SumField(required=False)
    has_receipt = forms.ChoiceField(choices=[("yes", ""), ("no", "")])
    cannot_say = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        sums = (cleaned.get("handed"), cleaned.get("returned"))
        if not cleaned.get("cannot_say") and None in sums:
            raise forms.ValidationError(_("Please write how much the elder gave and how much came back."))
        return cleaned

    @property
    def word(self) -> Word:
        """The cleaned word; where the elder cannot say there are no sums."""
        data, has_receipt = self.cleaned_data, self.cleaned_data["has_receipt"] == "yes"
        if data["cannot_say"]:
            return Word(None, None, has_receipt)
        return Word(data["handed"], data["returned"], has_receipt)
