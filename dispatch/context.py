"""What the console's frame shows on every page. Lazy: a page that does not show it asks nothing of the database."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from linzhu.communities import idle
from linzhu.communities.access import may
from linzhu.communities.frames import care_frame, help_phone_of
from linzhu.communities.models import Role, User
from linzhu.dispatch.models import Todo


def console(request: HttpRequest) -> dict[str, Any]:
    """Return ``todo_count`` (open todos the user may see), ``handles_people``, ``is_lead``, ``gateway_is_local``, the
    number to call for help, after how long the password is asked for again and whether it is, what care mode needs."""
    user = getattr(request, "user", None)
    frame = care_frame(request) | {
        "gateway_is_local": settings.SMS_GATEWAY == "local",
        "office_phone": cache(lambda: help_phone_of(user)),  # filters of text refuse a lazy object
    }
    if user is None or not user.is_authenticated:
        return frame
    return frame | {
        "idle_s": SimpleLazyObject(lambda: idle.limit_s(request)),
        "at_rest": SimpleLazyObject(lambda: idle.RESTING in request.session),
        "todo_count": SimpleLazyObject(lambda: _todo_count(user)),
        "handles_people": SimpleLazyObject(lambda: may(user, Role.HANDLES_PEOPLE)),
        "is_lead": SimpleLazyObject(lambda: may(user, Role.LEADS)),
    }


def _todo_count(user: User) -> int:
    return int(Todo.objects.open().visible_to(user).count())
