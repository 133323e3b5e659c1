import secrets
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from linzhu.communities.management.base import find_community, in_one_line
from linzhu.communities.models import Role, User
from linzhu.communities.tree import create_staff, give_role

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # can be read aloud: no 0/o, 1/i/l, u/v


class Command(BaseCommand):
    help = "Add a member of staff, or give one that exists a further role. A new password is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("name")
        parser.add_argument("--community", metavar="CODE", required=True, help="the role reaches all below it")
        parser.add_argument("--role", choices=Role.Kind.values, required=True)
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        community = find_community(options["community"])
        user = User.objects.filter(username=options["username"]).first()
        if user is not None:
            new = give_role(user, community, options["role"])
            said = "has the further role" if new else "has that role already"
            self.stdout.write(f"{user.username} exists and {said}; name and password are unchanged.")
            return
        chosen = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else ""
        if options["password_stdin"] and not chosen:
            raise CommandError("No password came on standard input.")
        password = chosen or _generate()
        try:
            validate_password(password)
            create_staff(options["username"], options["name"], community, options["role"], password)
        except ValidationError as error:
            raise in_one_line(error) from None
        self.stdout.write(f"{options['username']}: {options['role']} at {community.path}")
        if not chosen:
            self.stdout.write(f"Password, shown this once: {password}")


def _generate() -> str:
    """Return a password of 78 random bits in groups that can be read aloud."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _letter in range(4)) for _group in range(4))
