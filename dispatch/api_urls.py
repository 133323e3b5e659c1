from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt

from linzhu.dispatch.api import api
from linzhu.dispatch.api_problems import problems_only


def _nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    raise Http404


# Not named app_name: include() would take a variable of that name for this module's own namespace.
patterns, application, namespace = api.urls
for pattern in patterns:
    if isinstance(pattern, URLPattern):
        pattern.callback = problems_only(pattern.callback)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", (patterns, application, namespace)),
    path("<path:rest>", csrf_exempt(problems_only(_nothing_here))),
]
