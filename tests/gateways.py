"""Fake Twilios on sockets, as the gateways of a test: the first carries texts, the second stands behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_twilio import FakeTwilio


@pytest.fixture
def twilio(db, settings) -> Iterator[FakeTwilio]:
    yield from _running(FakeTwilio(), settings)


@pytest.fixture
def second(settings, twilio) -> Iterator[FakeTwilio]:
    yield from _running(FakeTwilio("twilio2"), settings)


def _running(fake: FakeTwilio, settings) -> Iterator[FakeTwilio]:
    with fake:
        fake.configure(settings, app_url="http://testserver")
        fake.callbacks = "none"
        yield fake
