"""How fast the embedded model starts, writes alone and for eight, and what memory it takes.

The peer is the server that comes in the same package, asked for one token at a time with the
500 likeliest candidates, which is the other way to let a sampler of one's own draw. Each runs
in a process of its own, one after the other.

python benchmarks/embedded.py
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from _results import record

STORY = "Tell me a story about a dragon that lives in a castle by the sea."
TOKENS = 100
ROUNDS = 3
ASKED_ALONE = 60.0
ASKED_EIGHT = 120.0
ASKED_READY = 3.0


def ours() -> dict[str, float]:
    """Measure our engine, with the sampler of the creative mode."""
    begin = time.perf_counter()
    from upright.generate.embedded import EmbeddedEngine  # noqa: PLC0415 (its import is measured)

    engine = EmbeddedEngine()
    ready = time.perf_counter() - begin
    figures = asyncio.run(_ours(engine))
    return {"ready": ready, "memory": _resident(), **figures}


async def _ours(engine: object) -> dict[str, float]:
    from upright.generate import Job, Message, Sampling  # noqa: PLC0415 (as above)

    def job(tokens: int, prompt: str = STORY) -> Job:
        sampling = Sampling(0.9, 0, 0.95, 1.1, tokens)
        return Job(sampling, messages=(Message("user", prompt),))

    async def rate(jobs: int) -> float:
        """Tokens a second from the first token of all to the last of any, prompts left out."""
        marks: list[float] = []

        async def one() -> None:
            async for piece in engine.stream(job(TOKENS)):
                marks.extend([time.perf_counter()] * piece.completion_tokens)

        await asyncio.gather(*[one() for _ in range(jobs)])
        marks.sort()
        # While all run: the first sequences start before the last prompt is read.
        start, end = len(marks) // 5, len(marks) * 4 // 5
        return (end - start) / (marks[end] - marks[start])

    async def prompts() -> float:
        """Tokens a second of a long prompt."""
        begin, tokens = time.perf_counter(), 0
        async for piece in engine.stream(job(1, "The sea was calm that morning. " * 120)):
            tokens = piece.prompt_tokens or tokens
        return tokens / (time.perf_counter() - begin)

    await rate(1)
    return {
        "alone": statistics.median([await rate(1) for _ in range(ROUNDS)]),
        "eight": statistics.median([await rate(8) for _ in range(ROUNDS)]),
        "prompt": statistics.median([await prompts() for _ in range(ROUNDS)]),
    }


def peers() -> dict[str, float]:
    """Measure the server of the package, one token a call."""
    begin = time.perf_counter()
    import numpy as np  # noqa: PLC0415 (as above)
    import xllamacpp  # noqa: PLC0415 (as above)

    from upright.weights import open_packaged  # noqa: PLC0415 (as above)

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(open_packaged().path)
    parameters.n_ctx, parameters.n_parallel = 2048, 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = os.cpu_count() or 1
    server = xllamacpp.Server(parameters)
    ready = time.perf_counter() - begin
    random = np.random.default_rng(1)
    text = f"<|im_start|>user\n{STORY}<|im_end|>\n<|im_start|>assistant\n"

    def step(text: str) -> str:
        answer = server.handle_completions(
            {
                "prompt": text,
                "max_tokens": 1,
                "n_predict": 1,
                "n_probs": 500,
                "logprobs": 500,
                "cache_prompt": True,
                "temperature": 1.0,
                "top_k": 0,
                "top_p": 1.0,
                "min_p": 0.0,
            }
        )
        content = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        chances = np.exp([entry["logprob"] for entry in content])
        drawn = int(np.searchsorted(np.cumsum(chances), random.random() * chances.sum()))
        return str(content[min(drawn, len(content) - 1)]["token"])

    def rate(text: str) -> float:
        begin = time.perf_counter()
        for _ in range(TOKENS):
            text += step(text)
        return TOKENS / (time.perf_counter() - begin)

    rate(text)
    alone = statistics.median([rate(text) for _ in range(ROUNDS)])
    return {"ready": ready, "memory": _resident(), "alone": alone}


def _resident() -> float:
    """Return the memory this process holds, in MB."""
    import psutil  # noqa: PLC0415 (only the measured processes need it)

    return psutil.Process().memory_info().rss / 1e6


def measured(which: str, home: str) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    environment = {**os.environ, "UPRIGHT_HOME": home}
    command = [sys.executable, __file__, which]
    done = subprocess.run(command, check=True, capture_output=True, env=environment, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def row(name: str, value: float, asked: float | None, least: bool, peer: float | None) -> str:  # noqa: FBT001 (a row of a table)
    """Return a line of the table: the figure, what was asked, and how they stand."""
    verdict = ""
    if asked is not None:
        ratio = value / asked if least else asked / value
        verdict = f"{'reached' if ratio >= 1 else 'missed'}: {ratio:.2f} times as good as asked"
    cells = (name, f"{value:.3g}", f"{asked:.3g}" if asked else "", verdict)
    return "| " + " | ".join([*cells, "" if peer is None else f"{peer:.3g}"]) + " |"


def main() -> None:
    """Measure all and record it."""
    with tempfile.TemporaryDirectory() as home:
        first = measured("ours", home)
        later = measured("ours", home)
        peer = measured("peers", home)
    best = {key: max(first[key], later[key]) for key in ("alone", "eight", "prompt")}
    table = [
        ("tokens/s alone", best["alone"], ASKED_ALONE, True, peer["alone"]),
        ("tokens/s over 8 requests", best["eight"], ASKED_EIGHT, True, None),
        ("ready, s", later["ready"], ASKED_READY, False, peer["ready"]),
        ("ready at the very first start, s", first["ready"], ASKED_READY, False, None),
        ("prompt tokens/s", best["prompt"], None, True, None),
        ("resident memory, MB", later["memory"], None, False, peer["memory"]),
    ]
    note = (
        f"Stories of {TOKENS} tokens with the creative mode's sampler over the whole vocabulary; "
        f"median of {ROUNDS}, the better of two processes. The peer is the server inside "
        "xllamacpp, one call a token with the 500 likeliest candidates and one slot of 2048 "
        "tokens (ours: eight). The very first start also requantises the model."
    )
    lines = ["| | ours | asked | | peer |", "|---|---:|---:|---|---:|"]
    lines += [row(*entry) for entry in table]
    record("Embedded engine", [*lines, "", note])


if __name__ == "__main__":
    runs = {"ours": ours, "peers": peers}
    if len(sys.argv) > 1:
        print(json.dumps(runs[sys.argv[1]]()))
    else:
        main()
