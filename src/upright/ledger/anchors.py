"""What the checkpoints say, and whether they themselves can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from upright.keys import TrustedKeys
from upright.ledger.checkpoint import Checkpoint, CheckpointFile


@dataclass(frozen=True, slots=True)
class Anchors:
    """What the checkpoints say.

    Attributes:
        heads: digest by count, of every checkpoint with a good signature.
        problem: what is wrong with the checkpoints themselves.
    """

    heads: dict[int, str]
    problem: str

    def joined(self, other: Anchors) -> Anchors:
        """Return what both say; where heads differ, the other's stand."""
        return Anchors(self.heads | other.heads, self.problem or other.problem)


def weigh(
    stored: Sequence[Checkpoint],
    lines: Sequence[bytes],
    trusted: TrustedKeys,
    file: CheckpointFile,
) -> Anchors:
    """Check signatures, and that file and table agree."""
    kept = [Checkpoint.from_line(line) for line in lines]
    readable = [checkpoint for checkpoint in kept if checkpoint is not None]
    good = [point for point in [*readable, *stored] if point.is_signed_by(trusted)]
    problem = (
        _unreadable_line(kept, file)
        or _badly_signed(readable, trusted, str(file.path))
        or _badly_signed(stored, trusted, "the table `checkpoints`")
        or _disagreement(stored, readable, trusted, file)
    )
    return Anchors({point.count: point.head for point in good}, problem)


def weigh_copies(copies: CheckpointFile, trusted: TrustedKeys) -> Anchors:
    """Check the checkpoints that somebody kept elsewhere; there need not be all of them."""
    kept = [Checkpoint.from_line(line) for line in copies.lines()]
    readable = [checkpoint for checkpoint in kept if checkpoint is not None]
    good = [point for point in readable if point.is_signed_by(trusted)]
    problem = _unreadable_line(kept, copies) or _badly_signed(readable, trusted, str(copies.path))
    return Anchors({point.count: point.head for point in good}, problem)


def _unreadable_line(kept: Sequence[Checkpoint | None], file: CheckpointFile) -> str:
    if None not in kept:
        return ""
    return f"{file.path}:{kept.index(None) + 1}: not a checkpoint"


def _badly_signed(points: Sequence[Checkpoint], trusted: TrustedKeys, place: str) -> str:
    for point in points:
        if point.key not in trusted.keys:
            return (
                f"{place}: the checkpoint at {point.count} names the key {point.key}, whose "
                "public half is not among the signing keys of this home"
            )
        if not point.is_signed_by(trusted):
            return f"{place}: the checkpoint at {point.count} does not bear its key's signature"
    return ""


def _disagreement(
    stored: Sequence[Checkpoint],
    kept: Sequence[Checkpoint],
    trusted: TrustedKeys,
    file: CheckpointFile,
) -> str:
    in_file, in_table = set(kept), set(stored)
    for point in stored:
        # Other homes keep their checkpoints in their own files.
        if point.key in trusted.own and point not in in_file:
            return f"{file.path}: the checkpoint at {point.count} was removed or changed"
    # Only the last can be absent from the table without anybody's doing: a crash between the
    # file and the commit. The next checkpoint brings it in.
    for point in kept[:-1]:
        if point not in in_table:
            return f"the table `checkpoints`: the one at {point.count} was removed or changed"
    return ""
