from django.urls import include, path

from linzhu import import_views, views

urlpatterns = [
    path("", include("linzhu.dispatch.urls")),
    path("", include("linzhu.requests.urls")),
    path("", include("linzhu.volunteers.urls")),
    path("", include("linzhu.notifications.urls")),
    path("", include("linzhu.communities.urls")),
    path("import/", import_views.import_page, name="import"),
    path("import/confirm/", import_views.import_confirm, name="import-confirm"),
    path("api/v1/", include("linzhu.dispatch.api_urls")),
    path("accounts/", include("linzhu.communities.account_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("health", views.health, name="health"),
]
