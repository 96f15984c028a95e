"""What a pool and its workers say to each other, and how it crosses a pipe.

Both ends are this program: a worker is started by the pool, over pipes nobody else holds.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from upright.terms import ConfigError, Record, Stage

if TYPE_CHECKING:
    from upright.guard.guard import Guard
    from upright.policy import Policy

# The rule id under which failures of the guard itself are reported.
GUARD = "guard"

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Spec:
    """All that is needed to build a guard again; never the guard itself.

    Attributes:
        policy: the policy as JSON.
        extra: further detectors as `module:factory`.
        everything: ask every registered detector at every stage.
        folder: where the policy's file lay, for the folders that it names.
    """

    policy: str
    extra: tuple[str, ...] = ()
    everything: bool = False
    folder: str = ""

    @classmethod
    def of(cls, policy: Policy, extra: tuple[str, ...], *, everything: bool) -> Spec:
        """Return what is needed to build the guard of a policy."""
        return cls(policy.model_dump_json(by_alias=True), extra, everything, policy.folder)

    def build(self) -> Guard:
        """Build the guard.

        Raises:
            ConfigError: as `Guard.from_policy`.
        """
        # A pool's own process describes guards and builds none, so it loads no tables.
        from upright.guard.guard import Guard  # noqa: PLC0415
        from upright.policy import Policy  # noqa: PLC0415

        policy = Policy.model_validate_json(self.policy).beside(self.folder)
        return Guard.from_policy(policy, extra=self.extra, everything=self.everything)


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker has built its guard.

    Attributes:
        digest: of the guard.
        rules: for each stage, the rule ids of its detectors in the order they are asked.
    """

    digest: str
    rules: dict[Stage, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Refused:
    """A worker cannot build its guard: the error's words, and the exit code it stands for."""

    problem: str
    mend: str
    exit_code: int = ConfigError.exit_code


@dataclass(frozen=True, slots=True)
class Task:
    """Records to be scanned together.

    Attributes:
        records: the texts.
        stage: where they stand.
        partial: more text may follow each.
        skip: rule ids of detectors that are not asked.
    """

    records: tuple[Record, ...]
    stage: Stage
    partial: bool = False
    skip: frozenset[str] = frozenset()


def bare(records: Iterable[Record]) -> tuple[Record, ...]:
    """Return the records without their fields, which no detector reads."""
    return tuple(Record(item.text, item.id, item.role, images=item.images) for item in records)


def send(pipe: BinaryIO, message: object) -> None:
    """Write one message.

    Raises:
        OSError: when the other end has gone.
    """
    raw = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(raw)) + raw)
    pipe.flush()


def receive(pipe: BinaryIO) -> Any:  # noqa: ANN401 (any message of this module)
    """Read one message.

    Raises:
        EOFError: when the other end has gone.
    """
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    return pickle.loads(_exactly(pipe, length))  # noqa: S301 (both ends are ours, see above)


def _exactly(pipe: BinaryIO, length: int) -> bytes:
    raw = pipe.read(length)
    if len(raw) < length:
        raise EOFError
    return raw
