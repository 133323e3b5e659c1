"""Template words that every page knows (a builtin library)."""

from django import template
from django.db.models import Model

from linzhu.communities.names import known_as
from linzhu.communities.phones import mask_phone, show_phone

register = template.Library()
register.filter("phone", show_phone)
register.filter("mask_phone", mask_phone)
register.filter("known_as", known_as)


@register.filter
def labels(obj: Model, field_name: str) -> list[str]:
    """Return the translated names of what a ChoiceSetField of this object holds: ``{{ elder|labels:"groups" }}``."""
    field = obj._meta.get_field(field_name)  # noqa: SLF001 (Django's own public door)
    return field.labels(getattr(obj, field_name))  # type: ignore[no-any-return, union-attr]
