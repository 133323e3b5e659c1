"""Every variable that settings read stands in .env.example, and no other; each with a comment."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = (ROOT / "linzhu" / "settings.py").read_text()

LINE = re.compile(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)


READ_BY_OTHERS = {"FORWARDED_ALLOW_IPS"}  # uvicorn


def read_by_settings() -> set[str]:
    return READ_BY_OTHERS | set(re.findall(r'\benv\.\w+\(\s*"([A-Z0-9_]+)"', SETTINGS))


def test_example_names_what_settings_read():
    assert {name for name, _value in LINE.findall(EXAMPLE)} == read_by_settings()


def test_settings_read_more_than_thirty_variables():
    """The pattern still finds them: were settings written in another way, the test above would compare nothing."""
    assert len(read_by_settings()) > 30


def test_each_variable_has_a_comment():
    lines = EXAMPLE.splitlines()
    for number, line in enumerate(lines):
        if LINE.match(line):
            above = next(lines[i] for i in range(number - 1, -1, -1) if not LINE.match(lines[i]))
            assert above.startswith("# "), line


def test_example_holds_no_secret():
    for name, value in LINE.findall(EXAMPLE):
        if any(word in name for word in ("SECRET", "TOKEN", "_SID")):
            assert value == ""


def test_written_out_defaults_are_the_real_ones():
    """Uncommented lines show the default, so that copying the file changes nothing."""
    defaults = dict(re.findall(r'\benv\.\w+\(\s*"([A-Z0-9_]+)",(?: cast=int,)? default=([^)]+?)\)', SETTINGS))
    for line in EXAMPLE.splitlines():
        if line and not line.startswith("#"):
            name, value = line.split("=", 1)
            assert _plain(defaults[name]) == value.lower(), name


def _plain(default: str) -> str:
    return default.strip('"[]').replace("_", "").replace(", ", ",").lower()
