"""Logs name nobody."""

import logging
import sys

from linzhu.logs import FramesOnlyFormatter


def test_log_of_an_exception_holds_no_message():
    phone, name = "+8613800001234", "张秀英"
    try:
        try:
            raise ValueError(f"Key (phone)=({phone}) already exists")
        except ValueError as error:
            raise RuntimeError(name) from error
    except RuntimeError:
        record = logging.LogRecord("linzhu", logging.ERROR, __file__, 1, "it failed", (), sys.exc_info())
    text = FramesOnlyFormatter("%(message)s").format(record)
    # The frames quote source lines; the values are nowhere.
    frames = [line for line in text.splitlines() if not line.startswith("    ")]
    assert frames[0] == "it failed"
    assert frames[-1] == "RuntimeError"
    assert "ValueError" in frames
    assert f"({phone})" not in text
