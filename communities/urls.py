from django.urls import path

from linzhu.communities import views

urlpatterns = [
    path("places/", views.place_list, name="places"),
    path("places/new/", views.place_edit, name="place-new"),
    path("places/<int:pk>/", views.place_edit, name="place"),
    path("places/<int:pk>/delete/", views.place_delete, name="place-delete"),
]
