"""Figures on the labelled data beside the repository; no text of it is ever shown."""

from __future__ import annotations

import gzip
import json

import pytest

from upright.guard.detectors import all_detectors
from upright.terms import Record

pytestmark = pytest.mark.shared

DETECTORS = {detector.rule: detector for detector in all_detectors()}
TYPES = {
    "AGE": "pii.age",
    "CREDIT_CARD": "pii.payment_card",
    "EMAIL_ADDRESS": "pii.email",
    "IBAN_CODE": "pii.iban",
    "IP_ADDRESS": "pii.ip_address",
    "PHONE_NUMBER": "pii.phone",
    "US_DRIVER_LICENSE": "pii.us_driver_license",
    "US_SSN": "pii.us_ssn",
}


def rows(folder, name):
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def f2(texts, labels):
    """Return F2 over the types, by overlap of spans of one type."""
    gold = found = findings = right = 0
    for label in labels:
        batch = DETECTORS[TYPES[label]].find([Record(text=row["full_text"]) for row in texts])
        for row, hits in zip(texts, batch, strict=True):
            spans = [
                (span["start_position"], span["end_position"])
                for span in row["spans"]
                if span["entity_type"] == label
            ]
            gold += len(spans)
            findings += len(hits)
            found += sum(any(a < f.end and f.start < b for f in hits) for a, b in spans)
            right += sum(any(a < f.end and f.start < b for a, b in spans) for f in hits)
    recall, precision = found / gold, right / findings
    return 5 * precision * recall / (4 * precision + recall)


@pytest.fixture(scope="module")
def held_half(shared_data):
    names = ("pii/presidio_synth_v2", "pii/presidio_generated_large")
    texts = [row for name in names for row in rows(shared_data, name)]
    return [row for row in texts if row["template_id"] % 2]


def test_checksum_types_reach_f2_of_0_95_on_the_held_half(held_half):
    assert f2(held_half, ["CREDIT_CARD", "IBAN_CODE"]) >= 0.95


def test_all_supported_types_reach_f2_of_0_85_on_the_held_half(held_half):
    assert f2(held_half, TYPES) >= 0.85


def share(family, texts):
    records = [Record(text=text) for text in texts]
    batches = [d.find(records) for rule, d in DETECTORS.items() if rule.startswith(family)]
    return sum(any(found) for found in zip(*batches, strict=True)) / len(texts)


def test_jailbreaks_of_the_held_half_are_mostly_found(shared_data):
    attacks = [row["text"] for row in rows(shared_data, "injection/in_the_wild_jailbreaks")]
    assert share("injection.", attacks[1::2]) >= 0.7


def test_harmless_requests_and_contexts_raise_few_false_alarms(shared_data):
    contexts = [row["context"] for row in rows(shared_data, "injection/bipia_contexts")]
    texts = ["\n".join(c) if isinstance(c, list) else c for c in contexts]
    requests = rows(shared_data, "safety_prompts/cyber_false_refusal")
    texts += [row["mutated_prompt"] for row in requests]
    assert share("injection.", texts[1::2]) <= 0.02
