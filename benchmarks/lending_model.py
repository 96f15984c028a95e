"""The packaged language model as a lender, on real rows: `python lending_model.py [rows]`.

German credit (sex, age) and US mortgages (race). Each row as it is and with each other value, in
three phrasings, with Yes and No in both orders.
"""

from __future__ import annotations

import asyncio
import sys

from _data import DATA, cited
from _results import record

from upright.audit.lending import Rendering, questions, swaps
from upright.audit.lending_audit import LendingAudit, LendingQuestion, audit_lending
from upright.generate import open_engine
from upright.generate.choosing_work import open_book
from upright.measure.table import Table, read_table
from upright.policy import open_policy

GERMAN = "lending/german_credit.csv.gz"
BOSTON = "lending/loanapp_boston.csv.gz"
ROWS = 60
_TOLD = ("appinc", "loanamt", "price", "hrat", "obrat", "unem", "self", "dep", "married")


def main() -> None:
    """Measure and write."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    boston = read_table(str(DATA / BOSTON))
    columns = {
        **{name: boston.columns[name] for name in _TOLD},
        "race": ["Black" if value == "1" else "White" for value in boston.columns["black"]],
        "approve": boston.columns["approve"],
    }
    shown = []
    for name, table, label, groups, keep in (
        (GERMAN, read_table(str(DATA / GERMAN)), "class-label", ("sex", "age"), ("duration",)),
        (BOSTON, Table(BOSTON, columns), "approve", ("race",), ("obrat",)),
    ):
        audit = asyncio.run(audited(table, label, groups, keep, rows))
        shown += told(name, audit)
    lines = [
        (
            f"Data: {cited(GERMAN)}; {cited(BOSTON)}; {rows} rows each, spread over the table. "
            "Asked: the paired gap of approval log odds with its interval, false rejections "
            "against what came true (in Boston: what the banks decided), whether the model can "
            "lend. Margins 0.1 nats and 1 point."
        ),
        "",
        *shown,
    ]
    if len(sys.argv) > 1:
        print("\n".join(lines))
        return
    record("A language model as a lender", lines)


async def audited(
    table: Table, label: str, groups: tuple[str, ...], keep: tuple[str, ...], rows: int
) -> LendingAudit:
    """Ask the packaged model about some rows."""
    few = [at * table.rows // rows for at in range(rows)]
    swapped = swaps(table, groups, {"age": (30.0, 50.0)})
    asked = questions(table, label, few, swapped, rendering=Rendering(), phrasings=3)
    engine = open_engine(open_policy("lending"))
    try:
        with open_book(engine, None) as book:
            found = await book.ask([one.question for one in asked])
    finally:
        await engine.aclose()
    return audit_lending(
        table,
        few,
        swapped,
        asked,
        found,
        question=LendingQuestion(label, 1, keep=keep),
        model=(engine.name, engine.digest),
        bounds={},
    )


def told(name: str, audit: LendingAudit) -> list[str]:
    """Return what an audit says, as a list."""
    bank = audit.lender
    bias, area = bank.position_bias, bank.auc
    lines = [
        (f"**{name}**: {audit.questions:,} answers. {bank.plainly}"),
        "",
        (
            f"- AUC {area.value:.3f} ({area.low:.3f} to {area.high:.3f}); accuracy "
            f"{bank.accuracy.value:.3f}, one answer for everybody {bank.majority:.3f}"
        ),
        f"- Yes first moves the log odds by {bias.value:.2f} ({bias.low:.2f} to {bias.high:.2f})",
    ]
    for one in audit.swaps:
        gap = one.figure
        lines.append(
            f"- {one.attribute}, {one.first} over {one.second}: {gap.value:.3f} ({gap.low:.3f} to "
            f"{gap.high:.3f}): {gap.verdict}"
        )
    for gap in audit.rejections:
        found = gap.interval
        needed = f", n needed {gap.n_needed:,}" if gap.n_needed else ""
        lines.append(
            f"- false rejections by {gap.attribute}: {found.value:.1%} ({found.low:.1%} to "
            f"{found.high:.1%}): {gap.verdict}{needed}"
        )
    lines.extend(
        f"- {column.column}: rank correlation {column.figure.value:.3f} with approval, "
        f"{column.outcome:.3f} with what came true: {column.figure.verdict}"
        for column in audit.kept
    )
    return [*lines, ""]


if __name__ == "__main__":
    main()
