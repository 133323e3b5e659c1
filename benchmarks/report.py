"""What every benchmark writes: where it ran, and its section of benchmarks/README.md."""

import os
import platform
import re
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median

README = Path(__file__).resolve().parent / "README.md"
ROOT = README.parent.parent


def django_on_empty_database(url: str, folder: Path) -> None:
    """Set Django up on this database, or on a new SQLite file in ``folder``, and migrate it. It must be empty."""
    sys.path.insert(0, str(ROOT))
    os.environ |= {
        "DATABASE_URL": url or f"sqlite:///{folder / 'benchmark.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "linzhu.settings",
        "LOG_LEVEL": "ERROR",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "VAR_DIR": str(folder),
    }
    import django

    django.setup()
    from django.core.management import call_command

    from linzhu.communities.models import Community

    call_command("migrate", verbosity=0, skip_checks=True)
    if Community.objects.exists():
        sys.exit("This database is not empty.")


def renew_section(name: str, text: str, heading: str = "") -> None:
    """Put a section between its two marks; nothing else is touched. Without marks it is added, with ``heading``."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    page = README.read_text(encoding="utf-8")
    if begin not in page:
        page += f"{heading}\n{begin}\n{end}\n"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    README.write_text(pattern.sub(lambda _old: f"{begin}\n{text}\n{end}", page), encoding="utf-8")


def rates_beside_bare(what: str, rounds: list[tuple[float, float]], goal: str, least: float) -> list[str]:
    """Return the lines of a table of (bare, product's) rates, and how their median ratio stands to the goal."""
    ratio = median(product / bare for bare, product in rounds)
    return [
        f"| round | bare {what}/s | {what}/s | ratio |",
        "|---|---|---|---|",
        *(
            f"| {n} | {bare:.0f} | {product:.0f} | {product / bare:.2f} |"
            for n, (bare, product) in enumerate(rounds, 1)
        ),
        "",
        f"Median ratio {ratio:.2f}; {goal} asks for {least}: {'PASS' if ratio >= least else 'FAIL'}.",
    ]


def p95(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[int(len(ordered) * 0.95)]


def database_version() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return f"SQLite {cursor.execute('SELECT sqlite_version()').fetchone()[0]}"
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0].split()[0]}"


def machine() -> str:
    import django

    return (
        f"Python {platform.python_version()}, Django {django.get_version()}, "
        f"{os.cpu_count()} cores {platform.machine()}, {platform.system()} {platform.release().split('-')[0]}"
    )
