"""`style.request`: a request for work in the style of an artist whose name is registered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from upright.guard.detectors.local import LocalDetector
from upright.guard.detectors.phrases import Phrase, Step, parse_steps, phrase_detector
from upright.guard.detectors.words import LONGEST_WORD, words_of
from upright.terms import ConfigError, digest

_RULE = "style.request"
_WHY = "Asks for the style of an artist whose name is registered."

_STYLE = (
    "style|styles|styled|stylings|manner|vein|aesthetic|aesthetics|spirit|likeness|signature|"
    "stil|stile|estilo|manière|maniera"
)
_MADE = "painted|drawn|illustrated|rendered|photographed|sketched|designed|composed|written"
_WORK = "art|artwork|painting|drawing|illustration|portrait|poster|photo|photograph|print|sketch"
_COPY = "imitate|imitates|imitating|mimic|mimics|mimicking|emulate|emulating|copying|channeling"
_MAKE = "paint|draw|write|compose|render|illustrate|make"

# What stands before a name, how many words may stand between, the score and the severity: words
# that say it plainly ("in the style of", "im Stil von"), words for a work and its maker, and the
# bare "by" that ends many prompts for pictures and as often only says who made something.
_BEFORE = (
    (_STYLE, 4, 0.9, 2),
    (_COPY, 3, 0.9, 2),
    ("inspired|influenced|reminiscent by|of|from", 3, 0.8, 2),
    (f"{_MADE} by|like", 3, 0.7, 2),
    (f"{_WORK} by", 3, 0.7, 2),
    (f"{_MAKE} ~4 like|as", 3, 0.7, 2),
    ("à|a la", 0, 0.7, 2),
    ("by", 0, 0.5, 1),
)
_AFTER = frozenset({"style", "styled", "esque", "inspired", "aesthetic", "ish", "stil"})
_AFTER_SCORE, _AFTER_SEVERITY = 0.9, 2


def style(artists: Sequence[str]) -> LocalDetector:
    """Return the detector for some registered names.

    Args:
        artists: names as people write them; each spelling is an entry of its own.

    Raises:
        ConfigError: for no name at all; naming the artist, for a name without a word, with one too
            long, or with a full stop between its words.
    """
    if not artists:
        raise ConfigError(
            "a rule speaks of style.request, and guard.images.artists names nobody",
            mend='write artists = ["<name>"] under [guard.images]',
        )
    phrases = [phrase for artist in artists for phrase in _phrases(artist)]
    return phrase_detector(_RULE, phrases, version="1:" + digest(list(artists)))


def _phrases(artist: str) -> Iterator[Phrase]:
    name = _name(artist)
    for before, gap, score, severity in _BEFORE:
        first = Step(name[0].words, gap=gap)
        yield Phrase((*parse_steps(before), first, *name[1:]), score, severity, _WHY)
    after = Step(_AFTER, gap=1)
    yield Phrase((*name, after), _AFTER_SCORE, _AFTER_SEVERITY, _WHY)


def _name(artist: str) -> tuple[Step, ...]:
    words = words_of(artist)
    if not all(words.joined(place) for place in range(1, len(words.spans))):
        raise ConfigError(
            f"guard.images.artists: {artist!r} has a full stop between its words",
            mend="phrases end at a full stop; give the words behind the last one",
        )
    if not words.spans or any(end - start >= LONGEST_WORD for start, end in words.spans):
        raise ConfigError(
            f"guard.images.artists: {artist!r} is no name",
            mend=f"a name is one or more words, each under {LONGEST_WORD} letters",
        )
    # Of a word's spellings the first is as it stands; the artist's own come in the genitive too.
    plain = [forms[0] for forms in words.forms]
    steps = [Step(frozenset([word])) for word in plain[:-1]]
    last = plain[-1]
    return (*steps, Step(frozenset([last, f"{last}s", f"{last}'s", f"{last}\u2019s"])))
