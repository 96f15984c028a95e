"""The master keys of the watermark: one for each epoch, made here and never sent anywhere."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from upright.keys.files import KeyFileError, make_private_folder, read_private, write_private

_SIZE = 32
_NAME = re.compile(r"(\d+)\.key")


class WatermarkKeys:
    """The master keys of one home.

    `<epoch>.key` holds the 32 bytes of an epoch in hex, mode 0600. The newest epoch marks; all
    of them are looked for, so that what was marked before a rotation is still found. Replicas
    that answer for one use share this folder.

    Args:
        folder: made when the first key is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def current(self) -> tuple[int, bytes]:
        """Return the newest epoch and its master key; the first call makes it.

        Raises:
            KeyFileError: for a file that is open to others or holds no key.
        """
        epoch = max(self._epochs(), default=0) or self._make(1)
        return epoch, self._read(epoch)

    def all(self) -> list[tuple[int, bytes]]:
        """Return all epochs with their keys, the newest first; none if none was made.

        Raises:
            KeyFileError: as `current`.
        """
        return [(epoch, self._read(epoch)) for epoch in sorted(self._epochs(), reverse=True)]

    def rotate(self) -> int:
        """Begin a new epoch, and return it. Older keys stay, to detect with."""
        return self._make(max(self._epochs(), default=0) + 1)

    def _epochs(self) -> list[int]:
        if not self._folder.is_dir():
            return []
        matches = (_NAME.fullmatch(path.name) for path in self._folder.iterdir())
        return [int(match[1]) for match in matches if match]

    def _make(self, epoch: int) -> int:
        make_private_folder(self._folder)
        # Where another process was first, its key is the epoch's.
        write_private(self._path(epoch), secrets.token_bytes(_SIZE).hex().encode() + b"\n")
        return epoch

    def _read(self, epoch: int) -> bytes:
        path = self._path(epoch)
        try:
            key = bytes.fromhex(read_private(path).decode("ascii"))
        except ValueError:
            key = b""
        if len(key) != _SIZE:
            raise KeyFileError(
                f"{path}: does not hold a watermark key ({_SIZE} bytes as {2 * _SIZE} hex digits)",
                mend="bring the file back from a copy; without it its texts cannot be told",
            )
        return key

    def _path(self, epoch: int) -> Path:
        return self._folder / f"{epoch}.key"
