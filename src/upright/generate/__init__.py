"""Engines and decoding: a distribution in, a drawn token out."""

from upright.generate.types import (
    Candidate,
    Engine,
    EngineError,
    Job,
    Message,
    NextToken,
    Piece,
    Sampling,
    TokenEngine,
    TokenLogprob,
)

__all__ = [
    "Candidate",
    "Engine",
    "EngineError",
    "Job",
    "Message",
    "NextToken",
    "Piece",
    "Sampling",
    "TokenEngine",
    "TokenLogprob",
]
