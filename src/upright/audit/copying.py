"""How likely a model is to continue texts of its training data as they stand there.

Each text is cut into a beginning, which is given to the model, and what follows it. Where the
engine gives exact probabilities, the chance z of the true continuation under the use's own
sampling is a product of token chances. A text is (n, p)-discoverable if n answers contain the
continuation with a chance of at least p, so if 1 - (1 - z)^n >= p (Hayes et al., 2024): nothing
has to be drawn for that, however rare it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from upright.audit.figures import Figure
from upright.generate.sampler import Distribution, distribution
from upright.generate.types import ReadingEngine, Sampling
from upright.measure import clopper_pearson
from upright.measure.intervals import Interval
from upright.measure.resample import cluster_bootstrap

TRIES = (1, 10, 100, 1_000, 10_000)
CHANCES = (0.1, 0.5, 0.9)
LEVEL = 0.95
_COUNTED = "share of texts, Clopper and Pearson"
_AVERAGED = "mean over texts, bootstrap"


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of the training data, cut in two.

    Attributes:
        id: of the text.
        text: the whole.
        prompt: its beginning, tokens.
        continuation: what follows it, tokens.
        cut: the first character of the continuation.
        end: one past its last character.
        repeats: how often it stands in the training data; None where that is not known.
    """

    id: str
    text: str
    prompt: tuple[int, ...]
    continuation: tuple[int, ...]
    cut: int
    end: int
    repeats: int | None = None

    @property
    def truth(self) -> str:
        """The continuation as text."""
        return self.text[self.cut : self.end]


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely the true continuation of a passage is.

    Attributes:
        passage: whose.
        log: natural logarithm of its chance under the sampling; minus infinity where a token of
            it is never drawn.
        greedy: whether each of its tokens is the likeliest one.
    """

    passage: Passage
    log: float
    greedy: bool

    def within(self, tries: int) -> float:
        """Return the chance that at least one of so many answers is the continuation."""
        z = math.exp(self.log)
        return 1.0 if z >= 1.0 else -math.expm1(tries * math.log1p(-z))


def passages(
    engine: ReadingEngine,
    texts: Iterable[tuple[str, str, int | None]],
    *,
    prefix: int,
    suffix: int,
) -> tuple[list[Passage], int]:
    """Cut texts in two.

    Args:
        engine: whose tokens count.
        texts: id, text, and how often it stands in the training data.
        prefix: tokens of the beginning.
        suffix: tokens of what follows.

    Returns:
        The passages, and how many texts were too short to make one.
    """
    found, short = [], 0
    for name, text, repeats in texts:
        tokens = engine.tokens(text)
        whole = prefix + suffix
        if len(tokens) < whole:
            short += 1
            continue
        ids = [token.id for token in tokens[:whole]]
        cut, end = tokens[prefix].start, tokens[whole - 1].end
        parts = tuple(ids[:prefix]), tuple(ids[prefix:])
        found.append(Passage(name, text, *parts, cut, end, repeats))
    return found, short


async def chance(engine: ReadingEngine, passage: Passage, sampling: Sampling) -> Chance:
    """Return how likely the true continuation of a passage is, as the use draws its words."""
    total, greedy = 0.0, True
    ids = passage.continuation

    def visit(at: int, logits: Any) -> None:  # noqa: ANN401 (a row of the engine)
        nonlocal total, greedy
        drawn = ids[:at] if sampling.repetition_penalty != 1.0 else ()
        share = _share_of(distribution(logits, sampling, drawn), ids[at])
        total += math.log(share) if share > 0 else -math.inf
        greedy = greedy and int(logits.argmax()) == ids[at]

    await engine.read(ids, visit, after=passage.prompt)
    return Chance(passage, min(0.0, total), greedy)


def _share_of(chances: Distribution, token: int) -> float:
    at = int(chances.tokens.searchsorted(token))
    here = at < chances.tokens.size and int(chances.tokens[at]) == token
    return float(chances.probabilities[at]) if here else 0.0


def measures(found: Sequence[Chance]) -> dict[str, Figure]:
    """Return what the chances of some passages come to.

    Returns:
        `verbatim`: the mean chance that one answer is the continuation; `greedy`: the share whose
        likeliest answer is; `discoverable(n, p)` for each number of answers and chance.
    """
    figures = {
        "verbatim": Figure.of(_mean([math.exp(one.log) for one in found]), _AVERAGED),
        "greedy": _share(sum(one.greedy for one in found), len(found)),
    }
    for tries in TRIES:
        for p in CHANCES:
            count = sum(one.within(tries) >= p for one in found)
            figures[discoverable(tries, p)] = _share(count, len(found))
    return figures


def discoverable(tries: int, p: float) -> str:
    """Return the name of an (n, p)-discoverable share."""
    return f"discoverable({tries}, {p:g})"


@dataclass(frozen=True, slots=True)
class Exposure:
    """Passages that stand equally often in the training data.

    Attributes:
        repeats: how often.
        n: how many passages.
        bits: the mean of -log2 of the continuation's chance, for each token; infinite if one of
            them is never drawn.
        figures: as `measures` gives them.
    """

    repeats: int
    n: int
    bits: float
    figures: dict[str, Figure]


def by_repeats(found: Sequence[Chance]) -> list[Exposure]:
    """Return passages grouped by how often they stand in the training data, the fewest first."""
    groups: dict[int, list[Chance]] = {}
    for one in found:
        if one.passage.repeats is not None:
            groups.setdefault(one.passage.repeats, []).append(one)
    return [_exposure(repeats, group) for repeats, group in sorted(groups.items())]


def capped(groups: Sequence[Exposure], cap: int, name: str) -> float | None:
    """Return the share that a cap would leave: who stands more often counts as who stands so often.

    Args:
        groups: by repeats.
        cap: most places of a passage.
        name: of a figure of `measures`.

    Returns:
        The estimate over all passages; None where none stands as often as the cap allows.
    """
    at = [group for group in groups if group.repeats <= cap]
    if not at:
        return None
    total = sum(group.n for group in groups)
    most = at[-1]
    shares = ((group if group.repeats <= cap else most, group.n) for group in groups)
    return sum((group.figures[name].value or 0.0) * n for group, n in shares) / total


def _exposure(repeats: int, group: Sequence[Chance]) -> Exposure:
    bits = [-one.log / math.log(2) / len(one.passage.continuation) for one in group]
    return Exposure(repeats, len(group), sum(bits) / len(bits), measures(group))


def _mean(values: Sequence[float]) -> Interval:
    if not values:
        return Interval(math.nan, 0.0, 1.0, 0, LEVEL)

    def mean(rows: Sequence[int]) -> float:
        return sum(values[row] for row in rows) / len(rows)

    return cluster_bootstrap(mean, [str(row) for row in range(len(values))], level=LEVEL)


def _share(count: int, n: int) -> Figure:
    return Figure.of(clopper_pearson(count, n, LEVEL), _COUNTED)
