"""Engines and decoding: a distribution in, a drawn token out."""

from upright.generate.declaration import declaration
from upright.generate.modes import MODES, Mode, sampling_for
from upright.generate.open import open_engine
from upright.generate.types import (
    Candidate,
    ChoosingEngine,
    Engine,
    EngineError,
    Job,
    Message,
    NextToken,
    Piece,
    ReadingEngine,
    Sampling,
    Token,
    TokenEngine,
    TokenLogprob,
)

__all__ = [
    "MODES",
    "Candidate",
    "ChoosingEngine",
    "Engine",
    "EngineError",
    "Job",
    "Message",
    "Mode",
    "NextToken",
    "Piece",
    "ReadingEngine",
    "Sampling",
    "Token",
    "TokenEngine",
    "TokenLogprob",
    "declaration",
    "open_engine",
    "sampling_for",
]
