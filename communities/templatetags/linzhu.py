"""Template words that every page knows (a builtin library)."""

from django import template

from linzhu.communities.names import known_as
from linzhu.communities.phones import mask_phone, show_phone

register = template.Library()
register.filter("phone", show_phone)
register.filter("mask_phone", mask_phone)
register.filter("known_as", known_as)
