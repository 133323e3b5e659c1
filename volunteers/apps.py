from django.apps import AppConfig


class VolunteersConfig(AppConfig):
    name = "linzhu.volunteers"
    label = "volunteers"
