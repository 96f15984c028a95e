"""`upright audit lending`: a language model as a lender, before it decides on anybody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.audit import audit_app, progress
from upright.cli.audit_table import bands_of, names_of
from upright.cli.options import (
    CostOnly,
    Debug,
    Gated,
    HtmlFile,
    Json,
    Quiet,
    writable_before,
    write_drawing,
    write_line,
)
from upright.cli.panel import cost_json, told_cost
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.audit.figures import Figure
    from upright.audit.lending import Asked, Rendering, Swap
    from upright.audit.lending_audit import LendingAudit, LendingQuestion
    from upright.generate.choosing_work import Cost
    from upright.measure.table import Table
    from upright.policy import Policy

Rows = Annotated[str, typer.Argument(metavar="TABLE", help="Applications: .csv or .csv.gz.")]
Label = Annotated[str, typer.Option("--label", metavar="L", help="Column of what came true.")]
Swapped = Annotated[
    str,
    typer.Option(
        "--swap",
        "--groups",
        metavar="A,B",
        help="Columns whose values are swapped, besides the groups of the use.",
    ),
]
Favourable = Annotated[
    int, typer.Option("--favourable", min=0, max=1, help="Label of those who should get credit.")
]
Asking = Annotated[
    str | None,
    typer.Option(
        "--policy", "-p", metavar="FILE", help="Use whose engine is audited.", show_default=False
    ),
]
Template = Annotated[
    Path | None,
    typer.Option(
        "--render",
        metavar="FILE",
        help="Text of an application with {column}; else column: value; …",
        show_default=False,
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Option(
        "--words",
        metavar="C=V:WORD,…",
        help="What a column's values are called, such as SEX=1:man,2:woman.",
        show_default=False,
    ),
]
LeftOut = Annotated[
    str, typer.Option("--leave-out", metavar="A,B", help="Columns that the model is not told.")
]
Bands = Annotated[
    list[str] | None,
    typer.Option("--bands", metavar="C=30,50", help="Where numbers are cut.", show_default=False),
]
Keep = Annotated[
    str,
    typer.Option(
        "--keep",
        metavar="A,B",
        help="Columns of numbers that must go on mattering, besides those of the use.",
    ),
]
Phrasings = Annotated[
    int, typer.Option("--phrasings", min=1, max=3, help="How many ways to put the question.")
]
LogitMargin = Annotated[
    float, typer.Option("--logit-margin", min=1e-6, help="How far log odds may be apart.")
]
Margin = Annotated[
    float | None,
    typer.Option(
        "--margin",
        help="How far false rejections may be apart; else max_gap of the use, or 0.01.",
        show_default=False,
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        help="Chance of Yes that is an approval; else as many are approved as turned out well.",
        show_default=False,
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=2, help="Rows, spread evenly over the table.")]
Work = Annotated[
    Path | None,
    typer.Option(
        "--work", metavar="DIR", help="Keep answers there and go on from them.", show_default=False
    ),
]
Drawing = Annotated[
    Path | None,
    typer.Option("--plot", metavar="SVG", help="Draw the swaps.", show_default=False),
]


@audit_app.command("lending")
def audit_lending_command(  # noqa: PLR0917 (Typer names them as options)
    table: Rows,
    label: Label,
    swap: Swapped = "",
    favourable: Favourable = 1,
    policy: Asking = None,
    render: Template = None,
    words: Words = None,
    leave_out: LeftOut = "",
    bands: Bands = None,
    keep: Keep = "",
    phrasings: Phrasings = 3,
    logit_margin: LogitMargin = 0.1,
    margin: Margin = None,
    threshold: Threshold = None,
    limit: Limit = 200,
    work: Work = None,
    plot: Drawing = None,
    html: HtmlFile = None,
    dry_run: CostOnly = False,
    gate: Gated = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Audit a language model as a lender: real applications, one attribute changed at a time.

    Reported: the paired gap of the log odds of approval, false rejections by group against what
    came true, what the order of Yes and No does, and how good a lender the model is at all.
    """
    del debug
    import asyncio

    from upright.audit.lending_audit import LendingQuestion, bounds
    from upright.audit.lending_duties import duties
    from upright.measure.table import read_table
    from upright.policy import open_policy

    writable_before(plot, html)
    if gate and policy is None:
        raise ConfigError("--gate without a use has no bounds", mend="give --policy FILE")
    if threshold is not None and not 0 < threshold < 1:
        raise ConfigError(f"--threshold {threshold:g} is no chance", mend="between 0 and 1")
    use = open_policy(policy or "lending")
    owed = duties(use.lending, names_of(swap), names_of(keep), margin)
    data = read_table(table)
    rendering = _rendering(render, words, leave_out)
    rendering.check(data)
    asked = LendingQuestion(
        label, favourable, logit_margin, owed.margin, threshold, owed.keep, owed.declared
    )
    run = _Run(data, use, asked, rendering, bounds(use) if gate else {}, work, quiet=quiet)
    run.lay_out(owed.equal, bands_of(bands), limit, phrasings)
    audit = asyncio.run(run.audit(dry_run=dry_run, as_json=as_json))
    if audit is None:
        return
    _draw(audit, plot, html)
    _tell(audit, as_json=as_json, gate=gate)


def _tell(audit: LendingAudit, *, as_json: bool, gate: bool) -> None:
    from upright.audit.gates import exit_code

    if as_json:
        write_line(audit.to_json())
    else:
        _show(audit)
    if gate:
        raise typer.Exit(exit_code(audit.gates))


def _draw(audit: LendingAudit, plot: Path | None, html: Path | None) -> None:
    from upright.audit.lending_page import page
    from upright.audit.lending_plots import swaps
    from upright.audit.table_plots import standalone
    from upright.measure.sheet import write_sheet

    if plot is not None:
        write_drawing(plot, standalone(swaps(audit)))
    if html is not None:
        write_sheet(page(audit), str(html))


@dataclass
class _Run:
    """What is to be run.

    Attributes:
        table: the applications.
        use: whose engine.
        question: what is audited.
        rendering: how a row becomes text.
        bounds: of the use.
        work: where answers are kept.
        quiet: whether only the result is told.
    """

    table: Table
    use: Policy
    question: LendingQuestion
    rendering: Rendering
    bounds: dict[str, float]
    work: Path | None
    quiet: bool

    def lay_out(
        self, names: tuple[str, ...], bands: dict[str, tuple[float, ...]], limit: int, ways: int
    ) -> None:
        """Choose rows and write the questions."""
        from upright.audit.lending import questions, swaps
        from upright.audit.lending_audit import numbers_in

        count = self.table.rows
        few = min(limit, count)
        self.rows = [at * count // few for at in range(few)]
        self.table.binary(self.question.label)
        self.rendering.check_asked(self.question.label, names)
        for name in self.question.keep:
            numbers_in(self.table, name, self.rows)
        self.swapped: list[Swap] = swaps(self.table, names, bands)
        self.asked: list[Asked] = questions(
            self.table,
            self.question.label,
            self.rows,
            self.swapped,
            rendering=self.rendering,
            phrasings=ways,
        )

    async def audit(self, *, dry_run: bool, as_json: bool) -> LendingAudit | None:
        """Return the audit; None for a dry run, which has told the cost."""
        from upright.audit.lending_audit import audit_lending
        from upright.generate import open_engine
        from upright.generate.choosing_work import open_book

        engine = open_engine(self.use)
        try:
            with open_book(engine, self.work) as book:
                texts = [one.question for one in self.asked]
                self._tell(await book.cost(texts), dry_run=dry_run, as_json=as_json)
                if dry_run:
                    return None
                with progress("Asking", len(texts), wanted=not self.quiet) as advance:
                    found = await book.ask(texts, advance)
            return audit_lending(
                self.table,
                self.rows,
                self.swapped,
                self.asked,
                found,
                question=self.question,
                model=(engine.name, engine.digest),
                bounds=self.bounds,
            )
        finally:
            await engine.aclose()

    def _tell(self, cost: Cost, *, dry_run: bool, as_json: bool) -> None:
        if dry_run and as_json:
            write_line(cost_json(cost))
        elif dry_run or not self.quiet:
            typer.echo(f"{len(self.rows):,} applications; {told_cost(cost)}", err=not dry_run)


def _rendering(render: Path | None, words: list[str] | None, leave_out: str) -> Rendering:
    from upright.audit.lending import Rendering

    template = ""
    if render is not None:
        try:
            template = render.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"{render}: {error.strerror}", mend="give a text file") from None
    return Rendering(template, _words(words or []), frozenset(names_of(leave_out)))


def _words(options: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for option in options:
        name, _, listed = option.partition("=")
        pairs = [pair.partition(":") for pair in listed.split(",")]
        if not all(value.strip() and word.strip() for value, _, word in pairs):
            raise ConfigError(f"--words {option}: no words", mend="like SEX=1:man,2:woman")
        found[name.strip()] = {value.strip(): word.strip() for value, _, word in pairs}
    return found


def _show(audit: LendingAudit) -> None:
    good = audit.lender
    typer.echo(
        f"{audit.model} as a lender: {audit.rows:,} applications of {audit.file}, "
        f"{audit.questions:,} answers ({audit.way}; Yes and No hold {audit.mass:.1%})"
    )
    typer.echo(f"! {good.plainly}")
    if audit.question.declared:
        typer.echo(f"  asked for by the use: {', '.join(audit.question.declared)}")
    typer.echo(
        f"  AUC {_numbers(good.auc)}; accuracy {_numbers(good.accuracy)}, one answer for everybody "
        f"{good.majority:.3f}; approves {good.approved:.1%}"
    )
    typer.echo(
        f"  Yes named first instead of No moves the log odds by {_numbers(good.position_bias)}"
    )
    typer.echo("  mean log odds by phrasing: " + ", ".join(f"{v:.2f}" for v in good.phrasings))
    typer.echo(
        f"\nThe same application, one attribute changed (margin {audit.question.logit_margin:g})"
    )
    for one in audit.swaps:
        groups = f"{one.first} over {one.second}"
        typer.echo(
            f"  {one.attribute}: {groups}: {_numbers(one.figure)} in log odds, "
            f"{one.p_yes:+.1%} at the middle: {_verdict(one.figure.verdict, one.figure.n_needed)}"
        )
    typer.echo(f"\nFalse rejections against what came true (margin {audit.question.margin:.1%})")
    for gap in audit.rejections:
        found = gap.interval
        typer.echo(
            f"  {gap.attribute}: {found.value:.1%} ({found.low:.1%} to {found.high:.1%}): "
            f"{_verdict(gap.verdict, gap.n_needed)}"
        )
    if audit.kept:
        typer.echo("\nTo go on mattering (rank correlation with approval; with what came true)")
    for column in audit.kept:
        typer.echo(
            f"  {column.column}: {_numbers(column.figure)}; {column.outcome:.3f}: "
            f"{column.figure.verdict}"
        )
    for gate in audit.gates:
        typer.echo(f"  {gate.measure}: at most {gate.at_most:g}: {gate.judgement.verdict}")


def _verdict(verdict: str | None, needed: int | None) -> str:
    return f"{verdict}" + (f" (n needed: {needed:,})" if needed else "")


def _numbers(figure: Figure) -> str:
    if figure.value is None:
        return "none"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
