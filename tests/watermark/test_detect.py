import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.watermark.texts import SIZE, WORDS, chances, read, written

from upright.terms import ConfigError
from upright.watermark import (
    Evidence,
    Mark,
    Marker,
    Reading,
    detect,
    epoch_key,
    scored_positions,
    strongest,
)
from upright.watermark.evidence import LONGEST
from upright.watermark.evidence import Test as Hypothesis

MASTER = bytes(range(32))
KEY = epoch_key(MASTER, "t", 1)
WHOLE = 1 - 1e-9


def found_in(drawn, *, keys=(KEY,), model=chances, **options):
    return detect(read(Reading(keys, drawn), drawn, model=model), **options)


def text(seed, *, length=80, mark=None, **options):
    marker = Marker(mark or Mark(KEY), subkey=seed)
    return written(marker, length, seed, **options)


@pytest.mark.parametrize("seed", range(5))
def test_an_unedited_answer_of_n_words_has_the_p_value_two_to_the_minus_n(seed):
    drawn = text(seed)
    evidence = read(Reading([KEY], drawn), drawn)
    own = evidence.signed[:, seed]
    whole = np.abs(own) >= WHOLE
    assert (own[whole] > 0).all()
    found = detect(evidence)
    sixteen_keys_and_two_tests = 32
    assert found.p_value == pytest.approx(sixteen_keys_and_two_tests * 2.0 ** -int(whole.sum()))
    assert (found.verdict, found.subkey, found.key) == ("watermarked", seed, "t/1")


@given(st.integers(0, 10_000))
def test_flipping_the_coin_flips_the_sign_and_nothing_else(seed):
    """Guarantee 2, for any text and any model: the size of s does not depend on the coin."""
    numbers = np.random.default_rng(seed)
    drawn = numbers.integers(0, SIZE, 30).tolist()

    def anything(_):
        weights = numbers.exponential(size=SIZE) ** 4
        return weights / weights.sum()

    reading = Reading([KEY], drawn)
    evidence = read(reading, drawn, model=anything)
    reading._upper = ~reading._upper
    turned = reading.evidence()
    assert (turned.signed == -evidence.signed).all()


def test_over_keys_the_signs_of_any_text_are_fair_coins():
    drawn = written(None, 60, 3)
    pluses = total = 0
    for number in range(150):
        key = epoch_key(MASTER, "other", number)
        signed = read(Reading([key], drawn), drawn).signed
        pluses += int((signed > 0).sum())
        total += int((signed != 0).sum())
    assert abs(pluses - total / 2) < 3.3 * math.sqrt(total) / 2


def test_over_keys_an_unmarked_text_is_rarely_found():
    drawn = written(None, 60, 4)
    values = [found_in(drawn, keys=[epoch_key(MASTER, "u", n)]).p_value for n in range(120)]
    assert sum(value <= 0.05 for value in values) <= 14  # 99.9 % of Binomial(120, 0.05)
    assert min(values) > 1e-5


def test_over_keys_model_free_numbers_of_any_text_are_uniform():
    """Guarantee 4."""
    drawn = written(None, 60, 5)
    values = []
    for number in range(60):
        evidence = Reading([epoch_key(MASTER, "free", number)], drawn).evidence()
        values.append((evidence.signed.ravel() + 1) / 2)
    together = np.concatenate(values)
    counts = np.histogram(together, bins=10, range=(0, 1))[0]
    expected = together.size / 10
    # Positions of one key and text are independent, so this is an ordinary chi-square.
    assert ((counts - expected) ** 2 / expected).sum() < 27.9  # 99.9 % with 9


@pytest.mark.parametrize("model_free", [True, False])
def test_a_wrong_model_costs_power_and_a_marked_text_is_still_found(model_free):
    drawn = text(2, length=200)
    reading = Reading([KEY], drawn)
    if model_free:
        found = detect(reading.evidence())
    else:
        found = detect(read(reading, drawn, model=lambda before: chances(before, flatness=2.0)))
    assert found.verdict == "watermarked"
    assert found.p_value > found_in(drawn).p_value


def test_another_key_finds_nothing():
    drawn = text(1)
    assert found_in(drawn, keys=[epoch_key(MASTER, "t", 2)]).verdict == "insufficient"
    assert found_in(drawn, keys=[epoch_key(bytes(32), "t", 1)]).verdict == "insufficient"


def test_older_epochs_and_other_tenants_are_looked_for_together():
    keys = [epoch_key(MASTER, tenant, epoch) for tenant in ("t", "u") for epoch in (0, 1, 2)]
    found = found_in(text(3), keys=keys)
    assert (found.verdict, found.key) == ("watermarked", "t/1")
    assert found.p_value > found_in(text(3)).p_value  # more keys, more to pay


def test_gumbel_is_found_without_a_model():
    drawn = text(4, mark=Mark(KEY, "gumbel"))
    assert detect(Reading([KEY], drawn).evidence(), scheme="gumbel").p_value < 1e-9
    assert detect(Reading([KEY], written(None, 80, 4)).evidence(), scheme="gumbel").p_value > 1e-4


@pytest.mark.parametrize("payload", [0, 1, 43_690, 65_535])
def test_a_payload_is_carried_and_its_detection_needs_no_knowledge_of_it(payload):
    drawn = text(5, length=220, mark=Mark(KEY, payload=payload))
    unknown = found_in(drawn, payload="unknown")
    assert (unknown.verdict, unknown.payload) == ("watermarked", payload)
    known = found_in(drawn, payload=payload)
    assert known.p_value <= unknown.p_value
    assert known.payload is None


def test_an_unmarked_text_has_no_payload():
    drawn = written(None, 220, 6)
    found = found_in(drawn, payload="unknown")
    assert (found.verdict, found.payload) == ("insufficient", None)
    assert found.p_value > 1e-4


def test_a_marked_stretch_with_an_unknown_payload_is_found_inside_an_unmarked_text():
    marked = text(6, length=200, mark=Mark(KEY, payload=50_001))
    found = found_in([*written(None, 500, 21), *marked, *written(None, 500, 22)], payload="unknown")
    assert (found.verdict, found.payload, found.subkey) == ("watermarked", 50_001, 6)
    (span,) = found.spans
    overlap = min(span.end, 700) - max(span.start, 500)
    assert overlap / (max(span.end, 700) - min(span.start, 500)) > 0.7


def test_several_schemes_at_once_are_all_paid_for():
    drawn = text(3, length=160)
    free = Reading([KEY], drawn).evidence()
    one, other = detect(free), detect(free, scheme="gumbel")
    both = strongest([other, one])
    assert (both.verdict, both.subkey) == ("watermarked", 3)
    assert both.p_value == pytest.approx(2 * one.p_value)
    assert both.e_value == pytest.approx((one.e_value + other.e_value) / 2)
    assert all(span.p_value <= 1e-6 for span in both.spans)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 500), st.integers(10, 60), st.integers(1, 6), st.booleans())
def test_what_is_told_of_several_keys_and_schemes_agrees_with_itself(seed, length, keys, bits):
    drawn = text(seed, length=length, mark=Mark(KEY, payload=77 if bits else None))
    tenants = [KEY, *(epoch_key(MASTER, "other", number) for number in range(keys - 1))]
    evidence = read(Reading(tenants, drawn), drawn)
    results = [
        detect(evidence, scheme=scheme, payload="unknown" if bits else None)
        for scheme in ("split", "gumbel", "split")
    ]
    found = strongest(results)
    assert found.p_value == min(1.0, 3 * min(one.p_value for one in results))
    for one in (*results, found):
        assert bool(one.spans) == (one.verdict == "watermarked") == (one.p_value <= 1e-6)
        assert all(span.p_value <= 1e-6 for span in one.spans)
        assert {span.key for span in one.spans} <= {key.name for key in tenants}
        ends = [place for span in one.spans for place in (span.start, span.end)]
        assert ends == sorted(ends)
        assert all(span.start in one.positions for span in one.spans)
        # What is watched word by word never says more than the e-value in the end.
        assert math.exp(one.log_e[-1]) <= one.e_value * (1 + 1e-9)


def test_a_whole_text_stays_marked_when_no_stretch_is_after_many_tries():
    one = found_in(text(12, length=36), alpha=1e-3)
    (stretch,) = one.spans
    assert stretch.p_value > 3 * one.p_value
    found = strongest([one] * int(1e-3 / one.p_value), alpha=1e-3)
    assert (found.verdict, len(found.spans)) == ("watermarked", 1)
    assert found.spans[0].p_value == found.p_value <= 1e-3


def test_a_stretch_is_told_with_the_key_whose_stretch_it_is():
    """One key thinly over the whole text, which fits best; another only in a stretch."""
    numbers = np.random.default_rng(3)
    signed = np.where(numbers.random((1000, 2)) < (0.68, 0.5), 1.0, -1.0)
    signed[320:400, 1] = 1.0
    evidence = Evidence(
        tests=(Hypothesis(epoch_key(MASTER, "thin"), 0), Hypothesis(KEY, 0)),
        positions=np.arange(1000),
        signed=signed,
        uniform=np.full(signed.shape, 0.5),
        places=np.arange(2000).reshape(1000, 2) // 2 % 32,
        exact=True,
    )
    found = detect(evidence, payload="unknown")
    assert found.key == "thin/0"
    (span,) = found.spans
    assert span.key == "t/1"
    assert abs(span.start - 320) <= 16
    assert abs(span.end - 400) <= 16


def test_a_text_that_is_marked_as_a_whole_has_at_least_one_span():
    for length in range(20, 60, 4):
        found = found_in(text(11, length=length))
        assert bool(found.spans) == (found.verdict == "watermarked")


def test_a_marked_stretch_is_found_inside_an_unmarked_text():
    marked = text(6, length=100)
    before, after = written(None, 400, 7), written(None, 400, 8)
    found = found_in([*before, *marked, *after])
    assert found.verdict == "watermarked"
    (span,) = found.spans
    overlap = min(span.end, 500) - max(span.start, 400)
    assert overlap / (max(span.end, 500) - min(span.start, 400)) > 0.8
    assert span.p_value <= 5e-7


def test_two_marked_stretches_are_told_apart():
    one, other = text(9, length=90), text(10, length=90)
    found = found_in([*written(None, 200, 9), *one, *written(None, 200, 10), *other])
    assert len(found.spans) == 2


def test_a_context_counts_once():
    drawn = text(7, length=40)
    assert scored_positions(drawn * 5, 4).size <= len(drawn) + 4
    assert found_in(drawn * 5).scored_tokens <= len(drawn) + 4


def test_common_phrases_are_no_evidence():
    assert scored_positions(range(10), 4, {4, 6}).tolist() == [5, 7, 8, 9]


def test_the_context_of_a_common_phrase_is_used_up():
    drawn = [1, 2, 3, 4, 5, 1, 2, 3, 4, 6]
    assert scored_positions(drawn, 4, {4}).tolist() == [5, 6, 7, 8]


def test_certain_words_say_nothing_and_the_result_says_so():
    def certain(_):
        return np.eye(SIZE)[7]

    found = found_in([7] * 5 + [8] * 5, model=certain)
    assert found.verdict == "insufficient"
    drawn = [7, 9, 7, 7, 9, 9, 7, 9] * 3
    silent = found_in(drawn, model=lambda before: np.eye(SIZE)[drawn[len(before)]])
    assert (silent.p_value, silent.e_value, silent.further_tokens) == (1.0, 1.0, None)


def test_too_short_a_text_is_told_how_much_more_it_needs():
    short = found_in(text(8, length=16))
    assert short.verdict == "insufficient"
    assert short.further_tokens is not None
    longer = text(8, length=16 + 4 * short.further_tokens)
    assert found_in(longer).verdict == "watermarked"


def test_without_a_model_what_more_is_needed_follows_from_what_there_is():
    drawn = text(8, length=30)
    found = detect(Reading([KEY], drawn).evidence())
    assert found.verdict == "insufficient"
    assert found.further_tokens is not None
    longer = text(8, length=30 + 4 * found.further_tokens)
    assert detect(Reading([KEY], longer).evidence()).verdict == "watermarked"
    unmarked = detect(Reading([KEY], written(None, 60, 8)).evidence())
    assert unmarked.further_tokens is None


@pytest.mark.parametrize("drawn", [[], [1], [1, 2, 3, 4]])
def test_a_text_without_evidence_has_the_p_value_one(drawn):
    for options in ({"scheme": "split"}, {"scheme": "gumbel"}, {"payload": "unknown"}):
        found = detect(Reading([KEY], drawn).evidence(), **options)
        assert (found.p_value, found.e_value, found.scored_tokens) == (1.0, 1.0, 0)
        assert (found.verdict, found.spans) == ("insufficient", ())


def test_the_evidence_grows_word_by_word_to_the_e_value():
    found = found_in(text(9))
    assert found.log_e.size == found.scored_tokens == found.positions.size
    assert math.exp(found.log_e[-1]) == pytest.approx(found.e_value)


def test_no_key_and_too_long_a_text_are_refused():
    with pytest.raises(ConfigError, match="no watermark key"):
        Reading([], [1, 2, 3])
    with pytest.raises(ConfigError, match="too long"):
        Reading([KEY], [0] * (LONGEST + 1))


def test_a_response_never_marks_a_context_twice_nor_its_first_words():
    marker = Marker(Mark(KEY), subkey=0)
    probabilities = np.full(SIZE, 1 / SIZE)
    assert marker.draw(WORDS, probabilities, [1, 2, 3], 0.5) is None
    assert marker.draw(WORDS, probabilities, [1, 2, 3, 4], 0.5) is not None
    assert marker.draw(WORDS, probabilities, [9, 1, 2, 3, 4], 0.5) is None
    assert marker.halves(WORDS, probabilities, [1, 2, 3, 4]) is None
    shares, _ = marker.halves(WORDS, probabilities, [4, 3, 2, 1])
    assert shares.sum() == pytest.approx(SIZE / 2)


@pytest.mark.parametrize("scheme", ["split", "gumbel"])
def test_averaged_over_keys_a_marked_step_is_the_models_own(scheme):
    """Guarantee 1, end to end over real keys."""
    probabilities = chances([1, 2])
    numbers = np.random.default_rng(0)
    counts = np.zeros(SIZE)
    runs = 4_000
    for number in range(runs):
        marker = Marker(Mark(epoch_key(MASTER, "many", number), scheme), subkey=number)
        counts[marker.draw(WORDS, probabilities, [1, 2, 3, 4], float(numbers.random()))] += 1
    large = probabilities * runs > 5
    expected = probabilities[large] * runs
    statistic = ((counts[large] - expected) ** 2 / expected).sum()
    degrees = int(large.sum()) - 1
    assert statistic < degrees + 3.3 * math.sqrt(2 * degrees)
