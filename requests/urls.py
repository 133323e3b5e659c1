from django.urls import path

from linzhu.requests import elders, intake, recurring_views

urlpatterns = [
    path("requests/new/", intake.intake, name="intake"),
    path("requests/new/elders/", intake.find_elder, name="intake-elders"),
    path("requests/new/elders/new/", intake.new_elder, name="intake-elder-new"),
    path("requests/new/elders/<int:pk>/", intake.choose_elder, name="intake-elder"),
    path("requests/new/duplicates/", intake.check_duplicates, name="intake-duplicates"),
    path("elders/", elders.elder_list, name="elders"),
    path("elders/new/", elders.elder_edit, name="elder-new"),
    path("elders/<int:pk>/", elders.elder_detail, name="elder"),
    path("elders/<int:pk>/edit/", elders.elder_edit, name="elder-edit"),
    path("elders/<int:elder_pk>/recurring/new/", recurring_views.recurring_new, name="recurring-new"),
    path("recurring/<int:pk>/", recurring_views.recurring_edit, name="recurring"),
    path("recurring/<int:pk>/pause/", recurring_views.recurring_pause, name="recurring-pause"),
    path("recurring/<int:pk>/end/", recurring_views.recurring_end, name="recurring-end"),
    path("recurring/<int:pk>/<str:day>/", recurring_views.recurring_date, name="recurring-date"),
]
