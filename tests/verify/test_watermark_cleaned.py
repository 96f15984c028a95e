# ruff: noqa: RUF001 (letters that look alike are what is tested)
"""A mark is read in the cleaned form too, and both readings are paid for."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from tests.verify.readers import Typist, typed
from tests.watermark.texts import written

from upright.verify import WatermarkReader
from upright.verify.cleaned import cleaned
from upright.watermark import Mark, Marker, Reading, common_places, detect, epoch_key

KEY = epoch_key(bytes(range(32)), "reader", 1)
ALIKE = str.maketrans("aceopxyiABCEHKMOPTX", "асеорхуіАВСЕНКМОРТХ")

ALTERED: dict[str, Callable[[str], str]] = {
    "zero width": "\u200b".join,
    "look-alikes": lambda text: text.translate(ALIKE),
    "no-break": lambda text: text.replace(" ", "\xa0"),
    "all of them": lambda text: "\u2060\u00ad".join(text.translate(ALIKE).replace(" ", "\u2003")),
}


def stretch(length=100, seed=1, scheme="split"):
    return typed(written(Marker(Mark(KEY, scheme), subkey=seed), length, seed))


def others(length, seed):
    return typed(written(None, length, seed))


def read(text, *, key=KEY, engine=None, model_free=False, **options):
    reader = WatermarkReader(engine or Typist(), [key], **options)
    return asyncio.run(reader.read(text, model_free=model_free))


def alone(text, key=KEY, alpha=1e-6, **options):
    """Return what one reading of a text says, model-free."""
    tokens = Typist().tokens(text)
    common = common_places(text, [(token.start, token.end) for token in tokens], 4)
    reading = Reading([key], [token.id for token in tokens], common=common)
    return detect(reading.evidence(), alpha=alpha, **options)


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
@pytest.mark.parametrize(
    ("scheme", "model_free"), [("split", False), ("split", True), ("gumbel", False)]
)
def test_a_mark_is_found_where_no_word_was_changed(alter, scheme, model_free):
    text = stretch(200, scheme=scheme)
    plain = read(text, scheme=scheme, model_free=model_free)
    found = read(alter(text), scheme=scheme, model_free=model_free)
    assert not plain.cleaned
    assert found.detection.verdict == "watermarked"
    assert found.detection.p_value <= 2 * plain.detection.p_value or not found.cleaned


def test_spaces_that_are_doubled_hide_no_mark():
    text = stretch(300)
    while "  " in text:
        text = text.replace("  ", " x")
    altered = text.replace(" ", "  ")
    assert cleaned(altered)[0] == text
    found = read(altered, model_free=True).detection
    assert found.verdict == "watermarked"
    assert found.p_value == 2 * min(alone(text).p_value, alone(altered).p_value)


def test_spans_name_characters_of_the_text_as_given():
    before, marked, after = others(150, 3), stretch(), others(150, 4)
    (plain,) = read(before + marked + after).spans
    altered = [ALTERED["zero width"](part) for part in (before, marked, after)]
    found = read("\u200b".join(altered))
    assert found.cleaned
    (span,) = found.spans
    assert (span.start, span.end) == (2 * plain.start, 2 * plain.end)
    assert span.p_value == 2 * plain.p_value


def test_spans_of_a_text_in_parts_and_with_hidden_signs_name_its_own_characters():
    before, marked = "e\u0301" * 60, stretch()
    (plain,) = read("\u00e9" * 60 + marked).spans
    found = read(before + marked + "\u200b")
    assert found.text == before + marked + "\u200b"
    (span,) = found.spans
    assert span.start == plain.start + 60
    assert found.text[span.start : span.end].rstrip("\u200b") == marked[plain.start - 60 :]


def test_tokens_cover_the_text_as_given():
    text = ALTERED["all of them"](stretch())
    found = read(text)
    assert "".join(text[token.start : token.end] for token in found.tokens) == text
    assert found.detection.positions.max() < len(found.tokens)


def test_a_text_that_was_not_altered_is_read_once():
    engine = Typist()
    text = others(60, 5) + stretch()
    found, once = read(text, engine=engine), alone(text)
    assert engine.reads == 1
    free = read(text, model_free=True).detection
    assert (free.p_value, free.e_value, free.spans) == (once.p_value, once.e_value, once.spans)
    assert free.further_tokens == once.further_tokens
    np.testing.assert_array_equal(free.log_e, once.log_e)
    assert not found.cleaned


def test_a_text_that_was_altered_is_read_twice_and_no_more():
    engine = Typist()
    read(ALTERED["look-alikes"](stretch()), engine=engine)
    assert engine.reads == 2


@pytest.mark.parametrize("payload", [None, 4711, "unknown"])
def test_both_readings_are_paid_for(payload):
    for key in (KEY, epoch_key(bytes(32))):
        text = ALTERED["zero width"](others(50, 6) + stretch(60))
        form, _ = cleaned(text)
        found = read(text, key=key, model_free=True, payload=payload).detection
        both = [alone(one, key, payload=payload) for one in (text, form)]
        least = min(one.p_value for one in both)
        assert found.p_value == min(1.0, 2 * least)
        assert found.e_value == pytest.approx(sum(one.e_value for one in both) / 2)
        assert found.verdict == ("watermarked" if 2 * least <= 1e-6 else "insufficient")


def test_what_is_still_needed_counts_both_readings():
    text = ALTERED["zero width"](stretch(20))
    form, _ = cleaned(text)
    found = read(text, model_free=True).detection
    assert found.verdict == "insufficient"
    assert found.further_tokens == alone(form, alpha=5e-7).further_tokens


def test_the_combined_p_value_and_e_value_keep_the_null():
    # A fresh key for each reading: whatever the texts are, the key is what is drawn.
    texts = [
        ALTERED["zero width"](others(60, 1)),
        ALTERED["all of them"](others(60, 2)),
        "".join(sign + "\u200b" * (at % 3 == 0) for at, sign in enumerate(others(60, 3))),
    ]
    assert all(cleaned(text) for text in texts)
    p_values, e_values = [], []
    for number in range(300):
        key = epoch_key(number.to_bytes(32, "big"), "null", 1)
        found = read(texts[number % 3], key=key, model_free=True).detection
        p_values.append(found.p_value)
        e_values.append(found.e_value)
    counts = {0.2: 0.307, 0.1: 0.184, 0.05: 0.114, 0.01: 0.044}  # of 300: 5 in a million exceed it
    for alpha, most in counts.items():
        assert np.mean(np.array(p_values) <= alpha) <= most
    assert np.mean(np.array(e_values) >= 10) <= 0.184
    assert min(p_values) < 0.2


def test_a_prompt_and_tokens_are_read_as_they_are():
    tokens = written(Marker(Mark(KEY), subkey=1), 100, 1)
    reader = WatermarkReader(Typist(), [KEY])
    found = asyncio.run(reader.read_ids(tokens, prompt="\u200bbefore"))
    assert found.detection.verdict == "watermarked"
    assert not found.cleaned
