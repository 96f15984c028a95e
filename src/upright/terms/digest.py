"""One way to name a value by its content."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 (any JSON value)
    """Return the one byte string that stands for a JSON value.

    Keys are sorted, no white space, UTF-8, and no NaN or infinity. Within the values upright
    writes (strings, integers, booleans, null, lists, maps and finite floats) this agrees with
    RFC 8785 except for the spelling of some floats; where others must recompute a digest,
    floats are avoided.

    Raises:
        ValueError: for NaN or infinity.
        TypeError: for a value that is not JSON.
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    # A lone surrogate has no UTF-8 form; it is kept distinct instead of failing.
    return text.encode("utf-8", "surrogatepass")


def digest(value: Any) -> str:  # noqa: ANN401 (any JSON value, or bytes)
    """Return `sha256:<64 hex digits>` of bytes, or of the canonical form of a JSON value."""
    raw = value if isinstance(value, bytes) else canonical_json(value)
    return "sha256:" + hashlib.sha256(raw).hexdigest()
