from django.apps import AppConfig


class CommunitiesConfig(AppConfig):
    name = "linzhu.communities"
    label = "communities"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate

        from linzhu.communities.search_indexes import build_missing, take_away

        pre_migrate.connect(take_away, dispatch_uid="search_indexes")
        post_migrate.connect(build_missing, dispatch_uid="search_indexes")
