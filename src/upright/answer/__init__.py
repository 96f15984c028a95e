"""The whole guarded pipeline for one request."""

from upright.answer.answerer import Answerer
from upright.answer.answering import Answering
from upright.answer.request import (
    Answer,
    AnswerChoice,
    AnswerPiece,
    AnswerRequest,
    PolicyChangedError,
    TextVerdict,
    ToolCall,
    Usage,
    UseStoppedError,
    XUpright,
)

__all__ = [
    "Answer",
    "AnswerChoice",
    "AnswerPiece",
    "AnswerRequest",
    "Answerer",
    "Answering",
    "PolicyChangedError",
    "TextVerdict",
    "ToolCall",
    "Usage",
    "UseStoppedError",
    "XUpright",
]
