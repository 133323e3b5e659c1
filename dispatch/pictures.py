"""Photos from phones, cleaned: where and when they were taken, by what, and whatever else is hung on, stays behind.

A file is taken apart by its format's own marks, and only the parts that are picture are put together again. What is
no whole JPEG or PNG is refused, whatever its name says. No point of the picture is changed, so no decoder has to run.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 64_000_000
"""More than phones' cameras have: a small file that would fill the memory of whoever looks at it."""

JPEG, PNG = "image/jpeg", "image/png"


class NotAPicture(ValueError):  # noqa: N818 (an answer for whoever sent it)
    """No JPEG or PNG, damaged, or larger than any photo."""


def clean(data: bytes) -> tuple[str, bytes]:
    """Return the kind (JPEG or PNG) and the picture without anything else. Raises NotAPicture."""
    if len(data) > MOST_BYTES:
        raise NotAPicture
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG, _clean_jpeg(data)
    if data.startswith(_PNG_BEGINS):
        return PNG, _clean_png(data)
    raise NotAPicture


def _check_size(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise NotAPicture


# --- JPEG: ITU-T T.81, annex B ------------------------------------------------------------------------------------

_SOI, _EOI, _SOS, _APP1, _APP14 = 0xD8, 0xD9, 0xDA, 0xE1, 0xEE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_KEPT = _FRAMES | {0xC4, 0xCC, _SOS, 0xDB, 0xDC, 0xDD}
"""Frames, tables and scans. APP14 says how colours are coded, and is kept if it says nothing more."""
_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_EXIF = b"Exif\x00\x00"
_ORIENTATION = 0x0112


def _clean_jpeg(data: bytes) -> bytes:
    head, body, turned, has_frame = [bytes([0xFF, _SOI])], [], 1, False
    for code, segment, scan in _segments(data):
        if code in _FRAMES:
            _check_size(int.from_bytes(segment[5:7]), int.from_bytes(segment[3:5]))
            has_frame = True
        if code == _APP1 and segment[2:].startswith(_EXIF):
            turned = _orientation(segment[2 + len(_EXIF) :])
        if code in _KEPT or (code == _APP14 and len(segment) == 14 and segment[2:].startswith(b"Adobe")):
            body.append(bytes([0xFF, code]) + segment + scan)
    if not has_frame or not any(part[1] == _SOS for part in body):
        raise NotAPicture
    if turned != 1:
        head.append(_only_orientation(turned))
    return b"".join([*head, *body, bytes([0xFF, _EOI])])


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (mark, segment with its length, the scan that follows it) up to the end mark; what hangs on is not read."""
    at = 2
    while True:
        begins = at
        while data[at : at + 1] == b"\xff":
            at += 1
        if at == begins or at >= len(data):
            raise NotAPicture
        code, at = data[at], at + 1
        if code == _EOI:
            return
        length = int.from_bytes(data[at : at + 2])
        segment = data[at : at + length]
        if length < 2 or len(segment) < length:
            raise NotAPicture
        at += length
        scan = b""
        if code == _SOS:
            after = _AFTER_SCAN.search(data, at)
            if after is None:
                raise NotAPicture
            scan, at = data[at : after.start()], after.start()
        yield code, segment, scan


def _orientation(tiff: bytes) -> int:
    """Return how the camera was held, 1 to 8: without it the receipt would lie on its side."""
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None:
        return 1
    start = int.from_bytes(tiff[4:8], order)  # type: ignore[arg-type]
    for number in range(int.from_bytes(tiff[start : start + 2], order)):  # type: ignore[arg-type]
        entry = tiff[start + 2 + 12 * number : start + 14 + 12 * number]
        if int.from_bytes(entry[:2], order) == _ORIENTATION:  # type: ignore[arg-type]
            turned = int.from_bytes(entry[8:10], order)  # type: ignore[arg-type]
            return turned if 1 <= turned <= 8 else 1
    return 1


def _only_orientation(turned: int) -> bytes:
    entry = _ORIENTATION.to_bytes(2) + b"\x00\x03" + (1).to_bytes(4) + turned.to_bytes(2) + b"\x00\x00"
    tiff = b"MM\x00\x2a" + (8).to_bytes(4) + b"\x00\x01" + entry + b"\x00\x00\x00\x00"
    return bytes([0xFF, _APP1]) + (2 + len(_EXIF) + len(tiff)).to_bytes(2) + _EXIF + tiff


# --- PNG: W3C Portable Network Graphics, chapter 5 ----------------------------------------------------------------

_PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def _clean_png(data: bytes) -> bytes:
    kept = [_PNG_BEGINS]
    seen: list[bytes] = []
    for name, chunk in _chunks(data):
        if not seen and name != b"IHDR":
            raise NotAPicture
        if name == b"IHDR":
            _check_size(int.from_bytes(chunk[8:12]), int.from_bytes(chunk[12:16]))
        if name in _CHUNKS:
            kept.append(chunk)
        elif name[:1].isupper():
            raise NotAPicture  # nobody can show it without knowing this
        seen.append(name)
    if b"IDAT" not in seen:
        raise NotAPicture
    return b"".join(kept)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (name, whole chunk) up to the end mark; what hangs on is not read."""
    at, name = len(_PNG_BEGINS), b""
    while name != b"IEND":
        length = int.from_bytes(data[at : at + 4])
        chunk = data[at : at + 12 + length]
        name = chunk[4:8]
        if len(chunk) < 12 + length or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
            raise NotAPicture
        yield name, chunk
        at += len(chunk)
