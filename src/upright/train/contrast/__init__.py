"""Contrastive sentences of our own: the same words meant, quoted, reported, rejected, denied.

They are made from templates written for this purpose, split by template between training and
test, and balanced so that no identity term is toxic more often than another.
"""

from upright.train.contrast.example import CATEGORIES, CONTEXTS, TOXIC, Example
from upright.train.contrast.generator import contrast, normal_form
from upright.train.contrast.tricks import TRICKS, trick, tricked

__all__ = [
    "CATEGORIES",
    "CONTEXTS",
    "TOXIC",
    "TRICKS",
    "Example",
    "contrast",
    "normal_form",
    "trick",
    "tricked",
]
