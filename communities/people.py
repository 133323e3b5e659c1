"""Choices that describe elders, volunteers and services alike. New values go to the end (see ChoiceSetField)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Gender(models.TextChoices):
    WOMAN = "woman", _("woman")
    MAN = "man", _("man")


class Language(models.TextChoices):
    MANDARIN = "zh", _("Mandarin")
    ENGLISH = "en", _("English")
    TIBETAN = "bo", _("Tibetan")
    UYGHUR = "ug", _("Uyghur")
    KAZAKH = "kk", _("Kazakh")
    MONGOLIAN = "mn", _("Mongolian")
    CANTONESE = "yue", _("Cantonese")
    HOKKIEN = "nan", _("Hokkien")
    DIALECT = "dialect", _("local dialect")


class TextLanguage(models.TextChoices):
    """What texts are written in; pages are in the languages of the site (``settings.LANGUAGES``)."""

    CHINESE = "zh-hans", _("Chinese (Simplified)")
    ENGLISH = "en", _("English")
    TIBETAN = "bo", _("Tibetan")
    UYGHUR = "ug", _("Uyghur")


class TellBy(models.TextChoices):
    """How an elder wants to be told who comes and when."""

    CALL = "call", pgettext_lazy("told by", "phone call")
    TEXT = "text", pgettext_lazy("told by", "text message")
    FAMILY = "family", pgettext_lazy("told by", "through the family")


class Skill(models.TextChoices):
    """What a volunteer is willing and able to do. New values go to the end (see ChoiceSetField)."""

    ERRANDS = "errands", _("errands and shopping")
    BOOKINGS = "bookings", _("bookings")
    PHONES = "phones", _("phones and apps")
    RIDES = "rides", _("rides")
    ESCORT = "escort", _("escort to hospital or office")
    COMPANY = "company", _("company and visits")
    PAPERWORK = "paperwork", _("paperwork")
    RELIEF = "relief", _("emergency relief")


class Clearance(models.IntegerChoices):
    """How far a volunteer has been vetted."""

    BASIC = 1, _("basic: identity checked")
    TRUSTED = 2, _("trusted: may handle papers and certificates")
