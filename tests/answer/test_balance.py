"""What a use says of pronouns reaches its engine."""

from __future__ import annotations

import pytest
from tests.answer.fakes import ScriptedEngine, chunked, policy

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
