"""All cores while they are ours, one thread while they are not."""

import os

from upright.generate.threads import (
    CROWDED,
    FIRST_REST,
    LONGEST_REST,
    PATIENCE,
    Governor,
    cores,
    patient_threads,
)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def crowd(governor, times):
    for _ in range(times):
        governor.note(governor.threads, wall=1.0, processor=CROWDED / 2)


def test_one_crowded_step_by_chance_changes_nothing():
    governor = Governor(4)
    crowd(governor, PATIENCE - 1)
    governor.note(4, wall=1.0, processor=0.9)
    crowd(governor, PATIENCE - 1)
    assert governor.threads == 4


def test_a_crowded_machine_gets_one_thread_and_is_tried_again_later():
    clock = Clock()
    governor = Governor(4, clock=clock)
    crowd(governor, PATIENCE)
    assert governor.threads == 1
    clock.now += FIRST_REST
    assert governor.threads == 4
    governor.note(4, wall=1.0, processor=0.9)
    crowd(governor, 1)
    assert governor.threads == 4, "free cores are forgiven at once"


def test_the_rest_doubles_up_to_its_bound_while_it_stays_crowded():
    clock = Clock()
    governor = Governor(2, clock=clock)
    crowd(governor, PATIENCE)
    rest = FIRST_REST
    for _ in range(8):
        clock.now += rest
        assert governor.threads == 2
        crowd(governor, 1)
        rest = min(2 * rest, LONGEST_REST)
        clock.now += rest - 0.01
        assert governor.threads == 1
        clock.now -= rest - 0.01


def test_one_core_is_never_more_than_one_thread():
    governor = Governor(1)
    crowd(governor, 50)
    assert governor.threads == 1


def test_cores_are_counted_within_bounds():
    assert 1 <= cores() <= 8


def test_the_environment_is_as_before_once_the_library_is_loaded(monkeypatch):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    with patient_threads():
        assert os.environ["GOMP_SPINCOUNT"] == "0"
    assert "GOMP_SPINCOUNT" not in os.environ


def test_a_setting_of_the_users_is_left_alone(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    with patient_threads():
        assert "GOMP_SPINCOUNT" not in os.environ
    assert os.environ["OMP_WAIT_POLICY"] == "active"
