from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from linzhu.communities.clock import now
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import GatewayUnreachable
from linzhu.notifications.reconcile import LONG, metered, reconcile


class Command(BaseCommand):
    help = "Reads the gateways' own lists: texts in that never came here, and what became of texts out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", help="local time, as 2026-11-22T08:00, or a number of hours, as 48h (default: 24h)"
        )

    def handle(self, *args: Any, since: str | None, **options: Any) -> None:
        begin = _moment(since) if since else now() - LONG
        if not metered():
            self.stdout.write("The gateway here keeps no list: nothing to read.")
        for name in metered():
            try:
                reading = reconcile(gateway(name), begin)
            except GatewayUnreachable as error:
                raise CommandError(f"{name} could not be read: {error}. Nothing is lost; try again later.") from None
            self.stdout.write(
                f"{name}: {reading.seen} texts read, {reading.received} had not come in, "
                f"{reading.reported} reports were new."
            )


def _moment(since: str) -> Any:
    if since.endswith("h") and since[:-1].isdecimal():
        return now() - timedelta(hours=int(since[:-1]))
    try:
        moment = parse_datetime(since)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError("--since is a local time, as 2026-11-22T08:00, or a number of hours, as 48h.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
