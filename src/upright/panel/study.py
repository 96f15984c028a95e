"""A study as its author declares it: who is asked, about what, and what must come out of it."""

from __future__ import annotations

import math
import string
from collections.abc import Iterable, Mapping
from itertools import permutations
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\n{}]+$")]
Shares = dict[Name, Annotated[float, Field(ge=0.0)]]

TOLERANCE = 1e-6
"""How far shares may be from summing to 1."""

PERSONA, PRODUCTS = "persona", "products"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Attribute(_Part):
    """What people differ in, with how many of each kind there are."""

    name: Name = Field(description="Such as gender, age, occupation, location.")
    shares: Shares = Field(default_factory=dict, description="Share or count of each value.")
    given: Name | None = Field(
        default=None, description="An attribute above that the tables depend on."
    )
    tables: dict[Name, Shares] = Field(
        default_factory=dict, description="Shares or counts for each value of that attribute."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Attribute:
        if (self.given is None) == bool(self.tables):
            raise ValueError("`given` and `tables` go together")
        if bool(self.shares) == bool(self.tables):
            raise ValueError("give either `shares`, or `given` and `tables`")
        for where, shares in [("shares", self.shares), *self.tables.items()]:
            if shares or where != "shares":
                _check_shares(where, shares)
        if len(self.values) < 2:  # noqa: PLR2004 (what does not vary tells nothing)
            raise ValueError(f"{self.name} has one value only")
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """All values, in the order in which they are declared."""
        tables = [self.shares, *self.tables.values()]
        return tuple(dict.fromkeys(value for table in tables for value in table))


class Affinity(_Part):
    """Something about people that enters their description: what is planted."""

    fact: str = Field(min_length=1, max_length=200, description='Such as "enjoys gardening".')
    otherwise: str = Field(
        default="", max_length=200, description="What those are told to be who are not that."
    )
    product: Name = Field(description="The product it should lead to.")
    by: Name | None = Field(default=None, description="Attribute that its chance depends on.")
    chance: float | None = Field(default=None, ge=0.0, le=1.0, description="Of everybody.")
    chances: dict[Name, Annotated[float, Field(ge=0.0, le=1.0)]] = Field(
        default_factory=dict, description="Of those with each value of `by`."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Affinity:
        if (self.by is None) == (self.chance is None) or (self.by is None) == bool(self.chances):
            raise ValueError("give either `chance`, or `by` and `chances`")
        return self


class Product(_Part):
    """One of the things that are chosen from."""

    name: Name = Field(description="What the model answers with.")
    description: str = Field(min_length=1, max_length=2000, description="What people are shown.")


class Keep(_Part):
    """An association of an attribute with a product that must come out as it was planted."""

    attribute: Name = Field(description="Attribute of a planted affinity.")
    product: Name = Field(description="Product of that affinity.")
    margin: float = Field(
        default=0.05, gt=0.0, lt=1.0, description="How far Cramér's V may be from the planted."
    )


class Equal(_Part):
    """An attribute that must not matter."""

    attribute: Name = Field(description="Whose groups must choose alike.")
    margin: float = Field(
        default=0.05, gt=0.0, lt=1.0, description="Largest difference between groups' shares."
    )


class Phrasing(_Part):
    """One way to put the question."""

    system: str = Field(min_length=1, description="Before the person: holds {products}.")
    user: str = Field(min_length=1, description="The person's turn: holds {persona}.")

    @model_validator(mode="after")
    def _holes(self) -> Phrasing:
        for text, hole in ((self.system, PRODUCTS), (self.user, PERSONA)):
            if holes_of(text) != {hole}:
                raise ValueError(f"{text[:40]!r} must hold {{{hole}}} and no other braces")
        return self


class Study(_Part):
    """A virtual focus group."""

    schema_: Literal[1] = Field(alias="schema", description="Version of this file's format.")
    name: Name = Field(description="What the report is called.")
    personas: int = Field(default=500, ge=2, le=1_000_000, description="How many people.")
    seed: int = Field(default=0, ge=0, description="Same seed, same people.")
    answers: Literal["names", "letters"] = Field(
        default="names", description="Answer with a product's name, or with its letter."
    )
    reasons: bool = Field(default=False, description="Also draw a short reason of each person.")
    phrasings_each: int | None = Field(
        default=None, ge=1, description="Phrasings that each person is asked in turn; else all."
    )
    persona: str | None = Field(
        default=None, description="Template of a description; else attribute: value; …"
    )
    attribute: tuple[Attribute, ...] = Field(min_length=1)
    affinity: tuple[Affinity, ...] = ()
    product: tuple[Product, ...] = Field(min_length=2, max_length=26)
    keep: tuple[Keep, ...] = ()
    equal: tuple[Equal, ...] = ()
    phrasing: tuple[Phrasing, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Study:
        names = [one.name for one in self.attribute]
        products = [one.name for one in self.product]
        _different("attribute", names)
        _different("product", products)
        for name, other in permutations(products, 2):
            if other.startswith(name):
                raise ValueError(f"product {other!r} begins with the name of {name!r}")
        self._check_tables()
        self._check_affinities(products)
        self._check_wishes(products)
        if self.persona is not None and not holes_of(self.persona) <= set(names):
            raise ValueError(f"persona: {self.persona!r} names what is no attribute")
        return self

    def attribute_of(self, name: str) -> Attribute:
        """Return an attribute by its name.

        Raises:
            ValueError: if it is none.
        """
        found = {one.name: one for one in self.attribute}
        if name not in found:
            raise ValueError(f"{name!r} is no attribute; there are {', '.join(found)}")
        return found[name]

    def affinity_of(self, attribute: str, product: str) -> Affinity | None:
        """Return the affinity that plants an association, if there is one."""
        fits = (one for one in self.affinity if (one.by, one.product) == (attribute, product))
        return next(fits, None)

    def _check_tables(self) -> None:
        above: dict[str, Attribute] = {}
        for one in self.attribute:
            if one.given is not None:
                if one.given not in above:
                    raise ValueError(f"{one.name}: {one.given!r} is no attribute above it")
                _same_values(one.name, one.tables, above[one.given].values)
            above[one.name] = one

    def _check_affinities(self, products: list[str]) -> None:
        for one in self.affinity:
            _known("affinity", one.product, products)
            if one.by is not None:
                _same_values(one.fact, one.chances, self.attribute_of(one.by).values)

    def _check_wishes(self, products: list[str]) -> None:
        for wish in self.keep:
            self.attribute_of(wish.attribute)
            _known("keep", wish.product, products)
            if self.affinity_of(wish.attribute, wish.product) is None:
                raise ValueError(
                    f"keep: no affinity plants {wish.attribute} and {wish.product!r}; "
                    f'add one with by = "{wish.attribute}"'
                )
        for name in (one.attribute for one in self.equal):
            self.attribute_of(name)
            if any(one.by == name for one in self.affinity):
                raise ValueError(f"equal: an affinity depends on {name}, so it matters")


def holes_of(template: str) -> set[str]:
    """Return the names in braces.

    Raises:
        ValueError: for braces that hold no name.
    """
    names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    if not all(names):
        raise ValueError(f"{template!r} has braces without a name")
    return set(names)


def _check_shares(where: str, shares: Mapping[str, float]) -> None:
    total = math.fsum(shares.values())
    counts = all(value == int(value) for value in shares.values()) and total > 1
    if total <= 0 or not (counts or abs(total - 1) <= TOLERANCE):
        raise ValueError(
            f"{where} sum to {total:g}: write shares that sum to 1, or counts in whole numbers"
        )


def _same_values(where: str, table: Iterable[str], values: tuple[str, ...]) -> None:
    if set(table) != set(values):
        missing = sorted(set(values) - set(table))
        unknown = sorted(set(table) - set(values))
        raise ValueError(f"{where}: values missing: {missing}; unknown: {unknown}")


def _different(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two of {what} are named {name!r}")


def _known(where: str, name: str, names: list[str]) -> None:
    if name not in names:
        raise ValueError(f"{where}: {name!r} is no product; there are {', '.join(names)}")
