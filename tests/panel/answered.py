"""Answers of a model whose chances are given as numbers, without asking any."""

import math

import numpy as np
from tests.panel.stand_in import study_text

from upright.generate.choosing import Chances
from upright.panel.asking import cells
from upright.panel.measures import Answers
from upright.panel.personas import personas
from upright.panel.reading import parse_study


def chances(first):
    """Exact chances of which the first product has that share."""
    shares = (first, 1 - first)
    logs = tuple(math.log(share) if share > 0 else -math.inf for share in shares)
    return Chances(("spade", "game"), logs, shares, shares, shares, 1.0, "exact")


def answered(first, people=40, text=None):
    """Answers of a study, where `first(person, phrasing, place)` is the first product's chance.

    Place is 0 where the first product is listed first.
    """
    study = parse_study(text or study_text(people))
    drawn = personas(study)
    asked = cells(study, drawn)
    found = [
        chances(first(drawn[cell.persona], cell.phrasing, cell.order.index(0))) for cell in asked
    ]
    return Answers(study, drawn, asked, found)


def squashed(odds):
    return float(1 / (1 + np.exp(-odds)))
