"""The simulated city, on a very small scale."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from linzhu.dispatch.simulation import measures, runs
from linzhu.dispatch.simulation.askers import POLICIES
from linzhu.dispatch.simulation.chart import chart, ticks
from linzhu.dispatch.simulation.city import WEEK, build
from linzhu.dispatch.simulation.engine import Run
from linzhu.dispatch.simulation.measures import gini, measure, quantile
from linzhu.dispatch.simulation.scenarios import BASE, SCENARIOS
from linzhu.dispatch.simulation.search import DEADLINE_MIN, arrivals
from linzhu.dispatch.simulation.table import markdown, means

TINY = replace(BASE, volunteers=120, requests_a_day=12)
KEYS = {
    "scenario",
    "policy",
    "seed",
    "median_min",
    "p90_min",
    "filled_2h",
    "texts_per_filled",
    "p95_texts_week",
    "gini_texts",
    "gini_visits",
    "opt_outs",
    "filled_worst_tenth",
    "never_asked",
}


@pytest.fixture(scope="module")
def played():
    return {name: Run(TINY, 1, 7, asker()).play() for name, asker in POLICIES.items()}


@pytest.fixture(scope="module")
def rows(played):
    return {name: measure(run, name) for name, run in played.items()}


@pytest.mark.parametrize("policy", POLICIES)
def test_every_text_is_counted_once_on_both_sides(played, policy):
    run = played[policy]
    assert sum(len(search.texts) for search in run.searches) == sum(len(one.texts) for one in run.city.residents)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_filled_help_request_is_one_visit(played, policy):
    run = played[policy]
    filled = sum(search.filled_at is not None for search in run.searches)
    assert filled == sum(len(one.visits) for one in run.city.residents)


@pytest.mark.parametrize("policy", POLICIES)
def test_nobody_is_asked_twice_for_one_help_request(played, policy):
    for search in played[policy].searches:
        assert len({text.who.key for text in search.texts}) == len(search.texts)


@pytest.mark.parametrize("policy", POLICIES)
def test_nobody_is_asked_after_the_yes_or_the_deadline(played, policy):
    for search in played[policy].searches:
        end = search.filled_at or search.deadline
        assert all(search.at <= text.at <= end for text in search.texts)
        assert end - search.at <= DEADLINE_MIN


@pytest.mark.parametrize("policy", POLICIES)
def test_nobody_is_asked_who_would_not_go_so_far(played, policy):
    for search in played[policy].searches:
        assert all(text.metres <= text.who.reach_m for text in search.texts)


def test_all_policies_meet_the_same_help_requests(played):
    met = {name: [(search.at, search.elder.key) for search in run.searches] for name, run in played.items()}
    assert all(one == met["linzhu"] for one in met.values())


def test_linzhu_keeps_the_cap_of_the_week(played):
    from linzhu.dispatch.simulation.askers import WEEKLY_CAP

    for resident in played["linzhu"].city.residents:
        for at in resident.texts:
            assert sum(at - WEEK < other <= at for other in resident.texts) <= WEEKLY_CAP


def test_same_seed_gives_the_same_row(rows):
    assert measure(Run(TINY, 1, 7, POLICIES["linzhu"]()).play(), "linzhu") == rows["linzhu"]


def test_linzhu_knows_how_many_searches_have_ended_in_vain(played):
    run = played["linzhu"]
    last = run.searches[-1]
    ended = [search for search in run.searches if search is not last and not search.is_open(last.at)]
    assert run.asker.searched_lately == len(ended)
    assert run.asker.unfilled_lately == sum(search.filled_at is None for search in ended)


class Noting(Run):
    """A run that notes beside every text what was expected of it and what was true."""

    def _text(self, at, search, text):
        self.noted = getattr(self, "noted", [])
        self.noted.append((text.chance, search.true_chance(text.who, text.metres, at)))
        super()._text(at, search, text)


@pytest.fixture(scope="module")
def noted():
    """Without those who have said yes to something that day: their true chance is nought."""
    run = Noting(replace(BASE, volunteers=300, requests_a_day=30), 102, 14, POLICIES["linzhu"]()).play()
    return [(chance, true) for chance, true in run.noted if chance.again == 1]


@pytest.mark.parametrize(
    "seemed",
    [lambda chance: chance.own * chance.habit > 1.2, lambda chance: chance.value > 0.4],
    ids=["eager", "likely"],
)
def test_whoever_seems_eager_says_yes_as_often_as_expected(noted, seemed):
    those = [(chance.value, true) for chance, true in noted if seemed(chance)]
    expected, true = (sum(column) for column in zip(*those, strict=True))
    assert len(those) > 100
    assert true == pytest.approx(expected, rel=0.12)


def test_other_seed_is_another_city():
    assert build(TINY, 1).residents[0].x != build(TINY, 2).residents[0].x


def test_row_has_its_keys(rows):
    assert all(set(row) == KEYS for row in rows.values())


def test_shares_are_between_nought_and_one(rows):
    for row in rows.values():
        for figure in ("filled_2h", "gini_texts", "gini_visits", "filled_worst_tenth", "never_asked"):
            assert 0 <= row[figure] <= 1


def test_clairvoyant_bounds_all_others(rows):
    bound = rows["clairvoyant"]
    assert bound["texts_per_filled"] == 1
    for row in rows.values():
        assert bound["filled_2h"] >= row["filled_2h"]
        assert bound["p90_min"] <= row["p90_min"]


def test_broadcast_asks_most_and_sequential_least(rows):
    texts = {name: rows[name]["texts_per_filled"] for name in ("sequential", "nearest-3", "nearest-8", "broadcast")}
    assert sorted(texts, key=texts.get) == list(texts)


def test_surge_brings_more_help_requests_in_the_middle():
    quiet, surge = (arrivals(scenario, 1, 28) for scenario in (BASE, SCENARIOS["surge"]))
    assert len(surge) > 2 * len(quiet)


def test_night_brings_help_requests_at_night():
    hours = {int(at / 60) % 24 for at in arrivals(SCENARIOS["night"], 1, 7)}
    assert hours <= {20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize(("values", "coefficient"), [([1, 1, 1, 1], 0), ([0, 0, 0, 4], 0.75), ([], 0), ([0, 0], 0)])
def test_gini(values, coefficient):
    assert gini(values) == pytest.approx(coefficient)


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.9, 4), (1, 4)])
def test_quantile(share, value):
    assert quantile([4, 1, 2, 3], share) == value


def test_quantile_of_nothing():
    assert quantile([], 0.5) == 0


def test_means_of_seeds():
    row = runs.play(runs.Job("sparse", 1, "sequential", 1))
    mean = means([row, row | {"seed": 2, "median_min": row["median_min"] + 2}])
    assert [(one["policy"], one["median_min"]) for one in mean] == [("sequential", row["median_min"] + 1)]


def test_jobs_are_every_combination():
    jobs = runs.jobs_of(["base", "sparse"], [1, 2], ["linzhu", "broadcast"], 3)
    assert len(set(jobs)) == 8


def test_processes_give_the_same_rows_in_the_same_order():
    jobs = runs.jobs_of(["sparse"], [1, 2], ["sequential"], 1)
    assert list(runs.play_all(jobs, processes=2)) == [runs.play(job) for job in jobs]


@pytest.mark.parametrize(("highest", "marks"), [(31, [0, 10, 20, 30, 40]), (0.9, [0, 0.2, 0.4, 0.6, 0.8, 1.0])])
def test_ticks_are_round(highest, marks):
    assert ticks(highest) == pytest.approx(marks)


def test_chart_names_axes_and_policies(rows):
    svg = chart("base", means(list(rows.values())), seeds=1, days=7)
    text = " ".join(ET.fromstring(svg).itertext())
    for words in ("Texts per filled help request", "Median minutes until a yes", *POLICIES):
        assert words in text


def test_table_has_a_line_for_each_policy(rows):
    lines = markdown(means(list(rows.values()))).splitlines()
    assert len(lines) == 2 + len(POLICIES)
    assert len({len(line) for line in lines}) == 1


@pytest.fixture
def small_city(monkeypatch):
    monkeypatch.setitem(SCENARIOS, "base", replace(TINY, volunteers=40, requests_a_day=3))
    monkeypatch.setattr("os.cpu_count", lambda: 1)


@pytest.mark.usefixtures("small_city")
def test_simulate_writes_its_files(tmp_path, capsys):
    call_command(
        "simulate", "--scenario", "base", "--seeds", "1,2", "--days", "2", "--policies", "all",
        "--json", str(tmp_path / "new" / "rows.json"), "--out", str(tmp_path / "out"), verbosity=0,
    )  # fmt: skip
    written = json.loads((tmp_path / "new" / "rows.json").read_text())
    assert [(row["policy"], row["seed"]) for row in written] == [(name, seed) for name in POLICIES for seed in (1, 2)]
    assert all(set(row) == KEYS for row in written)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"base.svg", "tables.md"}
    assert "texts per filled" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [["--scenario", "moon"], ["--policies", "linzhu,luck"], ["--seeds", "one"], ["--days", "0"], ["--days", "-1"]],
)
def test_simulate_refuses(wrong):
    with pytest.raises(CommandError):
        call_command("simulate", *wrong)


def test_measures_of_a_city_without_help_requests():
    run = Run(replace(TINY, requests_a_day=0.5), 1, 1, POLICIES["linzhu"]())
    row = measures.measure(run, "linzhu")
    assert (row["median_min"], row["filled_2h"], row["never_asked"]) == (0, 0, 1)
