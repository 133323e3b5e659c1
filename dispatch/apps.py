from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "linzhu.dispatch"
    label = "dispatch"

    def ready(self) -> None:
        from linzhu.dispatch import receivers  # noqa: F401 (connects the two signals)
