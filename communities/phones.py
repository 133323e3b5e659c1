"""Phone numbers as people write them, read into E.164 with an extension apart."""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u202a\u202c\u202d\u202e"))
_MOBILE_TYPES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


class PhoneError(ValueError):
    """A number that cannot be used. Its text is for the person who typed it; ``suggestion`` is what they may mean."""

    def __init__(self, text: str, suggestion: str = "") -> None:
        super().__init__(text)
        self.suggestion = suggestion


@dataclass(frozen=True)
class Phone:
    """A valid number: ``e164`` like +8613800001234, ``ext`` digits or empty, ``mobile`` if texts can reach it."""

    e164: str
    ext: str
    mobile: bool


def parse_phone(text: str) -> Phone:
    """Read one phone number.

    Spaces, dashes, +86, 0086, full-width digits, invisible marks, ``转802`` are understood. Raises PhoneError with
    a kind sentence for two numbers in one field, a landline without area code, short and impossible numbers.
    """
    cleaned = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).strip()
    cleaned = re.sub(r"\s*(转|分机|-(?=\d{2,5}$)(?<=\d{7}-))\s*", " ext ", cleaned)
    cleaned = re.sub(r"^00(?=86)", "+", cleaned)
    try:
        number = phonenumbers.parse(cleaned, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        raise _explain(cleaned) from None
    if not phonenumbers.is_valid_number(number):
        raise _explain(cleaned)
    mobile = phonenumbers.number_type(number) in _MOBILE_TYPES
    extension, number.extension = number.extension or "", None
    return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), extension, mobile)


def _explain(cleaned: str) -> PhoneError:
    found = {match.raw_string for match in phonenumbers.PhoneNumberMatcher(cleaned, settings.PHONE_REGION)}
    digits = re.sub(r"\D", "", cleaned)
    if len(found) > 1:
        return PhoneError(_("There are two numbers here. Please keep one: %s.") % ", ".join(sorted(found)))
    if len(found) == 1:
        (number,) = found
        return PhoneError(_("There is other text around the number. Did you mean %s?") % number, number)
    if 7 <= len(digits) <= 8 and not digits.startswith("0"):
        full = f"{settings.PHONE_AREA_CODE}-{digits}"
        return PhoneError(_("A landline needs its area code. Did you mean %s?") % full, full)
    if len(digits) <= 6:
        return PhoneError(_("This is too short to be somebody's phone number."))
    return PhoneError(_("This is not a phone number that can be called. Please check the digits."))


def show_phone(e164: str, ext: str = "") -> str:
    """Return a number as people in its country write it: ``138 0000 1234``, ``022 2731 8800``, with extension."""
    try:
        number = phonenumbers.parse(e164, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        return e164
    home = number.country_code == phonenumbers.country_code_for_region(settings.PHONE_REGION)
    style = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    shown = phonenumbers.format_number(number, style)
    return " ".join([shown, _("ext."), ext]) if ext else shown


def mask_phone(e164: str) -> str:
    """Return a number that only its owner recognises: ``138****1234``."""
    digits = e164.removeprefix("+86").removeprefix("+")
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 7 else "****"


class PhoneField(forms.CharField):
    """A form field for one phone number; cleans to E.164 (or to an empty string).

    With ``mobile=True`` a number that texts cannot reach is refused. The extension, if one was typed, is in
    ``form.cleaned_data`` under ``<field>_ext`` only through :func:`parse_phone`; forms that keep it call that.
    """

    default_error_messages = {"landline": gettext_lazy("Texts do not reach a landline. Please give a mobile number.")}

    def __init__(self, *, mobile: bool = False, **kwargs: object) -> None:
        self.mobile = mobile
        super().__init__(**{"max_length": 40, **kwargs})  # type: ignore[arg-type]
        self.widget.attrs.update({"inputmode": "tel", "autocomplete": "off"})

    def prepare_value(self, value: object) -> object:
        return show_phone(value) if isinstance(value, str) and value.startswith("+") else value

    def clean(self, value: object) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            phone = parse_phone(text)
        except PhoneError as error:
            meant = {"suggestion": error.suggestion}
            raise forms.ValidationError(str(error).replace("%", "%%"), code="phone", params=meant) from None
        if self.mobile and not phone.mobile:
            raise forms.ValidationError(self.error_messages["landline"], code="landline")
        return phone.e164
