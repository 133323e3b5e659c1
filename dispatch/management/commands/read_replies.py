"""Try out how texts are read: ``manage.py read_replies < texts`` prints one reading a line (docs/replies.md)."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from linzhu.dispatch.replies import Kind, Reply, read_reply

PRODUCTS_OWN = (Kind.MORE, Kind.LESS, Kind.LINK, Kind.NO_ANSWER, Kind.CASH)
"""Readings that only this product acts on: elsewhere such a text goes to a person, so that is what is printed."""
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Command(BaseCommand):
    help = (
        "Reads one text a line (UTF-8) and prints what it is taken for, with code, minutes, date or sums after a tab."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        own = ", ".join(PRODUCTS_OWN)
        parser.add_argument("--all", action="store_true", help=f"print {own}, too, instead of unclear")

    def handle(self, *args: Any, **options: Any) -> None:
        for line in sys.stdin.buffer:
            reply = read_reply(line.decode(errors="replace").rstrip("\r\n"))
            if reply.kind in PRODUCTS_OWN and not options["all"]:
                reply = Reply(Kind.UNCLEAR)
            self.stdout.write("\t".join([reply.kind, *values_of(reply)]))


def values_of(reply: Reply) -> list[str]:
    """Return what a clear reading carries: minutes, a pause as ``14d``, ``12-01`` or ``next fri``, the code."""
    if reply.kind == Kind.UNCLEAR:
        return []
    if reply.kind == Kind.CASH and reply.figures is not None:
        return [" ".join(f"{fen / 100:.2f}" for fen in reply.figures), *([reply.code] if reply.code else [])]
    values = [str(reply.minutes)] if reply.minutes is not None else []
    if reply.days is not None:
        values.append(f"{reply.days}d")
    if reply.until is not None:
        values.append("{:02}-{:02}".format(*reply.until))
    if reply.weekday is not None:
        values.append(f"{'next ' if reply.weekday > 6 else ''}{WEEKDAYS[reply.weekday % 7]}")
    if reply.month_end:
        values.append("month end")
    return [*values, reply.code] if reply.code else values
