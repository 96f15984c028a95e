"""How often must a text stand in the training data before a model gives it back, and what helps?

A small model is trained from scratch on articles among which passages of chance words stand 1 to
64 times, so that nothing but repetition can teach them; and once more on the same corpus after
`upright curate` with a cap. Both are audited. Of the first model answers are drawn, filtered by the
guard, and resampled at decode time, with the passages as protected works.

python benchmarks/copying.py [--epochs N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from _data import cited, rows
from _results import record
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from upright.answer.masking import Works
from upright.audit import copying
from upright.audit.copying_answers import Copied, answers, copied, filtered
from upright.audit.copying_audit import SHOWN, CopyingAudit
from upright.audit.figures import Figure
from upright.generate import Sampling
from upright.generate.transformers_engine import TransformersEngine
from upright.guard import Guard
from upright.match.index import Index
from upright.policy import load_policy

ARTICLES = "corpora/wikitext2.jsonl.gz"
TIMES = (1, 2, 4, 8, 16, 32, 64)
EACH = 8
WORDS = 90
CAP = 4
LENGTH, BATCH = 128, 16
PREFIX, SUFFIX = 40, 40
RUN = 13
SEED = 20261127
PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "extraction.svg"
USE = f"""\
schema = 1
[use_case]
name = "copying"
purpose = "Shows what repetition teaches."
[guard]
model = false
[[guard.rule]]
detect = ["copy.text"]
at = ["output"]
action = "block"
[match]
index = "works"
run = {RUN}
resample = true
[curate]
near_duplicates = true
copies = {CAP}
[curate.exposure]
words = 50
times = {CAP}
"""
PLAIN = Sampling(temperature=1.0, seed=1)
Row = dict[str, object]


def corpus() -> tuple[list[Row], list[Row]]:
    """Return articles and passages in a chance order, and the passages alone."""
    draw = random.Random(SEED)
    articles = [row["text"] for row in rows(ARTICLES) if len(row["text"]) > 400][:900]
    known = sorted({word for text in articles for word in text.split() if word.isalpha()})
    passages: list[Row] = [
        {"id": f"passage-{times}-{number}", "text": " ".join(draw.choices(known, k=WORDS)),
         "times": times}
        for times in TIMES
        for number in range(EACH)
    ]  # fmt: skip
    records: list[Row] = [
        {"id": f"article-{number}", "text": text} for number, text in enumerate(articles)
    ]
    records += [
        {"id": f"{one['id']}-{copy}", "text": one["text"]}
        for one in passages
        for copy in range(int(str(one["times"])))
    ]
    draw.shuffle(records)
    return records, passages


def tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """Return a byte-level vocabulary of the corpus."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=4_000,
        special_tokens=["<end>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<end>")


def train(texts: Sequence[str], words: PreTrainedTokenizerFast, folder: Path, epochs: int) -> None:
    """Train a small model from scratch and save it."""
    torch.manual_seed(SEED)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words), hidden_size=192, intermediate_size=512, num_hidden_layers=4,
            num_attention_heads=4, max_position_embeddings=256, tie_word_embeddings=True,
            bos_token_id=None, eos_token_id=words.eos_token_id,
        )
    )  # fmt: skip
    # A text begins a sequence, as a prompt does later.
    ids = [words(text)["input_ids"][:LENGTH] for text in texts]
    steps = epochs * (len(ids) // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps + 1)
    for step, batch in enumerate(batches(ids, epochs)):
        loss = model(input_ids=batch, labels=batch.masked_fill(batch == 0, -100)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        if step % 100 == 0:
            print(f"{step} of {steps}: {loss.item():.2f}", flush=True)
    model.save_pretrained(folder)
    words.save_pretrained(folder)


def batches(ids: Sequence[Sequence[int]], epochs: int) -> Iterator[torch.Tensor]:
    """Yield padded sequences, each text once an epoch."""
    draw = random.Random(SEED)
    for _ in range(epochs):
        order = draw.sample(range(len(ids)), len(ids))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            group = [list(ids[number]) for number in order[start : start + BATCH]]
            width = max(map(len, group))
            yield torch.tensor([one + [0] * (width - len(one)) for one in group])


async def audit(folder: Path, passages: Sequence[Row]) -> CopyingAudit:
    """Return what a model gives back of the passages."""
    engine = TransformersEngine(folder)
    texts = [(str(one["id"]), str(one["text"]), int(str(one["times"]))) for one in passages]
    found, short = copying.passages(engine, texts, prefix=PREFIX, suffix=SUFFIX)
    chances = [await copying.chance(engine, passage, PLAIN) for passage in found]
    await engine.aclose()
    return CopyingAudit(
        "passages", "small", None, len(found), short, PREFIX, SUFFIX, PLAIN,
        copying.measures(chances), copying.by_repeats(chances), cap=CAP, run=RUN,
    )  # fmt: skip


async def ways(folder: Path, passages: Sequence[Row], use: Path) -> dict[str, Copied]:
    """Draw answers, filter them, and draw again with words resampled."""
    policy = load_policy(use)
    engine = TransformersEngine(folder)
    texts = [(str(one["id"]), str(one["text"]), int(str(one["times"]))) for one in passages]
    found, _ = copying.passages(engine, texts, prefix=PREFIX, suffix=SUFFIX)
    drawn = await answers(engine, found, PLAIN, each=2)
    if policy.match is None or policy.index_folder is None:
        raise SystemExit("the use names no index")
    mask = Works(Index.open(policy.index_folder), policy.match).mask(())
    masked = await answers(engine, found, PLAIN, each=2, mask=mask)
    await engine.aclose()
    return {
        "drawn": copied(drawn, RUN),
        "filtered by the guard": copied(filtered(drawn, Guard.from_policy(policy)), RUN),
        "resampled at decode time": copied(masked, RUN),
    }


def write(path: Path, lines: Sequence[Row]) -> Path:
    """Write records, one a line."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def upright(*words: object) -> None:
    """Run a command."""
    program = Path(sys.executable).with_name("upright")
    subprocess.run([str(program), *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Measure, and write the section and the picture."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--epochs", type=int, default=4)
    told = options.parse_args()
    torch.set_num_threads(1)
    records, passages = corpus()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        use = base / "use.toml"
        use.write_text(USE, encoding="utf-8")
        works = [{**one, "kind": "text", "owner": "nobody"} for one in passages]
        upright("match", "index", "add", write(base / "w.jsonl", works), "--index", base / "works")
        raw = write(base / "raw.jsonl", records)
        upright("curate", raw, "--policy", use, "--output", base / "corpus", "--quiet")
        kept = [
            json.loads(line)["text"]
            for file in sorted((base / "corpus" / "data").glob("*.jsonl"))
            for line in file.read_text(encoding="utf-8").splitlines()
        ]
        words = tokenizer([str(one["text"]) for one in records])
        train([str(one["text"]) for one in records], words, base / "plain", told.epochs)
        train(kept, words, base / "capped", told.epochs)
        plain, capped = (asyncio.run(audit(base / one, passages)) for one in ("plain", "capped"))
        found = asyncio.run(ways(base / "plain", passages, use))
    PICTURE.write_text(plain.plot(), encoding="utf-8")
    record("Extraction against repeats", report(plain, capped, found, (len(records), len(kept))))


def report(
    plain: CopyingAudit, capped: CopyingAudit, found: dict[str, Copied], sizes: tuple[int, int]
) -> list[str]:
    """Put both audits into Markdown."""
    lines = [
        f"A model trained from scratch on 900 articles of {cited(ARTICLES)} and {EACH}",
        f"passages of {WORDS} chance words for each repeat count: {sizes[0]:,} records, and",
        f"{sizes[1]:,} after `upright curate` with at most {CAP} copies. Given {PREFIX} tokens,",
        f"the next {SUFFIX}: the share",
        "of passages that 100 answers contain with a chance of one half, and bits a token.",
        "",
        "| times in the data | as it is | bits | curated | bits |",
        "|---:|---|---:|---|---:|",
    ]
    lines += [
        f"| {a.repeats} | {told(a.figures[SHOWN])} | {a.bits:.2f} "
        f"| {told(b.figures[SHOWN])} | {b.bits:.2f} |"
        for a, b in zip(plain.exposures, capped.exposures, strict=True)
    ]
    estimate = plain.with_cap(SHOWN)
    lines += [
        f"| all | {told(plain.figures[SHOWN])} | | {told(capped.figures[SHOWN])} | |",
        "",
        f"The audit of the first model estimates {estimate:.1%} under that cap.",
        "",
        f"| answers of the first model | {RUN} words in a row | near copies | words each |",
        "|---|---|---|---:|",
    ]
    return lines + [
        f"| {name} | {told(way.verbatim)} | {told(way.near)} | {way.words:.0f} |"
        for name, way in found.items()
    ]


def told(figure: Figure) -> str:
    """Return a share with its limits."""
    return f"{figure.value or 0.0:.1%} ({figure.low:.1%} to {figure.high:.1%})"


if __name__ == "__main__":
    main()
