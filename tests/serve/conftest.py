"""A gateway for each test."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from tests.answer.fakes import HEAD, ScriptedEngine, echo, rule
from tests.serve.gateway import Gateway

REDACTING = HEAD + rule("redact", at='"prompt","output"')


@pytest.fixture
def gateway(tmp_path):
    """Start gateways; all are ended, gracefully, at the end."""
    with ExitStack() as stack:
        count = iter(range(100))

        def start(*policies, engine=None, home=None, **options) -> Gateway:
            folder = home or tmp_path / f"home{next(count)}"
            made = Gateway(
                folder,
                *(policies or (REDACTING,)),
                engine=engine or ScriptedEngine(echo),
                **options,
            )
            return stack.enter_context(made)

        yield start
