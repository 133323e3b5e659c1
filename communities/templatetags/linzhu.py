"""Template words that every page knows (a builtin library)."""

import re
from functools import cache

from django import template
from django.conf import settings
from django.db.models import Model
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

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


@register.simple_tag(takes_context=True)
def icon(context: Context, name: str, extra: str = "") -> SafeString:
    """Return an icon of our sprite, for the eye alone: ``{% icon "phone" %}``. The words stand beside it.

    ``extra`` may be ``turns`` for one that points along the line of reading. A page behind a link draws its few icons
    itself (``inline_icons``): the whole sprite would weigh more than the page.
    """
    drawing = (
        _drawings()[name] if context.get("inline_icons") else format_html('<use href="{}#{}"/>', static(ICONS), name)
    )
    mark = (
        '<svg class="icon {}" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">{}</svg>'
    )
    return format_html(mark, extra, drawing)


@cache
def _drawings() -> dict[str, SafeString]:
    """What the sprite holds, by name."""
    sprite = (settings.DATA_DIR / "static" / ICONS).read_text(encoding="utf-8")
    found = re.findall(r'<symbol id="([^"]+)" viewBox="0 0 24 24">(.*?)</symbol>', sprite)
    return {name: mark_safe(drawing) for name, drawing in found}  # noqa: S308 (a file of our own)
