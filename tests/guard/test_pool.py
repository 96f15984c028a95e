"""The pool: what a broken detector does, the policy says; and no process stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import Future

import psutil
import pytest
from tests.guard.fakes import word
from tests.guard.policies import NOTICE, policy_with, rule

from upright.guard import Guard, GuardPool
from upright.terms import Action, ConfigError, Record, Stage, UprightError

WORD = "tests.guard.fakes:word"
KINDS = {
    "raising": "exception",
    "hanging": "timeout",
    "spinning": "timeout",
    "dying": "killed",
    "leaving": "killed",
    "short_list": "malformed",
    "outside": "malformed",
}
TEXT = "a cat and a FAULT"


def policy(on_error: str = "block", deadline_ms: int = 400):
    return policy_with(rule("custom.*"), on_error=on_error, deadline_ms=deadline_ms)


def faulty_pool(fault: str, on_error: str) -> GuardPool:
    return GuardPool(policy(on_error), 1, extra=(f"tests.guard.fakes:{fault}", WORD))


@pytest.fixture(scope="module")
def healthy():
    with GuardPool(policy(), 2, extra=(WORD,)) as pool:
        yield pool


@pytest.mark.parametrize("stage", list(Stage))
def test_a_pool_decides_as_the_guard_in_this_process(healthy, stage):
    texts = ["a cat", "cats and dogs", "", "nothing 😀", "dog" * 50]
    records = [Record(text, id=str(n)) for n, text in enumerate(texts)]
    own = Guard(policy(), [], extra=[word()], specs=(WORD,))
    assert healthy.check(records, stage) == own.check(records, stage)
    assert healthy.digest == own.digest


@pytest.mark.parametrize("on_error", ["block", "flag", "allow"])
@pytest.mark.parametrize(("fault", "kind"), KINDS.items())
def test_a_detector_without_an_answer_ends_as_the_policy_says(fault, kind, on_error):
    with faulty_pool(fault, on_error) as pool:
        verdict = pool.check([Record(TEXT)], Stage.DATA)[0]
        assert [(e.kind, e.action) for e in verdict.errors] == [(kind, Action(on_error))]
        assert verdict.errors[0].rule.startswith("fault.")
        if on_error == "block":
            assert (verdict.action, verdict.text) == (Action.BLOCK, NOTICE)
        else:
            assert verdict.text == "a [WORD] and a FAULT", "the other detectors still count"
        fine = pool.check([Record("a cat")], Stage.DATA)[0]
        assert (fine.text, fine.errors) == ("a [WORD]", ()), "the next text finds a new worker"


@pytest.mark.parametrize("on_error", ["block", "flag"])
@pytest.mark.parametrize("fault", ["raising", "hanging", "dying", "outside"])
def test_a_stream_whose_detector_fails_ends_as_the_policy_says(fault, on_error):
    with faulty_pool(fault, on_error) as pool:
        driver = pool.stream()
        released = "".join(driver.feed(piece) for piece in ["one cat, ", "a FAULT", ", two cats "])
        released += driver.finish()
        verdict = driver.verdict
    assert verdict.text == released
    assert [error.kind for error in verdict.errors] == [KINDS[fault]]
    if on_error == "block":
        assert released == "one [WORD], " + NOTICE
        assert verdict.action is Action.BLOCK
    else:
        assert released == "one [WORD], a FAULT, two [WORD] "


def test_a_hung_detector_costs_one_deadline_and_not_its_neighbours():
    with GuardPool(policy("flag", 300), 2, extra=("tests.guard.fakes:hanging", WORD)) as pool:
        pool.check([Record("warm")])
        begun = time.monotonic()
        hung = pool.submit([Record("FAULT cat")], Stage.DATA)
        others = [pool.submit([Record(f"cat {n}")], Stage.DATA) for n in range(20)]
        for other in others:
            assert other.result()[0].findings
        assert not hung.done(), "the others passed it by"
        assert [error.kind for error in hung.result()[0].errors] == ["timeout"]
        # Generous: a loaded machine may take its time, a second deadline it may not take.
        assert 0.3 <= time.monotonic() - begun < 5.0


def test_a_worker_killed_while_idle_is_replaced_without_an_error(healthy):
    for pid in healthy.pids:
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=5)
    verdicts = [healthy.check([Record(f"a cat {n}")])[0] for n in range(4)]
    assert {verdict.action for verdict in verdicts} == {Action.REDACT}
    assert not any(verdict.errors for verdict in verdicts)


def test_what_a_detector_prints_disturbs_nothing():
    with faulty_pool("printing", "block") as pool:
        assert pool.check([Record(TEXT)])[0].text == "a [WORD] and a FAULT"


def test_a_stopped_worker_counts_as_hung():
    with GuardPool(policy(deadline_ms=300), 1, extra=(WORD,)) as pool:
        pool.check([Record("warm")])
        os.kill(pool.pids[0], signal.SIGSTOP)
        verdict = pool.check([Record("a cat")])[0]
        assert [(e.rule, e.kind) for e in verdict.errors] == [("guard", "timeout")]


def test_errors_are_never_remembered():
    with faulty_pool("dying", "flag") as pool:
        for _ in range(2):
            assert pool.check([Record(TEXT)])[0].errors


def test_whole_texts_are_scanned_once(healthy):
    record = Record("a cat that comes again")
    first = healthy.submit([record], Stage.DATA).result()
    again = healthy.submit([record], Stage.DATA)
    assert again.done()
    assert again.result() == first


def test_remembered_and_fresh_scans_come_back_in_order(healthy):
    texts = [f"{'x' * n} cat" for n in range(9)]
    healthy.submit([Record(text) for text in texts[::2]], Stage.DATA).result()
    scans = healthy.submit([Record(text) for text in texts], Stage.DATA).result()
    assert [scan.findings[0].start for scan in scans] == [n + 1 for n in range(9)]


def test_the_same_text_at_another_stage_or_of_another_speaker_is_another_question(healthy):
    record = Record("a cat at two stages")
    healthy.submit([record], Stage.DATA).result()
    assert not healthy.submit([record], Stage.PROMPT).done()
    assert not healthy.submit([Record(record.text, role="tool")], Stage.DATA).done()


def test_many_records_come_back_in_order_and_errors_stay_with_their_record():
    texts = [f"cat {n} " + ("FAULT" if n % 37 == 5 else "fine") for n in range(120)]
    with GuardPool(policy("flag", 300), 2, extra=("tests.guard.fakes:dying", WORD)) as pool:
        pairs = list(pool.scan_many((Record(text) for text in texts), Stage.DATA))
    assert [record.text for record, _ in pairs] == texts
    assert [bool(scan.errors) for _, scan in pairs] == ["FAULT" in text for text in texts]
    assert all(len(scan.findings) == 1 for _, scan in pairs)


def test_a_guard_that_cannot_be_built_says_so_at_once():
    with pytest.raises(ConfigError, match="cannot be built"):
        GuardPool(policy(), 1, extra=("tests.guard.fakes:refused",))


def test_a_worker_that_cannot_even_start_is_an_error_in_words(capfd):
    with pytest.raises(UprightError, match="worker process ended"):
        GuardPool(policy(), 2, extra=("tests.guard.fakes:crashing",))
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_an_empty_guard_is_refused_by_a_pool_too():
    with pytest.raises(ConfigError, match="empty"):
        GuardPool(policy_with(), 1)


def test_a_closed_pool_takes_nothing_and_leaves_no_process():
    before = set(_workers_of(psutil.Process()))
    pool = GuardPool(policy(), 2, extra=(WORD,))
    workers = set(_workers_of(psutil.Process())) - before
    assert len(workers) == 3, "two that serve and one that is kept ready"
    waiting = pool.submit([Record("a cat")], Stage.DATA)
    pool.close()
    pool.close()
    assert waiting.result()[0].findings, "what was waiting is served"
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit([Record("late")], Stage.DATA)
    assert not psutil.wait_procs(workers, timeout=10)[1]


def test_a_scan_that_nobody_waits_for_any_more_is_not_made():
    with GuardPool(policy("block", 2000), 1, extra=("tests.guard.fakes:hanging", WORD)) as pool:
        hung = pool.submit([Record("FAULT")], Stage.DATA)
        left: Future = pool.submit([Record("a cat")], Stage.DATA)
        assert left.cancel()
        assert hung.result()[0].errors


def test_an_event_loop_can_wait_for_scans(healthy):
    async def ask() -> list:
        futures = [healthy.submit([Record(f"cat at loop {n}")], Stage.DATA) for n in range(10)]
        return await asyncio.gather(*(asyncio.wrap_future(future) for future in futures))

    assert all(scans[0].findings for scans in asyncio.run(ask()))


@pytest.mark.parametrize("busy", [False, True])
def test_workers_end_when_their_pool_is_killed(busy, tmp_path):
    program = tmp_path / "holder.py"
    program.write_text(
        textwrap.dedent(
            f"""
            import sys
            from tests.guard.test_pool import policy
            from upright.guard import GuardPool
            from upright.terms import Record, Stage
            pool = GuardPool(policy(deadline_ms=60000), 2, extra=({WORD!r},))
            pool.check([Record("a cat")])
            print(*pool.pids, flush=True)
            sys.stdin.read()
            """
        )
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    holder = subprocess.Popen(
        [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env
    )
    pids = [int(word) for word in holder.stdout.readline().split()]
    workers = [psutil.Process(pid) for pid in pids]
    spares = _workers_of(psutil.Process(holder.pid))
    if busy:
        workers[0].suspend()
    holder.kill()
    holder.communicate()
    if busy:
        workers[0].resume()
    _, alive = psutil.wait_procs([*workers, *spares], timeout=30)
    assert not alive


def _workers_of(parent: psutil.Process) -> list[psutil.Process]:
    found = []
    for child in parent.children():
        try:
            line = child.cmdline()
        except psutil.Error:
            continue
        if "upright.guard.worker" in line:
            found.append(child)
    return found
