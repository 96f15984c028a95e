"""A panel's report: what was asked, what came out, and what it can not say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from upright.panel.guarding import Withheld
from upright.panel.measures import Figure

LIMITS = (
    (
        "Nobody was asked. The answers are those of a language model that was told about invented "
        "people; they say what this model associates, not what a market thinks."
    ),
    (
        "Models that stand in for people vary less than people do, and relations between traits "
        "and opinions come out otherwise: in a comparison with a large US survey 48 % of "
        "coefficients differed and 32 % of these had the other sign (Bisbee et al. 2024)."
    ),
    (
        "Wording, order and the model's version move the answers. Intervals here are over people "
        "and say nothing of another model, another wording or real people."
    ),
    "Use it to find questions for real people, and ask them before anything is decided.",
)
"""What every report discloses."""


@dataclass(frozen=True, slots=True)
class Group:
    """The mean chances of each product in one group.

    Attributes:
        attribute: name of the attribute.
        value: the group.
        n: people.
        shares: one of each product.
    """

    attribute: str
    value: str
    n: int
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a panel came to.

    Attributes:
        name: of the study.
        study: digest of the study.
        use: name of the use whose engine and guard were used.
        disclosure: what the use has its readers told; empty where it has nothing.
        model: the engine's name.
        digest: the model's digest, or None.
        guard: digest of the guard.
        way: how the chances were found.
        products: names.
        people: how many were asked.
        questions: how many answers.
        different: how many of them were really asked: people who are described alike share theirs.
        mass: what the options hold of all that the model could answer, on average.
        unseen: questions in whose answer no option was seen.
        shares: share of each product.
        position_bias: first less last place.
        variance: parts of the variance.
        dominated: whether the place decides.
        associations: V of attributes and facts.
        kept: of the associations to keep.
        equal: of the attributes that must not matter.
        groups: mean chances of each group.
        withheld: what the guard held back.
        reasons: person, product and reason, guarded.
    """

    name: str
    study: str
    use: str
    disclosure: str
    model: str
    digest: str | None
    guard: str
    way: str
    products: tuple[str, ...]
    people: int
    questions: int
    different: int
    mass: float
    unseen: int
    shares: list[Figure]
    position_bias: Figure
    variance: dict[str, float]
    dominated: bool
    associations: list[Figure]
    kept: list[Figure]
    equal: list[Figure]
    groups: list[Group]
    withheld: Withheld
    reasons: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def judged(self) -> list[Figure]:
        """The figures that carry a verdict the study asked for."""
        return [*self.kept, *self.equal]

    @property
    def asked(self) -> str:
        """How many were asked, in words."""
        alike = "" if self.different == self.questions else f" ({self.different:,} different ones)"
        return f"{self.people:,} invented people, {self.questions:,} answers{alike}"

    @property
    def plainly(self) -> list[str]:
        """What has to be said before any figure is read."""
        told = []
        bias = self.position_bias.interval
        if self.dominated:
            told.append(
                f"Position decides: {self.variance['order']:.0%} of the variance of the answers is "
                f"which product stands first, {self.variance['person']:.0%} is the person. "
                "Averages over the orders are shown; that groups are equal is not concluded."
            )
        elif bias.low > 0 or bias.high < 0:
            told.append(
                f"There is position bias: a product is chosen {bias.value:+.1%} more where it "
                "stands first than where it stands last. Figures are averages over the orders."
            )
        if self.variance["person"] < 0.05:  # noqa: PLR2004 (a twentieth)
            told.append(
                f"The person hardly matters to this model: {self.variance['person']:.1%} of the "
                "variance of its answers. Equal groups are then no achievement."
            )
        held = self.withheld.texts("persona")
        if held:
            told.append(
                f"{held:,} of {self.withheld.looked['persona']:,} people were held back by the "
                "guard and not asked. What is left need not meet the declared shares."
            )
        if self.unseen:
            told.append(
                f"In {self.unseen:,} of {self.questions:,} answers the model named no product. "
                "Where one order of a question is not answered, none of its orders count."
            )
        if self.mass < 0.5:  # noqa: PLR2004 (half)
            told.append(
                f"Left free, the model would answer with one of the products in {self.mass:.2%} of "
                "cases. Shares are among the products alone."
            )
        return told

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "name", "study", "use", "disclosure", "model", "digest", "guard", "way", "products",
                "people", "questions", "different", "mass", "unseen",
            )
        }  # fmt: skip
        shape["plainly"] = self.plainly
        for name in ("shares", "associations", "kept", "equal"):
            shape[name] = [figure.to_json() for figure in getattr(self, name)]
        shape["position_bias"] = self.position_bias.to_json()
        shape["variance"] = self.variance
        shape["dominated"] = self.dominated
        shape["groups"] = [
            {"attribute": one.attribute, "value": one.value, "n": one.n, "shares": one.shares}
            for one in self.groups
        ]
        shape["withheld"] = self.withheld.to_json()
        if self.reasons:
            shape["reasons"] = [
                {"persona": persona, "product": product, "reason": reason}
                for persona, product, reason in self.reasons
            ]
        shape["limits"] = list(LIMITS)
        return shape
