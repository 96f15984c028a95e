"""From a policy to the engine it names, loading only what that engine needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upright.terms import MissingExtraError

if TYPE_CHECKING:
    from upright.generate.types import Engine
    from upright.policy import EngineSection, Policy


def open_engine(policy: Policy) -> Engine:
    """Open the engine of a use case.

    Raises:
        MissingExtraError: if the packages of that engine are not installed.
        UprightError: if its model is absent or altered, or its address is wrong.
    """
    section = policy.engine
    opener, what, extra = {
        "embedded": (_embedded, "the embedded engine", "local"),
        "transformers": (_transformers, "a local Hugging Face model", "torch"),
        "openai": (_openai, "an OpenAI-compatible server", "serve"),
    }[section.kind]
    try:
        return opener(section)
    except ModuleNotFoundError as error:
        raise MissingExtraError(what, extra, missing=error.name or extra) from None


def _embedded(_section: EngineSection) -> Engine:
    from upright.generate.embedded import EmbeddedEngine  # noqa: PLC0415 (numpy is optional)

    return EmbeddedEngine()


def _transformers(section: EngineSection) -> Engine:
    from upright.generate.transformers_engine import (  # noqa: PLC0415 (torch is optional)
        TransformersEngine,
    )

    return TransformersEngine.from_section(section)


def _openai(section: EngineSection) -> Engine:
    from upright.generate.openai_engine import OpenAIEngine  # noqa: PLC0415 (httpx2 is optional)

    return OpenAIEngine.from_section(section)
