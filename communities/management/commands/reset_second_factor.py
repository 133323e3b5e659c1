from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser

from linzhu.communities.models import User


class Command(BaseCommand):
    help = "Take away the second factor of somebody whose phone is lost. They set up a new one when they sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no account “{options['username']}”.")
        deleted, _by_model = Authenticator.objects.filter(user=user).delete()
        said = "has no second factor any more" if deleted else "had no second factor"
        self.stdout.write(f"{user.username} {said}.")
