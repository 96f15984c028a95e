r"""The mark for vLLM, as a logits processor of its V1 model runner.

    vllm serve MODEL \
        --logits-processors upright.generate.vllm_processor:WatermarkLogitsProcessor \
        --additional-config '{"upright_policy": "research-assistant"}'

The policy says scheme, width and payload, and names the tenant; the keys lie in `UPRIGHT_HOME`.
Every request is marked, and no request can decline. Pronouns are not balanced: a processor sees
tokens of a rendered prompt, in which the template's own words cannot be told from the user's, so
a policy that asks for it is refused. vLLM's V2 model runner has another interface:
VLLM_USE_V2_MODEL_RUNNER=0 keeps it off. With drafts (speculative decoding) vLLM itself refuses
processors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from vllm import SamplingParams
from vllm.v1.sample.logits_processor import AdapterLogitsProcessor

from upright.generate.draws import Draws
from upright.generate.marking import mark_of
from upright.generate.sampler import GREEDY
from upright.generate.types import Sampling
from upright.policy import open_policy
from upright.terms import ConfigError, home
from upright.watermark import Mark

OPTION = "upright_policy"
"""Names the use-case file or preset in vLLM's additional configuration."""

_SEED = "upright_seed"
_OTHERS = {"min_p": 0.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}


class WatermarkLogitsProcessor(AdapterLogitsProcessor):  # type: ignore[misc]  # vLLM is not here
    """Draws the marked token of each request, and leaves no other to be drawn.

    A processor cannot draw, so this one applies the request's temperature, top-k, top-p and
    repetition penalty itself, draws, and sets the other logits to minus infinity; what vLLM does
    afterwards changes nothing. The penalty counts the answer and not the prompt. Tokens that vLLM
    forbids before (grammars, bad words, too early ends) are not drawn.

    Args:
        vllm_config: has the name of the policy.
        device: of the logits.
        is_pin_memory: not used.

    Raises:
        ConfigError: without a policy, or for one that marks nothing or balances pronouns.
        KeyFileError: for a key file that is open to others or holds no key.
    """

    def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool) -> None:  # noqa: ANN401, FBT001 (vLLM's interface)
        super().__init__(vllm_config, device, is_pin_memory)
        self._mark = _mark(vllm_config.additional_config)

    @classmethod
    def validate_params(cls, sampling_params: SamplingParams) -> None:
        """Refuse what cannot be marked, or would be drawn from another distribution than asked.

        Raises:
            ValueError: with what mends it; vLLM answers 400.
        """
        if sampling_params.temperature <= GREEDY or sampling_params.top_k == 1:
            raise ValueError(
                "greedy decoding leaves no choice in which a watermark could be put; "
                "ask for a temperature above 0"
            )
        for name, nothing in _OTHERS.items():
            if getattr(sampling_params, name) != nothing:
                raise ValueError(
                    f"{name} does not go with the watermark; "
                    "use temperature, top_k, top_p and repetition_penalty"
                )
        if _SEED in (sampling_params.extra_args or {}):
            raise ValueError(f"{_SEED} is no field of a request; use seed")

    def is_argmax_invariant(self) -> bool:
        """Return False: the drawn token is seldom the likeliest."""
        return False

    def new_req_logits_processor(
        self, params: SamplingParams
    ) -> Callable[[Sequence[int], torch.Tensor], torch.Tensor]:
        """Return what draws for one request."""
        return _Answer(_sampling(params), self._mark)


class _Answer:
    """One request. vLLM may take it out of the batch and bring it back, and ask for a place again.

    Args:
        sampling: of the request, with a seed.
        mark: of the use.
    """

    def __init__(self, sampling: Sampling, mark: Mark) -> None:
        self._sampling = sampling
        self._mark = mark
        self._draws = Draws(sampling, mark=mark)
        self._next = 0  # how many tokens the answer has when the next draw goes on from the last

    def __call__(self, output_ids: Sequence[int], logits: torch.Tensor) -> torch.Tensor:
        """Return the logits, shape (vocabulary,), with one token left."""
        if any(token < 0 for token in output_ids[-self._mark.width :]):
            raise ConfigError(
                "vLLM asks for a token before it knows the last ones",
                mend="start it with --no-async-scheduling",
            )
        if len(output_ids) != self._next:
            self._draws = Draws(self._sampling, mark=self._mark)
            self._draws.repeat(output_ids)
        elif output_ids:
            self._draws.take(output_ids[-1])
        self._next = len(output_ids) + 1
        forced = torch.full_like(logits, float("-inf"))
        forced[self._draws.draw(logits.float().cpu().numpy())] = 0.0
        return forced


def _mark(config: Any) -> Mark:  # noqa: ANN401 (a dictionary, or what a platform made of it)
    named = config.get(OPTION) if isinstance(config, dict) else None
    if not isinstance(named, str):
        raise ConfigError(
            "no policy says how answers are marked",
            mend=f"""start vLLM with --additional-config '{{"{OPTION}": "upright.toml"}}'""",
        )
    policy = open_policy(named)
    if policy.balance.pronouns != "off":
        raise ConfigError(
            f"the policy {named!r} balances pronouns, which this processor cannot do",
            mend='write pronouns = "off" in [balance], or serve with engine.kind = "transformers"',
        )
    mark = mark_of(policy, home())
    if mark is None:
        raise ConfigError(
            f"the policy {named!r} marks nothing",
            mend='write scheme = "split" in [watermark], or leave the processor out',
        )
    return mark


def _sampling(params: SamplingParams) -> Sampling:
    return Sampling(
        temperature=params.temperature,
        top_k=max(0, params.top_k),
        top_p=params.top_p,
        repetition_penalty=params.repetition_penalty,
        seed=_seed(params),
    )


def _seed(params: SamplingParams) -> int:
    """Return the request's seed. One that is drawn here is kept with the request.

    It comes from torch's own stream, which vLLM gives the same start in each worker of a model
    that is divided: all of them have to draw the same token.
    """
    if params.seed is not None:
        return int(params.seed)
    kept = params.extra_args or {}
    if _SEED not in kept:
        drawn = int(torch.randint(1 << 62, (1,), device="cpu"))
        params.extra_args = {**kept, _SEED: drawn}
    return int((params.extra_args or {})[_SEED])
