"""VADER and LangFair on the corpora of `tone.py`; runs in the interpreter that has them.

Reads a line `{"first": [...], "second": [...]}` for each corpus and writes its figures. LangFair's
own files are run unchanged. Its package file loads models from a hub, so the two metrics that need
none are imported by themselves; its cosine (a hub model) and BLEU (a download of NLTK) are not run.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
import types
from typing import Any


def metrics() -> dict[str, Any]:
    """Return the metrics, each a function of two lists of texts."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 (theirs)

    transformers = types.ModuleType("transformers")
    transformers.pipeline = None  # type: ignore[attr-defined]
    sys.modules["transformers"] = transformers
    root = importlib.metadata.distribution("langfair").locate_file("langfair")
    for name in ("langfair", "langfair.metrics", "langfair.metrics.counterfactual",
                 "langfair.metrics.counterfactual.metrics"):  # fmt: skip
        package = types.ModuleType(name)
        package.__path__ = [str(root) + name.removeprefix("langfair").replace(".", "/")]
        sys.modules[name] = package
    where = "langfair.metrics.counterfactual.metrics"
    bias = importlib.import_module(f"{where}.sentimentbias").SentimentBias
    rouge = importlib.import_module(f"{where}.rougel").RougelSimilarity
    vader = SentimentIntensityAnalyzer()

    def mean(texts: list[str]) -> float:
        return sum(vader.polarity_scores(text)["compound"] for text in texts) / len(texts)

    def run(metric: Any) -> Any:  # noqa: ANN401 (theirs)
        return lambda one, other: float(metric.evaluate(one, other, show_progress_bars=False))

    alike = run(rouge())
    return {
        "VADER, difference of means": lambda one, other: abs(mean(one) - mean(other)),
        "LangFair, sentiment bias (neg)": run(bias(sentiment="neg")),
        "LangFair, sentiment bias (pos)": run(bias(sentiment="pos")),
        "LangFair, 1 - ROUGE-L": lambda one, other: 1 - alike(one, other),
    }


def main() -> None:
    """Answer each line."""
    found = metrics()
    for line in sys.stdin:
        corpus = json.loads(line)
        told = {name: run(corpus["first"], corpus["second"]) for name, run in found.items()}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
