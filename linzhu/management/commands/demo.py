"""``manage.py demo``: a made-up district, in a browser, from one command."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import connection

from linzhu.demo import guard
from linzhu.demo.processes import HOST, MANAGE, answers, children, require_free_port
from linzhu.demo.staff import PASSWORD, STAFF
from linzhu.demo.supervisor import Supervisor

INSIDE = "LINZHU_DEMO"


class Command(BaseCommand):
    help = "Run Linzhu with a made-up district on this machine: web, worker, clock. Stop it with Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--fresh", action="store_true", help="start over with new demo data")

    def handle(self, *, port: int, fresh: bool, **options: Any) -> None:
        require_free_port(port)
        if INSIDE not in os.environ:
            begin_again_in_demo_environment(port)
        prepare(fresh=fresh)
        Supervisor(children(port), self.stderr.write).run(
            is_ready=lambda: answers(port), on_ready=lambda: self.welcome(port)
        )
        self.stdout.write("Stopped. Everything is kept: the next `make demo` goes on from here.")

    def welcome(self, port: int) -> None:
        lines = [
            "",
            f"  Linzhu 邻助 is running:  http://{HOST}:{port}/",
            "",
            f"  Sign in (password: {PASSWORD})",
            *(f"    {person.username:<11} {person.what}" for person in STAFF),
            "",
            f"  The phones of the demo: http://{HOST}:{port}/phones/",
            "  Stop with Ctrl-C. Everybody and every number here is invented.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def prepare(*, fresh: bool) -> None:
    """Bring the database up to date and fill it if it is empty. Raises CommandError with the cure."""
    guard.refuse_real_data()
    if fresh and Path(settings.DATABASES["default"]["NAME"]) == own_database():
        connection.close()
        for file in own_database().parent.glob(f"{own_database().name}*"):
            file.unlink()
    if not django("migrate", "--verbosity", "0"):
        raise CommandError("The demo's database is from another version. Start over: make demo FRESH=1")
    if not django("load_demo", "--if-empty", *(["--fresh"] if fresh else [])):
        raise CommandError("The demo's data could not be loaded; the lines above say why.")


def own_database() -> Path:
    return Path(settings.VAR_DIR) / "demo.sqlite3"


def django(*arguments: str) -> bool:
    """Run a command in a process of its own, whose memory is given back. What goes wrong there, it says itself."""
    # In the demo's past staff have called the elders themselves: phones ring only for what happens from now on.
    environment = os.environ | {"VOICE_GATEWAY": ""}
    return subprocess.run([*MANAGE, *arguments], check=False, env=environment).returncode == 0  # noqa: S603 (our own)


def begin_again_in_demo_environment(port: int) -> None:
    """Replace this process by one whose settings are the demo's: settings are read once, at the start.

    A ``.env`` for production beside the checkout must not reach the demo: what could text real people or hold real
    data is named here, and so wins. Only DATABASE_URL is taken from the environment (see ``guard``).
    """
    os.environ.update(
        {
            INSIDE: "1",
            "ALLOWED_HOSTS": f"{HOST},localhost",
            "DATABASE_POOL": "0",
            "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{own_database()}",
            "DEBUG": "0",
            "DJANGO_SETTINGS_MODULE": "linzhu.settings",
            "HELP_PHONE": "+862220000001",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
            "PUBLIC_BASE_URL": f"http://{HOST}:{port}",
            "QUEUE_WORKERS": "1",
            "QUIET_HOURS": "off",
            "REDIS_URL": "",
            "SMS_GATEWAY": "local",
            "VOICE_GATEWAY": "local",
            "WAVE_SECONDS": os.environ.get("WAVE_SECONDS", "90"),
        }
    )
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 (ourselves, with the same arguments)
