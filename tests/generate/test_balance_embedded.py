"""The embedded model, balanced: open texts even, told ones as they were."""

from __future__ import annotations

import asyncio

import pytest

pytestmark = pytest.mark.embedded

pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")

from upright.audit.pronouns import Reader, first_pronoun  # noqa: E402 (after the skip)
from upright.audit.pronouns_prompts import OPEN, Prompt  # noqa: E402 (as above)
from upright.generate import Job, Sampling  # noqa: E402 (as above)
from upright.generate.balance_share import Balance  # noqa: E402 (as above)
from upright.generate.embedded import EmbeddedEngine  # noqa: E402 (as above)

NURSE = "The nurse finished the shift, and then"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UPRIGHT_HOME", str(tmp_path_factory.mktemp("home")))
        made = EmbeddedEngine()
        yield made
        asyncio.run(made.aclose())


def read(engine, *texts):
    prompts = [Prompt(text, OPEN, "t", "nurse") for text in texts]
    return asyncio.run(Reader(engine, Balance()).read(prompts))


def test_open_texts_come_out_even_and_they_as_it_was(engine):
    for one in read(engine, NURSE, "The plumber was tired because"):
        assert abs(one.model.share - 0.5) > 0.1
        assert one.balanced.share == 0.5
        assert one.balanced.they == pytest.approx(one.model.they, rel=1e-4)


def test_told_texts_come_out_as_they_were(engine):
    for one in read(engine, "The nurse had a beard, and", "Maria, a plumber, slept because"):
        assert one.balanced == one.model
        assert not one.moved


def test_answers_of_one_seed_are_the_same_and_of_many_use_both(engine):
    async def write(seed):
        sampling = Sampling(temperature=0.0, max_tokens=1, seed=seed)
        job = Job(sampling, prompt=NURSE, balance=Balance())
        return "".join([piece.text async for piece in engine.stream(job)])

    said = [asyncio.run(write(seed)) for seed in (1, 1, 2, 3, 4, 5, 6, 7)]
    assert said[0] == said[1]
    assert {first_pronoun(text) for text in said} == {"she", "he"}
