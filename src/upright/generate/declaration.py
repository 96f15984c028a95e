"""What a draw declares about itself, as one digest for certificates and the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from upright.generate.types import Sampling
from upright.terms import digest

if TYPE_CHECKING:
    from upright.generate.balance_share import Balance

SAMPLER = 1
"""Changes whenever the same logits and numbers could give another distribution."""

BALANCER = 2
"""Changes whenever the same text and tables could be balanced otherwise."""

ORDER = ("repetition_penalty", "temperature", "top_k", "top_p", "inverse_cdf")
BALANCED_ORDER = (ORDER[0], "balance", *ORDER[1:])
CUT = "none"
"""No candidate is left out before top-k and top-p: the whole vocabulary takes part."""


def declared(sampling: Sampling, balance: Balance | None = None) -> dict[str, Any]:
    """Return what shapes the distribution a job draws from, given the model, as a JSON value.

    It covers the sampler's version and order, the cut, the numbers that shape the distribution,
    and how pronouns are balanced: the way, and the rules and tables that say where. Without
    balance nothing is said of it, so that what was declared before there was any is still true.
    Seed, stop texts and length are no part of it: they choose among texts and do not change what
    is drawn from. Numbers stand as their shortest decimal texts, so that others can recompute it.

    Args:
        sampling: of the job.
        balance: of the job.
    """
    shape: dict[str, Any] = {
        "sampler": SAMPLER,
        "order": ORDER,
        "cut": CUT,
        "penalised": "answer",
        "temperature": repr(float(sampling.temperature)),
        "top_k": sampling.top_k,
        "top_p": repr(float(sampling.top_p)),
        "repetition_penalty": repr(float(sampling.repetition_penalty)),
    }
    if balance is None:
        return shape
    from upright.generate.balance_words import tables_digest  # noqa: PLC0415 (reads tables)

    way = {"pronouns": balance.pronouns, "balancer": BALANCER, "tables": tables_digest()}
    return {**shape, "order": BALANCED_ORDER, "balance": way}


def declaration(sampling: Sampling, balance: Balance | None = None) -> str:
    """Return `sha256:…` of what is declared; see `declared`."""
    return digest(declared(sampling, balance))
