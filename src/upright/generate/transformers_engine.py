"""Any Hugging Face model from a local folder, with the same sampler as the embedded engine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch

from upright.generate.balance import balancer
from upright.generate.choosing_logs import logs_by_reading
from upright.generate.decode import Decoder, next_token, printable
from upright.generate.hf_tokens import HFVocabulary
from upright.generate.reading import check_ids, placed, spelled, windows
from upright.generate.sampler import Logits, log_softmax
from upright.generate.types import (
    EngineError,
    Job,
    NextToken,
    Piece,
    Sampling,
    Token,
    TokenLogprob,
)
from upright.policy import EngineSection
from upright.terms import ConfigError, digest
from upright.weights import verified_digest

MOST_CHOICES = 64
_PARTS = ("*.safetensors", "*.json", "*.jinja", "*.model")

_T = TypeVar("_T")


class TransformersEngine:
    """Writes with a causal language model from a folder. No network, no pickled weights.

    Each answer is computed by itself, token by token; the steps of several answers take turns
    in one thread. So a seeded answer does not depend on what else is asked.

    Args:
        folder: a folder as `save_pretrained` writes it, weights in safetensors.
        name: what to call the model; the folder's name if empty.

    Raises:
        ConfigError: if the folder is no such model.
    """

    def __init__(self, folder: str | Path, *, name: str = "") -> None:
        path = _checked(Path(folder))
        self._name = name or path.name
        self._model, tokenizer = _load(path)
        self._digest = digest(
            {file.name: verified_digest(file) for part in _PARTS for file in path.glob(part)}
        )
        self._vocabulary = HFVocabulary(tokenizer, _ends(self._model))
        self._length: int = getattr(self._model.config, "max_position_embeddings", None) or 2048
        # One thread: steps come in the order they were asked for, and never run together.
        self._steps = ThreadPoolExecutor(1, thread_name_prefix="upright-torch")
        self._closed = False

    @classmethod
    def from_section(cls, section: EngineSection) -> TransformersEngine:
        """Open the engine of a policy."""
        return cls(section.path or "")

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    @property
    def digest(self) -> str | None:
        """`sha256:…` over the digests of weights, configuration and tokenizer."""
        return self._digest

    async def stream(self, job: Job) -> AsyncGenerator[Piece, None]:
        """Write the answers of one job, one after the other.

        Raises:
            EngineError: `bad_request` for an empty or too long prompt, `unavailable` if the
                engine is closed or the model failed.
        """
        if not 1 <= job.choices <= MOST_CHOICES:
            raise EngineError(
                f"{job.choices} answers were asked for",
                kind="bad_request",
                mend=f"ask for 1 to {MOST_CHOICES}",
            )
        tokens = self.prompt_tokens(job)
        yield Piece(prompt_tokens=len(tokens))
        for choice in range(job.choices):
            answer = _Answer(self._model, tokens, self._decoder(job, choice, len(tokens)))
            while not answer.done:
                yield await self._run(answer.step)

    async def next_token(self, prompt: str, sampling: Sampling, *, limit: int = 50) -> NextToken:
        """Return the distribution after `prompt`, taken literally.

        Raises:
            EngineError: as `stream`.
        """
        tokens = self._fitting(self._vocabulary.literal(prompt))
        logits, _ = await self._run(lambda: _forward(self._model, tokens, None))
        return next_token(logits[-1], sampling, self._vocabulary, limit)

    async def score(self, text: str) -> list[TokenLogprob]:
        """Return each token of `text` after the first, with its log-probability.

        Raises:
            EngineError: as `stream`.
        """
        tokens = self._fitting(self._vocabulary.literal(text))
        logits, _ = await self._run(lambda: _forward(self._model, tokens, None, every=True))
        logs = log_softmax(logits[:-1])
        return [
            TokenLogprob(printable(self._vocabulary.piece(token)), float(logs[at, token]))
            for at, token in enumerate(tokens[1:])
        ]

    def tokens(self, text: str) -> list[Token]:
        """Return the tokens of a text, however long.

        Raises:
            EngineError: `bad_request` for half of a surrogate pair.
        """
        ids = self._vocabulary.text(text)
        return placed(text, [(token, self._vocabulary.piece(token)) for token in ids])

    def placed(self, tokens: Sequence[int]) -> tuple[str, list[Token]]:
        """Return the text of tokens, and their places in it.

        Raises:
            EngineError: `bad_request` for an id that the model does not have.
        """
        check_ids(tokens, len(self._vocabulary))
        return spelled([(token, self._vocabulary.piece(token)) for token in tokens])

    async def read(
        self,
        tokens: Sequence[int],
        visit: Callable[[int, Logits], None],
        *,
        after: Sequence[int] = (),
    ) -> None:
        """Call `visit(i, logits)` with the logits before each token i; see `ReadingEngine`.

        Raises:
            EngineError: as `stream`.
        """
        whole = [*after, *tokens]
        before = len(after)

        def window(start: int, first: int, end: int) -> None:
            logits, _ = _forward(self._model, whole[start:end], None, every=True)
            try:
                for at in range(first, end):
                    visit(at - before, logits[at - start - 1])
            except Exception as problem:
                raise EngineError(f"reading failed: {problem}", kind="unavailable") from problem

        for start, first, end in windows(len(whole), max(before, 1), self._length - 1):
            await self._run(partial(window, start, first, end))

    def prompt_tokens(self, job: Job) -> list[int]:
        """Return the tokens that stand before the answer of a job.

        Raises:
            EngineError: `bad_request` for an empty or too long prompt.
        """
        if job.messages is None:
            return self._fitting(self._vocabulary.literal(job.prompt or ""))
        return self._fitting(self._vocabulary.chat(job.messages))

    async def logs_after(
        self, prompt: Sequence[int], options: Sequence[Sequence[int]]
    ) -> list[float]:
        """Return log P(option | prompt) of each option; see `ChoosingEngine`.

        Raises:
            EngineError: as `stream`.
        """
        return await logs_by_reading(self, prompt, options)

    async def aclose(self) -> None:
        """Release the model."""
        self._closed = True
        await asyncio.to_thread(self._steps.shutdown, cancel_futures=True)
        self._model = None

    def _decoder(self, job: Job, choice: int, prompt: int) -> Decoder:
        return Decoder(
            job.sampling,
            self._vocabulary,
            choice=choice,
            logprobs=job.logprobs,
            room=self._length - prompt + 1,
            mark=job.mark,
            follower=None if job.mask is None else job.mask.follower(),
            balancer=balancer(job, self._vocabulary, choice),
        )

    def _fitting(self, tokens: list[int]) -> list[int]:
        if not tokens:
            raise EngineError("the prompt is empty", kind="bad_request", mend="give some text")
        if len(tokens) >= self._length:
            raise EngineError(
                f"the prompt has {len(tokens)} tokens; "
                f"prompt and answer have room for {self._length}",
                kind="bad_request",
                mend="shorten the prompt or the conversation",
            )
        return tokens

    async def _run(self, step: Callable[[], _T]) -> _T:
        if self._closed:
            raise EngineError("the engine is closed", kind="unavailable")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._steps, step)
        except (RuntimeError, IndexError) as problem:
            raise EngineError(f"the model failed: {problem}", kind="unavailable") from None


class _Answer:
    """One answer being written, with its key-value memory."""

    def __init__(self, model: Any, prompt: list[int], decoder: Decoder) -> None:  # noqa: ANN401 (see _load)
        self._model = model
        self._feed = prompt
        self._decoder = decoder
        self._memory: Any = None
        self.done = False

    def step(self) -> Piece:
        logits, self._memory = _forward(self._model, self._feed, self._memory)
        token, piece = self._decoder.step(logits[-1])
        self.done = token is None
        self._feed = [] if token is None else [token]
        return piece


def _forward(
    model: Any,  # noqa: ANN401 (see _load)
    tokens: list[int],
    memory: Any,  # noqa: ANN401 (a cache of transformers)
    *,
    every: bool = False,
) -> tuple[Logits, Any]:
    """Return logits of shape (positions, vocabulary) in float32, and the memory after them."""
    with torch.inference_mode():
        out = model(
            input_ids=torch.tensor([tokens]),
            past_key_values=memory,
            use_cache=True,
            logits_to_keep=0 if every else 1,
        )
    logits: Logits = out.logits[0].float().numpy()
    return logits, out.past_key_values


def _load(path: Path) -> tuple[Any, Any]:
    """Load model and tokenizer from a folder, without network and without running its code.

    Raises:
        ConfigError: if transformers cannot read it.
    """
    # Read when huggingface_hub is imported; local files are asked for below as well.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415 (after the above)

    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(path), **options)
        model: Any = AutoModelForCausalLM.from_pretrained(
            str(path), use_safetensors=True, dtype="auto", **options
        )
    except (OSError, ValueError, KeyError) as problem:
        raise ConfigError(
            f"{path}: transformers cannot read this model: {problem}",
            mend="engine.path is a folder written by save_pretrained",
        ) from None
    return model.eval(), tokenizer


def _checked(path: Path) -> Path:
    if not (path / "config.json").is_file():
        raise ConfigError(
            f"{path}: no config.json there", mend="engine.path is a folder with a model"
        )
    if not any(path.glob("*.safetensors")):
        raise ConfigError(
            f"{path}: no weights in safetensors there; other formats can run code",
            mend="save the model with save_pretrained(folder)",
        )
    return path


def _ends(model: Any) -> set[int]:  # noqa: ANN401 (see _load)
    ends = getattr(model.generation_config, "eos_token_id", None)
    if ends is None:
        return set()
    return {ends} if isinstance(ends, int) else set(ends)
