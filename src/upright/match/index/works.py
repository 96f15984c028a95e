"""What an index holds: works, and what is remembered of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from upright.terms import digest

Kind = Literal["text", "code"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Wish = Literal["allow", "flag", "redact", "replace", "block"]
WISHES: tuple[Wish, ...] = get_args(Wish)


@dataclass(frozen=True, slots=True)
class Work:
    """A protected work.

    Attributes:
        id: its name in the index; a work added under a name that is taken replaces the other.
        text: the whole of it; only numbers for its tokens are kept.
        kind: `text` or `code`.
        owner: whose it is, or "".
        licence: under which it stands, or "".
        language: of code, the programming language; "" lets it be guessed.
        action: what the owner wants of copies, from `allow` to `block`; a policy can go by it.
    """

    id: str
    text: str = field(repr=False)
    kind: Kind = "text"
    owner: str = ""
    licence: str = ""
    language: str = ""
    action: Wish = "block"


@dataclass(frozen=True, slots=True)
class Document:
    """What is remembered of a work, besides its tokens.

    Attributes:
        id: its name.
        characters: length of its text.
        tokens: how many it has.
        digest: `sha256:…` of its text.
        kind: `text` or `code`.
        owner: whose it is, or "".
        licence: under which it stands, or "".
        language: of code, or "".
        action: what the owner wants of copies.
    """

    id: str
    characters: int
    tokens: int
    digest: str
    kind: Kind = "text"
    owner: str = ""
    licence: str = ""
    language: str = ""
    action: Wish = "block"

    @classmethod
    def of(cls, work: Work, tokens: int) -> Document:
        """Return what is remembered of a work with so many tokens."""
        return cls(
            work.id,
            len(work.text),
            tokens,
            digest(work.text.encode("utf-8", "surrogatepass")),
            work.kind,
            work.owner,
            work.licence,
            work.language,
            work.action,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the line that `match index list` prints."""
        return {name: getattr(self, name) for name in self.__slots__}

    def to_short_json(self) -> dict[str, Any]:
        """Return the line that stands in the index: without what goes without saying."""
        usual = {"kind": "text", "owner": "", "licence": "", "language": "", "action": "block"}
        return {name: value for name, value in self.to_json().items() if value != usual.get(name)}

    @property
    def named(self) -> str:
        """The source as people are told it: the name, the owner and the licence."""
        more = ", ".join(part for part in (self.owner, self.licence) if part)
        return f"{self.id} ({more})" if more else self.id
