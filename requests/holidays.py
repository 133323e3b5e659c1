"""Public holidays of the country that the phone numbers are of: on them, recurring help may pause."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from holidays import HolidayBase

_ONE_DAY = timedelta(days=1)
_WEEKENDS_BELONG_TO_IT = {"CN"}
"""Where a holiday is announced with the weekend beside it ("放假3天"), and other weekends are worked instead."""


def is_public_holiday(day: date) -> bool:
    """Whether public life rests on that day because of a holiday; an ordinary weekend is none.

    In mainland China that is the whole announced stretch: statutory days, days off moved there, weekends between
    and beside them; a weekend that is worked to make up for it (调休) is not. For a year whose arrangement is not
    announced yet (it comes each November) the statutory days and what follows from them are known.
    """
    if _is_named(day):
        return True
    if settings.PHONE_REGION not in _WEEKENDS_BELONG_TO_IT or not _is_off(day):
        return False
    return _touches_one(day, -_ONE_DAY) or _touches_one(day, _ONE_DAY)


def _touches_one(day: date, step: timedelta) -> bool:
    """Whether days off lead without a gap from this one to a holiday."""
    while _is_off(day):
        if _is_named(day):
            return True
        day += step
    return False


def _is_named(day: date) -> bool:
    year = _year(settings.PHONE_REGION, day.year)
    return year is not None and day in year


def _is_off(day: date) -> bool:
    year = _year(settings.PHONE_REGION, day.year)
    return year is not None and not year.is_working_day(day)


@lru_cache(maxsize=32)
def _year(region: str, year: int) -> HolidayBase | None:
    """Return one country's holidays of one year; None for a country that the library does not know.

    One finished object for each year: the library's own growing calendar is not safe between threads. It is imported
    here because it takes time and memory that only few processes need.
    """
    from holidays import country_holidays

    try:
        return country_holidays(region, years=year, expand=False)
    except NotImplementedError:
        return None
