from django.urls import path

from linzhu.requests import elders, intake, looks_views, recurring_views
from linzhu.requests.looks import by_elder, by_recurring, watched
from linzhu.requests.models import Look

CARD, FORM, REPEAT = Look.What.CARD, Look.What.FORM, Look.What.REPEAT

urlpatterns = [
    path("requests/new/", intake.intake, name="intake"),
    path("requests/new/elders/", intake.find_elder, name="intake-elders"),
    path("requests/new/elders/new/", intake.new_elder, name="intake-elder-new"),
    path("requests/new/elders/<int:pk>/", intake.choose_elder, name="intake-elder"),
    path("requests/new/duplicates/", intake.check_duplicates, name="intake-duplicates"),
    path("elders/", elders.elder_list, name="elders"),
    path("elders/new/", elders.elder_edit, name="elder-new"),
    path("elders/<int:pk>/", watched(elders.elder_detail, CARD, by_elder), name="elder"),
    path("elders/<int:pk>/edit/", watched(elders.elder_edit, FORM, by_elder), name="elder-edit"),
    path("elders/<int:pk>/looks/", looks_views.looks, name="elder-looks"),
    path(
        "elders/<int:elder_pk>/recurring/new/",
        watched(recurring_views.recurring_new, REPEAT, by_elder),
        name="recurring-new",
    ),
    path("recurring/<int:pk>/", watched(recurring_views.recurring_edit, REPEAT, by_recurring), name="recurring"),
    path("recurring/<int:pk>/pause/", recurring_views.recurring_pause, name="recurring-pause"),
    path("recurring/<int:pk>/end/", recurring_views.recurring_end, name="recurring-end"),
    path("recurring/<int:pk>/<str:day>/", recurring_views.recurring_date, name="recurring-date"),
]
