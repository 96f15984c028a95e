"""What the guard model says of a stretch of text: one place for the names and their order."""

from __future__ import annotations

from upright.terms import Context

TOXICITY = ("hate", "bias", "harassment", "threat", "sexual", "self_harm", "profanity")
"""Kinds of toxicity; each is the rule `toxicity.<kind>` and the hazard of the same name."""

REQUESTS = ("harmful", "copyright")
"""Kinds of request for harm; each is the rule `request.<kind>`."""

ATTACKS = ("jailbreak", "indirect")
"""Kinds of injection; each is the rule `injection.<kind>`."""

HEADS = (*TOXICITY, "toxic", *REQUESTS, *ATTACKS)
"""Independent probabilities, in the order of the model's output. `toxic` is of any kind, and is
trained on shares of votes: it gives the degree."""

CONTEXTS = (
    "plain",
    *(context.value for context in Context if context is not Context.CONTESTED),
)
"""How a stretch uses what it says; exactly one holds."""

TARGETS = (
    "black people",
    "jews",
    "muslims",
    "women",
    "gay and lesbian people",
    "transgender people",
    "arabs",
    "refugees and migrants",
    "white people",
    "men",
    "latinos",
    "asians",
    "disabled people",
    "christians",
    "old people",
)
"""Groups a stretch can aim at, each with a probability of its own."""

OUTPUTS = len(HEADS) + len(CONTEXTS) + len(TARGETS)
"""Numbers the model gives for a stretch."""
