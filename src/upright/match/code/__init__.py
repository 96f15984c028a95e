"""Code in a normal form that no renaming, comment or layout changes; proof of renamed copies."""

from upright.match.code.familiar import Familiar
from upright.match.code.languages import Language, guess, language, languages
from upright.match.code.runs import Prepared, Run, shared_runs, verified
from upright.match.code.tokens import CODE_FORM, NAME, NUMBER, TEXT, CodeTokens, tokens

__all__ = [
    "CODE_FORM",
    "NAME",
    "NUMBER",
    "TEXT",
    "CodeTokens",
    "Familiar",
    "Language",
    "Prepared",
    "Run",
    "guess",
    "language",
    "languages",
    "shared_runs",
    "tokens",
    "verified",
]
