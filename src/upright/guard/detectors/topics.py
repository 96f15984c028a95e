"""`topic.<name>`: the subjects a use denies, by its own words and phrases."""

from __future__ import annotations

from upright.guard.detectors.local import LocalDetector
from upright.guard.detectors.phrases import Phrase, Step, phrase_detector
from upright.guard.detectors.words import LONGEST_WORD, words_of
from upright.policy.model import Topic
from upright.terms import ConfigError, digest

_WHY = "Words of a topic that this use denies."


def topic(section: Topic) -> LocalDetector:
    """Return the detector of one `[[guard.topic]]`.

    Raises:
        ConfigError: naming the topic, for a phrase without a word or with one too long.
    """
    return phrase_detector(
        f"topic.{section.name}",
        [Phrase(_steps(section, text), 0.9, section.severity, _WHY) for text in section.phrases],
        version="1:" + digest(section.model_dump(mode="json")),
    )


def _steps(section: Topic, text: str) -> tuple[Step, ...]:
    words = words_of(text)
    if not words.spans:
        raise ConfigError(
            f"topic {section.name}: the phrase {text!r} has no word",
            mend="a phrase is one or more words; signs between them do not count",
        )
    if any(end - start >= LONGEST_WORD for start, end in words.spans):
        raise ConfigError(
            f"topic {section.name}: {text!r} has a word of {LONGEST_WORD} letters or more",
            mend="leave the word out or use a [[guard.pattern]]",
        )
    return tuple(Step(frozenset(forms[:1])) for forms in words.forms)
