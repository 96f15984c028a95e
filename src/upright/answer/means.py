"""What answers are made with under one active version of a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from upright.answer.certifying import certifier_for
from upright.answer.judge import Judge
from upright.answer.marking import mark_for
from upright.answer.masking import works_for
from upright.generate.balancing import balance_of

if TYPE_CHECKING:
    from upright.generate.types import Engine, Job, Sampling
    from upright.guard import GuardPool
    from upright.ledger import Ledger, LedgerWriter
    from upright.match.index import RunMask
    from upright.policy import Policy


class Means:
    """A policy with all that its answers need: guard, engine, ledger, mark, works, certifier.

    The guard's worker processes are its own; the engine, the ledger and its writer are shared
    and closed by whoever opened them.

    Args:
        policy: the use case.
        engine: writes text.
        pool: the guard's worker processes.
        ledger: has the vault and the review queue.
        writer: commits events.
        pinned: answer under this very policy, whichever version is active in the ledger; the
            kill switch holds all the same.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        engine: Engine,
        pool: GuardPool,
        ledger: Ledger,
        writer: LedgerWriter,
        pinned: bool = False,
    ) -> None:
        self.policy = policy
        self.engine = engine
        self.pool = pool
        self.ledger = ledger
        self.writer = writer
        self.pinned = pinned
        self.mark = mark_for(policy, engine, ledger.home)
        self.balance = balance_of(policy)
        self._works = works_for(policy, engine)
        self.certifier = certifier_for(policy, pool.digest, engine, self.mark, ledger)

    @property
    def judge(self) -> Judge:
        """A judge for one request: it remembers which detectors gave that request no answer."""
        return Judge(self.pool)

    def sampling(self, overrides: Mapping[str, Any]) -> Sampling:
        """Return how tokens are drawn for what a request asks, within the policy's bounds."""
        from upright.generate import sampling_for  # noqa: PLC0415 (loads numpy)

        return sampling_for(self.policy, overrides)

    def declaration(self, job: Job) -> str | None:
        """Return the digest of what a job's words are drawn from; None where others draw them."""
        from upright.generate import TokenEngine, declaration  # noqa: PLC0415 (loads numpy)

        drawn_here = isinstance(self.engine, TokenEngine)
        return declaration(job.sampling, job.balance) if drawn_here else None

    def mask(self, shown: Sequence[str]) -> RunMask | None:
        """Return which runs of protected works an answer must not complete, if any.

        Args:
            shown: what the user wrote; it may be repeated.
        """
        return None if self._works is None else self._works.mask(shown)
