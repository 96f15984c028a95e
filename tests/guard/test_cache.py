"""Scans are remembered by digest: bounded, without texts, without errors."""

from __future__ import annotations

import threading

from tests.guard.fakes import finding

from upright.guard import Scan
from upright.guard.cache import ScanCache, cache_key
from upright.terms import Action, DetectorError, Record, Stage

FOUND = Scan((finding("custom.word", 0, 3),), 3)
FAILED = Scan(errors=(DetectorError("custom.word", "timeout", Action.BLOCK),))


def keys(*texts: str) -> list:
    return [cache_key("sha256:0", Stage.DATA, Record(text)) for text in texts]


def test_a_scan_is_remembered():
    cache = ScanCache()
    cache.put(keys("cat"), [FOUND])
    assert cache.get(keys("cat", "dog")) == [FOUND, None]
    assert (cache.hits, cache.misses) == (1, 1)


def test_a_scan_with_an_error_is_not():
    cache = ScanCache()
    cache.put(keys("cat"), [FAILED])
    assert len(cache) == 0


def test_the_one_used_longest_ago_goes_first():
    cache = ScanCache(capacity=2)
    cache.put(keys("a", "b"), [FOUND, FOUND])
    cache.get(keys("a"))
    cache.put(keys("c"), [FOUND])
    assert cache.get(keys("a", "b", "c")) == [FOUND, None, FOUND]


def test_keys_tell_apart_what_can_be_scanned_differently():
    record = Record("cat")
    different = [
        cache_key("sha256:0", Stage.DATA, record),
        cache_key("sha256:1", Stage.DATA, record),
        cache_key("sha256:0", Stage.PROMPT, record),
        cache_key("sha256:0", Stage.DATA, Record("cat", role="user")),
        cache_key("sha256:0", Stage.DATA, Record("cat ")),
    ]
    assert len(set(different)) == len(different)
    named = Record("cat", id="7", fields={"k": 1})
    assert cache_key("sha256:0", Stage.DATA, named) == different[0]


def test_keys_hold_no_text():
    assert "secret words" not in repr(cache_key("sha256:0", Stage.DATA, Record("secret words")))


def test_many_threads_share_one_memory():
    cache = ScanCache(capacity=50)
    names = [str(number) for number in range(100)]

    def work() -> None:
        for name in names * 5:
            cache.put(keys(name), [Scan(settled=int(name))])
            (scan,) = cache.get(keys(name))
            assert scan is None or scan.settled == int(name)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cache) == 50
