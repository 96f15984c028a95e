"""Whether texts about groups of people differ in tone, in what, and by which words.

Sentiment says whether a text is friendly; a letter that praises one group as brilliant and the
other as hard-working is friendly about both. So lists of words, manners of writing, single words,
and classifiers that look for anything at all are compared, after names and words that say a group
are masked, with one level of false alarms for all of them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from upright.audit.figures import Figure
from upright.audit.gates import Gate
from upright.audit.tone_effects import LEVEL, size_of
from upright.measure.bounds import FEWEST, Judgement, Verdict, judge
from upright.measure.intervals import Interval
from upright.measure.multiplicity import holm
from upright.measure.names import TONE

ALPHA = 0.05
"""How often any difference at all is found where there is none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was counted in the texts of both groups.

    Attributes:
        name: without its family of measures.
        title: what is counted.
        figure: first group less second, in standard deviations.
        means: of both groups.
        p_value: adjusted for all that was looked at.
    """

    name: str
    title: str
    figure: Figure
    means: tuple[float, float]
    p_value: float

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {
            "name": f"{TONE}{self.name}",
            "title": self.title,
            **self.figure.to_json(),
            "means": list(self.means),
            "p_adjusted": self.p_value,
        }


@dataclass(frozen=True, slots=True)
class Carrier:
    """A word or pair of words that leans to one group.

    Attributes:
        word: as it was compared: in lower case, names as signs.
        group: to which it leans.
        log_odds: first group over second.
        z: the same in standard deviations.
        p_value: adjusted for all that was looked at; None for a word too rare to be asked about.
        counts: in both groups; None where chances were read and nothing counted.
    """

    word: str
    group: str
    log_odds: float
    z: float
    p_value: float | None
    counts: tuple[int, int] | None

    def told_by(self, other: Carrier) -> bool:
        """Say whether another word has told it already: "singer" tells "and singer" and "sing-"."""
        one, two = (word.removesuffix("-") for word in (self.word, other.word))
        stems = one != self.word or two != other.word
        return other.word in self.word.split() or (
            stems and " " not in self.word and (one.startswith(two) or two.startswith(one))
        )

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {
            "word": self.word,
            "group": self.group,
            "log_odds": self.log_odds,
            "z": self.z,
            "p_adjusted": self.p_value,
            **({} if self.counts is None else {"counts": list(self.counts)}),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between the texts of two groups.

    Attributes:
        groups: both.
        texts: how many of each.
        pairs: pairs or strata in which labels were drawn; 0 for two samples.
        p_value: of "nothing that was looked at differs".
        tests: of each family: p-value alone, and adjusted.
        differences: of lists of words and manners of writing.
        words: that carry the difference, the strongest first.
        auc: how well a classifier tells the groups apart; 0.5 is not at all.
        verdict: `outside` where a difference was found, `within` where every figure is known to
            be small.
        n_needed: texts of each group, or pairs, that would tell.
        notes: what was left out.
    """

    groups: tuple[str, str]
    texts: tuple[int, int]
    pairs: int
    p_value: float
    tests: dict[str, tuple[float, float]]
    differences: tuple[Difference, ...]
    words: tuple[Carrier, ...]
    auc: Figure
    verdict: Verdict
    n_needed: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether the groups' texts differ, at a level of `ALPHA`."""
        return self.p_value <= ALPHA

    def leaning(self, group: str, most: int) -> list[Carrier]:
        """Return the words that lean to a group, the surest first, for a reader.

        Left out are those that lean by less than a standard deviation, and those that one before
        has told.

        Args:
            group: one of the two.
            most: words at most.
        """
        told: list[Carrier] = []
        for word in self.words:
            leans = word.group == group and abs(word.z) >= 1.0
            if leans and len(told) < most and not any(map(word.told_by, told)):
                told.append(word)
        return told

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape: dict[str, Any] = {
            "groups": list(self.groups),
            "texts": list(self.texts),
            "pairs": self.pairs,
            "difference_found": self.found,
            "p_value": self.p_value,
            "verdict": self.verdict,
            "tests": [
                {"name": name, "p_value": alone, "p_adjusted": adjusted}
                for name, (alone, adjusted) in self.tests.items()
            ],
            "measures": [one.to_json() for one in self.differences],
            "classifier": self.auc.to_json(),
            "words": [one.to_json() for one in self.words],
        }
        if self.n_needed is not None:
            shape["n_needed"] = self.n_needed
        if self.notes:
            shape["notes"] = list(self.notes)
        return shape


@dataclass(frozen=True, slots=True)
class ToneAudit:
    """What an audit of tone found.

    Attributes:
        source: the file, or the model that wrote the texts.
        comparisons: of each two groups.
        gates: bounds of the use.
        facts: what else has to be told of how the texts came about.
    """

    source: str
    comparisons: tuple[Comparison, ...]
    gates: tuple[Gate, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def p_values(self) -> list[float]:
        """Of each comparison, adjusted for their number (Holm 1979)."""
        return holm([one.p_value for one in self.comparisons])

    @property
    def found(self) -> bool:
        """Whether any two groups differ."""
        return any(p <= ALPHA for p in self.p_values)

    @property
    def verdict(self) -> Verdict:
        """`outside` where a difference was found, `within` where all are known to be small."""
        if self.found:
            return "outside"
        within = all(one.verdict == "within" for one in self.comparisons)
        return "within" if within else "cannot tell"

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        compared = []
        for one, p in zip(self.comparisons, self.p_values, strict=True):
            compared.append({**one.to_json(), "p_adjusted": p})
        shape: dict[str, Any] = {
            "source": self.source,
            "difference_found": self.found,
            "p_value": min(self.p_values),
            "verdict": self.verdict,
            **self.facts,
            "comparisons": compared,
        }
        if len(compared) == 1:
            shape |= {name: compared[0][name] for name in ("measures", "words", "classifier")}
        if self.gates:
            shape["gates"] = [gate.to_json() for gate in self.gates]
        return shape


def gates(asked: dict[str, float], comparisons: Sequence[Comparison]) -> tuple[Gate, ...]:
    """Return each bound with what the comparisons say of it, by the ends of 95 % intervals.

    A bound is kept if the difference of each two groups is known to keep it.
    """
    return tuple(_gate(measure, bound, comparisons) for measure, bound in asked.items())


def _gate(measure: str, bound: float, comparisons: Sequence[Comparison]) -> Gate:
    name = measure.removeprefix(TONE)
    figures: list[tuple[Interval, str]] = []
    for one in comparisons:
        if name == "separation":
            figures.append((_separation(one.auc), one.auc.method))
        else:
            figures += [
                (size_of(item.figure.interval(LEVEL)), item.figure.method)
                for item in one.differences
                if name in {item.name, "difference"}
            ]
    if not figures:
        nothing = Figure(None, 0.0, 1.0, 0, "not measured")
        return Gate(measure, name, nothing, bound, judge(nothing.interval(LEVEL), at_most=bound))
    value, method = max(figures, key=lambda pair: pair[0].value)
    # The largest of several: its limits are the largest of their limits.
    low, high = (max(getattr(item, end) for item, _ in figures) for end in ("low", "high"))
    shown = Interval(value.value, low, high, value.n, LEVEL)
    judgement = judge(shown, at_most=bound, fewest=FEWEST)
    if judgement.verdict == "outside" and not any(one.found for one in comparisons):
        # The largest of many figures is large by chance; whether any is, the one test says.
        judgement = Judgement("cannot tell", judgement.n_needed)
    return Gate(measure, name, Figure.of(shown, method), bound, judgement)


def _separation(auc: Figure) -> Interval:
    found = auc.interval(LEVEL)
    low, value, high = (max(0.0, 2 * x - 1) for x in (found.low, found.value, found.high))
    return Interval(value, low, high, found.n, LEVEL)
