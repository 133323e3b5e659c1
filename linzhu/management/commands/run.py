"""``manage.py run``: web, worker and clock together, in the environment's own settings."""

from typing import Any

from django.core.management import BaseCommand, CommandParser

from linzhu.demo.processes import HOST, answers, children, require_free_port
from linzhu.demo.supervisor import Supervisor


class Command(BaseCommand):
    help = "Run web, worker and clock together until Ctrl-C. For one small office; docs/operations.md has more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, port: int, **options: Any) -> None:
        require_free_port(port)
        Supervisor(children(port), self.stderr.write).run(
            is_ready=lambda: answers(port),
            on_ready=lambda: self.stdout.write(f"Linzhu listens on http://{HOST}:{port}; stop it with Ctrl-C."),
        )
