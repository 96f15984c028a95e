"""Banks that are made up, and what an audit finds of them."""

from __future__ import annotations

import math

import numpy as np

from upright.audit.lending import NO, YES, Rendering, questions, swaps
from upright.audit.lending_audit import LendingQuestion, audit_lending
from upright.generate.choosing import Chances
from upright.measure.table import Table

WORDS = {"sex": {"1": "man", "2": "woman"}}


def table_of(n=200, seed=0):
    """People whose income decides; sex and age do not."""
    numbers = np.random.default_rng(seed)
    income = numbers.integers(10, 100, size=n)
    return Table(
        "people.csv",
        {
            "income": [str(value) for value in income],
            "sex": [("1", "2")[at % 2] for at in range(n)],
            "age": [str(value) for value in numbers.integers(20, 80, size=n)],
            "good": [str(int(value + numbers.normal(0, 15) > 45)) for value in income],
        },
    )


def chances(logit):
    shares = (1 / (1 + math.exp(-logit)), 1 / (1 + math.exp(logit)))
    logs = tuple(math.log(share * 0.9) for share in shares)
    return Chances((YES, NO), logs, shares, shares, shares, 0.9, "exact")


def audited(bank, table=None, *, gates=None, names=("sex", "age"), words=WORDS, **question):
    """Audit a bank: a function from text and whether Yes comes first to log odds."""
    table = table or table_of()
    rows = list(range(table.rows))
    swapped = swaps(table, names, {"age": (30.0, 60.0)})
    rendering = Rendering(words=words)
    asked = questions(table, "good", rows, swapped, rendering=rendering, phrasings=2)
    found = [chances(bank(one.question.messages[1].content, one.yes_first)) for one in asked]
    return audit_lending(
        table, rows, swapped, asked, found,
        question=LendingQuestion("good", 1, keep=("income",), **question),
        model=("bank", None), bounds=gates or {},
    )  # fmt: skip


def income_of(text):
    return int(text.split("income: ")[1].split(";")[0])


def fair(text, yes_first):
    return (income_of(text) - 45) / 10 + (0.3 if yes_first else -0.3)


def unfair(text, yes_first):
    return fair(text, yes_first) + (0.5 if "sex: man" in text else 0.0)
