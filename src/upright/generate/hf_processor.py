"""The mark for `model.generate` of Hugging Face transformers, as a logits processor."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from itertools import repeat

import torch
from transformers import LogitsProcessor

from upright.generate.balance import Balancer
from upright.generate.draws import Draws
from upright.generate.sampler import Logits
from upright.generate.types import EngineError, Sampling
from upright.watermark import Mark


class WatermarkLogitsProcessor(LogitsProcessor):
    """Draws the marked token of each row, and leaves no other to be drawn.

    A processor cannot draw, so this one applies the sampling itself, draws, and sets the logits
    of all other tokens to minus infinity. Whatever comes after it (temperature, top-k, top-p,
    `do_sample` or not) has one candidate left and changes nothing. So all numbers go into
    `sampling`, and none into `generate`.

    One processor serves one call of `generate`. Each row is an answer with random numbers and a
    sub-key of its own. Beams find nothing to choose from and only cost time (and are given
    log-probabilities, on which a repetition penalty acts otherwise); drafts of several tokens that
    are taken back are refused.

    Args:
        mark: how answers are marked.
        sampling: how tokens are drawn; length and stop texts are left to `generate`.
        balancers: balance pronouns, one for each row and in their order (see `balance.balancer`;
            a prompt's tokens do not tell who wrote which of its words); none leave them alone.

    Raises:
        EngineError: `bad_request` for greedy sampling.
    """

    supports_continuous_batching = False

    def __init__(
        self, mark: Mark, sampling: Sampling, *, balancers: Sequence[Balancer] = ()
    ) -> None:
        super().__init__()
        seed = secrets.randbits(64) if sampling.seed is None else sampling.seed
        self._sampling = replace(sampling, seed=seed)
        self._mark = mark
        self._balancers = list(balancers)
        self._answers: list[_Answer] = []
        self._before: torch.Tensor | None = None
        Draws(self._sampling, mark=mark)  # refuses greedy sampling before any work is done

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Return the scores with one token left for each row that goes on.

        Args:
            input_ids: shape (batch, length), prompts and what was drawn.
            scores: shape (batch, vocabulary), logits of the next token.

        Raises:
            EngineError: `bad_request` if they do not go on from what was drawn, or are not as many
                rows as there are balancers.
        """
        ids = input_ids.detach().cpu()
        if self._before is None:
            self._answers = self._opened(ids.shape[0])
        elif torch.equal(ids[:, :-1], self._before):
            for answer, token in zip(self._answers, ids[:, -1].tolist(), strict=True):
                answer.take(token)
        else:
            raise _other_text()
        self._before = ids
        rows = scores.detach().float().cpu().numpy()
        out = scores.clone()
        for at, (answer, row) in enumerate(zip(self._answers, rows, strict=True)):
            token = answer.draw(row)
            if token is not None:
                out[at] = float("-inf")
                out[at, token] = 0.0
        return out  # type: ignore[return-value]  # a float tensor stays one

    def _opened(self, rows: int) -> list[_Answer]:
        if self._balancers and len(self._balancers) != rows:
            raise EngineError(
                f"{len(self._balancers)} balancers for {rows} rows",
                kind="bad_request",
                mend="give one for each row, each answer to a prompt included",
            )
        return [
            _Answer(Draws(self._sampling, choice=choice, mark=self._mark, balancer=balancer))
            for choice, balancer in zip(range(rows), self._balancers or repeat(None), strict=False)
        ]


class _Answer:
    """One row: drawn until it gets a token that was not drawn for it, which is then its padding."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._forced: int | None = None
        self._padding: int | None = None

    def draw(self, logits: Logits) -> int | None:
        if self._padding is None:
            self._forced = self._draws.draw(logits)
            return self._forced
        return None

    def take(self, token: int) -> None:
        if self._padding is None and token == self._forced:
            self._draws.take(token)
        elif self._padding in {None, token}:
            self._padding = token
        else:
            raise _other_text()


def _other_text() -> EngineError:
    return EngineError(
        "the tokens do not go on from what this processor drew: it serves one call of generate, "
        "and no drafts",
        kind="bad_request",
        mend="make a processor for each call, and call generate without an assistant model",
    )
