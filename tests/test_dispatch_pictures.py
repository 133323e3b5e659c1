"""Photos are kept without whatever is no picture; what is none is refused."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linzhu.dispatch import pictures
from linzhu.dispatch.pictures import JPEG, MOST_BYTES, PNG, NotAPicture, clean

SECRET = b"39.1200N 117.2000E"
FRAME = b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00"  # 32 x 16
SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\xff\x00\x34\xff\xd0\x56"
SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def segment(code, body):
    return bytes([0xFF, code]) + (len(body) + 2).to_bytes(2) + body


def exif(order="MM", orientation=6):
    name = {"MM": "big", "II": "little"}[order]
    entry = b"".join(number.to_bytes(size, name) for number, size in ((0x0112, 2), (3, 2), (1, 4), (orientation, 2)))
    head = order.encode() + (42).to_bytes(2, name) + (8).to_bytes(4, name) + (1).to_bytes(2, name)
    return segment(0xE1, b"Exif\x00\x00" + head + entry + b"\x00\x00" + b"\x00" * 4 + SECRET)


def jpeg(*before, scan=SCAN, after=b""):
    return SOI + b"".join(before) + FRAME + scan + EOI + after


def chunk(name, body):
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)


HEAD = chunk(b"IHDR", (32).to_bytes(4) + (16).to_bytes(4) + b"\x08\x00\x00\x00\x00")
DATA, END = chunk(b"IDAT", b"points"), chunk(b"IEND", b"")


def png(*chunks, after=b""):
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + after


def test_photo_is_kept_as_it_is_drawn():
    assert clean(jpeg()) == (JPEG, jpeg())
    assert clean(png(HEAD, DATA, END)) == (PNG, png(HEAD, DATA, END))


@pytest.mark.parametrize(
    "photo",
    [
        jpeg(exif(orientation=1)),
        jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + SECRET)),
        jpeg(segment(0xE2, SECRET), segment(0xED, SECRET), segment(0xFE, SECRET)),
        jpeg(segment(0xEE, b"Adobe" + SECRET)),
        jpeg(after=SECRET),
        jpeg(after=jpeg(exif())),
    ],
    ids=["exif", "xmp", "others", "long app14", "behind the end", "a second photo"],
)
def test_jpeg_loses_where_and_when_it_was_taken(photo):
    assert clean(photo) == (JPEG, jpeg())


@pytest.mark.parametrize("order", ["MM", "II"])
def test_jpeg_stays_the_right_way_up(order):
    _kind, kept = clean(jpeg(exif(order)))
    assert (SECRET in kept, len(kept) - len(jpeg())) == (False, 36)
    assert clean(kept) == (JPEG, kept)
    assert b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in kept


def test_jpeg_of_several_scans_is_kept_whole():
    photo = jpeg(scan=SCAN + segment(0xC4, b"table") + SCAN)
    assert clean(photo) == (JPEG, photo)


def test_png_loses_what_is_no_picture():
    photo = png(HEAD, chunk(b"eXIf", SECRET), chunk(b"tEXt", SECRET), chunk(b"tIME", SECRET), DATA, END, after=SECRET)
    assert clean(photo) == (PNG, png(HEAD, DATA, END))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xd8\xff", b"<html><script>alert(1)</script>", b"GIF89a" + SCAN, b"%PDF-1.7", b"PK\x03\x04",
        b"<?xml version='1.0'?><svg/>", jpeg()[:-2], jpeg()[:20], SOI + FRAME + EOI, SOI + SCAN + EOI, jpeg(b"loose"),
        jpeg(b"\xff\xe1\xff\xff"), jpeg(b"\xff\xe1\x00\x01"), png(HEAD, END), png(DATA, END), png(HEAD, DATA),
        png(HEAD, chunk(b"EVIL", b""), DATA, END), png(HEAD, DATA[:-1] + b"!", END),
        jpeg().replace(b"\x00\x10\x00\x20", b"\xff\xff\xff\xff"),
        jpeg().replace(b"\x00\x10\x00\x20", b"\x00\x00\x00\x20"),
        png(chunk(b"IHDR", b"\x7f" * 8 + b"\x08\x00\x00\x00\x00"), DATA, END),
    ],
)  # fmt: skip
def test_what_is_no_whole_picture_is_refused(data):
    with pytest.raises(NotAPicture):
        clean(data)


def test_photo_that_is_too_large_is_refused(monkeypatch):
    assert MOST_BYTES == 8 * 1024 * 1024
    monkeypatch.setattr(pictures, "MOST_BYTES", len(jpeg()) - 1)
    with pytest.raises(NotAPicture):
        clean(jpeg())


@given(st.binary(max_size=300), st.sampled_from([jpeg(), png(HEAD, DATA, END)]), st.integers(0, 200))
def test_any_damage_is_refused_or_cleaned_and_nothing_else(noise, photo, at):
    damaged = photo[:at] + noise + photo[at:]
    try:
        kind, kept = clean(damaged)
    except NotAPicture:
        return
    assert clean(kept) == (kind, kept)
