"""`image.unsafe` and `image.protected`: detectors that look at the pictures in a text.

A picture stands in a text where its placeholder does, and that is the span of its findings. A
text without pictures has no findings, whatever stands in it; a picture that cannot be judged is
an error of the detector, so that the policy decides what becomes of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from upright.guard.images.decode import Bounds, require_extra, views
from upright.guard.images.hashlist import HashList
from upright.guard.images.model import UnsafeModel
from upright.policy.model import ImagesSection
from upright.terms import ConfigError, Finding, Image, Record, hazard_of_rule
from upright.terms.image import PLACEHOLDER_LENGTH
from upright.weights.packaged import OPEN_NSFW

# What the model's authors say of its scores: below 0.2 it is likely safe, above 0.8 likely not.
DOUBTFUL, LIKELY = 0.2, 0.8
_EVEN = 0.5
_BITS = 256
_LISTED_SEVERITY = 3


@dataclass(frozen=True, slots=True)
class Sight:
    """What is to be said of a picture.

    Attributes:
        score: 0 to 1.
        severity: 0 to 4.
        why: the explanation.
        source: the entry of a list that it matches, or None.
    """

    score: float
    severity: int
    why: str
    source: str | None = None


class ImageDetector(ABC):
    """Looks at each picture of a text once, however often its placeholder stands there.

    Attributes:
        reach: the length of a placeholder: a finding depends on nothing behind it.
    """

    rule: str
    version: str
    reach: int = PLACEHOLDER_LENGTH

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds

    @abstractmethod
    def judge(self, image: Image) -> Sight | None:
        """Return what is to be said of a picture, or None.

        Raises:
            UnreadableImageError: if it cannot be judged.
        """

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        """Return the findings of each record, ordered by start."""
        return [self._findings(record) for record in records]

    def settled(self, text: str) -> int:
        """Return where the first placeholder begins that more text could complete."""
        start = text.find("[", max(0, len(text) - self.reach + 1))
        return len(text) if start < 0 else start

    def _findings(self, record: Record) -> list[Finding]:
        findings: list[Finding] = []
        for image in dict.fromkeys(record.images):
            seen = self.judge(image)
            if seen is not None:
                findings += self._placed(seen, record.text, image.placeholder)
        return sorted(findings, key=lambda finding: finding.start)

    def _placed(self, seen: Sight, text: str, placeholder: str) -> Iterator[Finding]:
        start = text.find(placeholder)
        while start >= 0:
            end = start + len(placeholder)
            yield Finding(
                rule=self.rule,
                hazard=hazard_of_rule(self.rule),
                severity=seen.severity,
                score=seen.score,
                start=start,
                end=end,
                explanation=seen.why,
                source=seen.source,
            )
            start = text.find(placeholder, end)


class UnsafeImages(ImageDetector):
    """Pictures that a model takes for nudity or sexual acts; other harms it does not know.

    Args:
        bounds: of a picture.
        load: opens the model; called when the first picture comes.
    """

    rule = "image.unsafe"

    def __init__(self, bounds: Bounds, load: Callable[[], UnsafeModel] = UnsafeModel.load) -> None:
        super().__init__(bounds)
        self._load = load
        self.version = f"1:{OPEN_NSFW.sha256}:{bounds}"

    @cached_property
    def model(self) -> UnsafeModel:
        """The model, opened once."""
        return self._load()

    def judge(self, image: Image) -> Sight | None:
        """Return the model's score where it is at least DOUBTFUL."""
        score = self.model.score(views(image, self._bounds))
        if score < DOUBTFUL:
            return None
        severity = 1 if score < _EVEN else 2 if score < LIKELY else 3
        return Sight(score, severity, "A model takes this picture for nudity or sexual acts.")


class ProtectedImages(ImageDetector):
    """Pictures that are, or nearly are, on a list.

    Args:
        bounds: of a picture.
        hashes: the list.
        distance: bits that may differ.
    """

    rule = "image.protected"

    def __init__(self, bounds: Bounds, hashes: HashList, distance: int) -> None:
        super().__init__(bounds)
        self._hashes = hashes
        self._distance = distance
        self.version = f"1:{hashes.digest}:{distance}:{bounds}"

    def judge(self, image: Image) -> Sight | None:
        """Return how near the picture, turned or mirrored, is to an entry of the list."""
        from upright.guard.images.pdq import GOOD, pdq_all_ways, pixels_of  # noqa: PLC0415 (numpy)

        hashes = [
            one.bits
            for view in views(image, self._bounds)
            for one in pdq_all_ways(pixels_of(view))
            if one.quality >= GOOD
        ]
        match = self._hashes.nearest(hashes) if hashes else None
        if match is None or match.distance > self._distance:
            return None
        score = 1.0 - match.distance / (_BITS / 2)
        why = f"Its perceptual hash differs in {match.distance} of {_BITS} bits from a listed one."
        return Sight(score, _LISTED_SEVERITY, why, source=match.name)


def bounds_of(section: ImagesSection) -> Bounds:
    """Return what a picture may cost in a use."""
    return Bounds(section.max_bytes, section.max_pixels, section.max_frames)


def unsafe(section: ImagesSection) -> ImageDetector:
    """Return the detector of unsafe imagery, its model opened: the first picture need not wait.

    Raises:
        MissingExtraError: without the extra `images`.
    """
    made = UnsafeImages(bounds_of(section))
    _ = made.model
    return made


def protected(section: ImagesSection) -> ImageDetector:
    """Return the detector of listed images.

    Raises:
        MissingExtraError: without the extra `images`.
        ConfigError: for a list that is not given or cannot be read.
    """
    require_extra()
    if section.hashes is None:
        raise ConfigError(
            "a rule speaks of image.protected, and guard.images.hashes names no list",
            mend='write hashes = "<file>" under [guard.images]',
        )
    return ProtectedImages(bounds_of(section), HashList.read(section.hashes), section.distance)
