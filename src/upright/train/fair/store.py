"""A lender in a folder: trees as LightGBM's text, all else as JSON. Reading runs no code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from upright.measure.groups import Attribute
from upright.measure.linear import Line, Protected
from upright.train.fair.asked import Asked, Linear, Marginal
from upright.train.fair.choose import Chosen
from upright.train.fair.classifier import FairClassifier
from upright.train.fair.encode import Encoding
from upright.train.fair.errors import ModelError
from upright.train.fair.lender import Lender, Order
from upright.train.fair.rule import Rule
from upright.train.fair.scores import Boosted, Constant, Ensemble, Scorer

FORMAT = 2
FACTS = "model.json"


def save(lender: Lender, folder: Path) -> None:
    """Write a lender; the folder is made where it is not there.

    Raises:
        ModelError: for an estimator other than LightGBM, or a folder that cannot be written to.
    """
    classifier = lender.classifier
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shape = {
            "format": FORMAT,
            "order": asdict(lender.order),
            "encoding": lender.encoding.to_json(),
            "features": int(classifier.n_features_in_),
            "asked": _asked_shape(classifier.asked_),
            "rule": asdict(classifier.rule_),
            "label_scores": _written(classifier.label_scores_, folder, "label"),
            "group_scores": {
                name: [
                    _written(one, folder, f"group{number}-{value}")
                    for value, one in enumerate(pair)
                ]
                for number, (name, pair) in enumerate(classifier.group_scores_.items())
            },
            "facts": lender.facts,
        }
        # Prices follow the order of the groups, so keys stay as they are.
        text = json.dumps(shape, indent=2, ensure_ascii=False) + "\n"
        (folder / FACTS).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ModelError(f"{folder}: {error.strerror}", mend="give a folder you own") from None


def load(folder: Path) -> Lender:
    """Read a lender.

    Raises:
        ModelError: for a folder without one, of another format, or with changed files.
    """
    try:
        shape = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        if shape["format"] != FORMAT:
            raise ModelError(f"{folder}: format {shape['format']}", mend="train the model again")
        order = _order(shape["order"])
        encoding = Encoding.from_json(shape["encoding"])
        return Lender(order, encoding, _classifier(shape, order, folder), shape["facts"])
    except OSError as error:
        raise ModelError(
            f"{folder}: {error.strerror}", mend="name a folder of `upright train classifier`"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder}: {FACTS} is damaged: {error}", mend="train the model again"
        ) from None


def _asked_shape(asked: Asked) -> dict[str, Any]:
    if isinstance(asked, Linear):
        return {
            "protected": asked.protected.to_json(),
            "lines": [
                {"weights": list(one.weights), "threshold": one.threshold} for one in asked.lines
            ],
        }
    return {
        "groups": [
            {"name": one.name, "groups": list(one.groups), "cuts": list(one.cuts)}
            for one in asked.all
        ],
        "cells": asked.cells is not None,
    }


def _asked(shape: Mapping[str, Any]) -> Asked:
    if "lines" in shape:
        lines = tuple(Line(tuple(one["weights"]), one["threshold"]) for one in shape["lines"])
        return Linear(Protected.from_json(shape["protected"]), lines)
    nobody = np.zeros(0, dtype=np.int64)
    groups = tuple(
        Attribute(one["name"], tuple(one["groups"]), nobody, tuple(one["cuts"]))
        for one in shape["groups"]
    )
    return Marginal(groups[:-1], groups[-1]) if shape["cells"] else Marginal(groups)


def _written(ensemble: Ensemble, folder: Path, name: str) -> dict[str, Any]:
    files: list[dict[str, Any]] = []
    for number, scorer in enumerate(ensemble.scorers):
        if isinstance(scorer, Constant):
            files.append({"only": scorer.only})
            continue
        if not isinstance(scorer, Boosted):
            raise ModelError(
                "a model of another estimator than LightGBM cannot be stored without pickle",
                mend="train with LightGBM, or keep the model in the program that made it",
            )
        text = scorer.booster.model_to_string()
        path = folder / f"{name}-{number}.txt"
        path.write_text(text, encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        files.append({"file": path.name, "sha256": digest})
    return {"classes": ensemble.classes, "scorers": files}


def _read(shape: Mapping[str, Any], folder: Path) -> Ensemble:
    import lightgbm  # noqa: PLC0415 (loaded when a model is read)

    scorers: list[Scorer] = []
    for part in shape["scorers"]:
        if "only" in part:
            scorers.append(Constant(part["only"], shape["classes"]))
            continue
        # A name, never a path: a model folder reads nothing outside of itself.
        text = (folder / Path(part["file"]).name).read_text(encoding="utf-8")
        if hashlib.sha256(text.encode()).hexdigest() != part["sha256"]:
            raise ModelError(
                f"{folder / part['file']}: not what was written", mend="train the model again"
            )
        scorers.append(Boosted(lightgbm.Booster(model_str=text), shape["classes"]))
    return Ensemble(tuple(scorers), shape["classes"])


def _order(shape: Mapping[str, Any]) -> Order:
    lists = {name: tuple(shape[name]) for name in ("groups", "exclude")}
    return Order(**{**shape, **lists})


def _classifier(shape: Mapping[str, Any], order: Order, folder: Path) -> FairClassifier:
    classifier = order.classifier()
    rule, facts = shape["rule"], shape["facts"]["chosen"]
    classifier.restore(
        asked=_asked(shape["asked"]),
        chosen=Chosen(Rule(tuple(rule["parity"]), rule["sizes"], rule["prices"]), **facts),
        label_scores=_read(shape["label_scores"], folder),
        group_scores={
            name: (_read(pair[0], folder), _read(pair[1], folder))
            for name, pair in shape["group_scores"].items()
        },
        features=shape["features"],
    )
    return classifier
