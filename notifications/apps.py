from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "linzhu.notifications"
    label = "notifications"

    def ready(self) -> None:
        from linzhu.notifications import lint  # noqa: F401 (registers the check of the texts)
