"""What the console's frame shows on every page. Lazy: a page that does not show it asks nothing of the database."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from linzhu.communities.access import may
from linzhu.communities.models import Role
from linzhu.dispatch.models import Todo


def console(request: HttpRequest) -> dict[str, Any]:
    """Return ``todo_count`` (open to-dos the user may see), ``is_lead`` and ``gateway_is_local``."""
    return {
        "todo_count": SimpleLazyObject(lambda: _todo_count(request)),
        "is_lead": SimpleLazyObject(lambda: _is_lead(request)),
        "gateway_is_local": settings.SMS_GATEWAY == "local",
    }


def _todo_count(request: HttpRequest) -> int:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return 0
    return int(Todo.objects.open().visible_to(user).count())


def _is_lead(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated and may(user, Role.LEADS)
