"""What a draw declares about itself, as one digest for certificates and the ledger."""

from __future__ import annotations

from upright.generate.types import Sampling
from upright.terms import digest

SAMPLER = 1
"""Changes whenever the same logits and numbers could give another distribution."""

ORDER = ("repetition_penalty", "temperature", "top_k", "top_p", "inverse_cdf")
CUT = "none"
"""No candidate is left out before top-k and top-p: the whole vocabulary takes part."""


def declaration(sampling: Sampling) -> str:
    """Return `sha256:…` of the distribution a job draws from, given the model.

    It covers the sampler's version and order, the cut, and the numbers that shape the
    distribution. Seed, stop texts and length are no part of it: they choose among texts and do
    not change what is drawn from. Numbers stand as their shortest decimal texts, so that others
    can recompute it.
    """
    return digest(
        {
            "sampler": SAMPLER,
            "order": ORDER,
            "cut": CUT,
            "penalised": "answer",
            "temperature": repr(float(sampling.temperature)),
            "top_k": sampling.top_k,
            "top_p": repr(float(sampling.top_p)),
            "repetition_penalty": repr(float(sampling.repetition_penalty)),
        }
    )
