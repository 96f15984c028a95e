"""Words in normal form: what makes no difference, where they stand, and that batches agree."""

from __future__ import annotations

import time
import unicodedata

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from upright.match.words import batch, grams, winnow, words

TEXTS = st.text(max_size=80)
PLAIN = st.lists(st.sampled_from(["one", "Two", "three", "fourteenhundred", "5"]), max_size=30)
NUMBERS = st.lists(st.integers(0, 2**64 - 1), max_size=60)
PINNED = ["0x4f5da978776a9db1", "0x1e3058e6478ddfd3", "0x18d4a9a4a6b44f7c", "0x6e1351b2349f331c"]


def said(text):
    """Return the stretches that the words of a text stand on."""
    found = words(text)
    return [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)]


def same(one, other):
    return words(one).hashes.tolist() == words(other).hashes.tolist()


@given(kept=PLAIN, gap=st.sampled_from([" ", "\n\n", ", ", " — ", "...", "_", "\u3000"]))
def test_case_space_and_punctuation_make_no_difference(kept, gap):
    assert same(" ".join(kept), gap.join(kept).upper())


def test_unicode_forms_make_no_difference():
    plain = "the naive cafe place do not know it, office 2"
    assert same(plain, "The na\u00efve caf\u00e9 pl\u00e0ce do not know it, o\ufb03ce \uff12")
    assert same(plain, "th\u0435 nai\u200bve cafe pl\u0430ce d\u043e not kn\u00adow it office 2")
    assert same("don't", "dont") and same("don\u2019t", "don't")  # noqa: PT018 (one promise)


@given(text=TEXTS)
def test_composed_and_decomposed_text_has_the_same_words(text):
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert same(composed, apart)


@given(text=TEXTS)
@example("\u00df\ufb03 \u65e5\u672c \u0130x\u0301 'n' \ud800 a\u200b")
def test_each_word_read_alone_is_the_word_again(text):
    found = words(text)
    for one, stretch in zip(found.hashes, said(text), strict=True):
        assert one in words(stretch).hashes


@given(text=TEXTS)
@example("fi \ufb01 \ufdfa")
def test_places_lie_in_the_text_and_never_run_back(text):
    found = words(text)
    assert (found.starts < found.ends).all()
    assert (found.starts >= 0).all()
    assert (found.ends <= len(text)).all()
    assert (np.diff(found.starts) >= 0).all()
    assert (np.diff(found.ends) >= 0).all()


@given(texts=st.lists(TEXTS, max_size=6))
@example(["", "a", "", "b c ", " "])
def test_a_batch_has_the_words_of_each_of_its_texts(texts):
    hashes, bounds = batch(texts)
    for number, text in enumerate(texts):
        part = hashes[bounds[number] : bounds[number + 1]]
        assert part.tolist() == words(text).hashes.tolist()


@given(st.lists(st.integers(1, 90), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_a_word_has_the_same_hash_whether_few_or_many_are_long(lengths, draw):
    each = ["".join(draw.choices("abcdefgh0", k=length)) for length in lengths]
    together = words(" ".join(each)).hashes.tolist()
    assert together == [int(words(word).hashes[0]) for word in each]


def test_a_word_as_long_as_a_file_is_read_in_the_time_of_its_length():
    begin = time.process_time()
    words("a" * 4_000_000)
    assert time.process_time() - begin < 4  # 12 s when each eight characters cost a call of numpy


def test_hashes_are_the_same_on_every_machine():
    assert [hex(one) for one in words("A cat's incomprehensibilities, 7").hashes] == PINNED


def test_scripts_without_spaces_give_a_word_a_character():
    assert said("\u65e5\u672c\u8a9e, ok") == ["\u65e5", "\u672c", "\u8a9e", "ok"]


@given(numbers=NUMBERS, k=st.integers(1, 20))
def test_a_gram_depends_on_its_words_and_on_nothing_else(numbers, k):
    hashes = np.array(numbers, np.uint64)
    found = grams(hashes, k)
    assert len(found) == max(0, len(numbers) - k + 1)
    for at, gram in enumerate(found):
        assert grams(hashes[at : at + k], k).tolist() == [gram]


def test_a_gram_depends_on_the_order_of_its_words():
    found = words("one two two one one two").hashes
    assert len(set(grams(found, 2).tolist())) == 4


@given(numbers=NUMBERS, window=st.integers(1, 10))
def test_of_each_window_the_smallest_hash_is_kept(numbers, window):
    kept = winnow(np.array(numbers, np.uint64), window).tolist()
    expected = set()
    for at in range(max(1, len(numbers) - window + 1) if numbers else 0):
        part = numbers[at : at + window]
        expected.add(at + max(i for i, one in enumerate(part) if one == min(part)))
    assert kept == sorted(expected)
