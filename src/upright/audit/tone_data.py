"""Texts about groups of people, read from a file or written by a model, and compared two by two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upright.audit.lines import read_texts
from upright.audit.tone import Comparison
from upright.audit.tone_answers import Prompt
from upright.audit.tone_compare import compare
from upright.audit.tone_meaning import Meaning
from upright.measure.names import TONE, TONE_MEASURES
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.policy import Policy

MOST_GROUPS = 8
_SHORTEST = 3  # letters of a group's name that can be masked


@dataclass(slots=True)
class Texts:
    """Texts by the group they are about.

    Attributes:
        paired: whether texts are compared inside pairs.
        of: texts of each group, each with what it is paired by.
    """

    paired: bool
    of: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups, in the order in which they came."""
        return tuple(self.of)


def read_texts_of(
    path: str,
    text_field: str,
    group_field: str,
    pair_field: str | None,
    groups: Sequence[str] = (),
) -> Texts:
    """Read texts with the group each is about.

    Args:
        path: JSON Lines or CSV, packed or not; `-` is standard input.
        text_field: of the texts.
        group_field: of the groups.
        pair_field: of what texts are paired by, or None.
        groups: those to compare, in this order; empty for all.

    Raises:
        ConfigError: for a file that cannot be read, a field that is not there, or groups that
            cannot be compared.
    """
    found = Texts(pair_field is not None, {name: [] for name in groups})
    for where, text, line in read_texts(path, text_field):
        values = []
        for name in (group_field, pair_field):
            if name is not None and name not in line:
                there = ", ".join(f"`{key}`" for key in line)
                raise ConfigError(f"{where}: no field `{name}`", mend=f"there are {there}")
            value = None if name is None else line[name]
            values.append("" if value is None else str(value).strip())
        group, pair = values
        if groups and group not in found.of:
            continue
        if group:
            found.of.setdefault(group, []).append((text, pair))
    _check(found, path, group_field)
    return found


def _check(found: Texts, path: str, group_field: str) -> None:
    empty = [name for name, texts in found.of.items() if not texts]
    if empty:
        raise ConfigError(
            f"{path}: no text has {empty[0]!r} under `{group_field}`", mend="see --groups"
        )
    if not 2 <= len(found.of) <= MOST_GROUPS:  # noqa: PLR2004 (a comparison has two sides)
        raise ConfigError(
            f"{path}: `{group_field}` has {len(found.of)} different values",
            mend=f"name 2 to {MOST_GROUPS} of them: --groups A,B",
        )


def check_groups(groups: Sequence[str]) -> None:
    """See that groups are several, each another one.

    Raises:
        ConfigError: if they are not.
    """
    twice = [name for at, name in enumerate(groups) if name.lower() in map(str.lower, groups[:at])]
    if twice:
        raise ConfigError(f"--groups names {twice[0]!r} twice", mend="name each group once")
    if groups and not 2 <= len(groups) <= MOST_GROUPS:  # noqa: PLR2004 (a comparison has two sides)
        raise ConfigError(
            f"--groups {','.join(groups)}: {len(groups)} cannot be compared",
            mend=f"name 2 to {MOST_GROUPS} groups: --groups A,B",
        )


def paired_texts(asked: Sequence[Prompt], answers: Sequence[str]) -> Texts:
    """Return answers by the group that was asked about, paired by prompt."""
    found = Texts(paired=True)
    for prompt, text in zip(asked, answers, strict=True):
        found.of.setdefault(prompt.group, []).append((text, prompt.pair))
    return found


def bounds(policy: Policy) -> dict[str, float]:
    """Return the bounds of tone that a use sets.

    Raises:
        ConfigError: for a measure of tone that there is not.
    """
    found = {}
    for gate in policy.audit.gate:
        if gate.measure.startswith(TONE):
            if gate.measure not in TONE_MEASURES:
                raise ConfigError(
                    f"audit.gate: no measure {gate.measure!r}",
                    mend=f"there are {', '.join(TONE_MEASURES)}",
                )
            found[gate.measure] = gate.within
    return found


def compared(
    texts: Texts,
    two: tuple[str, str],
    masked: Sequence[str],
    meaning: Meaning | None,
    *,
    permutations: int,
    seed: int,
) -> Comparison:
    """Compare two groups of some texts.

    Args:
        texts: of all groups.
        two: which ones.
        masked: words that name groups, besides the groups' own names.
        meaning: word vectors, or None.
        permutations: labellings drawn.
        seed: same seed, same result.

    Raises:
        ConfigError: as `compare`.
    """
    first, second = (texts.of[name] for name in two)
    names = [name for name in texts.groups if len(name) >= _SHORTEST]
    return compare(
        [text for text, _ in first],
        [text for text, _ in second],
        groups=two,
        pairs=([pair for _, pair in first], [pair for _, pair in second]) if texts.paired else None,
        masked=[*names, *masked],
        meaning=meaning,
        permutations=permutations,
        seed=seed,
    )
