from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from linzhu.communities.management.base import find_community, in_one_line
from linzhu.communities.models import Community
from linzhu.communities.phones import PhoneError, parse_phone
from linzhu.communities.tree import create_community


class Command(BaseCommand):
    help = "Add a city, district, street or community to the tree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="a-z, 0-9 and -, for example xinhua")
        parser.add_argument("name")
        parser.add_argument("--parent", metavar="CODE", help="the node above; without it the new node is a root")
        parser.add_argument("--lat", type=float, help="latitude of its middle, in degrees (WGS-84)")
        parser.add_argument("--lng", type=float, help="longitude of its middle, in degrees (WGS-84)")
        parser.add_argument("--kind", choices=Community.Kind.values, default=Community.Kind.COMMUNITY.value)
        parser.add_argument("--phone", default="", help="the office phone that families may call")

    def handle(self, *args: Any, **options: Any) -> None:
        parent = find_community(options["parent"]) if options["parent"] else None
        try:
            community = create_community(
                options["code"],
                options["name"],
                parent,
                kind=options["kind"],
                lat=options["lat"],
                lng=options["lng"],
                office_phone=parse_phone(options["phone"]).e164 if options["phone"] else "",
            )
        except ValidationError as error:
            raise in_one_line(error) from None
        except PhoneError as error:
            raise CommandError(f"phone: {error}") from None
        self.stdout.write(f"{community.name}: {community.path}")
