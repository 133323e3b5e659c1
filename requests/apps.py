from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "linzhu.requests"
    label = "requests"
