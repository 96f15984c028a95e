"""A picture on its way through upright, and the sign that stands for it in a text."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Self

PLACEHOLDER_LENGTH = len("[image ") + 40 + len("]")
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_DATA = re.compile(r"data:(image/(?:png|jpeg|jpg|webp|gif));base64,", re.IGNORECASE)
_LETTERS = "abcdefghijklmnop"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as a file's bytes; nobody has looked into them yet.

    Attributes:
        media_type: what it is said to be, such as `image/png`.
        data: the file.
        placeholder: what stands for it in a text: `[image ` and 160 bits of the file's SHA-256
            in the letters a to p, so that a text with its placeholders names the very pictures.
    """

    media_type: str
    data: bytes = field(repr=False)
    placeholder: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # The letters hold no digit and no word, so that no detector of texts speaks of them.
        name = hashlib.sha256(self.data).hexdigest()[:40]
        letters = "".join(_LETTERS[int(digit, 16)] for digit in name)
        object.__setattr__(self, "placeholder", f"[image {letters}]")

    @classmethod
    def from_url(cls, url: str) -> Self | None:
        """Return the picture of a `data:image/…;base64,…` address; None for anything else."""
        match = _DATA.match(url)
        if match is None:
            return None
        try:
            data = base64.b64decode(url[match.end() :], validate=True)
        except ValueError:
            return None
        return cls(match[1].lower(), data) if data else None


def sniffed(data: bytes) -> str | None:
    """Return the media type that a file's first bytes say; None for any but the known four."""
    for magic, media_type in _MAGIC:
        if data.startswith(magic):
            return media_type
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return "image/webp" if is_webp else None
