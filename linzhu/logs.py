"""Log lines that name nobody."""

import logging
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
