"""Lists of perceptual hashes, as files and as something that can be asked."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from upright.terms import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

_LINE = re.compile(r"([0-9a-fA-F]{64})(?:[\s,;]+(.*))?")
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Match:
    """The entry of a list that is nearest to a picture.

    Attributes:
        distance: bits that differ.
        name: what the list calls the entry.
    """

    distance: int
    name: str


class HashList:
    """Hashes with names.

    Args:
        entries: hash, 32 bytes, and name.

    Attributes:
        digest: `sha256:…` of hashes and names, in order.
    """

    def __init__(self, entries: Sequence[tuple[bytes, str]]) -> None:
        self._raw = b"".join(bits for bits, _ in entries)
        self._names = [name for _, name in entries]
        self._rows: NDArray[np.uint64] | None = None
        names = "\0".join(self._names).encode("utf-8", "surrogatepass")
        self.digest = f"sha256:{hashlib.sha256(self._raw + names).hexdigest()}"

    @classmethod
    def read(cls, path: str) -> Self:
        """Read a file of one hash a line.

        A line is 64 hexadecimal digits and, behind white space or a comma, a name. Empty lines
        and lines that begin with `#` do not count.

        Raises:
            ConfigError: naming file and line.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise ConfigError(
                f"guard.images.hashes = {path!r}: {why}",
                mend="name a file of hashes, from the folder in which upright runs; "
                "`upright guard hash FILE…` writes its lines",
            ) from None
        entries = list(_entries(path, text.splitlines()))
        if not entries:
            raise ConfigError(
                f"{path}: no hash in it",
                mend="leave out guard.images.hashes, or add a line of `upright guard hash FILE…`",
            )
        return cls(entries)

    def __len__(self) -> int:
        return len(self._names)

    def nearest(self, hashes: Iterable[bytes]) -> Match | None:
        """Return the entry nearest to any of some hashes; None for an empty list."""
        import numpy as np  # noqa: PLC0415 (an optional extra)

        if not self._names:
            return None
        if self._rows is None:
            self._rows = np.frombuffer(self._raw, np.uint64).reshape(-1, _BYTES // 8)
        best = Match(8 * _BYTES + 1, "")
        for bits in hashes:
            distances = np.bitwise_count(self._rows ^ np.frombuffer(bits, np.uint64)).sum(axis=1)
            index = int(distances.argmin())
            if distances[index] < best.distance:
                best = Match(int(distances[index]), self._names[index])
        return best


def _entries(path: str, lines: Sequence[str]) -> Iterable[tuple[bytes, str]]:
    for number, line in enumerate(lines, 1):
        plain = line.strip()
        if not plain or plain.startswith("#"):
            continue
        match = _LINE.fullmatch(plain)
        if match is None:
            raise ConfigError(
                f"{path}:{number}: no hash",
                mend="a line is 64 hexadecimal digits and, if you like, a name",
            )
        yield bytes.fromhex(match[1]), (match[2] or "").strip() or f"{Path(path).name}:{number}"
