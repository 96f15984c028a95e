"""`upright panel`: virtual focus groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.app import app
from upright.cli.audit import progress
from upright.cli.options import CostOnly, Debug, HtmlFile, Json, Quiet, writable_before, write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.generate import Engine
    from upright.generate.choosing_work import Cost
    from upright.panel.measures import Figure
    from upright.panel.report import Report
    from upright.panel.run import Panel
    from upright.panel.study import Study
    from upright.policy import Policy

panel_app = typer.Typer(
    name="panel",
    help="Ask a virtual focus group.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(panel_app)


@panel_app.callback()
def _group() -> None:
    """Keep `run` a command of its own while it is the only one."""


StudyFile = Annotated[
    Path, typer.Argument(metavar="STUDY", help="The study: people, products, what is expected.")
]
Use = Annotated[
    str, typer.Option("--policy", "-p", metavar="FILE", help="Use whose engine and guard are used.")
]
Work = Annotated[
    Path | None,
    typer.Option(
        "--work",
        metavar="DIR",
        help="Keep answers there and go on from them; else STUDY.work beside the study.",
        show_default=False,
    ),
]
Gated = Annotated[
    bool, typer.Option("--gate", help="Exit 1 if something kept or equal is outside, 3 if untold.")
]


@panel_app.command("run")
def panel_run(  # noqa: PLR0917 (Typer names them as options)
    study: StudyFile,
    policy: Use = "focus-group",
    work: Work = None,
    html: HtmlFile = None,
    dry_run: CostOnly = False,
    gate: Gated = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Ask invented people, by exact chances, which product they choose, in every order.

    People are drawn from the study's shares so that these are met. Reported: shares, position
    bias, Cramér's V of each attribute with the choices, what must be kept and what must be equal,
    and what a panel cannot say. A stopped run goes on where it was.
    """
    del debug
    import asyncio

    from upright.panel.reading import load_study
    from upright.policy import open_policy

    writable_before(html)
    if html is not None and html.resolve() == study.resolve():
        raise ConfigError(f"{html}: that is the study", mend="name another file for the page")
    declared = load_study(study)
    if gate and not (declared.keep or declared.equal):
        raise ConfigError(
            f"{study}: --gate, and the study asks for nothing",
            mend="add [[keep]] or [[equal]] to it",
        )
    asked = _Asked(declared, open_policy(policy), work or study.with_suffix(".work"), quiet)
    report = asyncio.run(asked.run(dry_run=dry_run, as_json=as_json))
    if report is None:
        return
    if html is not None:
        from upright.measure.sheet import write_sheet
        from upright.panel.page import page

        write_sheet(page(report), str(html))
    if as_json:
        write_line(report.to_json())
    else:
        _show(report)
    if gate:
        raise typer.Exit(_code(report))


class _Asked:
    """What is to be run.

    Args:
        study: the study.
        use: whose engine and guard.
        work: where answers are kept.
        quiet: whether nothing but the result is told.
    """

    def __init__(self, study: Study, use: Policy, work: Path, quiet: bool) -> None:  # noqa: FBT001 (the option)
        self.study, self.use, self.work, self.quiet = study, use, work, quiet

    async def run(self, *, dry_run: bool, as_json: bool) -> Report | None:
        """Return the report; None for a dry run, which has told the cost."""
        from upright.generate import open_engine
        from upright.generate.choosing_work import open_book
        from upright.guard import Guard
        from upright.panel.run import prepare, run

        guard = Guard.from_policy(self.use)
        panel = prepare(self.study, guard)
        engine = open_engine(self.use)
        steps = len(panel.cells) + (len(panel.people) if self.study.reasons else 0)
        try:
            with open_book(engine, self.work, seed=self.study.seed) as book:
                self._enter(engine)
                cost = await book.cost(panel.questions)
                self._tell(panel, cost, dry_run=dry_run, as_json=as_json)
                if dry_run:
                    return None
                with progress("Asking", steps, wanted=not self.quiet) as advance:
                    return await run(
                        panel,
                        engine,
                        guard,
                        book,
                        use=self.use.use_case.name,
                        disclosure=self.use.disclosure.text,
                        folder=self.work,
                        advance=advance,
                    )
        finally:
            await engine.aclose()

    def _enter(self, engine: Engine) -> None:
        from upright.panel.run import digest_of
        from upright.panel.work import entered
        from upright.terms import digest

        address = "" if engine.digest else digest([self.use.engine.kind, self.use.engine.base_url])
        if entered(self.work, digest_of(self.study), address) and not self.quiet:
            typer.echo(
                f"The study has changed since {self.work} was used: answers that still fit are "
                "taken from there, all others are asked anew.",
                err=True,
            )

    def _tell(self, panel: Panel, cost: Cost, *, dry_run: bool, as_json: bool) -> None:
        if dry_run and as_json:
            write_line(
                {"people": len(panel.people), "questions": len(panel.questions), **cost_json(cost)}
            )
        elif dry_run or not self.quiet:
            told = (
                f"{len(panel.people):,} people, {len(panel.questions):,} different questions; "
                f"{told_cost(cost)}"
            )
            if self.study.reasons:
                told += "; then a reason of each person is written, whose time is not measured"
            typer.echo(told, err=not dry_run)


def cost_json(cost: Cost) -> dict[str, Any]:
    """Return what a cost is as JSON."""
    return {
        "calls": cost.calls,
        "known": cost.known,
        "tokens": cost.tokens,
        "seconds_each": cost.each,
        "seconds": cost.seconds,
    }


def told_cost(cost: Cost) -> str:
    """Return what a cost is in words."""
    if cost.each is None:
        return f"all {cost.known:,} answers are there"
    return (
        f"{cost.calls:,} model calls to make, {cost.known:,} answers are there; "
        f"about {cost.tokens:,} tokens, {cost.each:.2f} s a call as measured here: "
        f"about {cost.seconds / 60:.1f} minutes"
    )


def _code(report: Report) -> int:
    verdicts = {figure.verdict for figure in report.judged}
    return 1 if "outside" in verdicts else 3 if "cannot tell" in verdicts else 0


def _show(report: Report) -> None:
    typer.echo(f"{report.name}: {report.asked} of {report.model}, {report.way} chances")
    if report.disclosure:
        typer.echo(report.disclosure)
    for line in report.plainly:
        typer.echo(f"! {line}")
    typer.echo("\nShares, over all orders and phrasings")
    for figure in report.shares:
        typer.echo(f"  {figure.more['product']:<34} {_numbers(figure, percent=True)}")
    typer.echo(f"  {'first place less last':<34} {_numbers(report.position_bias, percent=True)}")
    typer.echo("\nWho is asked and what is chosen (Cramér's V)")
    for figure in report.associations:
        name = f"{figure.more['attribute']}, {figure.more['reading']}"
        typer.echo(f"  {name:<34} {_numbers(figure)}")
    for title, figures in (("\nTo be kept", report.kept), ("\nTo be equal", report.equal)):
        if figures:
            typer.echo(title)
        for figure in figures:
            _show_judged(figure)
    held = {kind: report.withheld.texts(kind) for kind in report.withheld.looked}
    typer.echo("\nHeld back by the guard: " + ", ".join(f"{n} {kind}" for kind, n in held.items()))
    from upright.panel.report import LIMITS

    typer.echo("\nWhat this cannot say")
    for line in LIMITS:
        typer.echo(f"  {line}")


def _show_judged(figure: Figure) -> None:
    from upright.panel.measures import outcome, told

    more = figure.more
    name = figure.name.split(".", 2)[2]
    needed = f" (n needed: {figure.n_needed:,})" if figure.n_needed else ""
    why = f": {figure.why}" if figure.why else ""
    typer.echo(
        f"  {name:<34} {_numbers(figure)}  margin {more['margin']:g}  {figure.verdict}{needed}{why}"
    )
    if "planted" in more:
        end = outcome(more)
        choices = told(more["choices"], limits=True)
        heard = told(more["heard"], limits=True)
        typer.echo(f"    planted V {told(more['planted'])}, choices V {choices}: {end}")
        typer.echo(f"    of the fact itself V {heard}")


def _numbers(figure: Figure, *, percent: bool = False) -> str:
    from upright.panel.measures import told

    return told(figure.to_json(), limits=True, percent=percent)
