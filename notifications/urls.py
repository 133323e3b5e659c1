from django.urls import path

from linzhu.notifications import operations_views, text_views, views

urlpatterns = [
    path("texts/", operations_views.texts, name="texts"),
    path("texts/<int:pk>/", operations_views.text_act, name="text-act"),
    path("texts/wording/", text_views.wording, name="wording"),
    path("texts/wording/<slug:code>/<slug:language>/<slug:key>/", text_views.wording_text, name="wording-text"),
    path("sms/<slug:name>/inbound/", views.sms_inbound, name="sms-inbound"),
    path("sms/<slug:name>/status/", views.sms_status, name="sms-status"),
    path("sms/<slug:name>/k/<str:secret>/inbound/", views.sms_inbound, name="sms-inbound-secret"),
    path("sms/<slug:name>/k/<str:secret>/status/", views.sms_status, name="sms-status-secret"),
]
