"""Several texts at once: fairness, cancellation, bounds, and faults that stay with their task."""

import threading

import numpy as np
import pytest

from upright.generate import EngineError
from upright.generate.company import same_in_company
from upright.generate.schedule import SLICE, Scheduler


class FakeMemory:
    """Computes nothing, but keeps what it was asked and insists on its rules."""

    def __init__(self, *, gate=None):
        self.steps = []
        self.held = {}
        self.fault = None
        self._gate = gate

    def forget(self, sequence):
        self.held.pop(sequence, None)

    def step(self, feeds):
        if self._gate is not None:
            self._gate.acquire()
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        self.steps.append(feeds)
        for feed in feeds:
            assert feed.position == self.held.get(feed.sequence, 0), "a gap in a sequence"
            self.held[feed.sequence] = feed.position + 1
        return [np.array([feed.token], dtype=np.float32) for feed in feeds if feed.wanted]


class FakeTask:
    """Writes a fixed number of tokens."""

    def __init__(self, prompt=3, writes=4, *, every=False, solitary=False, fault=None):
        self.tokens = list(range(100, 100 + prompt))
        self.every = every
        self.solitary = solitary
        self.cancelled = False
        self.seen = []
        self.error = None
        self.over = threading.Event()
        self._writes = writes
        self._fault = fault

    def advance(self, logits):
        if self._fault is not None:
            raise self._fault
        self.seen.append(int(logits[0]))
        if len(self.seen) < self._writes:
            return 7
        self.over.set()
        return None

    def fail(self, error):
        self.error = error
        self.over.set()


@pytest.fixture
def scheduler():
    """Makes schedulers and closes them."""
    made = []

    def make(memory, slots=4, waiting=8):
        made.append(Scheduler(memory, slots=slots, waiting=waiting))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_task_gets_its_prompt_and_then_its_own_tokens(scheduler):
    memory, task = FakeMemory(), FakeTask()
    scheduler(memory).submit([task])
    assert task.over.wait(20)
    assert task.seen == [102, 7, 7, 7]
    assert [len(step) for step in memory.steps] == [3, 1, 1, 1]


def test_long_prompts_are_computed_in_fixed_slices_of_their_own(scheduler):
    memory = FakeMemory()
    tasks = [FakeTask(prompt=2 * SLICE + 5), FakeTask(prompt=SLICE)]
    scheduler(memory).submit(tasks)
    assert all(task.over.wait(20) for task in tasks)
    prompts = [step for step in memory.steps if any(feed.token >= 100 for feed in step)]
    assert all(len({feed.sequence for feed in step}) == 1 for step in prompts)
    assert sorted(len(step) for step in prompts) == [5, SLICE, SLICE, SLICE]
    assert all(step[0].position % SLICE == 0 for step in prompts)


def test_a_long_prompt_does_not_stop_the_running_sequences(scheduler):
    gate = threading.Semaphore(0)
    memory = FakeMemory(gate=gate)
    running, long = FakeTask(writes=50), FakeTask(prompt=20 * SLICE)
    one = scheduler(memory)
    one.submit([running])
    gate.release(2)
    one.submit([long])
    gate.release(10_000)
    assert running.over.wait(20)
    assert long.over.wait(20)
    first = next(at for at, step in enumerate(memory.steps) if len(step) == SLICE)
    during = memory.steps[first : first + 38]
    assert sum(len(step) == 1 for step in during) >= 18


def test_running_sequences_share_a_step_and_solitary_ones_do_not(scheduler):
    gate = threading.Semaphore(0)
    memory = FakeMemory(gate=gate)
    tasks = [FakeTask(writes=9), FakeTask(writes=9), FakeTask(writes=9, solitary=True)]
    scheduler(memory).submit(tasks)
    gate.release(10_000)
    assert all(task.over.wait(20) for task in tasks)
    alone = [f.sequence for step in memory.steps for f in step if len(step) == 1]
    assert max(len(step) for step in memory.steps if step[0].token == 7) == 2
    together = {f.sequence for step in memory.steps if len(step) == 2 for f in step}
    assert len(together) == 2
    assert set(alone) - together, "the solitary sequence must have steps of its own"


def test_tasks_beyond_the_slots_wait_their_turn(scheduler):
    memory = FakeMemory()
    tasks = [FakeTask(writes=3) for _ in range(9)]
    scheduler(memory, slots=2, waiting=9).submit(tasks)
    assert all(task.over.wait(20) for task in tasks)
    assert all(task.error is None for task in tasks)
    assert max(feed.sequence for step in memory.steps for feed in step) <= 1


def test_more_than_the_bound_is_refused_whole(scheduler):
    gate = threading.Semaphore(0)
    one = scheduler(FakeMemory(gate=gate), slots=1, waiting=2)
    first = FakeTask()
    one.submit([first])
    with pytest.raises(EngineError) as caught:
        one.submit([FakeTask() for _ in range(4)])
    assert caught.value.kind == "overloaded"
    gate.release(10_000)
    assert first.over.wait(20)


def test_a_cancelled_task_frees_its_slot_at_once(scheduler):
    gate = threading.Semaphore(0)
    memory = FakeMemory(gate=gate)
    endless, next_one = FakeTask(writes=10**9), FakeTask()
    one = scheduler(memory, slots=1)
    one.submit([endless, next_one])
    gate.release(3)
    endless.cancelled = True
    gate.release(10_000)
    assert next_one.over.wait(20)
    assert len(endless.seen) <= 5


def test_a_task_cancelled_while_it_waits_never_runs(scheduler):
    gate = threading.Semaphore(0)
    one = scheduler(FakeMemory(gate=gate), slots=1)
    first, second, third = FakeTask(), FakeTask(), FakeTask()
    one.submit([first, second, third])
    second.cancelled = True
    gate.release(10_000)
    assert third.over.wait(20)
    assert second.seen == []


def test_a_fault_in_one_task_stays_there(scheduler):
    bad, good = FakeTask(fault=ZeroDivisionError("x")), FakeTask()
    scheduler(FakeMemory()).submit([bad, good])
    assert bad.over.wait(20)
    assert good.over.wait(20)
    assert bad.error.kind == "unavailable"
    assert good.error is None


def test_a_task_that_failed_inside_a_slice_is_told_once(scheduler):
    bad = FakeTask(prompt=SLICE, every=True, fault=ZeroDivisionError("x"))
    told = []
    bad.fail = told.append
    good = FakeTask()
    scheduler(FakeMemory()).submit([bad, good])
    assert good.over.wait(10)
    assert len(told) == 1


def test_a_step_that_fails_ends_its_sequences_and_the_engine_goes_on(scheduler):
    memory = FakeMemory()
    memory.fault = EngineError("no memory", kind="unavailable")
    one = scheduler(memory)
    broken, later = FakeTask(), FakeTask()
    one.submit([broken])
    assert broken.over.wait(20)
    assert broken.error.kind == "unavailable"
    one.submit([later])
    assert later.over.wait(20)
    assert later.error is None


def test_a_thread_that_dies_leaves_nobody_waiting(scheduler):
    memory = FakeMemory()
    memory.fault = MemoryError("all gone")
    one = scheduler(memory)
    task = FakeTask()
    one.submit([task])
    assert task.over.wait(20)
    assert task.error.kind == "unavailable"
    one._thread.join(20)
    with pytest.raises(EngineError) as caught:
        one.submit([FakeTask()])
    assert caught.value.kind == "unavailable"


def test_closing_fails_what_is_unfinished():
    gate = threading.Semaphore(0)
    one = Scheduler(FakeMemory(gate=gate), slots=1, waiting=4)
    running, waiting = FakeTask(writes=10**9), FakeTask()
    one.submit([running, waiting])
    threading.Thread(target=one.close).start()
    gate.release(10_000)
    assert running.over.wait(20)
    assert waiting.over.wait(20)
    assert {running.error.kind, waiting.error.kind} == {"unavailable"}


def test_every_logit_of_a_prompt_is_given_to_a_task_that_wants_them(scheduler):
    task = FakeTask(prompt=SLICE + 3, writes=SLICE + 3, every=True)
    scheduler(FakeMemory()).submit([task])
    assert task.over.wait(20)
    assert task.seen == task.tokens


@pytest.mark.parametrize("mixes", [False, True])
def test_the_probe_tells_whether_company_changes_rounding(mixes):
    class Memory(FakeMemory):
        def step(self, feeds):
            out = super().step(feeds)
            return [x + (np.float32(1e-3) if mixes and len(feeds) > 1 else 0) for x in out]

    memory = Memory()
    assert same_in_company(memory, 4) is not mixes
    assert memory.held == {}, "the probe must leave the memory empty"
