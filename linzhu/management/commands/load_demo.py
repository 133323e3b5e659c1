"""``manage.py load_demo``: the made-up district alone, without starting anything."""

import time
from random import Random
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import transaction
from django_q.models import OrmQ

from linzhu.communities.clock import now
from linzhu.demo import guard
from linzhu.demo.district import create_district
from linzhu.demo.drill import drill_yesterday
from linzhu.demo.history import live_through_the_week
from linzhu.demo.people import create_elders, create_volunteers
from linzhu.demo.staff import PASSWORD, STAFF, create_staff
from linzhu.demo.today import live_through_today

SEED = 45  # 国办发〔2020〕45号


class Command(BaseCommand):
    help = "Load a made-up district: 3 communities, 40 elders, 80 volunteers, a week of history. All invented."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fresh", action="store_true", help="empty the demo's database first")
        parser.add_argument("--if-empty", action="store_true", help="say nothing if the demo data is there")

    def handle(self, *, fresh: bool, if_empty: bool, **options: Any) -> None:
        guard.refuse_real_data()
        if fresh and guard.is_loaded():
            call_command("flush", interactive=False, verbosity=0)
        if guard.is_loaded():
            if not if_empty:
                raise CommandError("The demo data is loaded already. --fresh empties it and starts over.")
            return
        began = time.monotonic()
        load()
        self.stdout.write(f"Loaded the demo's district in {time.monotonic() - began:.1f} s.")
        if not if_empty:
            self.stdout.write(f"Sign in as {', '.join(person.username for person in STAFF)}; password: {PASSWORD}")


@transaction.atomic
def load() -> None:
    """Write all of it, or nothing."""
    random = Random(SEED)  # noqa: S311 (the same people on every machine, no secrets)
    create_district()
    staff = create_staff()
    create_elders(random)
    create_volunteers(random, staff["lead"])
    at = now()
    live_through_the_week(staff, random, at)
    drill_yesterday(staff, at)
    live_through_today(staff, random, at)
    # Wake-ups for what is long over; what is due now, the clock finds by itself.
    OrmQ.objects.all().delete()
