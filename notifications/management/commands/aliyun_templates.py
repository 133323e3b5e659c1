"""``manage.py aliyun_templates``: the wordings to hand in at Aliyun, and what ALIYUN_TEMPLATES lacks."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

from linzhu.notifications.gateways.aliyun_params import LANGUAGES
from linzhu.notifications.gateways.aliyun_templates import missing, wanted, wording


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # one of them fails until these are approved
    help = "Prints each text with ${variables}, ready for Aliyun's console; --missing prints those without a code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--language", default="zh-hans", choices=LANGUAGES)
        parser.add_argument("--missing", action="store_true", help="only texts that have no approved template yet")

    def handle(self, *args: Any, **options: Any) -> None:
        language = options["language"]
        page = settings.PUBLIC_BASE_URL.partition("://")[2] + reverse("enter")
        keys = dict(missing()).get(language, []) if options["missing"] else wanted()
        for key in keys:
            item = wording(key, language, page)
            variables = ", ".join(f"{name}: {attribute}" for name, attribute in item.attributes.items())
            self.stdout.write(f"{key}\n  {item.text}")
            if variables:
                self.stdout.write(f"  {variables}")
            for doubt in item.doubts:
                self.stdout.write(f"  ! {doubt}")
