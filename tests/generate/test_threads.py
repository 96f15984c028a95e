"""All cores while they are ours, one thread while they are not."""

import os

import pytest

from upright.generate.threads import SHORTEST_PAUSE, Governor, cores, patient_threads


class Machine:
    """Steps on cores that others take from time to time.

    Attributes:
        crowded: whether others hold the cores now.
        now: seconds so far.
    """

    def __init__(self):
        self.crowded = False
        self.now = 0.0
        self.chosen = []

    def clock(self):
        return self.now

    def cost(self, size, threads):
        alone = 0.008 + 0.009 * size
        if threads == 1:
            return alone * (1.5 if self.crowded else 1.0)
        return alone * (20.0 if self.crowded else 0.6)

    def run(self, governor, seconds, size=1):
        """Step for some time; return the time that the best choice would have saved."""
        end, steps = self.now + seconds, 0
        while self.now < end:
            threads = governor.threads(size)
            self.chosen.append(threads)
            took = self.cost(size, threads)
            self.now += took
            governor.note(size, threads, took)
            steps += 1
        best = min(self.cost(size, threads) for threads in (1, 2))
        return 1 - steps * best / seconds


@pytest.fixture
def machine():
    return Machine()


@pytest.fixture
def governor(machine):
    return Governor(2, clock=machine.clock)


@pytest.mark.parametrize("size", [1, 8, 64])
def test_free_cores_are_all_used_but_for_rare_trials(machine, governor, size):
    assert machine.run(governor, 60, size) < 0.08
    assert machine.chosen.count(2) > 0.9 * len(machine.chosen)


@pytest.mark.parametrize("size", [1, 8])
def test_crowded_cores_get_one_thread_but_for_rare_trials(machine, governor, size):
    machine.crowded = True
    assert machine.run(governor, 120, size) < 0.10
    assert machine.chosen.count(1) > 0.9 * len(machine.chosen)


def test_a_crowd_that_comes_and_goes_is_noticed_both_ways(machine, governor):
    machine.run(governor, 10)
    machine.crowded = True
    assert machine.run(governor, 60) < 0.15
    machine.crowded = False
    machine.run(governor, 30)
    machine.chosen.clear()
    assert machine.run(governor, 30) < 0.10


def test_one_slow_step_by_chance_is_made_good_within_a_moment(machine, governor):
    machine.run(governor, 5)
    governor.note(1, 2, 1.0)
    machine.now += SHORTEST_PAUSE
    machine.run(governor, 25)
    machine.chosen.clear()
    machine.run(governor, 5)
    assert machine.chosen.count(2) > 0.9 * len(machine.chosen)


def test_one_core_is_never_more_than_one_thread(machine):
    governor = Governor(1, clock=machine.clock)
    machine.run(governor, 5)
    assert set(machine.chosen) == {1}


def test_cores_are_counted_within_bounds():
    assert 1 <= cores() <= 8


def test_the_environment_is_as_before_once_the_library_is_loaded(monkeypatch):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    with patient_threads():
        assert int(os.environ["GOMP_SPINCOUNT"]) < 10_000
    assert "GOMP_SPINCOUNT" not in os.environ


def test_a_setting_of_the_users_is_left_alone(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    with patient_threads():
        assert "GOMP_SPINCOUNT" not in os.environ
    assert os.environ["OMP_WAIT_POLICY"] == "active"
