"""Log lines that name nobody."""

import logging
import re
import traceback
from types import TracebackType
from typing import Any

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


def logging_of(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: events and ids only, never names, numbers or texts of people."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "linzhu.logs.FramesOnlyFormatter",
                "format": "{asctime} {levelname:<7} {name}: {message}",
                "style": "{",
            }
        },
        "filters": {"links_masked": {"()": "linzhu.logs.LinksMasked"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
            "axes": {"level": "ERROR"},  # its warnings name accounts
            "django.request": {"filters": ["links_masked"]},  # these name the addresses of what went wrong
            "django.security.csrf": {"filters": ["links_masked"]},
            "uvicorn": {"handlers": ["console"], "propagate": False},  # its own format prints what an exception says
            "uvicorn.access": {"level": "WARNING"},  # its lines hold addresses, and a family's link is a secret
            "uvicorn.error": {"level": "WARNING"},  # at INFO a line for every socket that opens
            "twilio": {"level": "WARNING"},  # at INFO it writes whole requests: numbers and texts
            "urllib3": {"level": "ERROR"},  # below, it writes addresses, and Aliyun takes numbers in their query
        },
    }
