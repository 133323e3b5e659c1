"""By which rules a community works: its own settings, or those of the nearest community above, or the product's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from linzhu.communities.models import Community, CommunityRules


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All settings of one community, resolved. What the environment can set is taken from there by default."""

    quiet_hours: tuple[time, time] | None = field(default_factory=lambda: settings.QUIET_HOURS)
    """(begin, end) in local wall time; None: texts go out at any hour."""
    weekly_text_cap: int = field(default_factory=lambda: settings.WEEKLY_TEXT_CAP)
    wave_seconds: int = field(default_factory=lambda: settings.WAVE_SECONDS)
    wave_size: int = field(default_factory=lambda: settings.WAVE_SIZE)
    furthest_m: int = field(default_factory=lambda: settings.FURTHEST_M)
    decision_min: int = 10
    pairing_head_start_min: int = 60
    reminder_evening_at: time = time(18, 30)
    reminder_hours_before: int = 1
    arrival_ask_min: int = 15
    arrival_alert_min: int = 30
    overrun_min: int = 30
    calls_elders: bool = True
    """Where a gateway carries calls at all (``VOICE_GATEWAY``)."""
    call_back_first_pct: int = 100
    call_back_money_pct: int = 100
    call_back_others_pct: int = 10
    """How many of these visits the elder is asked about, in per cent."""
    cash_limit_fen: int = 200_00
    cash_check_percent: int = 5
    """Of the visits whose money agrees, so many are looked into by a person."""
    skip_holidays: bool = False
    needs_training: bool = False
    needs_insurance: bool = False
    needs_consent: bool = False
    """Of the elder: for notes on health, and for sharing with the family. A consent withdrawn counts everywhere."""

    @property
    def decide_within(self) -> timedelta:
        return timedelta(minutes=self.decision_min)

    @property
    def head_start(self) -> timedelta:
        return timedelta(minutes=self.pairing_head_start_min)

    def quiet_end(self, at: datetime) -> datetime | None:
        """Return when the quiet hours around ``at`` end; None if it is not quiet. Local wall time rules."""
        if self.quiet_hours is None:
            return None
        begin, end = self.quiet_hours
        local = timezone.localtime(at)
        moment = local.time()
        is_quiet = begin <= moment < end if begin <= end else moment >= begin or moment < end
        if not is_quiet:
            return None
        day = local.date() if moment < end else local.date() + timedelta(days=1)
        return timezone.make_aware(datetime.combine(day, end))


_PLAIN = [name for name in Rules.__dataclass_fields__ if name != "quiet_hours"]


def rules_of(community: Community) -> Rules:
    """Return the rules by which this community works. One query, whatever the tree's depth."""
    return _read(community.ancestor_paths())


def inherited_rules(community: Community) -> Rules:
    """Return what holds for this community wherever it has set nothing itself."""
    return _read(community.ancestor_paths()[:-1])


def _read(paths: list[str]) -> Rules:
    """In SQL, as every search and every yes ask for rules: the ORM would take longer to build this than to run it."""
    if not paths:
        return Rules()  # above the root there is nobody, and PostgreSQL knows no empty list
    return resolve(CommunityRules.objects.raw(_SETTINGS.format(", ".join(["%s"] * len(paths))), paths))


_SETTINGS = """SELECT r.* FROM communities_communityrules r
    JOIN communities_community c ON c.id = r.community_id
    WHERE c.path IN ({}) ORDER BY LENGTH(c.path)"""
"""The root's first."""


def resolve(rows: Iterable[CommunityRules]) -> Rules:
    """Lay settings over one another, the root's first: the nearest one that says something wins."""
    rules = Rules()
    for row in rows:
        rules = replace(rules, **own_settings(row))
    return rules


def own_settings(row: CommunityRules) -> dict[str, Any]:
    """Return what this community has set itself, as fields of :class:`Rules`."""
    own = {name: value for name in _PLAIN if (value := getattr(row, name)) is not None}
    if row.quiet_hours:
        begin, end = row.quiet_hours
        own["quiet_hours"] = None if begin == end else (begin, end)
    return own


class RuleBook:
    """The rules of every community of one tree, or of all, read in a single query: for lists over many communities."""

    def __init__(self, root_path: str = "") -> None:
        rows = CommunityRules.objects.filter(community__path__startswith=root_path).select_related("community")
        self._rows = {row.community.path: row for row in rows}
        self._resolved: dict[str, Rules] = {}

    @classmethod
    def of_tree(cls, community: Community) -> RuleBook:
        """Return the book of the tree that this community stands in."""
        return cls(community.ancestor_paths()[0])

    def of(self, community: Community) -> Rules:
        """Return this community's rules without asking the database."""
        return self.at(community.path)

    def at(self, path: str) -> Rules:
        """Return the rules of the community with this path: for rows that carry it without the community."""
        if path not in self._resolved:
            above = sorted((own for own in self._rows if path.startswith(own)), key=len)
            self._resolved[path] = resolve(self._rows[own] for own in above)
        return self._resolved[path]
