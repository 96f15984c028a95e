"""One piece of batch work, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from upright.terms import digest

Function = Callable[[Mapping[str, Any], Path], dict[str, Any]]
"""From a payload and a folder of its own to a result; a pure function of the payload.

Files that it writes into the folder are kept with the result. Both are JSON.
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A step of a pipeline: what a worker needs to build its function again.

    Attributes:
        name: the step's name, a folder of the store.
        maker: `module:function`; called once in each worker with `spec`, it gives the Function.
        spec: JSON; never the built thing itself.
        version: changes whenever the same payload can give another result.
    """

    name: str
    maker: str
    spec: Mapping[str, Any]
    version: str

    def build(self) -> Function:
        """Build the function.

        Raises:
            ConfigError: as the maker does.
        """
        module, _, name = self.maker.partition(":")
        made: Function = getattr(import_module(module), name)(self.spec)
        return made

    def key(self, content: str) -> str:
        """Return under which name the result for this content is kept, 32 hex digits.

        Args:
            content: digest of all that the payload says.
        """
        whole = digest([self.name, dict(self.spec), self.version, content])
        return whole.removeprefix("sha256:")[:32]


@dataclass(frozen=True, slots=True)
class Task:
    """A payload with the name its result is kept under.

    Attributes:
        key: from `Work.key`.
        payload: JSON, handed to the function.
    """

    key: str
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task.

    Attributes:
        task: the task.
        result: what the function returned; empty where it failed.
        reused: it was complete before this run.
        error: why there is no result, or "".
    """

    task: Task
    result: Mapping[str, Any]
    reused: bool = False
    error: str = ""
