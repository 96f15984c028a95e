"""`upright audit copying`: how much of its training data a model gives back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.audit import audit_app, progress
from upright.cli.options import Debug, Gated, Json, Quiet, write_drawing, write_line
from upright.terms import ConfigError, UprightError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upright.answer.masking import Works
    from upright.audit.copying import Passage
    from upright.audit.copying_answers import Copied
    from upright.audit.copying_audit import CopyingAudit
    from upright.audit.figures import Figure
    from upright.generate import Sampling
    from upright.generate.types import ReadingEngine
    from upright.policy import Policy

Asked = Annotated[
    str | None,
    typer.Option(
        "--policy", "-p", metavar="FILE", help="Use whose engine, sampling and guard are audited."
    ),
]

Data = Annotated[
    str, typer.Option("--data", metavar="FILE", help="Training data: .jsonl or .csv, or packed.")
]
TextField = Annotated[str, typer.Option("--text-field", help="Field of the texts.")]
RepeatsField = Annotated[
    str | None,
    typer.Option(
        "--repeats-field",
        metavar="FIELD",
        help="Field that says how often a text stands in the data.",
        show_default=False,
    ),
]
Prefix = Annotated[int, typer.Option("--prefix", min=1, help="Tokens that the model is given.")]
Suffix = Annotated[
    int, typer.Option("--suffix", min=1, help="Tokens that it would have to continue with.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Texts, from the first on.")]
Drawn = Annotated[
    int, typer.Option("--answers", min=0, help="Answers drawn after each beginning too.")
]
Run = Annotated[
    int, typer.Option("--run", min=3, help="Words in a row of an answer that are a copy.")
]
Cap = Annotated[
    int | None,
    typer.Option("--cap", min=1, help="Estimate the figures under a cap.", show_default=False),
]
Drawing = Annotated[
    Path | None,
    typer.Option("--plot", metavar="SVG", help="Draw figures by repeats.", show_default=False),
]


@audit_app.command("copying")
def audit_copying(  # noqa: PLR0917 (Typer names them as options)
    data: Data,
    policy: Asked = None,
    text_field: TextField = "text",
    repeats_field: RepeatsField = None,
    prefix: Prefix = 50,
    suffix: Suffix = 50,
    limit: Limit = 500,
    each: Drawn = 0,
    run: Run = 13,
    cap: Cap = None,
    plot: Drawing = None,
    gate: Gated = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Audit copying: chances, exact where the engine gives them, that texts come back as they are.

    Each text is cut in two; the model is given the beginning. With --answers some are drawn as
    well, and if the use names an index of works ([match]), again through its guard, and with
    words resampled that would complete a run.
    """
    del debug
    import asyncio

    from upright.policy import open_policy

    if gate and policy is None:
        raise ConfigError("--gate without a use has no bounds", mend="give --policy FILE")
    if cap is not None and repeats_field is None:
        raise ConfigError("--cap needs repeat counts", mend="name their field: --repeats-field")
    use = open_policy(policy or "storytelling")
    asked = _Asked(data, use, policy is not None, prefix, suffix, each, run, cap)
    lines = list(_lines(data, text_field, repeats_field, limit))
    audit = asyncio.run(_audit(asked, lines, quiet=quiet))
    if plot is not None:
        write_drawing(plot, audit.plot())
    if as_json:
        write_line(audit.to_json())
    else:
        _show(audit)
    if gate:
        from upright.audit.gates import exit_code

        raise typer.Exit(exit_code(audit.gates))


class _Asked:
    """What the audit is asked to do.

    Args:
        data: the file.
        use: the use case.
        own: whether the caller named the use; else words are drawn as the model gives them.
        prefix: tokens.
        suffix: tokens.
        each: answers to a beginning.
        run: words in a row.
        cap: most places.
    """

    def __init__(  # noqa: PLR0917 (the options, as they come)
        self,
        data: str,
        use: Policy,
        own: bool,  # noqa: FBT001 (as above)
        prefix: int,
        suffix: int,
        each: int,
        run: int,
        cap: int | None,
    ) -> None:
        self.data, self.use, self.own = data, use, own
        self.prefix, self.suffix = prefix, suffix
        self.each, self.run, self.cap = each, run, cap


def _lines(
    path: str, text_field: str, repeats_field: str | None, limit: int
) -> Iterator[tuple[str, str, int | None]]:
    from itertools import islice

    from upright.audit.lines import read_texts

    for where, text, line in islice(read_texts(path, text_field), limit):
        repeats = None if repeats_field is None else _repeats(line, repeats_field, where)
        yield str(line.get("id", where)), text, repeats


def _repeats(line: Mapping[str, Any], name: str, where: str) -> int:
    value = line.get(name)
    try:
        count = int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        count = 0
    if count < 1:
        raise ConfigError(
            f"{where}: {name} is {value!r} where a count is wanted", mend="write 1 or more"
        )
    return count


async def _audit(
    asked: _Asked, lines: list[tuple[str, str, int | None]], *, quiet: bool
) -> CopyingAudit:
    from upright.audit import copying, copying_audit
    from upright.generate import Sampling, open_engine, sampling_for
    from upright.generate.types import ReadingEngine

    bounds = copying_audit.bounds(asked.use) if asked.own else {}
    sampling = sampling_for(asked.use) if asked.own else Sampling()
    engine = open_engine(asked.use)
    try:
        if not isinstance(engine, ReadingEngine):
            raise UnreadableEngineError(engine.name)
        found, short = copying.passages(engine, lines, prefix=asked.prefix, suffix=asked.suffix)
        if not found:
            raise ConfigError(
                f"{asked.data}: no text has {asked.prefix + asked.suffix} tokens",
                mend="lower --prefix or --suffix",
            )
        chances = []
        with progress("Reading", len(found), wanted=not quiet) as advance:
            for passage in found:
                chances.append(await copying.chance(engine, passage, sampling))
                advance()
        figures = copying.measures(chances)
        return copying_audit.CopyingAudit(
            asked.data, engine.name, engine.digest, len(found), short,
            asked.prefix, asked.suffix, sampling, figures,
            exposures=copying.by_repeats(chances),
            cap=asked.cap,
            run=asked.run,
            ways=await _ways(asked, engine, found, sampling, quiet=quiet),
            gates=copying_audit.gates(bounds, figures),
        )  # fmt: skip
    finally:
        await engine.aclose()


async def _ways(
    asked: _Asked,
    engine: ReadingEngine,
    found: list[Passage],
    sampling: Sampling,
    *,
    quiet: bool,
) -> dict[str, Copied]:
    """Draw answers plainly, and where the use has protected works, in both guarded ways."""
    from upright.audit.copying_answers import answers, copied, filtered

    if not asked.each:
        return {}
    works = _works(asked)
    rounds = len(found) * (1 if works is None else 2)
    with progress("Drawing", rounds, wanted=not quiet) as advance:
        drawn = await answers(engine, found, sampling, each=asked.each, advance=advance)
        ways = {"drawn": copied(drawn, asked.run)}
        if works is None:
            return ways
        from upright.guard import Guard

        ways["filtered"] = copied(filtered(drawn, Guard.from_policy(asked.use)), asked.run)
        mask = works.mask(())
        masked = await answers(engine, found, sampling, each=asked.each, mask=mask, advance=advance)
        return ways | {"resampled": copied(masked, asked.run)}


def _works(asked: _Asked) -> Works | None:
    section, folder = asked.use.match, asked.use.index_folder
    if not asked.own or section is None or folder is None:
        return None
    from upright.answer.masking import Works
    from upright.match.index import Index

    return Works(Index.open(folder), section)


class UnreadableEngineError(UprightError):
    """The engine gives no probabilities of a given text."""

    exit_code = 3

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the engine {name} gives no exact probabilities of a given text",
            mend='audit the model where it is: kind = "embedded" or "transformers"',
        )


def _show(audit: CopyingAudit) -> None:
    from upright.audit.copying import CHANCES, TRIES, discoverable
    from upright.audit.copying_audit import SHOWN

    typer.echo(
        f"{audit.model}: {audit.passages:,} texts of {audit.file}"
        + (f", {audit.short:,} more too short" if audit.short else "")
    )
    typer.echo(f"given {audit.prefix} tokens, the next {audit.suffix} come back as they are:")
    typer.echo(f"  in one answer, mean chance   {_told(audit.figures['verbatim'])}")
    typer.echo(f"  in the likeliest answer      {_told(audit.figures['greedy'])}")
    for tries in TRIES:
        row = "   ".join(
            f"p {p:g}: {audit.figures[discoverable(tries, p)].value or 0.0:.1%}" for p in CHANCES
        )
        typer.echo(f"  in {tries:>6,} answers, texts with a chance of at least   {row}")
    for one in audit.exposures:
        typer.echo(
            f"  {one.repeats:>4} times in the data: {_told(one.figures[SHOWN])} of {one.n:,} texts "
            f"in 100 answers (p 0.5); {one.bits:.2f} bits a token"
        )
    if audit.cap is not None and (estimate := audit.with_cap(SHOWN)) is not None:
        now = audit.figures[SHOWN].value or 0.0
        typer.echo(f"  with a cap of {audit.cap} about {estimate:.1%}, without it {now:.1%}")
    for name, way in audit.ways.items():
        typer.echo(
            f"  answers {name}: {audit.run} words in a row {_told(way.verbatim)}, "
            f"near copies {_told(way.near)}, {way.words:.0f} words each"
        )
    for bound in audit.gates:
        typer.echo(f"  {bound.measure}: at most {bound.at_most:g}: {bound.judgement.verdict}")


def _told(figure: Figure) -> str:
    value = 0.0 if figure.value is None else figure.value
    return f"{value:.2%} ({figure.low:.2%} to {figure.high:.2%})"
