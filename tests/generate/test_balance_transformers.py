"""Balanced drawing by the transformers engine and in `model.generate`; the model is random."""

from __future__ import annotations

import asyncio
from itertools import takewhile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from upright.generate import EngineError, Job, Message, Sampling
from upright.generate.balance import balancer, forms
from upright.generate.balance_share import Balance
from upright.generate.next_drawn import next_drawn
from upright.generate.sampler import distribution, draw, random_stream
from upright.watermark import Mark, Reading, detect, epoch_key

pytestmark = pytest.mark.torch

torch = pytest.importorskip("torch", reason="the extra `torch` is not installed")
pytest.importorskip("transformers", reason="the extra `torch` is not installed")

from tests.generate.tiny_model import save_model  # noqa: E402 (after the skips)

from upright.generate.hf_processor import WatermarkLogitsProcessor  # noqa: E402 (as above)
from upright.generate.transformers_engine import TransformersEngine  # noqa: E402 (as above)

# The tokenizer learns the pronouns as tokens of their own.
TEXT = " she he her him his she he her him his they she he her him his she he"
WORDS = ("she", "he", "her", "him", "his")
OPEN = ["The nurse slept, and then", "A clerk sat down because", "Dr. Hanson left before"]
TOLD = ["The nurse had a beard, and", "Maria sat down because", "My wife left before"]
KEY = epoch_key(bytes(range(32)), "balance", 1)
MARK = Mark(KEY)
samplings = st.builds(
    Sampling,
    temperature=st.sampled_from([0.5, 1.0, 1.7]),
    top_p=st.sampled_from([0.8, 1.0]),
    top_k=st.sampled_from([0, 200]),
    max_tokens=st.just(1),
    seed=st.integers(0, 1 << 40),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    made = TransformersEngine(save_model(tmp_path_factory.mktemp("model"), text=TEXT))
    yield made
    asyncio.run(made.aclose())


def logits_after(engine, text):
    found = []
    before = engine._vocabulary.literal(text)
    asyncio.run(engine.read([0], lambda _, row: found.append(row.copy()), after=before))
    return found[0]


def tokens_of(engine, job):
    async def run():
        found = [[] for _ in range(job.choices)]
        async for piece in engine.stream(job):
            found[piece.choice] += piece.tokens
        return found

    return asyncio.run(run())


def ids(engine):
    return {word: engine._vocabulary.literal(f" {word}")[-1] for word in WORDS}


def test_the_model_has_pronouns_as_tokens(engine):
    for word, token in ids(engine).items():
        assert engine._vocabulary.piece(token) == f" {word}".encode()
    found = forms(engine._vocabulary, len(engine._vocabulary))
    assert {token for one in found for token in (*one.feminine, *one.masculine)} >= set(
        ids(engine).values()
    )


@pytest.mark.parametrize("text", OPEN)
@pytest.mark.parametrize("temperature", [0.0, 0.6, 1.0])
def test_what_the_engine_draws_after_an_open_text_is_even(engine, text, temperature):
    sampling = Sampling(temperature=temperature)
    drawn = asyncio.run(next_drawn(engine, text, sampling, Balance())).drawn
    own = ids(engine)
    men = drawn.get(own["him"], 0.0) + drawn.get(own["his"], 0.0)
    assert drawn.get(own["she"], 0.0) == drawn.get(own["he"], 0.0)
    assert drawn.get(own["her"], 0.0) == pytest.approx(men, rel=1e-4)


@given(samplings, st.sampled_from([*OPEN, *TOLD]))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_drawn_token_comes_from_the_balanced_distribution(engine, sampling, text):
    job = Job(sampling, prompt=text, balance=Balance())
    shifted = balancer(job, engine._vocabulary).shift(
        logits_after(engine, text), sampling.temperature
    )
    uniform = float(random_stream(sampling.seed, 0).random())
    wanted = draw(distribution(shifted, sampling), uniform)
    (found,) = tokens_of(engine, job)
    assert found == ([] if engine._vocabulary.ends(wanted) else [wanted])


@pytest.mark.parametrize("text", TOLD)
def test_answers_to_a_told_gender_are_the_same_tokens_with_and_without_balance(engine, text):
    sampling = Sampling(temperature=1.5, max_tokens=8, seed=4)
    plain, balanced = (
        tokens_of(engine, Job(sampling, prompt=text, choices=3, balance=way))
        for way in (None, Balance())
    )
    assert plain == balanced


def test_over_many_answers_she_and_he_are_drawn_equally_often(engine):
    own = ids(engine)
    job = Job(Sampling(max_tokens=1, seed=5), prompt=OPEN[0], balance=Balance())
    logits = logits_after(engine, OPEN[0])
    logits[[own["she"], own["he"]]] += np.array([9.0, 6.0], np.float32)
    said = []
    for seed in range(400):
        one = balancer(job, engine._vocabulary)
        chances = distribution(one.shift(logits), job.sampling)
        said.append(draw(chances, float(random_stream(seed, 0).random())))
    women, men = said.count(own["she"]), said.count(own["he"])
    assert women + men > 300
    assert women / (women + men) == pytest.approx(0.5, abs=0.08)


def test_all_turns_of_a_conversation_are_read(engine):
    sampling = Sampling(temperature=1.3, max_tokens=6, seed=8)
    turns = (Message("user", "My wife is a nurse."),)
    plain, balanced = (
        tokens_of(engine, Job(sampling, messages=turns, balance=way)) for way in (None, Balance())
    )
    assert plain == balanced


def detected(engine, prompt, tokens, sampling, balance):
    """Detect as somebody who knows how the text was drawn."""
    reading = Reading([KEY], tokens)
    job = Job(sampling, prompt=prompt, balance=balance)
    follower = balancer(job, engine._vocabulary)

    def visit(at, logits):
        if follower is not None:
            for token in tokens[visit.taken : at]:
                follower.take(token)
            visit.taken = at
            logits = follower.shift(logits, sampling.temperature)
        chances = distribution(logits, sampling)
        reading.observe(at, chances.tokens, chances.probabilities)

    visit.taken = 0
    asyncio.run(engine.read(tokens, visit, after=engine._vocabulary.literal(prompt)))
    return detect(reading.evidence())


def test_the_mark_lies_in_the_balanced_distribution(engine):
    """Whoever knows how it was drawn finds every token that does not straddle in its half."""
    sampling = Sampling(temperature=1.3, max_tokens=50, seed=3)
    job = Job(sampling, prompt=OPEN[0], mark=MARK, balance=Balance())
    (tokens,) = tokens_of(engine, job)
    found = detected(engine, OPEN[0], tokens, sampling, Balance())
    whole = np.abs(found.evidence) >= 1 - 1e-6
    assert whole.sum() > 10
    assert (found.evidence[whole] > 0).mean() > 0.9


def written(engine, prompts, sampling, balancers=(), **options):
    """Return what `generate` adds to each prompt."""
    words = engine._vocabulary._tokenizer
    words.pad_token, words.padding_side = "<|end|>", "left"
    batch = words(prompts, return_tensors="pt", padding=True)
    batch.pop("token_type_ids", None)
    processor = WatermarkLogitsProcessor(MARK, sampling, balancers=balancers)
    found = engine._model.generate(
        **batch,
        logits_processor=[processor],
        pad_token_id=0,
        max_new_tokens=sampling.max_tokens,
        do_sample=True,
        **options,
    )
    rows = found[:, batch["input_ids"].shape[1] :].tolist()
    # The engine ends an answer at either special token.
    return [[*takewhile(lambda token: token > 1, row)] for row in rows]


@pytest.mark.parametrize("text", [OPEN[0], TOLD[0]])
def test_the_processor_draws_what_the_engine_draws_balanced(engine, text):
    sampling = Sampling(temperature=1.3, max_tokens=20, seed=9)
    job = Job(sampling, prompt=text, mark=MARK, balance=Balance(), choices=2)
    own = [balancer(job, engine._vocabulary, row) for row in range(2)]
    found = written(engine, [text], sampling, own, num_return_sequences=2)
    assert found == tokens_of(engine, job)


def test_a_processor_without_balancers_leaves_pronouns_alone(engine):
    sampling = Sampling(temperature=1.3, max_tokens=20, seed=9)
    job = Job(sampling, prompt=OPEN[0], mark=MARK)
    assert written(engine, [OPEN[0]], sampling) == tokens_of(engine, job)


def test_a_row_without_its_balancer_is_refused(engine):
    sampling = Sampling(temperature=1.3, max_tokens=3, seed=9)
    job = Job(sampling, prompt=OPEN[0], balance=Balance())
    with pytest.raises(EngineError, match="1 balancers for 2 rows") as told:
        written(engine, OPEN[:2], sampling, [balancer(job, engine._vocabulary)])
    assert told.value.kind == "bad_request"
    assert "each row" in told.value.mend
