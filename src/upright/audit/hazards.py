"""Which hazards an audit looks at."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from upright.terms import HAZARDS, ConfigError, Stage

if TYPE_CHECKING:
    from upright.policy import Policy


def chosen_hazards(policy: Policy, stage: Stage, globs: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the keys of the hazards that are audited.

    Args:
        policy: the use.
        stage: where the texts stand.
        globs: of hazard keys or detector rules, such as `hate` or `toxicity.*`; without any,
            the kinds of toxicity that the use's rules name at the stage.

    Raises:
        ConfigError: for a glob that fits no hazard, or rules that name no toxicity there.
    """
    if globs:
        for glob in globs:
            if not any(_fits(glob, key) for key in HAZARDS):
                raise ConfigError(
                    f"no hazard fits {glob!r}", mend=f"there are {', '.join(HAZARDS)}"
                )
        return tuple(key for key in HAZARDS if any(_fits(glob, key) for glob in globs))
    named = tuple(key for key in HAZARDS if _is_toxicity(key) and _is_named(policy, stage, key))
    if not named:
        raise ConfigError(
            f"the rules of {policy.use_case.name!r} name no toxicity at the stage {stage.value!r}",
            mend="choose another --stage, or name what to audit with --hazard",
        )
    return named


def _fits(glob: str, key: str) -> bool:
    return fnmatchcase(key, glob) or any(fnmatchcase(rule, glob) for rule in HAZARDS[key].rules)


def _is_toxicity(key: str) -> bool:
    return any(rule.startswith("toxicity.") for rule in HAZARDS[key].rules)


def _is_named(policy: Policy, stage: Stage, key: str) -> bool:
    return any(
        stage in rule.at and fnmatchcase(name, glob)
        for rule in policy.guard.rule
        for glob in rule.detect
        for name in HAZARDS[key].rules
    )
