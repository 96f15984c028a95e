"""What a trained guard makes of the examples that were held back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from upright.guard.model.heads import CONTEXTS, HEADS
from upright.guard.model.reader import Reader
from upright.measure.ranking import auc
from upright.train.guard.examples import Example

_YES, _NO = 0.5, 0.2
_FEWEST = 10


def figures(
    reader: Reader, held: Sequence[Example], thresholds: dict[str, float]
) -> dict[str, Any]:
    """Return the figures of the model's card.

    Args:
        reader: the model, with its calibration.
        held: examples that it was not fitted to. A label from 0.5 on counts as yes and one below
            0.2 as no; what lies between is left out.
        thresholds: of the findings.

    Returns:
        `heads`: for each head and source with at least ten of either kind `auc` with its interval,
        `n`, and at the threshold `recall` and `false_alarms`; `context`: the share told right.
    """
    readings = reader.read([example.text for example in held])
    rows: list[dict[str, Any]] = []
    for column, head in enumerate(HEADS):
        for source in ("", *sorted({example.source for example in held})):
            asked = [
                (example.labels[head] >= _YES, reading.heads[column])
                for example, reading in zip(held, readings, strict=True)
                if head in example.labels
                and not _NO <= example.labels[head] < _YES
                and source in ("", example.source)
            ]
            positive = np.array([yes for yes, _ in asked], dtype=np.bool_)
            if min(positive.sum(), (~positive).sum()) < _FEWEST:
                continue
            scores = np.array([score for _, score in asked])
            area = auc(positive, scores)
            found = scores >= thresholds[head]
            rows.append(
                {
                    "head": head,
                    "source": source or "all",
                    "n": len(asked),
                    "yes": int(positive.sum()),
                    "auc": [round(value, 4) for value in (area.value, area.low, area.high)],
                    "recall": round(float(found[positive].mean()), 4),
                    "false_alarms": round(float(found[~positive].mean()), 4),
                }
            )
    right = [
        CONTEXTS[int(np.argmax(reading.contexts))] == example.context
        for example, reading in zip(held, readings, strict=True)
        if example.context is not None
    ]
    return {"heads": rows, "context": round(float(np.mean(right)), 4) if right else None}
