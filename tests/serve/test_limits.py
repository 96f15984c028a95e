"""What keys may ask for, by a clock of the test's own."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.serve.auth import Doorkeeper
from upright.serve.errors import ApiError
from upright.serve.limits import Gate, RateLimit


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_a_minutes_worth_may_be_taken_at_once_and_comes_back_evenly():
    clock = Clock()
    rates = RateLimit(clock)
    assert [rates.take("k", per_minute=60) for _ in range(60)] == [0.0] * 60
    assert rates.take("k", per_minute=60) == pytest.approx(1.0)
    clock.now += 1.0
    assert rates.take("k", per_minute=60) == 0.0
    assert rates.take("k", per_minute=60) > 0


def test_keys_do_not_share_a_bucket():
    rates = RateLimit(Clock())
    assert rates.take("a", per_minute=1) == 0.0
    assert rates.take("b", per_minute=1) == 0.0
    assert rates.take("a", per_minute=1) > 0


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 120))
def test_no_minute_lets_more_than_twice_its_worth_through(gaps, per_minute):
    clock = Clock()
    rates = RateLimit(clock)
    taken = []
    for gap in gaps:
        clock.now += gap
        let_through = [rates.take("k", per_minute=per_minute) == 0.0 for _ in range(5)]
        taken += [clock.now] * sum(let_through)
    for end in taken:
        assert sum(end - 60 < time <= end for time in taken) <= 2 * per_minute


@given(st.integers(1, 600))
def test_after_the_time_that_was_told_there_is_one(per_minute):
    clock = Clock()
    rates = RateLimit(clock)
    while not (wait := rates.take("k", per_minute=per_minute)):
        pass
    clock.now += wait * (1 + 1e-9)
    assert rates.take("k", per_minute=per_minute) == 0.0


def code_of(coroutine):
    with pytest.raises(ApiError) as caught:
        asyncio.run(coroutine)
    return caught.value.problem.code


def test_a_key_has_only_so_many_places():
    async def run():
        gate = Gate(active=9, waiting=9, patience=1)
        async with gate.enter("a", most=1), gate.enter("b", most=1), gate.enter("a", most=1):
            pass

    assert code_of(run()) == "too_many_concurrent"


def test_beyond_the_queue_is_refused_at_once():
    async def run():
        gate = Gate(active=1, waiting=0, patience=1000)
        async with gate.enter("a", most=9), gate.enter("b", most=9):
            pass

    assert code_of(run()) == "overloaded"


def test_nobody_waits_longer_than_the_patience():
    async def run():
        gate = Gate(active=1, waiting=5, patience=0.01)
        async with gate.enter("a", most=9), gate.enter("b", most=9):
            pass

    assert code_of(run()) == "overloaded"


def test_places_are_given_back_whatever_happens():
    async def run():
        gate = Gate(active=1, waiting=0, patience=1)
        for _ in range(3):
            with pytest.raises(ValueError, match="x"):
                async with gate.enter("a", most=1):
                    raise ValueError("x")
        assert gate.in_flight == 0
        async with gate.enter("a", most=1):
            assert gate.in_flight == 1

    asyncio.run(run())


def test_a_waiting_request_gets_the_next_place():
    async def run():
        gate = Gate(active=1, waiting=5, patience=10)
        order = []

        async def one(name):
            async with gate.enter(name, most=1):
                order.append(name)
                await asyncio.sleep(0)

        await asyncio.gather(*(one(str(n)) for n in range(6)))
        return order

    assert sorted(asyncio.run(run())) == list("012345")


class Keys:
    def __init__(self):
        self.found = object()
        self.asked = 0

    def find(self, _secret):
        self.asked += 1
        return self.found


def test_a_key_is_remembered_briefly_and_a_revoked_one_forgotten():
    clock, keys = Clock(), Keys()
    door = Doorkeeper(keys, seconds=1.0, clock=clock)

    async def run():
        for _ in range(5):
            assert await door.key("Bearer upr_x") is keys.found
        assert keys.asked == 1
        keys.found = None
        clock.now += 1.01
        with pytest.raises(ApiError):
            await door.key("Bearer upr_x")

    asyncio.run(run())


def test_unknown_secrets_are_not_remembered():
    keys = Keys()
    keys.found = None
    door = Doorkeeper(keys)

    async def run():
        for number in range(50):
            with pytest.raises(ApiError):
                await door.key(f"Bearer upr_{number}")

    asyncio.run(run())
    assert not door._known


def test_only_so_many_keys_are_remembered():
    door = Doorkeeper(Keys())

    async def run():
        for number in range(1100):
            await door.key(f"Bearer upr_{number}")

    asyncio.run(run())
    assert len(door._known) == 1024
