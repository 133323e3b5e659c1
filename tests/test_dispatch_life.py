"""Any life of a help request, in any order, with any answers, early, late or twice: the rules hold after every step."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.life import Life
from tests.life_around import AnyLife

QUICK = settings(
    max_examples=6, stateful_step_count=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip


@pytest.mark.django_db
def test_rules_hold_in_any_life():
    run_state_machine_as_test(AnyLife, settings=QUICK)


PARTS, STEPS_A_PART, STEPS_A_LIFE = 16, 3_125, 60
"""50,000 steps in all, in parts that several processes can share; a life may end before it is this long."""


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS), ids="part{:02}".format)
def test_rules_hold_in_many_long_lives(part):
    begun = Life.steps
    while (missing := STEPS_A_PART - (Life.steps - begun)) > 0:
        effort = {"max_examples": 1 + missing // STEPS_A_LIFE, "stateful_step_count": STEPS_A_LIFE}
        phases = [Phase.generate, Phase.shrink]
        run_state_machine_as_test(AnyLife, settings=settings(QUICK, **effort, derandomize=False, phases=phases))
