"""Log lines that name nobody."""

import logging
import re
import traceback
from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class FramesOnlyFormatter(logging.Formatter):
    """Prints where an exception was raised and its kind, never its message.

    A message may quote a row: PostgreSQL's "Key (phone)=(+86…) already exists" is an elder's number in a log file.
    """

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 (the base class named it)
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            lines = ["".join(traceback.format_tb(error.__traceback__)) + type(error).__name__, *lines]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)


_SECRET_LINK = re.compile(r"(?<=/[fvk]/)[^/\s]+")


class LinksMasked(logging.Filter):
    """Takes the secret out of the addresses that hold one: "Not Found: /f/…/" opens nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_SECRET_LINK.sub("…", part) if isinstance(part, str) else part for part in record.args)
        return True
