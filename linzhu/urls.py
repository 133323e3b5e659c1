from django.urls import include, path

from linzhu import views

urlpatterns = [
    path("", include("linzhu.dispatch.urls")),
    path("", include("linzhu.requests.urls")),
    path("", include("linzhu.volunteers.urls")),
    path("", include("linzhu.notifications.urls")),
    path("", include("linzhu.communities.urls")),
    path("api/v1/", include("linzhu.dispatch.api_urls")),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("health", views.health, name="health"),
]
