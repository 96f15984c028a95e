"""A catalogue that stays the same whatever detectors a release brings."""

from __future__ import annotations

import pytest

from upright.policy.catalogue import Catalogue


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(
        rules=(
            "pii.email",
            "pii.phone",
            "pii.payment_card",
            "secret.token",
            "injection.override",
            "toxicity.hate",
            "toxicity.profanity",
            "hidden.invisible",
        ),
        severities={"toxicity.profanity": (1, 2), "pii.email": (2, 2)},
        languages={"toxicity.hate": ("en",), "toxicity.profanity": ("en", "de")},
        measures=("fairness.pronouns.balance_gap",),
    )
