"""Runs in the peer's environment: Fairlearn's reductions on Taiwan's rows, one JSON line each."""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np
from fairlearn.reductions import ExponentiatedGradient, FalsePositiveRateParity
from lightgbm import LGBMClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

# Each group is compared with all rows, so half the gap between two groups.
BOUND = 0.005


def main() -> None:
    """Read rows from the file of the first argument; write one line for each model and split."""
    warnings.filterwarnings("ignore")
    held = np.load(sys.argv[1])
    rows, label, cell = held["rows"], held["label"], held["cell"]
    for seed, learnt in enumerate(held["learnt"]):
        for name in ("logistic", "lightgbm"):
            inputs = rows
            base = LGBMClassifier(verbose=-1, n_jobs=1, random_state=0)
            if name == "logistic":
                inputs = StandardScaler().fit(rows[learnt]).transform(rows)
                base = LogisticRegression(max_iter=1000)
            began = time.process_time()
            model = ExponentiatedGradient(base, FalsePositiveRateParity(difference_bound=BOUND))
            model.fit(inputs[learnt], label[learnt], sensitive_features=cell[learnt])
            spent = time.process_time() - began
            # Its decisions are drawn; the chance of a rejection is what it would do on average.
            chance = model._pmf_predict(inputs[~learnt])[:, 1]  # noqa: SLF001 (the only way to ask)
            told = {"seed": seed, "name": name, "cpu": spent, "chance": chance.tolist()}
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
