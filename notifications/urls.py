from django.urls import path

from linzhu.notifications import views

urlpatterns = [
    path("sms/twilio/inbound/", views.twilio_inbound, name="twilio-inbound"),
    path("sms/twilio/status/", views.twilio_status, name="twilio-status"),
]
