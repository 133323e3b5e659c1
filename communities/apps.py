from django.apps import AppConfig


class CommunitiesConfig(AppConfig):
    name = "linzhu.communities"
    label = "communities"
