"""A study as its author declares it: who is asked, about what, and what must come out of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from upright.panel.fitting import (
    MOST,
    check_holes,
    check_shares,
    check_values,
    each_different,
    misfit,
    quoted,
)

Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\n{}]+$")]
Shares = dict[Name, Annotated[float, Field(ge=0.0, le=MOST, allow_inf_nan=False)]]


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
        if self.given is None and self.tables:
            raise misfit(
                "tables depend on nothing", 'add given = "…", an attribute above', "tables"
            )
        if self.given is not None and not self.tables:
            raise misfit(
                "given is there without tables",
                f"add [attribute.tables] with shares for each value of {quoted(self.given)}",
                "given",
            )
        if bool(self.shares) == bool(self.tables):
            raise misfit(
                "has both shares and tables" if self.shares else "has no shares",
                "give either shares = { … }, or given and [attribute.tables]",
            )
        tables: dict[tuple[str, ...], Shares] = {
            ("tables", value): table for value, table in self.tables.items()
        }
        for path, shares in (tables or {("shares",): self.shares}).items():
            check_shares(shares, *path)
        if len([value for value in self.values if self._some(value)]) < 2:  # noqa: PLR2004 (differ)
            raise misfit(
                "everybody has the same value, and what does not vary tells nothing",
                "give a second value a share, or take the attribute out",
                "tables" if self.tables else "shares",
            )
        return self

    def _some(self, value: str) -> bool:
        return any(table.get(value, 0) > 0 for table in (self.shares, *self.tables.values()))

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
            raise misfit(
                "it is not clear who has this fact",
                "give either chance = …, or by and chances = { … }",
            )
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
        check_holes(self.system, {"products"}, "system", needed={"products"})
        check_holes(self.user, {"persona"}, "user", needed={"persona"})
        if "{{" in self.system + self.user or "}}" in self.system + self.user:
            raise misfit("holds double braces, which would be shown", "write other brackets")
        return self


class Study(_Part):
    """A virtual focus group."""

    schema_: Literal[1] = Field(alias="schema", description="Version of this file's format.")
    name: Name = Field(description="What the report is called.")
    personas: int = Field(default=500, ge=2, le=1_000_000, description="How many people.")
    seed: int = Field(default=0, ge=0, le=2**31, description="Same seed, same people.")
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
        each_different("attribute", names)
        each_different("product", [one.name for one in self.product], beginnings=True)
        self._check_tables()
        self._check_affinities()
        self._check_kept()
        self._check_equal()
        if self.persona is not None:
            # What must not matter and is never told could not but be equal.
            equal = {one.attribute for one in self.equal}
            check_holes(self.persona, set(names), "persona", needed=equal)
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
        for at, one in enumerate(self.attribute):
            if one.given is not None:
                if one.given not in above:
                    raise misfit(
                        f"{quoted(one.given)} is no attribute above {quoted(one.name)}",
                        f"name one of {quoted(*above)}" if above else "put that attribute above it",
                        "attribute", at, "given",
                    )  # fmt: skip
                check_values(
                    one.tables, above[one.given].values, one.given, "attribute", at, "tables"
                )
            above[one.name] = one

    def _check_affinities(self) -> None:
        for at, one in enumerate(self.affinity):
            self._check_product(one.product, "affinity", at)
            if one.by is not None:
                self._check_attribute(one.by, "affinity", at, "by")
                values = self.attribute_of(one.by).values
                check_values(one.chances, values, one.by, "affinity", at, "chances")

    def _check_kept(self) -> None:
        for at, wish in enumerate(self.keep):
            self._check_attribute(wish.attribute, "keep", at, "attribute")
            self._check_product(wish.product, "keep", at)
            pair = wish.attribute, wish.product
            planted = [one for one in self.affinity if (one.by, one.product) == pair]
            if len(planted) != 1:
                raise misfit(
                    f"{len(planted) or 'no'} affinities plant {quoted(wish.attribute)} and "
                    f"{quoted(wish.product)}, so what is to be kept is not declared",
                    f"have one [[affinity]] with by = {quoted(wish.attribute)} and that product",
                    "keep", at,
                )  # fmt: skip

    def _check_equal(self) -> None:
        for at, wish in enumerate(self.equal):
            self._check_attribute(wish.attribute, "equal", at, "attribute")
            for by in (one.by for one in self.affinity if one.by is not None):
                if wish.attribute in self._line(by) or by in self._line(wish.attribute):
                    raise misfit(
                        f"an affinity depends on {quoted(by)}, so {quoted(wish.attribute)} matters",
                        "take out the affinity or this [[equal]]",
                        "equal", at, "attribute",
                    )  # fmt: skip

    def _line(self, name: str) -> set[str]:
        """Return an attribute with those that its shares depend on."""
        line, one = {name}, self.attribute_of(name)
        while one.given is not None:
            line.add(one.given)
            one = self.attribute_of(one.given)
        return line

    def _check_attribute(self, name: str, *path: str | int) -> None:
        known = [one.name for one in self.attribute]
        if name not in known:
            raise misfit(
                f"{quoted(name)} is no attribute of this study",
                f"name one of {quoted(*known)}",
                *path,
            )

    def _check_product(self, name: str, *path: str | int) -> None:
        known = [one.name for one in self.product]
        if name not in known:
            told = f"{quoted(name)} is no product of this study"
            raise misfit(told, f"name one of {quoted(*known)}", *path, "product")
