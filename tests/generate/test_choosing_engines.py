"""Chances of options by the engines themselves."""

import asyncio
import math

import pytest

from upright.generate import ChoosingEngine, Job, Message, Sampling
from upright.generate.choosing import chances
from upright.generate.choosing_logs import logs_by_reading

ASK = (Message("user", "Is the sky blue? Answer Yes or No."),)
OPTIONS = ("Yes", "No", "Perhaps not")


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    from upright.generate.embedded import EmbeddedEngine  # noqa: PLC0415 (after the skip)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UPRIGHT_HOME", str(tmp_path_factory.mktemp("home")))
        made = EmbeddedEngine()
        yield made
        run(made.aclose())


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    pytest.importorskip("torch", reason="the extra `torch` is not installed")
    pytest.importorskip("transformers", reason="the extra `torch` is not installed")
    from tests.generate.tiny_model import save_model  # noqa: PLC0415 (after the skip)

    from upright.generate.transformers_engine import TransformersEngine  # noqa: PLC0415 (after the skip)

    made = TransformersEngine(save_model(tmp_path_factory.mktemp("model")))
    yield made
    run(made.aclose())


@pytest.mark.embedded
def test_the_embedded_engine_gives_the_same_chances_by_both_ways(embedded):
    assert isinstance(embedded, ChoosingEngine)
    got = run(chances(embedded, OPTIONS, messages=ASK))
    prompt = embedded.prompt_tokens(Job(Sampling(), messages=ASK))
    spelled = [[token.id for token in embedded.tokens(option)] for option in OPTIONS]
    assert got.logs == pytest.approx(run(logs_by_reading(embedded, prompt, spelled)), abs=0.02)
    assert 0.05 < got.mass <= 1


@pytest.mark.embedded
def test_an_answer_does_not_depend_on_what_was_asked_before(embedded):
    first = run(chances(embedded, OPTIONS, messages=ASK))
    longer = (Message("user", ASK[0].content + " Think of the whole day, of rain and of night."),)
    run(chances(embedded, OPTIONS, messages=longer))
    assert run(chances(embedded, OPTIONS, messages=ASK)) == first


@pytest.mark.embedded
def test_a_single_token_has_the_chance_that_the_next_word_shows(embedded):
    prompt = "Once upon a time, there was a great"
    look = run(embedded.next_token(prompt, Sampling(), limit=3))
    words = tuple(candidate.text for candidate in look.candidates)
    got = run(chances(embedded, words, prompt=prompt))
    whole = [candidate.probability for candidate in look.candidates]
    assert [math.exp(log) for log in got.logs] == pytest.approx(whole, rel=0.02)


@pytest.mark.torch
def test_a_local_model_scores_an_option_as_it_scores_the_whole_text(small):
    assert isinstance(small, ChoosingEngine)
    got = run(chances(small, (" dragon", "s"), prompt="Once"))
    assert got.way == "exact"
    assert got.logs[0] == pytest.approx(run(small.score("Once dragon"))[-1].logprob)
