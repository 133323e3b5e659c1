from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "linzhu.notifications"
    label = "notifications"
