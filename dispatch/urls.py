from django.urls import URLPattern, path, register_converter

from linzhu.dispatch import (
    board_views,
    bond_views,
    family_views,
    figures_views,
    help_request_views,
    inbox_views,
    intake_views,
    phones_views,
    volunteer_views,
)
from linzhu.dispatch.converters import RefConverter

register_converter(RefConverter, "ref")

urlpatterns: list[URLPattern] = [
    path("", board_views.board, name="board"),
    path("home/", figures_views.home, name="home"),
    path("figures/", figures_views.figures, name="figures"),
    path("inbox/", inbox_views.inbox, name="inbox"),
    path("inbox/<int:pk>/", inbox_views.deal, name="todo-act"),
    path("requests/", help_request_views.help_requests, name="help-requests"),
    path("requests/new/preview/", intake_views.preview, name="intake-preview"),
    path("requests/<ref:ref>/", help_request_views.help_request, name="help-request"),
    path("requests/<ref:ref>/family-link/", help_request_views.family_link, name="help-request-family-link"),
    path("requests/<ref:ref>/<slug:action>/", help_request_views.act, name="help-request-action"),
    path("volunteers/<int:pk>/record/", volunteer_views.record, name="volunteer-record"),
    path("volunteers/<int:pk>/bonds/", bond_views.volunteer_bonds, name="volunteer-bonds"),
    path("elders/<int:pk>/bonds/", bond_views.elder_bonds, name="elder-bonds"),
    path("elders/<int:pk>/bonds/new/", bond_views.bond_new, name="bond-new"),
    path("elders/<int:pk>/bonds/<int:volunteer_pk>/", bond_views.bond_make, name="bond-make"),
    path("elders/<int:pk>/bonds/<int:volunteer_pk>/never/", bond_views.bond_never, name="bond-never"),
    path("bonds/<int:pk>/end/", bond_views.bond_end, name="bond-end"),
    path("f/<str:secret>/", family_views.open_link, name="family-link"),
    path("family/<str:ref>/", family_views.family, name="family"),
    path("family/<str:ref>/now", family_views.family_now, name="family-now"),
    path("phones/", phones_views.phones, name="phones"),
    path("phones/text/", phones_views.text_in, name="phones-text"),
]
