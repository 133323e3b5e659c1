from django.apps import AppConfig


class LinzhuConfig(AppConfig):
    name = "linzhu"
    label = "linzhu"

    def ready(self) -> None:
        from linzhu import checks  # noqa: F401 (registers the system checks)
