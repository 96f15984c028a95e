"""`topic.<name>`: the subjects a use denies, by its own words and phrases."""

from __future__ import annotations

import re

from upright.guard.detectors.local import LocalDetector
from upright.guard.detectors.phrases import LONGEST_WORD, Phrase, Step, fold_case, phrase_detector
from upright.policy.model import Topic
from upright.terms import ConfigError, digest

_WORDS = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def topic(section: Topic) -> LocalDetector:
    """Return the detector of one `[[guard.topic]]`.

    Raises:
        ConfigError: naming the topic, for a phrase without a word or with one too long.
    """
    phrases = [_phrase(section, text) for text in section.phrases]
    version = "1:" + digest(section.model_dump(mode="json"))
    return phrase_detector(f"topic.{section.name}", phrases, version=version)


def _phrase(section: Topic, text: str) -> Phrase:
    words = _WORDS.findall(text)
    if not words:
        raise ConfigError(
            f"topic {section.name}: the phrase {text!r} has no word",
            mend="a phrase is one or more words; signs between them do not count",
        )
    if any(len(word) > LONGEST_WORD for word in words):
        raise ConfigError(
            f"topic {section.name}: the phrase {text!r} has a word of over {LONGEST_WORD} letters",
            mend="leave the word out or use a [[guard.pattern]]",
        )
    steps = tuple(Step(frozenset(fold_case(word))) for word in words)
    return Phrase(steps, 0.9, section.severity, "Words of a topic that this use denies.")
