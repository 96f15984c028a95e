"""What has been scanned once need not be scanned again."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable

from upright.guard.scan import Scan
from upright.terms import Record, Stage

Key = tuple[str, Stage, str | None, bytes, tuple[tuple[str, str], ...]]


class ScanCache:
    """A bounded, thread-safe memory of scans of whole texts.

    It keeps no text: a key holds a digest, a scan holds spans. Scans with errors are not kept.

    Args:
        capacity: scans kept; the one used longest ago goes first.
    """

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._scans: OrderedDict[Key, Scan] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._scans)

    def get(self, keys: Iterable[Key]) -> list[Scan | None]:
        """Return the remembered scan for each key, None where there is none."""
        with self._lock:
            return [self._get(key) for key in keys]

    def put(self, keys: Iterable[Key], scans: Iterable[Scan]) -> None:
        """Remember the scans that are free of errors."""
        with self._lock:
            for key, scan in zip(keys, scans, strict=True):
                if not scan.errors:
                    self._scans[key] = scan
                    self._scans.move_to_end(key)
            while len(self._scans) > self._capacity:
                self._scans.popitem(last=False)

    def _get(self, key: Key) -> Scan | None:
        scan = self._scans.get(key)
        if scan is None:
            self.misses += 1
        else:
            self.hits += 1
            self._scans.move_to_end(key)
        return scan


def cache_key(guard: str, stage: Stage, record: Record) -> Key:
    """Return what a scan of a whole record is remembered by.

    Args:
        guard: digest of the guard that scans.
        stage: where the record stands.
        record: the whole text; its role and its images count, its name and fields do not.
    """
    raw = record.text.encode("utf-8", "surrogatepass")
    images = tuple((image.placeholder, image.media_type) for image in record.images)
    return guard, stage, record.role, hashlib.sha256(raw).digest(), images
