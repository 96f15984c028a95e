"""Programming languages by name, by ending of a file, or guessed from a text."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from upright.terms import ConfigError

_READ = 20_000
"""Characters that a guess looks at."""
_OTHER_NAMES = {
    "c#": "csharp", "c++": "cpp", "cs": "csharp", "golang": "go", "js": "javascript",
    "jsx": "javascript", "kt": "kotlin", "py": "python", "python3": "python", "rb": "ruby",
    "rs": "rust", "sh": "bash", "shell": "bash", "ts": "typescript", "zsh": "bash",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    """What upright knows of a programming language.

    Attributes:
        name: `python`, `java`, …
        endings: of its files, without the dot.
        grammar: what follows `tree_sitter_` in the name of its grammar's package.
        entry: the function of that package.
        comments: tree-sitter queries of what the normal form leaves out.
        texts: queries of what it reads as one literal.
        style: of comments, for text that does not parse.
        quotes: of literals, for text that does not parse.
        reserved: words that can be no name.
        clues: patterns that speak for it.
        shebang: interpreters that a first line may name.
        docstrings: whether a text that stands alone at the top of a block is a comment.
    """

    name: str
    endings: tuple[str, ...]
    grammar: str
    entry: str
    comments: tuple[str, ...]
    texts: tuple[str, ...]
    style: str
    quotes: tuple[str, ...]
    reserved: frozenset[str]
    clues: tuple[re.Pattern[str], ...]
    shebang: tuple[str, ...]
    docstrings: bool


@cache
def languages() -> dict[str, Language]:
    """Return all languages by their names."""
    raw = files("upright.match.code").joinpath("languages.toml").read_bytes()
    return {
        name: Language(
            name=name,
            endings=tuple(row["endings"]),
            grammar=row["grammar"],
            entry=row.get("entry", "language"),
            comments=tuple(row["comments"]),
            texts=tuple(row["texts"]),
            style=row["style"],
            quotes=tuple(row["quotes"]),
            reserved=frozenset(row["reserved"].split()),
            clues=tuple(re.compile(clue, re.MULTILINE) for clue in row["clues"]),
            shebang=tuple(row.get("shebang", ())),
            docstrings=row.get("docstrings", False),
        )
        for name, row in tomllib.loads(raw.decode()).items()
    }


def language(name: str) -> Language:
    """Return a language by its name, an ending, or a file's name.

    Args:
        name: such as `python`, `py`, `.py`, `C++` or `src/app.py`; case makes no difference.

    Raises:
        ConfigError: if there is none of that name.
    """
    low = name.strip().lower()
    low = _OTHER_NAMES.get(low, low)
    if (known := languages().get(low)) is not None:
        return known
    ending = low.rpartition(".")[2]
    for known in languages().values():
        if ending in known.endings:
            return known
    raise ConfigError(
        f"the programming language {name!r} is not known",
        mend=f"use one of {', '.join(languages())}, or a file's ending",
    )


def guess(text: str) -> Language | None:
    """Return the language that a text seems to be written in; None for prose.

    Each kind of clue counts once, and a little more the more often it is met, so that one line
    repeated a thousand times does not decide.
    """
    head = text[:_READ]
    if (named := _shebang(head)) is not None:
        return named
    scores = {name: _score(head, one) for name, one in languages().items() if one.clues}
    best = max(scores, key=lambda name: scores[name])
    return languages()[best] if scores[best] >= 1 else None


def _score(text: str, one: Language) -> float:
    counts = (sum(1 for _ in clue.finditer(text)) for clue in one.clues)
    return sum(1 + min(count, 10) / 10 for count in counts if count)


def _shebang(text: str) -> Language | None:
    if not text.startswith("#!"):
        return None
    named = set(re.split(r"[\s/]+", text.partition("\n")[0]))
    for known in languages().values():
        if named & set(known.shebang):
            return known
    return None
