"""A pipeline for each test."""

from __future__ import annotations

import pytest
from tests.answer.fakes import Bench, ScriptedEngine, echo, policy


@pytest.fixture
def bench(tmp_path):
    """Make pipelines; all are closed at the end."""
    made: list[Bench] = []

    def make(use=None, engine=None, pool=None) -> Bench:
        home = tmp_path / f"home{len(made)}"
        home.mkdir(mode=0o700)
        made.append(Bench(home, use or policy(), engine or ScriptedEngine(echo), pool))
        return made[-1]

    yield make
    for one in made:
        one.close()
