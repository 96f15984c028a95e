"""Pictures on the command line: in lines for `upright guard check`, and their hashes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright.terms import ConfigError, Image
from upright.terms.image import sniffed

if TYPE_CHECKING:
    from upright.guard.images.decode import Bounds
    from upright.guard.images.pdq import Hash
    from upright.policy import Policy
    from upright.terms import Stage

_FIELD = "image"
_UNKNOWN = "application/octet-stream"


def images_of(line: Mapping[str, Any], where: str) -> list[Image]:
    """Return the pictures of a line: under `image` a path, a data URL, or a list of them.

    Raises:
        ConfigError: naming the line, for anything else, or a file that cannot be read.
    """
    return [_image(one, where) for one in _named(line, where)]


def remaining(line: Mapping[str, Any], images: list[Image], text: str) -> dict[str, Any]:
    """Return a line without the pictures whose placeholders no longer stand in its text."""
    named = line.get(_FIELD)
    if not images:
        return dict(line)
    if isinstance(named, str):
        return {**line, _FIELD: named if images[0].placeholder in text else None}
    left = [
        one for one, image in zip(named or (), images, strict=True) if image.placeholder in text
    ]
    return {**line, _FIELD: left}


def refuse_unread(policy: Policy, stage: Stage, where: str) -> None:
    """Refuse pictures that no rule would look at: a line must not seem to have been checked.

    Raises:
        ConfigError: naming the line.
    """
    from upright.answer.images import looks
    from upright.guard.rules import Rulebook

    if policy.guard.images is None or not looks(Rulebook(policy.guard), stage):
        raise ConfigError(
            f"{where}: a picture, and no rule of this use looks at pictures at {stage.value}",
            mend="write [guard.images] into the use-case file, and a [[guard.rule]] with "
            f'detect = ["image.*"] and at = ["{stage.value}"]',
        )


def hash_of(path: str) -> Hash:
    """Return the perceptual hash of a picture's first frame.

    Raises:
        ConfigError: naming the file, if it is no picture.
        MissingExtraError: without the extra `images`.
    """
    from upright.guard.images.decode import Bounds, UnreadableImageError, require_extra

    require_extra()
    data = _read(path, path)
    largest = Bounds(bytes=len(data), pixels=2**28, frames=1000)
    try:
        return _hash(Image(sniffed(data) or _UNKNOWN, data), largest)
    except UnreadableImageError as error:
        mend = "give a PNG, JPEG, WebP or GIF"
        raise ConfigError(f"{path}: {error}", mend=mend) from None


def _hash(image: Image, bounds: Bounds) -> Hash:
    from upright.guard.images.decode import views

    first = views(image, bounds)[0]
    from upright.guard.images.pdq import pdq, pixels_of

    return pdq(pixels_of(first))


def _named(line: Mapping[str, Any], where: str) -> Iterator[str]:
    named = line.get(_FIELD)
    for one in named if isinstance(named, list) else [named] if named is not None else []:
        if not isinstance(one, str) or not one:
            raise ConfigError(
                f"{where}: no picture under `image`",
                mend="write a path, data:image/…;base64,…, or a list of them",
            )
        yield one


def _image(named: str, where: str) -> Image:
    if not named.startswith("data:"):
        data = _read(named, where)
        return Image(sniffed(data) or _UNKNOWN, data)
    image = Image.from_url(named)
    if image is None:
        raise ConfigError(
            f"{where}: an address of data that is no picture in base64",
            mend="write data:image/png, jpeg, webp or gif;base64,…",
        )
    return image


def _read(path: str, where: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no name of a file"
        raise ConfigError(f"{where}: a picture cannot be read: {why}", mend="give a file") from None
