"""The clock looks twice a second, whatever lies behind: it must not read the past to find what is due."""

import re

import pytest
from django.apps import apps
from django.db import connection

from linzhu.dispatch import clock
from linzhu.dispatch.assignments import assign
from linzhu.requests.lifecycle import SYSTEM, log_request
from tests import factories
from tests.emergencies import declared, mobile_elder
from tests.factories import window

GROWS = {
    "dispatch_assignment",
    "dispatch_callup",
    "dispatch_offer",
    "dispatch_rollcallchange",
    "dispatch_rollcallentry",
    "dispatch_todo",
    "dispatch_visitstep",
    "dispatch_wave",
    "notifications_call",
    "notifications_inboundmessage",
    "notifications_message",
    "requests_helprequest",
    "requests_statuschange",
}
"""Tables that hold a row for everything that ever happened."""


@pytest.fixture
def plans():
    """The plan of every query in this test."""
    found = {}

    def explain(execute, sql, params, many, context):
        if sql.startswith(("SELECT", "UPDATE", "DELETE")):
            execute(f"EXPLAIN QUERY PLAN {sql}", params, many, context)
            found[sql] = [row[-1] for row in context["cursor"].fetchall()]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL reads a table of a few rows whole")
def test_tick_reads_no_table_whole_that_grows(community, dispatcher, plans):
    elder, volunteer = factories.ElderFactory(community=community), factories.VolunteerFactory(community=community)
    log_request(elder, "groceries", actor=SYSTEM, **window())
    assign(log_request(elder, "meal", actor=SYSTEM, **window()), volunteer, actor=SYSTEM)
    mobile_elder(community)
    declared(community, dispatcher)
    clock.tick()  # forgets what is old enough, which may take its time: once a night
    plans.clear()
    clock.tick()
    assert len(plans) > 30
    assert [(step, sql) for sql, plan in plans.items() for step in plan if reads_whole(step, sql)] == []


def reads_whole(step, sql):
    """Whether a step of a plan reads such a table from end to end; a partial index holds what is due alone."""
    scan = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
    if scan is None:
        return False
    renamed = re.search(rf'"(\w+)" {scan[1]}\b', sql)
    partial = {index.name for model in apps.get_models() for index in model._meta.indexes if index.condition}
    return (renamed[1] if renamed else scan[1]) in GROWS and scan[2] not in partial
