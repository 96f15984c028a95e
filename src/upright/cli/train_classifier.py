"""`upright train classifier` and `upright train predict`: lenders under equal rates."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.audit_table import Bands, Subgroups, Violation, bands_of, names_of
from upright.cli.options import Debug, Json, Quiet, writable_before, write_line
from upright.cli.train import train
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.measure.table import Table
    from upright.policy.model import LendingSection
    from upright.train.fair.lender import Lender, Order

Asked = Annotated[
    str | None,
    typer.Option("--policy", "-p", metavar="FILE", help="Use whose [lending] says what is equal."),
]
Groups = Annotated[
    str, typer.Option("--groups", metavar="A,B", help="Columns whose groups are treated alike.")
]
Gap = Annotated[
    float | None,
    typer.Option(
        "--max-gap", metavar="G", help="Largest gap of the rate, as a share.", show_default=False
    ),
]
Parity = Annotated[
    str | None,
    typer.Option(
        "--parity",
        metavar="RATE",
        help="false_rejection (without a policy), false_positive, true_positive, error, selection.",
        show_default=False,
    ),
]
Data = Annotated[str, typer.Option("--data", metavar="T.csv", help="Table with a heading.")]
Output = Annotated[Path, typer.Option("--output", metavar="DIR", help="Folder of the model.")]
Favourable = Annotated[
    int,
    typer.Option("--favourable", min=0, max=1, help="What people hope for; 0 if 1 is default."),
]
Exclude = Annotated[
    str, typer.Option("--exclude", metavar="C,D", help="More columns they never see.")
]
Crossed = Annotated[
    bool, typer.Option("--crossed", help="Hold the cells of all groups to the gap too.")
]
Prices = Annotated[
    Path | None,
    typer.Option(
        "--prices",
        metavar="SVG",
        help="Draw what each gap costs in error, blind and aware.",
        show_default=False,
    ),
]
Blind = Annotated[bool, typer.Option("--blind", help="Decisions never see the group columns.")]


@train.command("classifier")
def train_classifier(  # noqa: PLR0917 (Typer names them as options)
    data: Data,
    label: Annotated[str, typer.Option("--label", metavar="L", help="Column of what came true.")],
    output: Output,
    groups: Groups = "",
    max_gap: Gap = None,
    policy: Asked = None,
    subgroups: Subgroups = None,
    max_violation: Violation = None,
    blind: Blind = False,
    exclude: Exclude = "",
    parity: Parity = None,
    favourable: Favourable = 0,
    crossed: Crossed = False,
    bands: Bands = None,
    prices: Prices = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of all that is drawn.")] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Train a classifier that errs least while a rate is equal among groups.

    False rejections are the share rejected (predicted otherwise than --favourable) of those whose
    label is favourable. A quarter of the rows takes no part and says whether the gaps hold: within,
    outside, or cannot tell with the rows needed. The same table and seed give the same model.

    --subgroups linear holds, in place of the gaps, all subgroups that a line cuts out of the group
    columns: none may have a violation above --max-violation.
    """
    del debug, quiet
    from upright.measure.table import read_table
    from upright.train.fair.lender import train_lender
    from upright.train.fair.store import save

    told_by = {
        "groups": names_of(groups),
        "attributes": "blind" if blind else None,
        "parity": parity,
        "max_gap": max_gap,
        "max_violation": max_violation,
        "subgroups": subgroups,
    }
    rest = {"exclude": names_of(exclude), "crossed": crossed, "bands": bands_of(bands)}
    writable_before(prices)
    order = _order(label, told_by, policy, {**rest, "favourable": favourable, "seed": seed})
    if order.subgroups and prices is not None:
        raise ConfigError("a price list is of gaps", mend="leave out --subgroups or --prices")
    table = read_table(data)
    lender = train_lender(table, order)
    save(lender, output)
    told: dict[str, Any] = {"model": str(output), **lender.facts}
    if prices is not None:
        told["prices"] = _prices(table, order, prices)
    if as_json:
        write_line(told)
    else:
        _show(told, order)


@train.command("predict")
def predict(  # noqa: PLR0917 (Typer names them as options)
    table: Annotated[
        str, typer.Argument(metavar="T.csv", help="Table with a heading; - is input.")
    ],
    model: Annotated[Path, typer.Option("--model", metavar="DIR", help="Folder of the model.")],
    output: Annotated[
        str, typer.Option("--output", metavar="FILE", help="Where the table goes.")
    ] = "-",
    explain: Annotated[
        bool, typer.Option("--explain", help="Add reasons, and what would change the decision.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Decide each row of a table: it comes out with `prediction` (0 or 1) and `score`.

    The score is the chance of label 1; the rule weighs it, so no one threshold divides decisions.
    --json writes a JSON object a line.
    """
    del debug, quiet
    from upright.measure.table import read_table
    from upright.train.fair.store import load

    if output != "-" and table != "-" and Path(output).resolve() == Path(table).resolve():
        raise ConfigError(f"{output} is the table itself", mend="give another file to --output")
    rows = read_table(table)
    _write(output, _table(load(model), rows, explain=explain, as_json=as_json))


def _order(label: str, told: dict[str, Any], policy: str | None, more: dict[str, Any]) -> Order:
    """Return what is asked by options and use together; they must not contradict each other."""
    from upright.measure.violation import BOUND
    from upright.train.fair.lender import MARGIN, Order

    if policy is not None:
        from upright.policy import open_policy

        lending = open_policy(policy).lending
        told = _joined(told, lending, policy)
        _refuse_to_lose(lending.keep, more["exclude"], policy)
    linear = told["subgroups"] is not None or told["max_violation"] is not None
    if linear == (told["max_gap"] is not None):
        raise ConfigError(
            "gaps of groups or violations of subgroups: one of both is held",
            mend="give --max-gap, or --subgroups linear with --max-violation",
        )
    return Order(
        label,
        told["groups"],
        told["max_gap"] or (0.0 if told["max_gap"] == 0 else MARGIN),
        told["attributes"] == "blind",
        parity=told["parity"] or "false_rejection",
        subgroups=(told["subgroups"] or "linear") if linear else None,
        max_violation=BOUND if told["max_violation"] is None else told["max_violation"],
        **more,
    )


def _joined(told: dict[str, Any], lending: LendingSection, policy: str) -> dict[str, Any]:
    """Return what the use declares, and options where it says nothing."""
    joined = dict(told)
    for name in ("groups", "attributes", "parity", "max_gap", "max_violation"):
        declared = getattr(lending, name)
        if declared is None or declared == ():
            continue
        if told[name] not in {None, (), declared}:
            raise ConfigError(
                f"{policy}: [lending] {name} is {declared!r}, and the command says {told[name]!r}",
                mend="leave out the option, or change the use",
            )
        joined[name] = declared
    return joined


def _refuse_to_lose(keep: tuple[str, ...], exclude: tuple[str, ...], policy: str) -> None:
    for name in exclude:
        if name in keep:
            raise ConfigError(
                f"{policy}: [lending] keep names {name!r}, and the command excludes it",
                mend="leave it out of --exclude, or change the use",
            )


def _prices(table: Table, order: Order, path: Path) -> list[dict[str, Any]]:
    from upright.train.fair.prices import drawing, price_list

    found = price_list(table, order)
    _write(str(path), drawing(found))
    return [price.to_json() for price in found]


def _table(lender: Lender, table: Table, *, explain: bool, as_json: bool) -> str:
    """Return the table with what was decided, as CSV or as lines of JSON."""
    import json

    decisions, scores = lender.decide(table)
    added: dict[str, list[Any]] = {
        "prediction": [int(one) for one in decisions],
        "score": [round(float(one), 6) for one in scores],
    }
    if explain:
        from upright.train.fair.explain import explain as explained

        told = [one.to_json() for one in explained(lender, table)]
        for name in ("reasons", "changes"):
            cells = [one[name] for one in told]
            added[name] = cells if as_json else [json.dumps(c, ensure_ascii=False) for c in cells]
    columns = {name: column for name, column in table.columns.items() if name not in added} | added
    if as_json:
        rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def _write(output: str, text: str) -> None:
    if output == "-":
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{output}: {error.strerror}", mend="give a file in a folder") from None


def _show(told: dict[str, Any], order: Order) -> None:
    error = told["error"]
    seen = "never seen" if order.blind else "seen"
    typer.echo(
        f"{told['model']}: trained on {told['trained_on']:,} rows, groups {seen}; "
        f"certified on {told['certified_on']:,} others"
    )
    typer.echo(f"  error {error['value']:.2%} ({error['low']:.2%} to {error['high']:.2%})")
    for gap in told["gaps"]:
        value = "none" if gap["value"] is None else f"{gap['value']:.2%}"
        needed = f" (n needed: {gap['n_needed']:,})" if "n_needed" in gap else ""
        smallest = ""
        if "smallest_margin" in gap:
            smallest = f"; smallest margin certified: {gap['smallest_margin']:.2%}"
        typer.echo(
            f"  {order.parity} gap of {gap['attribute']}: {value} ({gap['low']:.2%} to "
            f"{gap['high']:.2%}), n {gap['n']:,}: {gap['verdict']}{needed}{smallest}"
        )
    if "violation" in told:
        typer.echo(_violation(told))
    for price in told.get("prices", ()):
        typer.echo(
            f"  {price['mode']}, at most {price['max_gap']:.2%}: gap {price['gap']['value']:.2%}, "
            f"error {price['error']['value']:.2%}"
        )


def _violation(told: dict[str, Any]) -> str:
    found = told["violation"]
    needed = f" (n needed: {found['n_needed']:,})" if "n_needed" in found else ""
    value = "none" if found["value"] is None else f"{found['value']:.3%}"
    return (
        f"  {told['subgroups_held']} subgroups held; on half of the others the worst was, of "
        f"{found['group']}\n  its violation on the other half: {value} ({found['low']:.3%} to "
        f"{found['high']:.3%}), at most {found['bound']:.3%}: {found['verdict']}{needed}"
    )
