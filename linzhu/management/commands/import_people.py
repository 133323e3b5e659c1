from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from linzhu.communities.import_report import Report
from linzhu.communities.management.base import find_community
from linzhu.communities.spreadsheet_files import SpreadsheetError
from linzhu.imports import IMPORTERS

_SHOWN_ERRORS = 50


class Command(BaseCommand):
    help = "Import elders, volunteers or places from .xlsx, .xls, .ods or .csv: all rows or none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=sorted(IMPORTERS))
        parser.add_argument("file", type=Path)
        parser.add_argument("--community", metavar="CODE", required=True, help="where they belong")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        importer = IMPORTERS[options["kind"]](find_community(options["community"]))
        try:
            with options["file"].open("rb") as file:
                report = importer.run(file, dry_run=options["dry_run"], progress=self._progress)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from None
        except SpreadsheetError as error:
            raise CommandError(str(error)) from None
        self._tell(report, dry_run=options["dry_run"])

    def _progress(self, things: Sequence[Any], doing: str) -> Iterable[Any]:
        bar: Iterable[Any] = tqdm(things, desc=doing, unit=" rows", disable=None, leave=False)
        return bar

    def _tell(self, report: Report, *, dry_run: bool) -> None:
        for warning in report.warnings:
            self.stdout.write(f"Note: {warning}")
        for problem in report.errors[:_SHOWN_ERRORS]:
            self.stderr.write(str(problem))
        if report.errors:
            unseen = len(report.errors) - _SHOWN_ERRORS
            more = f" {unseen} more are not shown." if unseen > 0 else ""
            raise CommandError(f"Nothing was imported: please put this right and try again.{more}")
        outcome = "Would be" if dry_run else "Done:"
        self.stdout.write(f"{outcome} {report.new} new, {report.updated} updated, {report.unchanged} unchanged.")
