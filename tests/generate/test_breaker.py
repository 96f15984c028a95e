"""When a server is asked again, and when it is left alone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.generate.breaker import LONGEST_WAIT, CircuitBreaker, backoff, retry_after


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_an_open_breaker_lets_one_probe_through_after_the_cool_down():
    clock = Clock()
    breaker = CircuitBreaker(failures=3, cool_down=10, clock=clock)
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    assert not breaker.allows()
    clock.now += 9.9
    assert not breaker.allows()
    clock.now += 0.2
    assert breaker.allows()
    assert not breaker.allows(), "a second request beside the probe"


def test_a_probe_that_fails_opens_the_breaker_again_at_once():
    clock = Clock()
    breaker = CircuitBreaker(failures=2, cool_down=10, clock=clock)
    breaker.failed()
    breaker.failed()
    clock.now += 11
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    clock.now += 11
    assert breaker.allows()


def test_a_probe_that_succeeds_closes_the_breaker_and_forgets_old_failures():
    clock = Clock()
    breaker = CircuitBreaker(failures=2, cool_down=10, clock=clock)
    breaker.failed()
    breaker.failed()
    clock.now += 11
    assert breaker.allows()
    breaker.succeeded()
    breaker.failed()
    assert breaker.allows()


def test_an_abandoned_probe_leaves_room_for_the_next():
    clock = Clock()
    breaker = CircuitBreaker(failures=1, cool_down=10, clock=clock)
    breaker.failed()
    clock.now += 11
    assert breaker.allows()
    breaker.abandoned()
    assert breaker.allows()


def test_failures_that_are_not_in_a_row_do_not_open_it():
    breaker = CircuitBreaker(failures=2)
    for _ in range(10):
        breaker.failed()
        breaker.succeeded()
    assert breaker.allows()


@given(st.integers(0, 60), st.floats(0, 1))
def test_back_off_grows_within_its_bound_and_is_spread(attempt, jitter):
    wait = backoff(attempt, jitter=lambda: jitter)
    assert 0 < wait <= LONGEST_WAIT
    assert backoff(attempt, jitter=lambda: 0.0) <= wait <= backoff(attempt, jitter=lambda: 1.0)
    assert backoff(attempt + 1, jitter=lambda: jitter) >= wait


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        (" 12 ", 12.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("9" * 400, 9999999999.0),
        ("٣", None),
        ("Mon, 23 Nov 2026 17:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 16:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    now = datetime(2026, 11, 23, 17, 0, 0, tzinfo=UTC)
    assert retry_after(header, now=now) == seconds
