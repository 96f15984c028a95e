"""The guards that `streaming_leak.py` compares; each runs in the interpreter that has it.

`python _leak_peers.py NAME` reads cases as lines and writes what it releases of each.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

LITELLM = "1.109.1"
NEMO = "0.24.1"
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")

Release = Callable[[list[str]], str]


def through_upright() -> Release:
    """Return upright's stream under a rule that redacts addresses."""
    from upright.guard import Guard  # noqa: PLC0415 (ours alone)
    from upright.policy import GuardRule, GuardSection, Policy  # noqa: PLC0415 (ours alone)
    from upright.terms import Action, Stage  # noqa: PLC0415 (ours alone)

    rule = GuardRule(detect=("pii.*",), at=(Stage.OUTPUT,), action=Action.REDACT)
    policy = Policy(
        schema=1,
        use_case={"name": "leak", "purpose": "Measures leaks."},
        guard=GuardSection(rule=(rule,)),
    )
    guard = Guard.from_policy(policy)

    def release(pieces: list[str]) -> str:
        driver = guard.stream()
        return "".join([*map(driver.feed, pieces), driver.finish()])

    return release


def through_litellm() -> Release:
    """Return LiteLLM's content filter, masking e-mail, through its streaming hook."""
    from litellm.proxy._types import UserAPIKeyAuth  # noqa: PLC0415 (theirs)
    from litellm.proxy.guardrails.guardrail_hooks.litellm_content_filter import (  # noqa: PLC0415 (theirs)
        content_filter,
    )
    from litellm.types import guardrails, utils  # noqa: PLC0415 (theirs)

    pattern = guardrails.ContentFilterPattern(
        pattern_type="prebuilt", pattern_name="email", action=guardrails.ContentFilterAction.MASK
    )

    async def stream(pieces: list[str]) -> AsyncIterator[Any]:
        for place, piece in enumerate(pieces, 1):
            reason = "stop" if place == len(pieces) else None
            choice = utils.StreamingChoices(delta=utils.Delta(content=piece), finish_reason=reason)
            yield utils.ModelResponseStream(choices=[choice])

    async def run(pieces: list[str]) -> str:
        guardrail = content_filter.ContentFilterGuardrail(guardrail_name="leak", patterns=[pattern])
        hook = guardrail.async_post_call_streaming_iterator_hook(
            UserAPIKeyAuth(), stream(pieces), {"model": "none", "metadata": {}}
        )
        return "".join([item.choices[0].delta.content or "" async for item in hook])

    return lambda pieces: asyncio.run(run(pieces))


def through_nemo(*, stream_first: bool) -> Release:
    """Return NeMo's rolling buffer with its default sizes and a rail that blocks addresses."""
    from nemoguardrails.rails.llm.buffer import RollingBuffer  # noqa: PLC0415 (theirs)

    async def stream(pieces: list[str]) -> AsyncIterator[str]:
        for piece in pieces:
            yield piece

    async def run(pieces: list[str]) -> str:
        buffer = RollingBuffer(buffer_context_size=50, buffer_chunk_size=200)
        released: list[str] = []
        async for batch in buffer.process_stream(stream(pieces)):
            if stream_first:
                released += batch.user_output_chunks
            if ADDRESS.search(buffer.format_chunks(batch.processing_context)):
                break
            if not stream_first:
                released += batch.user_output_chunks
        return "".join(released)

    return lambda pieces: asyncio.run(run(pieces))


PEERS: dict[str, Callable[[], Release]] = {
    "upright": through_upright,
    f"LiteLLM {LITELLM}, content filter": through_litellm,
    f"NeMo Guardrails {NEMO}, buffer, defaults": lambda: through_nemo(stream_first=True),
    f"NeMo Guardrails {NEMO}, buffer, stream_first off": lambda: through_nemo(stream_first=False),
}


def answer(name: str) -> None:
    """Be one peer: cases on standard input, what it releases on standard output."""
    release = PEERS[name]()
    for line in sys.stdin:
        case = json.loads(line)
        text, size = case["before"] + case["address"] + case["after"], case["chunk"]
        pieces = [text[place : place + size] for place in range(0, len(text), size)]
        sys.__stdout__.write(json.dumps(release(pieces)) + "\n")


if __name__ == "__main__":
    answer(sys.argv[1])
