"""What has been between an elder, a help request and volunteers: who came, who was asked, who said no, who is tied.

One statement in SQL, as those of ``neighbours``, and for the same reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection

from linzhu.dispatch.ties import Ties
from linzhu.requests.models import HelpRequest

READY = 30
"""So many of those who were called up and said yes are looked at for each elder, the nearest."""


@dataclass(frozen=True)
class History:
    """What has been between this elder, this help request and volunteers, by primary key."""

    visits: dict[int, int] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)
    said_no: set[int] = field(default_factory=set)
    stand_by: set[int] = field(default_factory=set)
    """Said yes too late in the round before this one, and want to be asked first."""
    ties: Ties = field(default_factory=Ties)
    ready: set[int] = field(default_factory=set)
    """Called up in an emergency that concerns the elder, and said yes: the nearest of them."""


def read_history(help_request: HelpRequest) -> History:
    """Return who has visited the elder, is tied to them, is asked in this round, has said no, stands by. One query.

    Works for a help request that is not saved, too. Where a recurring request wishes for the same volunteer, whoever
    came last time is preferred.
    """
    history = History()
    elder, this = help_request.elder_id, help_request.pk
    lat, lng = help_request.elder.position() or (0.0, 0.0)
    statement, values = _HISTORY, [elder, this, elder, elder, lat, lat, lng, lng, READY, elder]
    if help_request.channel == HelpRequest.Channel.REPEAT:
        statement, values = _HISTORY + _CAME_LAST_TIME, [*values, this]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        for what, volunteer_id, status, about in cursor.fetchall():
            if what == "tie":
                history.ties.add(status, volunteer_id)
            if what == "refused" and help_request.channel == HelpRequest.Channel.ROLL_CALL:
                history.said_no.add(volunteer_id)
            if what == "ready":
                history.ready.add(volunteer_id)
            if what == "offer" and about == help_request.round:
                history.asked.add(volunteer_id)
            if status == "standby" and about == help_request.round - 1:
                history.stand_by.add(volunteer_id)
            if what == "visit" and status != "released":
                history.visits[volunteer_id] = history.visits.get(volunteer_id, 0) + 1
            if status == "declined" or (status == "released" and about == help_request.pk):
                history.said_no.add(volunteer_id)
    return history


_HISTORY = """
    SELECT 'visit', a.volunteer_id, a.status, h.id
    FROM requests_helprequest h JOIN dispatch_assignment a ON a.help_request_id = h.id WHERE h.elder_id = %s
    UNION ALL
    SELECT 'offer', volunteer_id, status, round FROM dispatch_offer WHERE help_request_id = %s
    UNION ALL
    SELECT 'tie', volunteer_id, kind, 0 FROM dispatch_bond WHERE elder_id = %s AND ended_at IS NULL
    UNION ALL
    SELECT * FROM (
        SELECT 'ready', c.volunteer_id, '', 0
        FROM dispatch_rollcallentry e
        JOIN dispatch_emergency m ON m.id = e.emergency_id AND m.ended_at IS NULL AND NOT m.drill
        JOIN dispatch_callup c ON c.emergency_id = m.id AND c.answer = 'yes'
        JOIN volunteers_volunteer v ON v.id = c.volunteer_id
        WHERE e.elder_id = %s ORDER BY (v.lat - %s) * (v.lat - %s) + (v.lng - %s) * (v.lng - %s) LIMIT %s
    ) called_up
    UNION ALL
    SELECT 'refused', c.volunteer_id, '', 0
    FROM dispatch_rollcallentry e
    JOIN dispatch_emergency m ON m.id = e.emergency_id AND m.ended_at IS NULL AND NOT m.drill
    JOIN dispatch_callup c ON c.emergency_id = m.id AND c.answer = 'no'
    WHERE e.elder_id = %s"""

_CAME_LAST_TIME = """
    UNION ALL
    SELECT * FROM (
        SELECT 'tie', a.volunteer_id, 'preferred', 0
        FROM requests_occurrence this JOIN requests_recurringrequest r ON r.id = this.recurring_id AND r.same_volunteer
        JOIN requests_occurrence o ON o.recurring_id = r.id
        JOIN dispatch_assignment a ON a.help_request_id = o.help_request_id AND a.status = 'finished'
        WHERE this.help_request_id = %s ORDER BY a.finished_at DESC LIMIT 1
    ) came_last_time"""
