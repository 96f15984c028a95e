"""Trains the statistical detector and puts it into the package: the file and its SHA-256.

The same readings give the same file, byte for byte: nothing is drawn at random. Weights whose error
rates for people's texts are above the release gate (`training.unfair`) are not written.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

import numpy as np
from _data import DATA
from _detector_texts import FILES, MOST, Prepared, Text, labelled, prepared

from upright.verify.detector import Detector, Rate
from upright.verify.regression import PERSON, Floats, balanced, calibrate
from upright.verify.training import FOLDS, Corpus, fit, out_of_fold, threshold, unfair
from upright.weights import open_fast

RATE = 0.01
"""Bound on the share of errors in each group of people's texts, as fitted."""
FARTHEST = 0.995
"""Share of the texts that were measured which are near enough for a score."""
WEIGHTS = Path(__file__).resolve().parent.parent / "src" / "upright" / "weights"


def groups_of(texts: list[Text]) -> list[str]:
    """Return whose texts of what kind each is."""
    return [f"{text.kind}/{text.writer}" for text in texts]


def limit(scores: Floats, numbers: Corpus, texts: list[Text]) -> float:
    """Return the threshold that people's scores give."""
    people = numbers.classes == PERSON
    groups = [group for group, one in zip(groups_of(texts), people, strict=True) if one]
    return threshold(scores[people], groups, rate=RATE)


def nested(found: Prepared) -> tuple[Floats, Floats]:
    """Return log-odds, and thresholds, that neither the row nor its unit had a part in.

    For each fold, fit and threshold come from the other folds alone, as a stranger's would.
    """
    numbers, folds = found.numbers, found.numbers.folds()
    scores, limits = np.zeros(len(numbers)), np.zeros(len(numbers))
    for fold in range(FOLDS):
        held = folds == fold
        rest = numbers.rows(~held)
        others = [text for text, out in zip(found.texts, held, strict=True) if not out]
        scores[held] = fit(rest)(numbers.rows(held))
        limits[held] = limit(out_of_fold(rest), rest, others)
    return scores, limits


def strange(found: Prepared) -> tuple[Floats, Floats]:
    """Return log-odds, and thresholds, that no text of the row's kind had a part in."""
    numbers = found.numbers
    scores, limits = np.zeros(len(numbers)), np.zeros(len(numbers))
    for kind in np.unique(numbers.kinds):
        held = numbers.kinds == kind
        rest = numbers.rows(~held)
        others = [text for text, out in zip(found.texts, held, strict=True) if not out]
        scores[held] = fit(rest)(numbers.rows(held))
        limits[held] = limit(out_of_fold(rest), rest, others)
    return scores, limits


def rates(found: Prepared) -> list[Rate]:
    """Return the error rates of each group, from `nested`."""
    scores, limits = nested(found)
    people = found.numbers.classes == PERSON
    names = np.array(groups_of(found.texts))
    rows_of = {name: people & (names == name) for name in sorted(set(names[people]))}
    return [
        Rate(
            writer=name.split("/")[1],
            kind=name.split("/")[0],
            flagged=int((scores[rows] >= limits[rows]).sum()),
            n=int(rows.sum()),
        )
        for name, rows in rows_of.items()
    ]


def train(found: Prepared) -> Detector:
    """Return the detector."""
    numbers = found.numbers
    scores, made = out_of_fold(numbers), numbers.classes != PERSON
    slope, shift = calibrate(scores, made, balanced(made.astype(np.int64), numbers.groups))
    final = fit(numbers)
    least = limit(scores, numbers, found.texts)
    return Detector(
        model=open_fast().digest,
        most=MOST,
        features=found.features,
        words=dict(zip(found.words, final.words.tolist(), strict=True)),
        odds=final.odds,
        slope=slope,
        shift=shift,
        threshold=float(1 / (1 + np.exp(-(slope * least + shift)))),
        farthest=float(np.quantile(final.odds.distance(final.table(numbers)), FARTHEST)),
        rates=tuple(rates(found)),
        sources={name: hashlib.sha256((DATA / name).read_bytes()).hexdigest() for name in FILES},
    )


def main() -> None:
    """Train, and write both."""
    texts = prepared([text for text in labelled() if not text.edited])
    found = train(texts)
    for rate in found.rates:
        print(rate)
    if reasons := unfair(found.rates):
        sys.exit("not written: " + "; ".join(reasons))
    raw = json.dumps(_rounded(found.to_json()), separators=(",", ":")).encode() + b"\n"
    (WEIGHTS / "detector.json").write_bytes(raw)
    module = WEIGHTS / "detector.py"
    pinned = f'DETECTOR_SHA256 = "{hashlib.sha256(raw).hexdigest()}"'
    module.write_text(re.sub(r'DETECTOR_SHA256 = ".*"', pinned, module.read_text()))
    print(f"{len(texts.texts)} texts, threshold {found.threshold:.3f}; {pinned}")


def _rounded(value: object) -> object:
    """Return the value with floats of seven digits, which no sum order moves."""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return value


if __name__ == "__main__":
    main()
