from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from linzhu.communities.clock import now
from linzhu.communities.management.base import find_community
from linzhu.communities.models import ApiToken


class Command(BaseCommand):
    help = "Let a hotline or a one-key device open help requests. The token's secret is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("community", help="code of the community; the token reaches all below it")
        parser.add_argument("name", help="who uses it, for example “12345 hotline”")
        parser.add_argument("--revoke", action="store_true", help="end the token of this name at once")

    def handle(self, *args: Any, **options: Any) -> None:
        community, name = find_community(options["community"]), options["name"].strip()
        valid = ApiToken.objects.filter(community=community, name=name, revoked_at=None)
        if options["revoke"]:
            if not valid.update(revoked_at=now()):
                raise CommandError(f"{community.code} has no valid token “{name}”.")
            self.stdout.write(f"“{name}” is revoked.")
            return
        if valid.exists():
            raise CommandError(f"{community.code} has a token “{name}” already. Revoke it first, or use another name.")
        _token, secret = ApiToken.issue(community, name)
        self.stdout.write(secret)
        self.stderr.write("Keep it now: it is shown this once.")
