"""The TOML tables beside this module: identity terms, words, templates.

A table of templates is a list of `[[set]]`. The keys of a set:

- `kind`: what its sentences are examples of;
- `train`, `test`: its templates, which are different ones;
- `toxicity`, `severity`, `context`, `request`, `injection`: the labels (see `Example`);
- `each`: how many sentences a template without an identity term gives, at most;
- `pool`: name under which frames may take its sentences as the passage they quote, report,
  reject or carry. Such a set is `direct = false` where its sentences do not stand alone;
- `of`: makes its templates frames, and names the pools. A frame weakens the degrees of the
  passage by `keep`; a severity of its own replaces the passage's.

In a template, `⟦…⟧` marks the passage that carries the labels (all of it, where a sentence is
toxic and nothing is marked), and `{slot}` a word to be put in. `{Slot}` begins with a capital.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from upright.train.contrast.example import CATEGORIES, CONTEXTS, TOXIC

SPLITS = ("train", "test")
_FOLDER = "upright.train.contrast"
# A sentence that can follow "that": it states something, and is not spoken by an "I".
_STATES = re.compile(
    r"(?:\{(?:Group|One)\}|All|No|They|Those people|That kind|Nobody|People|You are|Your|The"
    r"|Nothing)(?!\w)"
)
_STATES_NOT = re.compile(
    r"\{\w+\}(?:,| being)|.*[?!;:]|.*\. |.*, (?:the sooner|end of story|get out)"
)
_IDENTITY = re.compile(r"\{(?:group|one|adj|trait|Group|One|Adj)\}")


@dataclass(frozen=True, slots=True)
class Identity:
    """A term for who somebody is.

    Attributes:
        id: its name in `Example.target`.
        axis: gender, orientation, religion, nationality, ethnicity, disability or age.
        group: the plural, as in the middle of a sentence.
        one: the singular with its article.
        adj: the adjective.
    """

    id: str
    axis: str
    group: str
    one: str
    adj: str


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with slots, and the labels of what comes of it.

    Attributes:
        id: table, set and place in the set.
        text: the sentence.
        split: `train` or `test`.
        kind, severity, context, request, injection: see `Example`.
        toxicity: degree by category.
        each: sentences it gives at most, if it names no identity; None for the usual number.
        pool: where frames find it, or None.
        direct: whether it gives sentences by itself.
        of: the pools whose sentences it frames; empty for a plain template.
        keep: share of a framed passage's degrees that is left.
    """

    id: str
    text: str
    split: str
    kind: str
    toxicity: dict[str, float]
    severity: int | None
    context: str | None
    request: bool | None
    injection: bool | None
    each: int | None
    pool: str | None
    direct: bool
    of: tuple[str, ...]
    keep: float

    @property
    def identified(self) -> bool:
        """Whether the text itself has a place for an identity term."""
        return _IDENTITY.search(self.text) is not None

    @property
    def states(self) -> bool:
        """Whether its sentences can follow "that"."""
        return _STATES.match(self.text) is not None and _STATES_NOT.match(self.text) is None


_TABLES = (
    "hate.toml",
    "hate_more.toml",
    "implicit.toml",
    "attacks.toml",
    "attacks_more.toml",
    "attacks_indirect.toml",
    "frames.toml",
    "frames_more.toml",
    "answers.toml",
    "harmless.toml",
    "harmless_more.toml",
    "identities_neutral.toml",
    "praise.toml",
    "praise_twins.toml",
    "requests.toml",
    "injections.toml",
    "injections_more.toml",
)


@cache
def identities() -> tuple[Identity, ...]:
    """Return all identity terms, in the order of the table."""
    rows = _read("identities.toml")["identity"]
    return tuple(Identity(**row) for row in rows)


@cache
def words(split: str) -> dict[str, tuple[str, ...]]:
    """Return the words for each slot; some slots have other words in each split."""
    table = _read("words.toml")
    both = {slot: tuple(entries) for slot, entries in table["both"].items()}
    return both | {slot: tuple(entries) for slot, entries in table[split].items()}


@cache
def traits(axis: str) -> tuple[str, ...]:
    """Return what is unjustly said of people of an axis."""
    return tuple(_read("words.toml")["trait"][axis])


@cache
def templates(split: str) -> tuple[Template, ...]:
    """Return the templates of a split.

    Raises:
        ValueError: there is no such split, or a table names an unknown category or context.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}: say one of {', '.join(SPLITS)}")
    found: list[Template] = []
    for name in _TABLES:
        for number, row in enumerate(_read(name)["set"]):
            found.extend(_of_set(f"{name.removesuffix('.toml')}.{number}", row, split))
    return tuple(found)


def _of_set(where: str, row: dict[str, Any], split: str) -> list[Template]:
    toxicity = dict(row.get("toxicity", {}))
    context = row.get("context")
    if not set(toxicity) <= set(CATEGORIES) or context not in {None, *CONTEXTS}:
        raise ValueError(f"{where}: unknown category or context in {toxicity}, {context}")
    of = tuple(row.get("of", ()))
    severity = row.get("severity", None if of else 0)
    meant = bool(severity) or any(degree >= TOXIC for degree in toxicity.values())
    unmeant = context is not None or not (meant or of)
    return [
        Template(
            id=f"{where}.{split}.{place}",
            text=text,
            split=split,
            kind=row["kind"],
            toxicity=toxicity,
            severity=severity,
            context=context,
            request=row.get("request", False if unmeant else None),
            injection=row.get("injection", None if of else False),
            each=row.get("each"),
            pool=row.get("pool"),
            direct=row.get("direct", True),
            of=of,
            keep=row.get("keep", 1.0),
        )
        for place, text in enumerate(row.get(split, ()))
    ]


def _read(name: str) -> dict[str, Any]:
    raw = files(_FOLDER).joinpath("tables", name).read_text(encoding="utf-8")
    return tomllib.loads(raw)
