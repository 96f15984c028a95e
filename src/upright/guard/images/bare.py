"""A picture's file without what nobody sees: comments, metadata, bytes behind its end.

Programs that draw write prompts, names of models and more into their files. None of it passes the
guard's look at the picture, so none of it leaves. Colour profiles go too: they can hold anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from upright.terms import Image

_PNG_HEAD = 8
# What a decoder needs, and what only says how wide or bright the picture is meant to be.
_PNG_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"),
    *(b"acTL", b"fcTL", b"fdAT"),
}
_WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}
_WEBP_ICC_EXIF_XMP = 0x20 | 0x08 | 0x04
_JPEG_APP0, _JPEG_APP15, _JPEG_COMMENT = 0xE0, 0xEF, 0xFE
# How the colours are meant, at the one length that leaves no room for anything else.
_JPEG_OWN = {0xE0: 18, 0xEE: 16}
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
_GIF_APPLICATION, _GIF_CONTROL = 0xFF, 0xF9


def bare(image: Image) -> Image:
    """Return a picture without metadata; its pixels stay as they are.

    Raises:
        ValueError: for a file that is not built as its kind is.
    """
    strip = _STRIPS.get(image.media_type)
    if strip is None:
        raise ValueError("not a kind that is known")
    try:
        return Image(image.media_type, b"".join(strip(image.data)))
    except IndexError:
        raise ValueError("the file is cut off") from None


def _png(data: bytes) -> Iterator[bytes]:
    yield data[:_PNG_HEAD]
    place = _PNG_HEAD
    while True:
        size, kind = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        end = place + size + 12
        if end > len(data):
            raise ValueError("a chunk is cut off")
        if kind in _PNG_KEPT:
            yield data[place:end]
        if kind == b"IEND":
            return
        place = end


def _jpeg(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    place = 2
    while True:
        if data[place] != 0xFF:  # noqa: PLR2004 (every marker begins so)
            raise ValueError("no marker where one must be")
        marker = data[place + 1]
        if marker == 0xFF:  # noqa: PLR2004 (a marker may have any number of these before it)
            place += 1
            continue
        if marker == _JPEG_END:
            yield data[place : place + 2]
            return
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4])
        if marker == _JPEG_SCAN:
            end = _end_of_scan(data, end)
        if end > len(data):
            raise ValueError("a segment is cut off")
        application = _JPEG_APP0 <= marker <= _JPEG_APP15
        if marker != _JPEG_COMMENT and (not application or end - place == _JPEG_OWN.get(marker)):
            yield data[place:end]
        place = end


def _end_of_scan(data: bytes, place: int) -> int:
    """Return where the next marker is; zero bytes and restart marks belong to the scan."""
    while True:
        place = data.index(b"\xff", place)
        following = data[place + 1]
        if following != 0 and not 0xD0 <= following <= 0xD7:  # noqa: PLR2004 (restart marks)
            return place
        place += 2


def _webp(data: bytes) -> Iterator[bytes]:
    chunks: list[bytes] = []
    place, whole = 12, 8 + int.from_bytes(data[4:8], "little")
    if whole > len(data):
        raise ValueError("the file is cut off")
    while place < whole:
        kind = data[place : place + 4]
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        end = place + 8 + size + size % 2
        if kind == b"VP8X":
            flags = data[place + 8] & ~_WEBP_ICC_EXIF_XMP
            chunks.append(data[place : place + 8] + bytes([flags]) + data[place + 9 : end])
        elif kind in _WEBP_KEPT:
            chunks.append(data[place:end])
        place = end
    body = b"WEBP" + b"".join(chunks)
    yield b"RIFF" + len(body).to_bytes(4, "little") + body


def _gif(data: bytes) -> Iterator[bytes]:
    place = 13 + _gif_colours(data[10])
    yield data[:place]
    while data[place] != ord(";"):
        start = place
        if data[place] == ord("!"):
            kind = data[place + 1]
            place = _after_blocks(data, place + 2)
            loops = kind == _GIF_APPLICATION and data[start + 3 : start + 14] == b"NETSCAPE2.0"
            if kind == _GIF_CONTROL or loops:
                yield data[start:place]
        elif data[place] == ord(","):
            place = _after_blocks(data, place + 11 + _gif_colours(data[place + 9]))
            yield data[start:place]
        else:
            raise ValueError("no block where one must be")
    yield b";"


def _gif_colours(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _after_blocks(data: bytes, place: int) -> int:
    while data[place]:
        place += data[place] + 1
    return place + 1


_STRIPS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
    "image/gif": _gif,
}
