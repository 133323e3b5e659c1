from django.urls import path

from linzhu.communities import care, idle, rules_views, views

urlpatterns = [
    path("care/", care.switch, name="care"),
    path("rest/", idle.rest, name="rest"),
    path("still-here/", idle.still_here, name="still-here"),
    path("places/", views.place_list, name="places"),
    path("places/new/", views.place_edit, name="place-new"),
    path("places/<int:pk>/", views.place_edit, name="place"),
    path("places/<int:pk>/delete/", views.place_delete, name="place-delete"),
    path("settings/", rules_views.settings_list, name="settings-list"),
    path("settings/<slug:code>/", rules_views.community_settings, name="settings"),
]
