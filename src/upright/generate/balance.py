"""Pronouns balanced while words are drawn, where the text leaves the gender open.

Where it does, "she" and "he" are given equal chances, or those of a reference, out of what the
model gave the two together; likewise "her" against "him" and "his", and "herself" against
"himself". Nothing else moves: "they" and every other word keep their chances. The shift acts after
the repetition penalty and the mask, and before the cuts, at the temperature that draws; greedy
decoding, which has no chances, tosses a coin.
"""

from __future__ import annotations

import codecs
import math
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from upright.generate.balance_reading import Reading
from upright.generate.balance_share import Balance
from upright.generate.balance_words import PRONOUNS
from upright.generate.masking import Vocabulary, spelling
from upright.generate.sampler import GREEDY, Logits, random_stream

if TYPE_CHECKING:
    from upright.generate.types import Job

Ids = NDArray[np.int64]

_FAINT = 14.0
"""Nats below the likeliest word at which a pronoun is not worth a look: one in a million."""
_COIN = 1 << 63  # keeps the coins' random numbers apart from those that draw


@dataclass(frozen=True, slots=True)
class Forms:
    """Tokens that stand in the same places and are written alike.

    Attributes:
        feminine: ids.
        masculine: ids.
        within: whether a word before would swallow them, having no space of their own.
    """

    feminine: Ids
    masculine: Ids
    within: bool


_FORMS: WeakKeyDictionary[Vocabulary, tuple[Forms, ...]] = WeakKeyDictionary()


def forms(vocabulary: Vocabulary, size: int) -> tuple[Forms, ...]:
    """Return the pronouns among the first `size` tokens of a vocabulary; looked up once."""
    known = _FORMS.get(vocabulary)
    if known is None:
        ids = {text: token for token, text in enumerate(spelling(vocabulary, size).texts)}
        known = _FORMS[vocabulary] = tuple(
            found
            for space in ("", " ")
            for write in (str.lower, str.capitalize)
            for pair in PRONOUNS
            if (found := _found(ids, pair, space, write)) is not None
        )
    return known


def _found(
    ids: dict[str, int],
    pair: tuple[tuple[str, ...], tuple[str, ...]],
    space: str,
    write: Callable[[str], str],
) -> Forms | None:
    sides = [
        np.array([ids[text] for word in side if (text := space + write(word)) in ids], np.int64)
        for side in pair
    ]
    return Forms(sides[0], sides[1], within=not space) if all(map(len, sides)) else None


class Balancer:
    """Balances the pronouns of one answer.

    Args:
        balance: how chances are shared out.
        vocabulary: of the model.
        reading: of what stands before the answer; goes on with it.
        seed: of the coins that greedy decoding tosses.
        choice: which of the job's answers.
    """

    def __init__(
        self,
        balance: Balance,
        vocabulary: Vocabulary,
        reading: Reading,
        *,
        seed: int = 0,
        choice: int = 0,
    ) -> None:
        self._balance = balance
        self._vocabulary = vocabulary
        self._reading = reading
        self._coins = (seed ^ _COIN, choice)
        self._count = 0
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def take(self, token: int) -> None:
        """Let the answer go on with a token."""
        self._count += 1
        self._reading.feed(self._utf8.decode(self._vocabulary.piece(token)))

    def shift(self, scores: Logits, temperature: float = 1.0) -> Logits:
        """Return the scores with pronouns balanced, the given ones where nothing is to be done.

        Args:
            scores: logits after penalty and mask, shape (vocabulary,); left unchanged.
            temperature: at which they will be drawn; the shares hold there.
        """
        ways = self.ways(scores, temperature)
        coin = self._coin() if len(ways) > 1 else 0.0
        return ways[0][1] if coin < ways[0][0] else ways[1][1]

    def ways(self, scores: Logits, temperature: float) -> list[tuple[float, Logits]]:
        """Return by which chance which scores are drawn from; one pair but for greedy decoding.

        Args:
            scores: as for `shift`.
            temperature: as for `shift`.
        """
        found = [one for one in forms(self._vocabulary, scores.size) if self._could_stand(one)]
        floor = float(scores.max()) - _FAINT * max(1.0, temperature)
        seen = [one for one in found if _top(scores, one) >= floor]
        share = self._balance.share(self._reading.scope()) if seen else None
        if share is None:
            return [(1.0, scores)]
        if temperature <= GREEDY:
            women, men = (_preferred(scores, seen, feminine=side) for side in (True, False))
            return [(share, women), (1 - share, men)]
        shifted = scores.copy()
        for one in seen:
            _share_out(shifted, one, share, temperature)
        return [(1.0, shifted)]

    def _coin(self) -> float:
        """Return this place's own number in [0, 1), the same however often it is asked for."""
        seed, choice = self._coins
        return float(random_stream(seed + self._count, choice).random())

    def _could_stand(self, one: Forms) -> bool:
        return not (one.within and self._reading.in_word)


def balancer(job: Job, vocabulary: Vocabulary, choice: int = 0) -> Balancer | None:
    """Return what balances an answer of a job; None if it does not ask for it."""
    if job.balance is None:
        return None
    seed = secrets.randbits(63) if job.sampling.seed is None else job.sampling.seed
    return Balancer(job.balance, vocabulary, before(job), seed=seed, choice=choice)


def before(job: Job) -> Reading:
    """Return the reading of what stands before an answer: the prompt, or all turns."""
    reading = Reading()
    if job.messages is None:
        reading.feed(job.prompt or "")
        return reading
    for message in job.messages:
        if message.role == "system":
            reading.instruct(message.content)
        else:
            reading.feed(message.content)
            reading.end_turn()
    return reading


def _top(scores: Logits, one: Forms) -> float:
    return float(max(scores[one.feminine].max(), scores[one.masculine].max()))


def _share_out(scores: Logits, one: Forms, share: float, temperature: float) -> None:
    """Give the feminine forms their share of what both have, in place."""
    women, men = (_mass(scores[ids], temperature) for ids in (one.feminine, one.masculine))
    if not (math.isfinite(women) and math.isfinite(men)):
        return  # one of them must not be drawn
    both = float(np.logaddexp(women, men))
    _weigh(scores, one.feminine, women, both + math.log(share), temperature)
    _weigh(scores, one.masculine, men, both + math.log1p(-share), temperature)


def _weigh(scores: Logits, ids: Ids, now: float, wanted: float, temperature: float) -> None:
    """Bring the weight of some tokens from one logarithm to another, in place."""
    if len(ids) == 1:
        # Set and not added: equal weights come out as equal numbers, whatever is rounded.
        scores[ids] = np.float32(temperature * wanted)
    else:
        scores[ids] += np.float32(temperature * (wanted - now))


def _preferred(scores: Logits, seen: Iterable[Forms], *, feminine: bool) -> Logits:
    """Return scores in which one gender is as likely as the likelier one was."""
    shifted = scores.copy()
    for one in seen:
        _prefer(shifted, one, feminine=feminine)
    return shifted


def _prefer(scores: Logits, one: Forms, *, feminine: bool) -> None:
    """Let the likelier form of one gender be as likely as the likeliest of both, in place."""
    women, men = float(scores[one.feminine].max()), float(scores[one.masculine].max())
    if not (math.isfinite(women) and math.isfinite(men)):
        return
    high, low = max(women, men), min(women, men)
    scores[one.feminine] += np.float32((high if feminine else low) - women)
    scores[one.masculine] += np.float32((low if feminine else high) - men)


def _mass(scores: Logits, temperature: float) -> float:
    """Return the logarithm of the weight of some tokens."""
    wide = scores.astype(np.float64) / temperature
    top = float(wide.max())
    return top + math.log(float(np.exp(wide - top).sum())) if math.isfinite(top) else top
