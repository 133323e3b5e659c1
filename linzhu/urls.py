from django.urls import include, path

from linzhu import import_views, views

urlpatterns = [
    path("", include("linzhu.dispatch.urls")),
    path("", include("linzhu.requests.urls")),
    path("", include("linzhu.volunteers.urls")),
    path("", include("linzhu.notifications.urls")),
    path("", include("linzhu.communities.urls")),
    path("import/", import_views.import_page, name="import"),
    path("import/look/", import_views.import_look, name="import-look"),
    path("import/confirm/", import_views.import_confirm, name="import-confirm"),
    path("import/errors/", import_views.import_errors, name="import-errors"),
    path("import/jobs/<slug:name>/", import_views.import_job, name="import-job"),
    path("api/v1/", include("linzhu.dispatch.api_urls")),
    path("accounts/", include("linzhu.communities.account_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("health", views.health, name="health"),
]
