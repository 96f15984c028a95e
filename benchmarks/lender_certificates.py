"""What certificates of equal rates say on real tables and on a register of 10^6 rows.

`python lender_certificates.py`: Taiwan, Adult and HMDA at one point, and a simulated register
whose certificate is checked on rows never touched.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
from typing import Any

import numpy as np
from _data import DATA, cited
from _results import record
from numpy.typing import NDArray

TAIWAN = "lending/taiwan_default.csv.gz"
ADULT = "lending/adult_income.csv.gz"
HMDA = "lending/hmda_lar_50k.csv.gz"
MARGIN = 0.01
REGISTER, TOUCHED, LEARNT = 1_000_000, 500_000, 30_000


def main() -> None:
    """Measure and write."""
    os.environ["OMP_NUM_THREADS"] = "1"
    asked = (
        f"Data: {cited(TAIWAN)}, {cited(ADULT)}, {cited(HMDA)}. A quarter of the rows was kept "
        f"back and certifies false-rejection rates within {MARGIN:.0%}, each limit at 95 %."
    )
    lines = [
        asked,
        "",
        "| Table and attribute | Gap | Repaid rows of the smallest group | Verdict |",
        "|---|---:|---:|---|",
        *(row for told in (taiwan(), adult(), hmda()) for row in told),
        "",
        *register(),
    ]
    record("Certificates on real tables", lines)


def table_of(file: str) -> dict[str, list[str]]:
    """Return the columns of a packed table."""
    path = DATA / file
    if not path.is_file():
        sys.exit(f"{file} is not beside the repository; this benchmark needs it")
    with gzip.open(path, "rt", newline="") as opened:
        header, *body = csv.reader(opened)
    return {name: [row[k].strip() for row in body] for k, name in enumerate(header)}


def taiwan() -> list[str]:
    """Certify Taiwan's clients by sex and age."""
    columns = table_of(TAIWAN)
    more = {"exclude": ("MARRIAGE",), "bands": {"AGE": (30, 50)}}
    return rows_of("Taiwan", columns, "default payment", ("SEX", "AGE"), more)


def adult() -> list[str]:
    """Certify Adult by sex: who earns more than 50,000 is the one to find."""
    columns = table_of(ADULT)
    columns["income"] = ["1" if one == "<=50K" else "0" for one in columns["income"]]
    return rows_of("Adult", columns, "income", ("sex", "race"), {"exclude": ("fnlwgt", "age")})


def hmda() -> list[str]:
    """Certify HMDA's applications that name one sex: a denial is the label."""
    columns = table_of(HMDA)
    kept = [k for k, one in enumerate(columns["applicant_sex"]) if one.split(".")[0] in {"1", "2"}]
    columns = {name: [column[k] for k in kept] for name, column in columns.items()}
    columns["denied"] = [str(1 - int(float(one))) for one in columns.pop("approved")]
    age = columns["applicant_age"]
    columns["applicant_age"] = [
        "55 or more" if a[:2] in {"55", "65", ">7"} else "under 55" for a in age
    ]
    hidden = {"exclude": ("applicant_race-1",)}
    return rows_of("HMDA", columns, "denied", ("applicant_sex", "applicant_age"), hidden)


def rows_of(
    name: str, columns: dict[str, list[str]], label: str, groups: tuple[str, ...],
    more: dict[str, Any],
) -> list[str]:  # fmt: skip
    """Train blind, and return what is certified at the margin."""
    from upright.measure.table import Table  # noqa: PLC0415 (OMP is set first)
    from upright.train.fair.lender import Order, train_lender  # noqa: PLC0415 (as above)

    order = Order(label, groups, MARGIN, blind=True, **more)
    lender = train_lender(Table(name, columns), order)
    print(f"{name} done", file=sys.stderr)
    return [
        f"| {name}, {gap['attribute']} | {gap['value']:.2%} ({gap['low']:.2%} to "
        f"{gap['high']:.2%}) | {gap['n']:,} | {verdict(gap)} |"
        for gap in lender.facts["gaps"]
    ]


def verdict(gap: dict[str, Any]) -> str:
    """Return the verdict with what it would take."""
    told = str(gap["verdict"])
    if "n_needed" in gap:
        told += f" (needed: {gap['n_needed']:,} of each)"
    if "smallest_margin" in gap:
        told += f"; certified: {gap['smallest_margin']:.2%}"
    return told


def people(rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64], dict[str, Any]]:
    """Return a made-up register in which women of good credit look worse on paper."""
    draw = np.random.default_rng(seed)
    sex, age, worth = draw.integers(0, 2, rows), draw.integers(0, 3, rows), draw.normal(0, 1, rows)
    label = (draw.random(rows) < 1 / (1 + np.exp(2.0 + 2.5 * worth))).astype(int)
    paper = worth + draw.normal(0, 0.5, rows) - 0.5 * sex - 0.2 * (age == 0)
    club = draw.normal(0, 0.7, (rows, 2)) + np.column_stack([sex, age])
    return np.column_stack([paper, club]), label, {"sex": sex, "age": age}


def register() -> list[str]:
    """Certify a rule on half a register of 10^6 rows, and look at the half never touched."""
    from upright.measure.groups import attribute  # noqa: PLC0415 (OMP is set first)
    from upright.train.fair.certify import certify  # noqa: PLC0415 (as above)
    from upright.train.fair.classifier import FairClassifier  # noqa: PLC0415 (as above)

    rows, label, groups = people(REGISTER, 0)
    learnt = {name: one[:LEARNT] for name, one in groups.items()}
    # Trained to less than the certificate allows: a gap of a point leaves it nothing to prove.
    classifier = FairClassifier(max_gap=MARGIN / 4).fit(rows[:LEARNT], label[:LEARNT], learnt)
    told = []
    for name, part in (
        ("certified on", slice(LEARNT, TOUCHED)),
        ("never touched", slice(TOUCHED, None)),
    ):
        attributes = [attribute(key, one[part].tolist()) for key, one in groups.items()]
        decided = (classifier.decision_function(rows[part]) > 0).astype(int)
        _, gaps = certify(
            label[part], decided, attributes,
            parity="false_rejection", favourable=0, margin=MARGIN,
        )  # fmt: skip
        for gap in gaps[:2]:
            found = gap.interval
            told.append(
                f"| {name}, {gap.attribute} | {found.value:.2%} ({found.low:.2%} to "
                f"{found.high:.2%}) | {found.n:,} | {gap.verdict} |"
            )
        print(f"register {name} done", file=sys.stderr)
    about = (
        f"A made-up register of {REGISTER:,} rows: {LEARNT:,} to learn from with gaps of at most "
        f"{MARGIN / 4:.2%}, more up to {TOUCHED:,} to certify {MARGIN:.0%}, the rest never touched."
    )
    return [
        about,
        "",
        "| Rows and attribute | Gap | Repaid rows of the smallest group | Verdict |",
        "|---|---:|---:|---|",
        *told,
    ]


if __name__ == "__main__":
    main()
