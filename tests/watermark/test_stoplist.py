"""The phrases that no watermark is looked for in: fixed by texts, the same under every key."""

import inspect

import numpy as np

from upright.watermark import WIDTH, common_places, stoplist
from upright.watermark.stoplist import FILE, _numbers, phrase_number

PHRASE = ("for", " the", " first", " time", " in")
NOBODYS = (" quartz", " badger", " sings", " under", " plaster")


def spelled(words):
    ends = np.cumsum([len(word) for word in words]).tolist()
    return "".join(words), list(zip([0, *ends], ends, strict=False))


def test_a_phrase_many_people_write_is_common_and_one_nobody_wrote_is_not():
    text, places = spelled([*NOBODYS, " for", *PHRASE[1:], *NOBODYS])
    assert common_places(text, places, WIDTH) == {9}


def test_a_phrase_of_another_width_is_not_taken_for_one_of_five_words():
    text, places = spelled([" for", *PHRASE[1:], *NOBODYS])
    assert common_places(text, places, WIDTH) == {4}
    for width in (1, 2, 3, 5, 8):
        assert not common_places(text, places, width)


def test_a_text_shorter_than_a_context_has_no_common_phrase():
    for count in range(WIDTH + 1):
        assert not common_places(*spelled(PHRASE[:count]), WIDTH)


def test_half_a_surrogate_pair_is_no_phrase_and_no_fault():
    assert not common_places(*spelled(["\ud800", *NOBODYS]), WIDTH)


def test_the_list_knows_no_key():
    assert list(inspect.signature(common_places).parameters) == ["text", "places", "width"]
    assert "EpochKey" not in inspect.getsource(stoplist)


def test_the_list_is_small_and_in_order():
    numbers = _numbers()
    assert (np.diff(numbers.astype(np.int64)) > 0).all()
    assert numbers.size > 1_000
    assert numbers.nbytes <= 300_000, FILE
    # A phrase that nobody wrote is taken for a common one about once in a hundred thousand.
    assert numbers.size / 2**32 < 2e-5


def test_a_phrase_has_the_same_number_everywhere():
    assert phrase_number(" for the first time in") == 0x10AEF6B7
