"""Batch work: done once, whoever dies on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.jobs import NoSpaceError, Store, Task, Work, run
from upright.terms import ConfigError, digest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


def work(name: str = "doubled", version: str = "1", **spec) -> Work:
    return Work(name, f"tests.jobs.steps:{name}", spec, version)


def tasks(step: Work, count: int) -> list[Task]:
    return [Task(step.key(digest(n)), {"number": n}) for n in range(count)]


def doubles(outcomes) -> list[int]:
    return [outcome.result["double"] for outcome in outcomes]


def test_results_come_in_the_order_of_the_tasks(store):
    step = work()
    assert doubles(run(step, tasks(step, 9), store, workers=2)) == [2 * n for n in range(9)]


@pytest.mark.parametrize("workers", [1, 3])
def test_results_do_not_depend_on_the_number_of_workers(store, workers):
    step = work()
    outcomes = run(step, tasks(step, 5), store, workers=workers)
    kept = [(store.place("doubled", o.task.key) / "double.txt").read_text() for o in outcomes]
    assert kept == ["0", "2", "4", "6", "8"]


def test_what_is_complete_is_not_done_again(store, tmp_path):
    step = work(log=str(tmp_path / "log"))
    run(step, tasks(step, 4), store, workers=2)
    again = run(step, tasks(step, 6), store, workers=2)
    assert [outcome.reused for outcome in again] == [True] * 4 + [False] * 2
    done = Counter(line.split()[0] for line in (tmp_path / "log").read_text().splitlines())
    assert set(done.values()) == {1}


def test_another_version_or_spec_is_other_work(store):
    assert (
        len({work().key("a"), work(version="2").key("a"), work(x=1).key("a"), work().key("b")}) == 4
    )


def test_equal_tasks_are_done_once(store, tmp_path):
    step = work(log=str(tmp_path / "log"))
    one = tasks(step, 1)[0]
    assert doubles(run(step, [one, one], store, workers=2)) == [0, 0]
    assert len((tmp_path / "log").read_text().splitlines()) == 1


def test_a_killed_worker_loses_nothing_and_redoes_at_most_one_task_per_worker(store, tmp_path):
    step = work("troubled", die_once=[5], marks=str(tmp_path), log=str(tmp_path / "log"))
    outcomes = run(step, tasks(step, 12), store, workers=2)
    assert doubles(outcomes) == [2 * n for n in range(12)]
    done = Counter(line.split()[0] for line in (tmp_path / "log").read_text().splitlines())
    assert sum(done.values()) <= 12 + 1  # the dying one wrote no line; its neighbour may have
    assert max(done.values()) <= 2


def test_a_task_that_kills_its_worker_each_time_fails_alone(store):
    step = work("troubled", die=[3])
    outcomes = run(step, tasks(step, 8), store, workers=2)
    assert [bool(o.error) for o in outcomes] == [n == 3 for n in range(8)]
    assert "ended" in outcomes[3].error


def test_an_exception_fails_its_task_alone(store):
    step = work("troubled", fail=[0, 2])
    outcomes = run(step, tasks(step, 4), store, workers=2)
    assert [o.error for o in outcomes] == [
        "ValueError: no such luck",
        "",
        "ValueError: no such luck",
        "",
    ]


def test_a_failed_task_leaves_no_result_and_no_draft(store):
    step = work("troubled", fail=[0])
    run(step, tasks(step, 1), store, workers=1)
    assert not list((store.folder / "troubled").iterdir())


def test_a_full_disk_ends_the_run_with_a_mend_and_keeps_what_is_complete(store):
    step = work("troubled", full=[6])
    with pytest.raises(NoSpaceError, match=r"no space left.*\n.*make room"):
        run(step, tasks(step, 7), store, workers=1)
    assert sum(store.get("troubled", task.key) is not None for task in tasks(step, 7)) == 6


def test_a_step_that_cannot_be_built_says_so(store):
    step = Work("broken", "tests.jobs.test_run:refuses", {}, "1")
    with pytest.raises(ConfigError, match="cannot be built"):
        run(step, tasks(step, 2), store, workers=1)


def refuses(spec):
    raise ConfigError("this step cannot be built")


def test_progress_counts_up_to_all(store):
    step, told = work(), []
    run(step, tasks(step, 3), store, workers=1, advance=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_no_process_is_left_behind(store):
    step = work()
    run(step, tasks(step, 3), store, workers=2)
    children = psutil.Process().children(recursive=True)
    # The fork server and the resource tracker belong to Python and stay; workers do not.
    assert not [c for c in children if c.ppid() != os.getpid() and c.is_running()]


_SCRIPT = """
import signal, sys
from pathlib import Path
from tests.jobs.test_run import tasks, work
from upright.jobs import Store, run
folder = Path(sys.argv[1])
step = work("troubled", wait=[4, 5], marks=str(folder), log=str(folder / "log"))
if __name__ == "__main__":
    # A shell's job in the background passes on that it ignores interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run(step, tasks(step, 6), Store(folder / "store"), workers=2,
        advance=lambda done, of: print(done, flush=True))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_goes_on_where_it_was(tmp_path, how):
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT)
    gate = tmp_path / "go"
    os.mkfifo(gate)
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        for _ in range(4):
            process.stdout.readline()
        log = (tmp_path / "log").read_text().splitlines()
        workers = [psutil.Process(pid) for pid in {int(line.split()[1]) for line in log}]
        os.kill(process.pid, how)
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert not alive
    gate.unlink()
    gate.touch()
    step = work("troubled", wait=[4, 5], marks=str(tmp_path), log=str(tmp_path / "log"))
    outcomes = run(step, tasks(step, 6), Store(tmp_path / "store"), workers=2)
    assert [outcome.reused for outcome in outcomes] == [True] * 4 + [False] * 2
    assert doubles(outcomes) == [0, 2, 4, 6, 8, 10]


# The store -----------------------------------------------------------------------------------


def test_a_damaged_record_counts_as_absent_and_is_replaced(store):
    step = work()
    (outcome,) = run(step, tasks(step, 1), store, workers=1)
    (store.place("doubled", outcome.task.key) / "result.json").write_text("{")
    (again,) = run(step, tasks(step, 1), store, workers=1)
    assert not again.reused
    assert store.get("doubled", again.task.key) == {"double": 0}


def test_of_two_that_finish_the_same_the_first_stands(store):
    for number in (1, 2):
        draft = store.draft("s")
        (draft / "x").write_text(str(number))
        store.complete("s", "ab" * 16, draft, {"n": number})
    assert store.get("s", "ab" * 16) == {"n": 1}
    assert (store.place("s", "ab" * 16) / "x").read_text() == "1"
    assert not list(store.folder.glob("s/.draft-*"))


def test_what_no_run_wants_any_more_can_be_dropped(store):
    keys = [f"{n:032x}" for n in range(4)]
    for key in keys:
        store.complete("s", key, store.draft("s"), {})
    store.draft("s")
    store.drop("s", keep=keys[:2])
    assert [store.get("s", key) is not None for key in keys] == [True, True, False, False]
    assert not list(store.folder.glob("s/.draft-*"))


@settings(max_examples=25)
@given(result=st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_a_result_comes_back_as_it_was_put(tmp_path_factory, result):
    store = Store(tmp_path_factory.mktemp("store"))
    json.dumps(result)
    store.complete("s", "0" * 32, store.draft("s"), result)
    assert store.get("s", "0" * 32) == result
