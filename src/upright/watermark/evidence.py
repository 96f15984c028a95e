"""What each token of a text says about a key, before anything is concluded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.terms import ConfigError
from upright.watermark import split
from upright.watermark.marker import WIDTH
from upright.watermark.numbers import candidate_table, coins, nonces, token_numbers, unit
from upright.watermark.payload import LENGTH
from upright.watermark.secret import EpochKey

Floats = NDArray[np.float64]

LONGEST = 200_000
"""Tokens of one text; a longer one is read in parts."""


@dataclass(frozen=True, slots=True)
class Test:
    """One hypothesis: the text was written with this sub-key.

    Attributes:
        key: of which tenant and epoch.
        subkey: which of its sub-keys.
    """

    key: EpochKey
    subkey: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the scored tokens of a text say of each test.

    Attributes:
        tests: the hypotheses, of all keys and sub-keys.
        positions: shape (n,), places of the scored tokens in the text.
        signed: shape (n, tests), s in [-1, 1]: positive where the token lies in the chosen half.
            Under the null its sign is a fair coin, whatever its size.
        uniform: shape (n, tests), the token's keyed number in (0, 1): uniform under the null.
        places: shape (n, tests), which bit of a payload each position carries.
        exact: whether s comes from a distribution, so that |s| = 1 means that the whole token
            lies in one half.
    """

    tests: tuple[Test, ...]
    positions: NDArray[np.int64]
    signed: Floats
    uniform: Floats
    places: NDArray[np.int64]
    exact: bool


def scored_positions(
    tokens: Sequence[int], width: int, common: Collection[int] = ()
) -> NDArray[np.int64]:
    """Return the places that are scored: those whose context stands there for the first time.

    Args:
        tokens: the text.
        width: tokens of a context.
        common: places where a phrase ends that people write so often that it says nothing, as
            `common_places` finds them without regard to any key.
    """
    seen: set[tuple[int, ...]] = set()
    found: list[int] = []
    for at in range(width, len(tokens)):
        context = tuple(tokens[at - width : at])
        if context not in seen:
            seen.add(context)
            if at not in common:
                found.append(at)
    return np.array(found, dtype=np.int64)


class Reading:
    """Gathers the evidence of one text for all sub-keys of some keys.

    Without a call of `observe` the evidence is model-free. A model is asked for the positions of
    `positions` only, in any order, and nothing it gives is kept.

    Args:
        keys: at least one.
        tokens: ids, at most `LONGEST`.
        width: tokens of a context.
        common: see `scored_positions`.

    Raises:
        ConfigError: for no key, or for too long a text.
    """

    def __init__(
        self,
        keys: Sequence[EpochKey],
        tokens: Sequence[int],
        *,
        width: int = WIDTH,
        common: Collection[int] = (),
    ) -> None:
        if not keys:
            raise ConfigError("no watermark key to look for", mend="give at least one key")
        if len(tokens) > LONGEST:
            raise ConfigError(
                f"a text of {len(tokens)} tokens is too long to be read at once",
                mend=f"cut it into parts of at most {LONGEST} tokens",
            )
        self._keys = tuple(keys)
        self._tokens = np.asarray(tokens, dtype=np.int64)
        self.tests = tuple(Test(key, index) for key in keys for index in range(len(key.subkeys)))
        self.positions = scored_positions(tokens, width, common)
        self._row = {int(position): row for row, position in enumerate(self.positions)}
        shape = (self.positions.size, len(self.tests))
        self._contexts = [nonces(key, tokens, width)[self.positions - width] for key in keys]
        self._numbers = np.empty(shape, dtype=np.uint32)
        self._upper = np.empty(shape, dtype=np.bool_)
        self._places = np.empty(shape, dtype=np.int64)
        for column, (contexts, secret) in enumerate(self._secrets()):
            chosen = coins(secret, contexts)
            self._numbers[:, column] = token_numbers(secret, contexts, self._tokens[self.positions])
            self._upper[:, column] = chosen.upper
            self._places[:, column] = chosen.places % LENGTH
        self._shares = np.full(shape, np.nan)

    def _secrets(self) -> Iterator[tuple[NDArray[np.uint8], bytes]]:
        for key, contexts in zip(self._keys, self._contexts, strict=True):
            for subkey in key.subkeys:
                yield contexts, subkey

    def observe(
        self, position: int, tokens: NDArray[np.int64], probabilities: NDArray[np.float64]
    ) -> None:
        """Take the distribution from which the token at a position may have been drawn.

        Args:
            position: one of `positions`; others are ignored.
            tokens: shape (m,), ids of the candidates, rising.
            probabilities: shape (m,), after temperature and cuts; whatever model it comes from,
                only power depends on it.
        """
        row = self._row.get(position)
        if row is None:
            return
        token = int(self._tokens[position])
        column = 0
        for key, contexts in zip(self._keys, self._contexts, strict=True):
            table = candidate_table(key.subkeys, contexts[row].tobytes(), tokens)
            own = slice(column, column + len(key.subkeys))
            self._shares[row, own] = split.upper_shares(
                tokens, probabilities, table, token, self._numbers[row, own]
            )
            column += len(key.subkeys)

    def evidence(self) -> Evidence:
        """Return what has been gathered; positions that no model was asked for are left out."""
        uniform = unit(self._numbers)
        seen = ~np.isnan(self._shares).any(axis=1)
        exact = bool(seen.any())
        rows = seen if exact else np.ones(self.positions.size, dtype=np.bool_)
        shares = self._shares[rows] if exact else uniform
        upper = self._upper[rows]
        return Evidence(
            tests=self.tests,
            positions=self.positions[rows],
            signed=np.where(upper, 2 * shares - 1, 1 - 2 * shares),
            uniform=uniform[rows],
            places=self._places[rows],
            exact=exact,
        )
