"""The same work on a local Ray cluster of several processes, one of them killed."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from tests.jobs.steps import doubled
from tests.jobs.test_run import doubles, tasks, work

from upright.jobs import Engine, NoSpaceError, Store, run

# A busy machine needs longer for the several programs of a cluster than Ray waits by itself.
os.environ.setdefault("RAY_DASHBOARD_STARTUP_TIMEOUT_S", "600")
os.environ.setdefault("RAY_raylet_start_wait_time_s", "600")
ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.ray, pytest.mark.timeout(1200)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def cluster():
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=80_000_000,
        log_to_driver=False,
        logging_level="ERROR",
        runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}},
    )
    yield
    ray.shutdown()


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


def test_ray_gives_what_the_pool_gives(store, tmp_path):
    step = work()
    far = run(step, tasks(step, 6), store, workers=2, engine=Engine.RAY)
    near = run(step, tasks(step, 6), Store(tmp_path / "other"), workers=2)
    assert [dict(o.result) for o in far] == [dict(o.result) for o in near]
    assert all(
        run(step, tasks(step, 6), store, workers=1, engine=Engine.RAY)[n].reused for n in range(6)
    )


def test_work_runs_in_several_processes_and_one_killed_costs_a_task_at_most(store, tmp_path):
    step = work("troubled", die_once=[5], marks=str(tmp_path), log=str(tmp_path / "log"))
    outcomes = run(step, tasks(step, 40), store, workers=2, engine=Engine.RAY)
    assert doubles(outcomes) == [2 * n for n in range(40)]
    lines = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    assert len({pid for _, pid in lines}) > 1
    assert sum(Counter(number for number, _ in lines).values()) <= 40 + 1


def test_a_task_that_kills_its_worker_each_time_fails_alone(store):
    step = work("troubled", die=[1])
    outcomes = run(step, tasks(step, 3), store, workers=2, engine=Engine.RAY)
    assert [bool(o.error) for o in outcomes] == [False, True, False]


def test_errors_come_back_as_what_they_are(store):
    step = work("troubled", fail=[0])
    (outcome,) = run(step, tasks(step, 1), store, workers=1, engine=Engine.RAY)
    assert outcome.error == "ValueError: no such luck"
    step = work("troubled", full=[0])
    with pytest.raises(NoSpaceError):
        run(step, tasks(step, 1), store, workers=1, engine=Engine.RAY)


def test_the_steps_of_these_tests_work_without_a_worker(tmp_path):
    assert doubled({})({"number": 4}, tmp_path) == {"double": 8}
