import asyncio
import math

import numpy as np
import pytest
from tests.watermark.letterer import LETTERS, Letterer
from tests.watermark.texts import written

from upright.generate import Sampling
from upright.generate.sampler import distribution
from upright.terms import ConfigError, UprightError
from upright.verify import WatermarkReader
from upright.verify.watermark import LONGEST_TEXT, token_evidence
from upright.watermark import Mark, Marker, epoch_key
from upright.watermark.stoplist import phrase_number

KEY = epoch_key(bytes(range(32)), "reader", 1)


def marked(length=80, seed=1, scheme="split"):
    return written(Marker(Mark(KEY, scheme), subkey=seed), length, seed)


def text_of(tokens):
    return "".join(LETTERS[token] for token in tokens)


def read(text, *, engine=None, **options):
    asked = {name: options.pop(name) for name in ("prompt", "model_free") if name in options}
    reader = WatermarkReader(engine or Letterer(), [KEY], **options)
    return asyncio.run(reader.read(text, **asked))


def test_a_marked_text_is_found_from_its_characters():
    found = read(text_of(marked()))
    assert found.detection.verdict == "watermarked"
    (span,) = found.spans
    assert (span.key, found.model_free) == ("reader/1", False)
    assert 0 <= span.start < span.end <= len(found.text)


def test_a_marked_stretch_is_placed_by_its_characters():
    before = text_of(written(None, 150, 3))
    text = before + text_of(marked(100)) + text_of(written(None, 150, 4))
    (span,) = read(text).spans
    assert abs(span.start - 150) < 20
    assert abs(span.end - 250) < 20


@pytest.mark.parametrize("scheme", ["split", "gumbel"])
def test_without_a_model_no_model_is_asked(scheme):
    engine = Letterer()
    found = read(text_of(marked(200, scheme=scheme)), engine=engine, scheme=scheme, model_free=True)
    assert engine.reads == 0
    assert found.model_free
    assert found.detection.verdict == "watermarked"


def test_tokens_are_read_as_the_text_they_spell():
    tokens = marked()
    reader = WatermarkReader(Letterer(), [KEY])
    by_tokens = asyncio.run(reader.read_ids(tokens))
    assert by_tokens.to_json() == read(text_of(tokens)).to_json()


def test_a_prompt_is_read_before_the_text_and_is_no_evidence_itself():
    tokens = marked()
    prompt = text_of(written(None, 30, 9))
    found = read(text_of(tokens), prompt=prompt)
    assert found.detection.scored_tokens == read(text_of(tokens)).detection.scored_tokens


def test_a_text_is_read_in_normal_form_c_and_placed_as_it_was_given():
    before = "e\u0301" * 60
    stretch = text_of(marked(100))
    found, normal = read(before + stretch), read("\u00e9" * 60 + stretch)
    assert found.detection.p_value == normal.detection.p_value
    assert found.text == before + stretch
    for own, other in zip(found.spans, normal.spans, strict=True):
        assert (own.start, own.end) == (other.start + 60, other.end + 60)


def test_penalties_count_what_stands_before(monkeypatch):
    tokens = marked()
    seen = []

    def noted(logits, sampling, drawn=()):
        seen.append(set(drawn))
        return distribution(logits, sampling, drawn)

    monkeypatch.setattr("upright.verify.watermark.distribution", noted)
    found = read(text_of(tokens), sampling=Sampling(repetition_penalty=1.4))
    assert seen == [set(tokens[:at]) for at in found.detection.positions.tolist()]


@pytest.mark.parametrize("text", ["", "a", "\u4e00"])
def test_a_text_with_nothing_in_it_is_no_evidence(text):
    found = read(text)
    assert found.to_json() == {
        "p_value": 1.0,
        "e_value": 1.0,
        "scored_tokens": 0,
        "verdict": "insufficient",
        "spans": [],
        "further_tokens": None,
        "payload": None,
        "model_free": False,
        "cleaned": False,
    }


@pytest.mark.parametrize(
    ("text", "problem"), [("a\x00b", "NUL"), ("a" * (LONGEST_TEXT + 1), "characters")]
)
def test_what_is_no_text_is_refused(text, problem):
    with pytest.raises(ConfigError, match=problem):
        read(text)


def test_an_unknown_id_is_refused():
    reader = WatermarkReader(Letterer(), [KEY])
    with pytest.raises(UprightError, match="token 999"):
        asyncio.run(reader.read_ids([1, 999]))


def test_each_word_has_its_evidence_or_none():
    found = read(text_of(marked()))
    shown = token_evidence(found.detection, len(found.tokens))
    assert shown.size == len(found.tokens)
    assert math.isnan(shown[0])
    assert np.nansum(shown) == pytest.approx(found.detection.evidence.sum())


def known_phrases(monkeypatch, *phrases):
    numbers = np.array(sorted(phrase_number(phrase) for phrase in phrases), dtype=np.uint32)
    monkeypatch.setattr("upright.watermark.stoplist._numbers", lambda: numbers)


def test_words_that_end_a_common_phrase_are_no_evidence_under_any_key(monkeypatch):
    text = text_of(marked())
    before = read(text).detection.positions.tolist()
    known_phrases(monkeypatch, text[20:25], text[40:45])
    for keys in ([KEY], [epoch_key(bytes(32))]):
        found = asyncio.run(WatermarkReader(Letterer(), keys).read(text)).detection
        assert found.positions.tolist() == [at for at in before if at not in {24, 44}]


def test_common_phrases_are_told_in_the_normal_form_and_in_tokens_as_in_text(monkeypatch):
    stretch = text_of(marked())
    known_phrases(monkeypatch, stretch[20:25])
    decomposed = read("e\u0301" * 5 + stretch).detection.positions
    assert 5 + 24 not in decomposed.tolist()
    by_tokens = asyncio.run(WatermarkReader(Letterer(), [KEY]).read_ids(marked()))
    assert 24 not in by_tokens.detection.positions.tolist()
    assert 44 in by_tokens.detection.positions.tolist()
