"""Reading of the few environment values that are more than a string or a number."""

import json
import re
import secrets
from datetime import time
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def parse_quiet_hours(text: str) -> tuple[time, time] | None:
    """Read ``21:00-07:30`` as (begin, end) in local wall time; ``off`` is None."""
    if text.strip().lower() in {"off", "none", ""}:
        return None
    match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*", text)
    try:
        if match is None:
            raise ValueError
        begin_h, begin_m, end_h, end_m = map(int, match.groups())
        return time(begin_h, begin_m), time(end_h, end_m)
    except ValueError:
        raise ImproperlyConfigured(f"QUIET_HOURS={text!r}: write it as 21:00-07:30, or off.") from None


def parse_templates(text: str) -> dict[str, dict[str, str]]:
    """Read which approved template stands for which text: ``{"zh-hans": {"offer": "SMS_123456"}}``, or a file of it."""
    text = text.strip()
    try:
        read = json.loads(text if text.startswith("{") else Path(text).read_text(encoding="utf-8")) if text else {}
        if not all(isinstance(code, str) for codes in read.values() for code in codes.values()):
            raise TypeError
    except (OSError, ValueError, TypeError, AttributeError):
        raise ImproperlyConfigured(
            'ALIYUN_TEMPLATES is neither JSON nor a file of JSON like {"zh-hans": {"offer": "SMS_123456"}}.'
        ) from None
    return {language: dict(codes) for language, codes in read.items()}


def local_secret_key(path: Path) -> str:
    """Return this checkout's own random key, made at first use.

    No key is ever the same on two machines, so nothing can be signed with a key from the source code. Production
    must name its key in the environment (check ``linzhu.E001``): a second machine would make another.
    """
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        key = secrets.token_urlsafe(50)
        path.write_text(key)
        return key
