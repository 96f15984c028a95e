import hashlib
import json

import numpy as np
import pytest
from tests.verify.test_features import view

from upright.terms import UprightError
from upright.verify.detector import Detector, Rate
from upright.verify.features import features
from upright.verify.regression import Odds
from upright.verify.training import unfair
from upright.verify.wording import wording
from upright.weights import detector as weights
from upright.weights import open_detector

RATES = (
    Rate("native", "essays", 0, 200),
    Rate("non-native", "essays", 1, 70),
    Rate("not recorded", "news", 0, 100),
)


def made(**changes):
    fields = {
        "model": "sha256:worder",
        "most": 256,
        "features": ("logprob", "ing"),
        "words": {"delve": 1.0, "gonna": -1.0},
        "odds": Odds(np.zeros(3), np.ones(3), np.array([[1.0, 0, 0], [0, 0, 2.0]]), np.zeros(2)),
        "slope": 2.0,
        "shift": -1.0,
        "threshold": 0.9,
        "farthest": 3.0,
        "rates": RATES,
        "sources": {"texts.jsonl.gz": "00"},
    }
    return Detector(**{**fields, **changes})


def packaged():
    return Detector.from_json(open_detector())


def test_a_detector_comes_back_from_its_file():
    whole = json.loads(json.dumps(made().to_json()))
    assert Detector.from_json(whole).to_json() == made().to_json()


def test_the_wording_is_the_one_that_was_trained_on():
    found = made()
    row = found.row("Delve, delve, gonna and more", {"logprob": -2.0, "ing": 0.1})
    seen = np.array([[True, True]])
    assert row[0].tolist() == [-2.0, 0.1, *wording(seen, np.array([1.0, -1.0]))]


def test_the_score_grows_with_the_odds_and_stays_a_share():
    found = made()
    scores = [found.score(np.array([[value, 0.0, 0.0]])) for value in (-9.0, -1.0, 0.0, 1.0, 9.0)]
    assert scores == sorted(scores)
    assert 0 < scores[0] < scores[-1] < 1


def test_without_a_group_the_worst_rate_is_told():
    assert made().rate(None, None) == RATES[1]
    assert made().rate("native", None) == RATES[0]
    assert made().rate(None, "news") == RATES[2]


def test_a_group_that_was_not_measured_gets_the_worst_rate_of_all():
    assert made().rate("non-native", "news") == RATES[1]


def test_a_rate_is_told_with_its_exact_limits():
    told = RATES[1].to_json()
    assert (told["low"], told["high"]) == pytest.approx((0.00036, 0.0770), abs=1e-4)


def test_an_altered_file_is_refused(monkeypatch):
    monkeypatch.setattr(weights, "DETECTOR_SHA256", "0" * 64)
    with pytest.raises(UprightError, match="not the known one"):
        open_detector()


def test_the_packaged_features_are_those_of_the_code():
    assert packaged().features == tuple(features("One two.", view([-1.0] * 20)))
    assert packaged().odds.weights.shape == (2, len(packaged().features) + 1)


def test_the_packaged_detector_passes_the_release_gate():
    assert unfair(packaged().rates) == []
    assert {rate.writer for rate in packaged().rates} >= {"native", "non-native"}


def test_the_packaged_detector_was_trained_on_the_data_that_are_there(shared_data):
    for name, digest in packaged().sources.items():
        assert hashlib.sha256((shared_data / name).read_bytes()).hexdigest() == digest
