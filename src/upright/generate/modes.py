"""The creativity lever: what each mode means in numbers, and what a request may change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upright.generate.types import EngineError, Sampling
from upright.policy import Policy

MOST_STOPS = 16
LONGEST_STOP = 500


@dataclass(frozen=True, slots=True)
class Mode:
    """What a mode sets where the policy gives no number, and how far a request may go.

    Attributes:
        temperature: the default.
        top_k: the default.
        top_p: the default.
        repetition_penalty: the default.
        hottest: no request raises the temperature above it.
        widest: no request raises top-p above it.
    """

    temperature: float
    top_k: int
    top_p: float
    repetition_penalty: float
    hottest: float
    widest: float


MODES: dict[str, Mode] = {
    "creative": Mode(0.9, 0, 0.95, 1.1, hottest=2.0, widest=1.0),
    "balanced": Mode(0.7, 0, 0.9, 1.05, hottest=1.0, widest=1.0),
    "grounded": Mode(0.2, 40, 0.8, 1.0, hottest=0.3, widest=0.9),
}
"""creative invents; balanced is the everyday setting; grounded stays with what is likeliest, and
does not penalise repetition, because it has to repeat its sources."""


def sampling_for(policy: Policy, overrides: Mapping[str, Any] | None = None) -> Sampling:
    """Return how tokens are drawn for a request under a policy.

    Numbers in the policy win over the mode's. A request may change them, but never beyond what
    the policy allows: its `max_tokens` is a ceiling, and the temperature and top-p of a request
    are lowered to the mode's bounds (or to the policy's own number where that is higher).

    Args:
        policy: the use case.
        overrides: from the request: `temperature`, `top_p`, `top_k`, `repetition_penalty`,
            `max_tokens`, `seed`, `stop`; None counts as absent.

    Raises:
        EngineError: `bad_request` for an unknown name or a value of the wrong kind.
    """
    asked = {name: value for name, value in (overrides or {}).items() if value is not None}
    base = _declared(policy)
    mode = MODES[policy.generation.mode]
    sampling = Sampling(
        temperature=_number(
            asked, "temperature", base.temperature, 0.0, max(mode.hottest, base.temperature)
        ),
        top_k=int(_number(asked, "top_k", base.top_k, 0, math.inf)),
        top_p=_number(asked, "top_p", base.top_p, 0.0, max(mode.widest, base.top_p)),
        repetition_penalty=_number(asked, "repetition_penalty", base.repetition_penalty, 1.0, 2.0),
        max_tokens=int(_number(asked, "max_tokens", base.max_tokens, 1, base.max_tokens)),
        seed=_seed(asked.pop("seed", None)),
        stop=_stops(asked.pop("stop", ())),
    )
    if asked:
        raise _bad(f"unknown sampling field {min(asked)!r}")
    return sampling


def _declared(policy: Policy) -> Sampling:
    generation = policy.generation
    mode = MODES[generation.mode]
    # OpenAI's own protocol knows neither top-k nor repetition penalty: a server is sent them
    # only if the policy names them.
    ours = policy.engine.kind != "openai"

    def number(own: float | None, default: float) -> float:
        return default if own is None else own

    return Sampling(
        temperature=number(generation.temperature, mode.temperature),
        top_k=int(number(generation.top_k, mode.top_k if ours else 0)),
        top_p=number(generation.top_p, mode.top_p),
        repetition_penalty=number(
            generation.repetition_penalty, mode.repetition_penalty if ours else 1.0
        ),
        max_tokens=generation.max_tokens,
    )


def _number(asked: dict[str, Any], name: str, default: float, least: float, most: float) -> float:
    """Take a number out of `asked`: below `least` is an error, above `most` is lowered."""
    value = asked.pop(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _bad(f"{name} must be a finite number")
    if isinstance(default, int) and value != int(value):
        raise _bad(f"{name} must be a whole number")
    if value < least or (name == "top_p" and value == 0):
        raise _bad(f"{name} = {value} is below what is possible")
    return min(value, most)


def _seed(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _bad("seed must be a whole number")
    return value


def _stops(value: object) -> tuple[str, ...]:
    stops = (value,) if isinstance(value, str) else value
    if not isinstance(stops, list | tuple) or len(stops) > MOST_STOPS:
        raise _bad(f"stop must be a text or a list of at most {MOST_STOPS} texts")
    for stop in stops:
        if not isinstance(stop, str) or not 0 < len(stop) <= LONGEST_STOP:
            raise _bad(f"a stop text must have 1 to {LONGEST_STOP} characters")
    return tuple(stops)


def _bad(problem: str) -> EngineError:
    return EngineError(problem, kind="bad_request")
