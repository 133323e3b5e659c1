from django.urls import path, re_path

from linzhu.volunteers import views

urlpatterns = [
    path("volunteers/", views.volunteer_list, name="volunteers"),
    path("volunteers/new/", views.volunteer_edit, name="volunteer-new"),
    path("volunteers/<int:pk>/", views.volunteer_detail, name="volunteer"),
    path("volunteers/<int:pk>/edit/", views.volunteer_edit, name="volunteer-edit"),
    path("volunteers/<int:pk>/pause/", views.volunteer_pause, name="volunteer-pause"),
    re_path(
        r"^volunteers/(?P<pk>\d+)/(?P<move>suspend|reactivate|leave)/$", views.volunteer_move, name="volunteer-move"
    ),
]
