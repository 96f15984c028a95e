"""One Guard for data, prompts, retrieved passages and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Self

from upright.guard.context import ContextTagger
from upright.guard.detector import Detector
from upright.guard.extra import load_extra
from upright.guard.identity import guard_digest
from upright.guard.rules import Rulebook
from upright.guard.scan import Scan, scan
from upright.guard.scanner import Scanner
from upright.terms import ConfigError, Record, Stage

if TYPE_CHECKING:
    from upright.policy import Policy


class Guard(Scanner):
    """Detectors find, rules decide, and what may leave is written.

    It works in this process and cannot stop a detector that hangs; `GuardPool` can.

    Args:
        policy: the use case.
        detectors: what finds, for the rules that reach them.
        extra: detectors that are asked at every stage, whether or not a rule reaches them.
        specs: the names of the extra ones; part of the digest.
        everything: ask all detectors at every stage, for the sake of the scores.

    Raises:
        ConfigError: for a policy that asks for no detection at all.
    """

    def __init__(
        self,
        policy: Policy,
        detectors: Sequence[Detector],
        *,
        extra: Sequence[Detector] = (),
        specs: tuple[str, ...] = (),
        everything: bool = False,
    ) -> None:
        self.rulebook = Rulebook(policy.guard)
        self._scored = everything
        self._always = (*detectors, *extra) if everything else tuple(extra)
        self._on_demand = () if everything else tuple(detectors)
        self._by_stage = {stage: self._choose(stage) for stage in Stage}
        self._taggers = {stage: self._tagger(stage) for stage in Stage}
        used = self._reachable(detectors, Stage)
        self._refuse_empty(used)
        self.digest = guard_digest(policy, (*used, *extra), specs)

    @classmethod
    def from_policy(
        cls, policy: Policy, *, extra: tuple[str, ...] = (), everything: bool = False
    ) -> Self:
        """Build the guard that a policy describes.

        Args:
            policy: the use case.
            extra: further detectors as `module:factory`; a factory takes nothing and returns
                a Detector. They are asked at every stage.
            everything: ask every registered detector at every stage, for the sake of scores.

        Raises:
            ConfigError: for a policy that asks for no detection at all, a pattern RE2 refuses,
                or an extra detector that cannot be loaded.
        """
        from upright.guard.detectors import build_detectors  # noqa: PLC0415 (loads their tables)

        return cls(
            policy,
            build_detectors(policy, everything=everything),
            extra=[load_extra(spec) for spec in extra],
            specs=extra,
            everything=everything,
        )

    def detectors(self, stage: Stage, skip: frozenset[str] = frozenset()) -> tuple[Detector, ...]:
        """Return the detectors that are asked at a stage, without those to be skipped."""
        chosen = self._by_stage[stage]
        return tuple(item for item in chosen if item.rule not in skip) if skip else chosen

    def scan(
        self,
        records: Sequence[Record],
        stage: Stage,
        *,
        partial: bool = False,
        skip: frozenset[str] = frozenset(),
        starting: Callable[[int], None] = lambda _: None,
    ) -> list[Scan]:
        """Return what the detectors say of each record.

        Args:
            records: the texts.
            stage: where they stand.
            partial: more text may follow each record.
            skip: rule ids of detectors that are not asked.
            starting: told the index, in `detectors(stage, skip)`, of each detector before it
                is asked.
        """
        return scan(
            self.detectors(stage, skip),
            records,
            tagger=self._taggers[stage],
            on_error=self.rulebook.on_error,
            partial=partial,
            scored=self._scored,
            starting=starting,
        )

    def _choose(self, stage: Stage) -> tuple[Detector, ...]:
        return (*self._reachable(self._on_demand, [stage]), *self._always)

    def _reachable(
        self, detectors: Iterable[Detector], stages: Iterable[Stage]
    ) -> tuple[Detector, ...]:
        wanted = tuple(stages)
        return tuple(
            item
            for item in detectors
            if any(self.rulebook.rules_for(item.rule, stage) for stage in wanted)
        )

    def _tagger(self, stage: Stage) -> ContextTagger:
        return ContextTagger(lambda rule: self.rulebook.reads_context(rule, stage))

    def _refuse_empty(self, used: tuple[Detector, ...]) -> None:
        if not self.rulebook.section.rule:
            raise ConfigError(
                "the guard is empty: the policy has no [[guard.rule]]",
                mend="write at least one rule; `upright init` gives a use-case file that has some",
            )
        if not used and not self._always:
            raise ConfigError(
                "the guard is empty: no rule names anything that a detector finds",
                mend="see `upright policy lint` for the rule ids there are",
            )


class UnguardedUnsafe(Guard):
    """The one guard that may be empty: it lets everything through unless a rule fits.

    For experiments on what a guard would have caught. Nothing in upright makes one by itself.
    """

    def _refuse_empty(self, used: tuple[Detector, ...]) -> None:
        """Accept an empty guard."""
