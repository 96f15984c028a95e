"""The mark in `model.generate`: what our own engine draws, for each row of a batch."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from upright.generate import EngineError, Job, Sampling
from upright.generate.sampler import distribution
from upright.watermark import Mark, Reading, detect, epoch_key

pytestmark = pytest.mark.torch

torch = pytest.importorskip("torch", reason="the extra `torch` is not installed")
pytest.importorskip("transformers", reason="the extra `torch` is not installed")

from tests.generate.tiny_model import TEXT, save_model  # noqa: E402 (after the skips)

from upright.generate.hf_processor import WatermarkLogitsProcessor  # noqa: E402 (as above)
from upright.generate.transformers_engine import TransformersEngine  # noqa: E402 (as above)

KEY = epoch_key(bytes(range(32)), "hf", 1)
MARK = Mark(KEY)
SAMPLING = Sampling(temperature=1.3, top_p=0.95, repetition_penalty=1.1, max_tokens=40, seed=9)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    made = TransformersEngine(save_model(tmp_path_factory.mktemp("model")))
    yield made
    asyncio.run(made.aclose())


def written(engine, prompts, *, sampling=SAMPLING, mark=MARK, processor=None, **options):
    """Return what `generate` adds to each prompt, without its padding and its end."""
    words = engine._vocabulary._tokenizer
    words.pad_token, words.padding_side = "<|end|>", "left"
    batch = words(prompts, return_tensors="pt", padding=True)
    batch.pop("token_type_ids", None)
    asked = {"max_new_tokens": sampling.max_tokens, "do_sample": False, **options}
    found = engine._model.generate(
        **batch,
        logits_processor=[processor or WatermarkLogitsProcessor(mark, sampling)],
        pad_token_id=0,
        **asked,
    )
    rows = found[:, batch["input_ids"].shape[1] :].tolist()
    return [row[: row.index(0)] if 0 in row else row for row in rows]


def by_engine(engine, prompt, choices=1, sampling=SAMPLING):
    async def run():
        tokens = [[] for _ in range(choices)]
        job = Job(sampling, prompt=prompt, choices=choices, mark=MARK)
        async for piece in engine.stream(job):
            tokens[piece.choice] += piece.tokens
        return tokens

    return asyncio.run(run())


def detected(engine, prompt, tokens, sampling=SAMPLING):
    reading = Reading([KEY], tokens)

    def visit(at, logits):
        chances = distribution(logits, sampling, set(tokens[:at]))
        reading.observe(at, chances.tokens, chances.probabilities)

    asyncio.run(engine.read(tokens, visit, after=engine._vocabulary.literal(prompt)))
    return detect(reading.evidence())


def test_it_draws_what_the_engine_draws(engine):
    assert written(engine, [TEXT]) == by_engine(engine, TEXT)


def test_several_answers_are_those_of_the_engine(engine):
    assert written(engine, [TEXT], num_return_sequences=3, do_sample=True) == by_engine(
        engine, TEXT, choices=3
    )


@pytest.mark.parametrize(
    "options", [{"do_sample": True, "temperature": 0.3, "top_k": 2}, {"do_sample": False}]
)
def test_what_generate_samples_with_changes_nothing(engine, options):
    assert written(engine, [TEXT], **options) == by_engine(engine, TEXT)


def test_each_row_of_a_batch_is_marked_and_has_a_sub_key_of_its_own(engine):
    prompts = [TEXT, "a hill", "Once upon a dragon", "who lived", "on", "time there was"]
    found = [
        detected(engine, prompt, row)
        for prompt, row in zip(prompts, written(engine, prompts), strict=True)
        if len(row) > 30
    ]
    assert len(found) >= 4
    for one in found:
        whole = np.abs(one.evidence) >= 1 - 1e-6
        assert (one.evidence[whole] > 0).mean() > 0.9
    assert len({one.subkey for one in found}) > 1


def test_a_row_that_ended_is_left_alone(engine):
    sampling = Sampling(temperature=1.0, seed=2)
    processor = WatermarkLogitsProcessor(MARK, sampling)
    ids, scores = torch.tensor([[5, 6], [7, 8]]), torch.zeros(2, 30)
    first = processor(ids, scores).argmax(-1)
    pad = (first[0] + 1) % 30
    ids = torch.cat([ids, torch.stack([pad, first[1]])[:, None]], dim=1)
    out = processor(ids, scores)
    assert (out[0] == scores[0]).all()
    assert out[1].isfinite().sum() == 1


def test_a_processor_serves_one_call(engine):
    processor = WatermarkLogitsProcessor(MARK, SAMPLING)
    written(engine, [TEXT], processor=processor)
    with pytest.raises(EngineError, match="one call") as told:
        written(engine, [TEXT], processor=processor)
    assert told.value.kind == "bad_request"
    assert "for each call" in told.value.mend


def test_without_a_seed_each_processor_draws_anew(engine):
    sampling = Sampling(temperature=1.0, max_tokens=20)
    assert written(engine, [TEXT], sampling=sampling) != written(engine, [TEXT], sampling=sampling)


def test_a_text_asked_for_token_by_token_is_one_answer(engine):
    model, tokens = engine._model, engine._vocabulary.literal(TEXT)
    processor = WatermarkLogitsProcessor(MARK, SAMPLING)
    start = len(tokens)
    for _ in range(12):
        with torch.no_grad():
            scores = model(torch.tensor([tokens])).logits[:, -1]
        tokens = [*tokens, int(processor(torch.tensor([tokens]), scores).argmax())]
    assert tokens[start:] == by_engine(engine, TEXT)[0][:12]


def test_beams_find_nothing_to_choose_from(engine):
    sampling = replace(SAMPLING, repetition_penalty=1.0)
    assert written(engine, [TEXT], sampling=sampling, num_beams=3) == by_engine(
        engine, TEXT, sampling=sampling
    )


def test_drafts_that_are_taken_back_are_refused():
    processor = WatermarkLogitsProcessor(MARK, SAMPLING)
    tokens = [5, 6]
    for _ in range(3):
        scores = torch.zeros(1, 30)
        tokens.append(int(processor(torch.tensor([tokens]), scores).argmax()))
    with pytest.raises(EngineError, match="drafts"):
        processor(torch.tensor([tokens[:3]]), torch.zeros(1, 30))


def test_greedy_sampling_is_refused_before_any_work():
    with pytest.raises(EngineError, match="no choice"):
        WatermarkLogitsProcessor(MARK, Sampling(temperature=0.0))


def test_half_precision_scores_keep_their_kind():
    processor = WatermarkLogitsProcessor(MARK, SAMPLING)
    scores = torch.randn(2, 50, dtype=torch.bfloat16)
    kept = scores.clone()
    out = processor(torch.tensor([[1, 2], [3, 4]]), scores)
    assert out.dtype == torch.bfloat16
    assert (scores == kept).all()
    assert out.isfinite().sum(dim=1).tolist() == [1, 1]


def test_what_others_forbid_is_never_drawn():
    processor = WatermarkLogitsProcessor(MARK, Sampling(temperature=2.0, seed=1))
    tokens = [9, 9]
    for _ in range(40):
        scores = torch.zeros(1, 30)
        scores[0, ::2] = float("-inf")
        tokens.append(int(processor(torch.tensor([tokens]), scores).argmax()))
    assert all(token % 2 for token in tokens[2:])
