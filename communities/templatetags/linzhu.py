"""Template words that every page knows (a builtin library)."""

from django import template
from django.db.models import Model
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from linzhu.communities.names import known_as, veiled
from linzhu.communities.phones import mask_phone, show_phone

ICONS = "vendor/lucide-1.62.0.svg"

register = template.Library()
register.filter("phone", show_phone)
register.filter("mask_phone", mask_phone)
register.filter("known_as", known_as)
register.filter("veiled", veiled)


@register.filter
def labels(obj: Model, field_name: str) -> list[str]:
    """Return the translated names of what a ChoiceSetField of this object holds: ``{{ elder|labels:"groups" }}``."""
    field = obj._meta.get_field(field_name)  # noqa: SLF001 (Django's own public door)
    return field.labels(getattr(obj, field_name))  # type: ignore[no-any-return, union-attr]


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Return an icon of our sprite, for the eye alone: ``{% icon "phone" %}``. The words stand beside it.

    ``extra`` may be ``turns`` for one that points along the line of reading.
    """
    mark = '<svg class="icon {}" width="20" height="20" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>'
    return format_html(mark, extra, static(ICONS), name)
