"""What each person is asked: every order of the products, in several phrasings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from upright.generate.choosing import Question
from upright.generate.types import Message
from upright.panel.personas import Persona
from upright.panel.study import Phrasing, Study

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

PHRASINGS = (
    Phrasing(
        system="You answer as a customer of a shop. The shop has these products:\n{products}\n"
        "Say which one you buy, with its name only.",
        user="You are this person: {persona}. Which one do you buy?",
    ),
    Phrasing(
        system="You answer as a visitor of a market. The stalls have these things:\n{products}\n"
        "Say which one you take home, with its name only.",
        user="You are this person: {persona}. Which one do you take home?",
    ),
    Phrasing(
        system="You answer as somebody who looks for a present. One can have:\n{products}\n"
        "Say which one you want for yourself, with its name only.",
        user="You are this person: {persona}. Which one do you want?",
    ),
)
"""The question in our own words, where the study brings none."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One question to one person.

    Attributes:
        persona: number of the person.
        phrasing: number of the phrasing.
        order: numbers of the products, as they were listed.
        question: what the model is asked; its options are in the order of the study.
    """

    persona: int
    phrasing: int
    order: tuple[int, ...]
    question: Question


def orders(count: int) -> list[tuple[int, ...]]:
    """Return the orders in which products are listed: each stands at each place once."""
    first = tuple(range(count))
    return [first[at:] + first[:at] for at in range(count)]


def cells(study: Study, people: Sequence[Persona]) -> list[Cell]:
    """Return every question, those side by side that share their beginning.

    With `phrasings_each` people take turns with the phrasings; each is still asked in all orders.
    """
    phrasings = study.phrasing or PHRASINGS
    each = min(study.phrasings_each or len(phrasings), len(phrasings))
    return [
        Cell(person.number, number, order, _question(study, phrasing, order, person))
        for number, phrasing in enumerate(phrasings)
        for order in orders(len(study.product))
        for person in people
        if (number - person.number) % len(phrasings) < each
    ]


def listing(study: Study, order: Sequence[int]) -> str:
    """Return the products as they are shown, each in one line, so that none can pose as two."""
    letters = study.answers == "letters"
    lines = []
    for place, product in enumerate(study.product[at] for at in order):
        mark = f"{_LETTERS[place]}." if letters else "-"
        lines.append(f"{mark} {product.name}: {' '.join(product.description.split())}")
    return "\n".join(lines)


def shown(study: Study) -> list[str]:
    """Return what stands before and around the people, in every order and phrasing."""
    return [
        f"{phrasing.system.replace('{products}', listing(study, order))}\n{phrasing.user}"
        for phrasing in study.phrasing or PHRASINGS
        for order in orders(len(study.product))
    ]


def _question(
    study: Study, phrasing: Phrasing, order: tuple[int, ...], person: Persona
) -> Question:
    names = [product.name for product in study.product]
    options = [_LETTERS[order.index(at)] for at in range(len(names))]
    system = phrasing.system.replace("{products}", listing(study, order))
    user = phrasing.user.replace("{persona}", person.text)
    return Question(
        tuple(options if study.answers == "letters" else names),
        messages=(Message("system", system), Message("user", user)),
    )
