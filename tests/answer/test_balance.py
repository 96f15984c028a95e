"""What a use says of pronouns reaches its engine."""

from __future__ import annotations

import pytest
from tests.answer.fakes import ScriptedEngine, chunked, policy

from upright.generate import declaration
from upright.generate.balance_share import Balance


@pytest.mark.parametrize("way", ["balanced", "reference"])
def test_an_engine_is_told_how_pronouns_are_balanced(bench, way):
    engine = ScriptedEngine(chunked("A story."))
    b = bench(policy(f'[balance]\npronouns = "{way}"\n'), engine)
    b.complete(("user", "Write about a nurse."))
    assert engine.jobs[0].balance == Balance(way)


def test_a_use_that_says_nothing_leaves_pronouns_alone(bench):
    engine = ScriptedEngine(chunked("A story."))
    bench(policy(), engine).complete(("user", "Write about a nurse."))
    assert engine.jobs[0].balance is None


class DrawingEngine(ScriptedEngine):
    """Has distributions, as an engine has whose words are drawn here."""

    async def next_token(self, prompt, sampling, *, limit=50): ...

    async def score(self, text): ...


@pytest.mark.parametrize("section", ["", '[balance]\npronouns = "balanced"\n'])
def test_the_ledger_says_what_the_words_of_an_answer_were_drawn_from(bench, section):
    engine = DrawingEngine(chunked("A story."))
    b = bench(policy(section), engine)
    b.complete(("user", "Write about a nurse."))
    (job,) = engine.jobs
    assert b.ledger.entries(kind="closed")[-1].body["draw"] == declaration(
        job.sampling, Balance() if section else None
    )


def test_of_words_that_others_draw_the_ledger_says_nothing(bench):
    b = bench(policy(), ScriptedEngine(chunked("A story.")))
    b.complete(("user", "Write about a nurse."))
    assert b.ledger.entries(kind="closed")[-1].body["draw"] is None
