from django.urls import URLPattern, path, register_converter

from linzhu.dispatch import (
    board_views,
    bond_views,
    consent_views,
    design_views,
    elder_state_views,
    entry_views,
    family_views,
    figures_views,
    help_request_views,
    inbox_views,
    intake_views,
    person_views,
    phones_views,
    retention_views,
    service_log_views,
    slip_views,
    volunteer_page_views,
    volunteer_views,
)
from linzhu.dispatch.converters import RefConverter
from linzhu.dispatch.voice import views as voice_views
from linzhu.requests.looks import by_elder, by_ref, watched
from linzhu.requests.models import Look

register_converter(RefConverter, "ref")
What = Look.What

urlpatterns: list[URLPattern] = [
    path("", board_views.board, name="board"),
    path("home/", figures_views.home, name="home"),
    path("wall/", board_views.wall, name="wall"),
    path("design/", design_views.design, name="design"),
    path("figures/", figures_views.figures, name="figures"),
    path("inbox/", inbox_views.inbox, name="inbox"),
    path("inbox/<int:pk>/", inbox_views.deal, name="todo-act"),
    path("requests/", help_request_views.help_requests, name="help-requests"),
    path("requests/new/preview/", intake_views.preview, name="intake-preview"),
    path(
        "requests/<ref:ref>/",
        watched(help_request_views.help_request, What.HELP_REQUEST, by_ref),
        name="help-request",
    ),
    path(
        "requests/<ref:ref>/family-link/",
        watched(help_request_views.family_link, What.LINK, by_ref),
        name="help-request-family-link",
    ),
    path("requests/<ref:ref>/slip/", watched(slip_views.slip, What.SLIP, by_ref), name="slip"),
    path("requests/<ref:ref>/undo/<int:pk>/", help_request_views.take_back, name="help-request-undo"),
    path("requests/<ref:ref>/<slug:action>/", help_request_views.act, name="help-request-action"),
    path("volunteers/<int:pk>/record/", volunteer_views.record, name="volunteer-record"),
    path("volunteers/<int:pk>/log/", service_log_views.volunteer_service_log, name="volunteer-log"),
    path("elders/<int:pk>/record/", watched(service_log_views.elder_record, What.CARD, by_elder), name="elder-record"),
    path("elders/<int:pk>/log/", watched(service_log_views.elder_service_log, What.CARD, by_elder), name="elder-log"),
    path("volunteers/<int:pk>/link/", volunteer_views.link, name="volunteer-link-card"),
    path("volunteers/<int:pk>/link/send/", volunteer_views.send, name="volunteer-link-send"),
    path("volunteers/<int:pk>/link/revoke/", volunteer_views.revoke, name="volunteer-link-revoke"),
    path("volunteers/<int:pk>/bonds/", bond_views.volunteer_bonds, name="volunteer-bonds"),
    path("elders/<int:pk>/bonds/", watched(bond_views.elder_bonds, What.CARD, by_elder), name="elder-bonds"),
    path("elders/<int:pk>/bonds/new/", watched(bond_views.bond_new, What.CARD, by_elder), name="bond-new"),
    path("elders/<int:pk>/bonds/<int:volunteer_pk>/", bond_views.bond_make, name="bond-make"),
    path(
        "elders/<int:pk>/bonds/<int:volunteer_pk>/never/",
        watched(bond_views.bond_never, What.CARD, by_elder),
        name="bond-never",
    ),
    path("elders/<int:pk>/state/", watched(elder_state_views.state, What.CARD, by_elder), name="elder-state"),
    path("elders/<int:pk>/consent/", consent_views.elder_consent, name="elder-consent"),
    path("elders/<int:pk>/copy/", person_views.elder_copy, name="elder-copy"),
    path("elders/<int:pk>/erase/", watched(person_views.elder_erase, What.CARD, by_elder), name="elder-erase"),
    path("volunteers/<int:pk>/copy/", person_views.volunteer_copy, name="volunteer-copy"),
    path("volunteers/<int:pk>/erase/", person_views.volunteer_erase, name="volunteer-erase"),
    path("retention/", retention_views.retention, name="retention"),
    path("bonds/<int:pk>/end/", bond_views.bond_end, name="bond-end"),
    path("c/", entry_views.enter, name="enter"),
    path("f/<str:secret>/", family_views.open_link, name="family-link"),
    path("family/<str:ref>/", family_views.family, name="family"),
    path("family/<str:ref>/now", family_views.family_now, name="family-now"),
    path("family/<str:ref>/say/<slug:what>/", family_views.family_says_something, name="family-says"),
    path("v/<str:secret>/", volunteer_page_views.open_link, name="volunteer-link"),
    path("my/<int:pk>/", volunteer_page_views.page, name="volunteer-page"),
    path("my/<int:pk>/week/", volunteer_page_views.week, name="volunteer-week"),
    path("my/<int:pk>/wish/<slug:name>/", volunteer_page_views.wish, name="volunteer-wish"),
    path(
        "my/<int:pk>/visits/<int:assignment_pk>/<slug:act>/", volunteer_page_views.report_visit, name="volunteer-visit"
    ),
    path("my/<int:pk>/offers/<int:offer_pk>/<slug:answer>/", volunteer_page_views.answer_offer, name="volunteer-offer"),
    path("voice/<slug:name>/inbound/", voice_views.inbound, name="voice-inbound"),
    path("voice/<slug:name>/status/", voice_views.status, name="voice-status"),
    path("voice/<slug:name>/<uuid:ref>/", voice_views.script, name="voice-script"),
    path("voice/<slug:name>/<uuid:ref>/keys/", voice_views.keys, name="voice-keys"),
    path("phones/", phones_views.phones, name="phones"),
    path("phones/text/", phones_views.text_in, name="phones-text"),
    path("phones/call/", phones_views.call, name="phones-call"),
]
