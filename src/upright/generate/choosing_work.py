"""Answers that are kept by content, so that an audit goes on where it was stopped."""

from __future__ import annotations

import fcntl
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from upright.generate.choosing import SAMPLES, Chances, Question, answer_all
from upright.generate.types import ChoosingEngine, Engine
from upright.terms import ConfigError, digest

_FILE = "answers.jsonl"
_PROBES = 8
_LETTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Cost:
    """What it takes to answer some questions.

    Attributes:
        calls: questions that are not answered yet.
        known: questions that are.
        tokens: of the prompts still to be read; about, where the engine does not tell.
        each: seconds that one takes here, measured on a few; None where all are known.
    """

    calls: int
    known: int
    tokens: int
    each: float | None

    @property
    def seconds(self) -> float:
        """How long all of them take, about."""
        return self.calls * (self.each or 0.0)


class AnswerBook:
    """Answers of one engine, in a file if there is one. Open it with `open_book`.

    Each answer is a line of its own, written when it comes. A process that is killed loses at
    most the answers that were being computed; a line that it cut off is dropped.

    Args:
        engine: who answers.
        stream: the file, at its end; None keeps answers in memory only.
        answers: what is known, by key.
        samples: as in `choosing.chances`.
        seed: as in `choosing.chances`.
    """

    def __init__(
        self,
        engine: Engine,
        stream: IO[str] | None,
        answers: dict[str, Chances],
        *,
        samples: int = SAMPLES,
        seed: int = 0,
    ) -> None:
        self._engine, self._stream, self._answers = engine, stream, answers
        self._samples, self._seed = samples, seed

    async def ask(
        self, questions: Sequence[Question], advance: Callable[[], None] = lambda: None
    ) -> list[Chances]:
        """Return the answers of questions, asking only for those that are not known.

        Args:
            questions: what is asked.
            advance: called once for each question, when its answer is there.

        Raises:
            EngineError: as `choosing.chances`; what is answered by then is kept.
            ConfigError: if the file takes no more; what it holds is kept.
        """
        keys = [self._key(question) for question in questions]
        unknown: dict[str, Question] = {}
        for key, question in zip(keys, questions, strict=True):
            if key in self._answers or key in unknown:
                advance()
            else:
                unknown[key] = question
        order = list(unknown)

        def done(at: int, found: Chances) -> None:
            self._keep(order[at], found)
            advance()

        await answer_all(
            self._engine, list(unknown.values()), samples=self._samples, seed=self._seed, done=done
        )
        return [self._answers[key] for key in keys]

    async def cost(self, questions: Sequence[Question]) -> Cost:
        """Return what the questions cost, by answering a few of them; their answers are kept.

        Raises:
            EngineError: as `choosing.chances`.
        """
        unknown = {
            key: question
            for question in questions
            if (key := self._key(question)) not in self._answers
        }
        few = list(unknown.values())[: _PROBES + 1]
        each = None
        if few:
            # The first one reads the beginning that the others share; it does not count.
            await self.ask(few[:1])
            begin = time.perf_counter()
            await self.ask(few[1:])
            each = (time.perf_counter() - begin) / max(1, len(few) - 1)
        left = list(unknown.values())[len(few) :]
        tokens = sum(self._tokens(question) for question in left)
        return Cost(len(left), len(questions) - len(left), tokens, each)

    def _tokens(self, question: Question) -> int:
        if isinstance(self._engine, ChoosingEngine):
            return len(self._engine.prompt_tokens(question.job()))
        texts = [message.content for message in question.messages or ()]
        return len("".join([*texts, question.prompt or ""])) // _LETTERS_PER_TOKEN

    def _key(self, question: Question) -> str:
        turns = [[turn.role, turn.content] for turn in question.messages or ()]
        return digest(
            {
                "engine": [self._engine.name, self._engine.digest],
                "prompt": question.prompt,
                "turns": turns,
                "options": list(question.options),
                "draw": [self._samples, self._seed],
            }
        )

    def _keep(self, key: str, found: Chances) -> None:
        self._answers[key] = found
        if self._stream is not None:
            line = json.dumps({"key": key, **_to_json(found)}) + "\n"
            try:
                _append(self._stream, line.encode())
            except OSError as error:
                raise ConfigError(
                    f"{self._stream.name}: {error.strerror}",
                    mend="make room there and run again; it goes on from what is kept",
                ) from None


@contextmanager
def open_book(
    engine: Engine, folder: Path | None, *, samples: int = SAMPLES, seed: int = 0
) -> Iterator[AnswerBook]:
    """Open the answers kept in a folder, which is made if it is not there.

    Raises:
        ConfigError: if the folder cannot be written to, or another run is writing there.
    """
    if folder is None:
        yield AnswerBook(engine, None, {}, samples=samples, seed=seed)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / _FILE).open("a+", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}", mend="give a folder you own") from None
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                f"{folder}: another run is writing there", mend="wait for it, or give a folder each"
            ) from None
        yield AnswerBook(engine, stream, _read(stream), samples=samples, seed=seed)


def _append(stream: IO[str], line: bytes) -> None:
    """Write past the stream's buffer, which would try once more when it is closed."""
    while line:
        line = line[os.write(stream.fileno(), line) :]


def _read(stream: IO[str]) -> dict[str, Chances]:
    """Return what a file holds, and cut off a last line that was not finished."""
    stream.seek(0)
    text = stream.read()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        stream.truncate(len(whole.encode()))
    stream.seek(0, 2)
    answers = {}
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            shape = json.loads(line)
            answers[str(shape["key"])] = _from_json(shape)
        except (ValueError, KeyError, TypeError):
            raise ConfigError(
                f"{stream.name}:{number}: no answer of a run",
                mend="take the line out; its question is asked again",
            ) from None
    return answers


def _to_json(found: Chances) -> dict[str, Any]:
    return {
        "options": found.options,
        # JSON has no infinity and no NaN.
        "logs": [log if math.isfinite(log) else None for log in found.logs],
        "shares": [share if math.isfinite(share) else None for share in found.shares],
        "low": found.low,
        "high": found.high,
        "mass": found.mass,
        "way": found.way,
        "n": found.n,
    }


def _from_json(shape: dict[str, Any]) -> Chances:
    return Chances(
        tuple(shape["options"]),
        tuple(-math.inf if log is None else float(log) for log in shape["logs"]),
        tuple(math.nan if share is None else float(share) for share in shape["shares"]),
        tuple(shape["low"]),
        tuple(shape["high"]),
        float(shape["mass"]),
        shape["way"],
        int(shape["n"]),
    )
