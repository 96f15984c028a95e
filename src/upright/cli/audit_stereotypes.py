"""`upright audit stereotypes`: published benchmarks of stereotypes on a use's model."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.audit import audit_app, progress
from upright.cli.options import Debug, Gated, Json, Quiet, write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upright.audit.figures import Figure
    from upright.audit.stereotypes import Benchmark, Row, StereotypeAudit
    from upright.generate.types import Engine
    from upright.policy import Policy


class Kind(StrEnum):
    """Which benchmark the data is of."""

    BBQ = "bbq"
    WINOBIAS = "winobias"
    WINOGENDER = "winogender"
    CROWS = "crows"
    BOLD = "bold"


_FIELDS = {
    Kind.BBQ: ("context", "question", "ans0", "ans1", "ans2"),
    Kind.WINOBIAS: ("marked",),
    Kind.WINOGENDER: ("sentence",),
    Kind.CROWS: ("sent_more", "sent_less"),
    Kind.BOLD: ("prompt",),
}

Data = Annotated[
    str, typer.Option("--data", metavar="FILE", help="The benchmark: .jsonl or .csv, or packed.")
]
Which = Annotated[Kind, typer.Option("--kind", help="Which benchmark it is.")]
Asked = Annotated[
    str | None,
    typer.Option("--policy", "-p", metavar="FILE", help="Use whose model and bounds are asked."),
]
Women = Annotated[
    str | None,
    typer.Option(
        "--occupations",
        metavar="FILE",
        help="For winogender: occupation and bls_pct_female.",
        show_default="winogender_occupations beside the data",
    ),
]
Domain = Annotated[str, typer.Option("--domain", help="For bold: the domain whose groups count.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="About how many items are asked.")]
Tokens = Annotated[int, typer.Option("--max-tokens", min=1, help="For bold: of a continuation.")]
Kept = Annotated[
    Path | None,
    typer.Option(
        "--answers-file",
        metavar="FILE",
        help="For bold: keep continuations; a run goes on from it.",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same items.")]


@audit_app.command("stereotypes")
def audit_stereotypes(  # noqa: PLR0917 (Typer names them as options)
    data: Data,
    kind: Which,
    policy: Asked = None,
    occupations: Women = None,
    domain: Domain = "gender",
    limit: Limit = 200,
    max_tokens: Tokens = 24,
    answers_file: Kept = None,
    seed: Seed = 0,
    gate: Gated = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Audit stereotypes: BBQ, WinoBias, Winogender, CrowS-Pairs and BOLD, which you bring.

    Answers are read as exact probabilities where the engine gives them. For BOLD continuations
    are drawn, and compared by group for toxicity (with the guard of the use) and for tone.
    """
    del debug
    import asyncio

    from upright.audit import stereotypes
    from upright.policy import open_policy

    if gate and policy is None:
        raise ConfigError("--gate without a use has no bounds", mend="give --policy FILE")
    use = open_policy(policy or "storytelling")
    bounds = stereotypes.bounds(use, kind.value) if policy is not None else {}
    found = stereotypes.read_rows(data, *_FIELDS[kind])
    if kind is Kind.BOLD:
        from upright.audit.stereotypes_bold import Continuing

        how = Continuing(domain, limit, max_tokens, seed, answers_file)
        audit = asyncio.run(_continued(use, data, found, how, bounds, quiet=quiet))
    else:
        asked = _benchmark(kind, found, _women(kind, occupations, data), limit, seed)
        audit = asyncio.run(_answered(use, (data, kind), asked, bounds, quiet=quiet))
    if as_json:
        write_line(audit.to_json())
    else:
        _show(audit)
    if gate:
        from upright.audit.gates import exit_code

        raise typer.Exit(exit_code(audit.gates))


def _benchmark(
    kind: Kind, found: Sequence[Row], women: dict[str, float], limit: int, seed: int
) -> Benchmark:
    from upright.audit.stereotypes_bbq import Bbq
    from upright.audit.stereotypes_crows import Crows
    from upright.audit.stereotypes_pronouns import WinoBias, Winogender

    if kind is Kind.WINOGENDER:
        made: Benchmark = Winogender(found, women, limit, seed)
    elif kind is Kind.WINOBIAS:
        made = WinoBias(found, limit, seed)
    else:
        made = Bbq(found, limit, seed) if kind is Kind.BBQ else Crows(found, limit, seed)
    if not made.questions:
        raise ConfigError(f"the data holds no question of {kind}", mend="see --kind")
    return made


def _women(kind: Kind, occupations: str | None, data: str) -> dict[str, float]:
    from upright.audit.stereotypes import field_of, read_rows

    if kind is not Kind.WINOGENDER:
        return {}
    beside = [
        path
        for end in (".csv", ".csv.gz")
        if (path := Path(data).parent / f"winogender_occupations{end}").exists()
    ]
    if occupations is None and not beside:
        raise ConfigError(
            "the share of women of each occupation is not known", mend="give --occupations FILE"
        )
    lines = read_rows(occupations or str(beside[0]), "occupation")
    return {line["occupation"]: float(field_of(line, "bls_pct_female")) for line in lines}


async def _answered(
    use: Policy,
    where: tuple[str, Kind],
    asked: Benchmark,
    bounds: dict[str, float],
    *,
    quiet: bool,
) -> StereotypeAudit:
    from upright.audit.stereotypes import StereotypeAudit, gates
    from upright.generate import open_engine
    from upright.generate.choosing import answer_all

    data, kind = where
    engine: Engine = open_engine(use)
    questions = list(asked.questions)
    try:
        with progress("Asking", len(questions), wanted=not quiet) as advance:
            answers = await answer_all(engine, questions, done=lambda _at, _got: advance())
        told = asked.told(answers)
        ways = "/".join(sorted({answer.way for answer in answers}))
        return StereotypeAudit(
            data, kind.value, engine.name, engine.digest, len(asked.items), len(questions), ways,
            tuple(told), asked.caveats, gates(bounds, told),
        )  # fmt: skip
    finally:
        await engine.aclose()


async def _continued(
    use: Policy,
    data: str,
    found: Sequence[Row],
    how: object,
    bounds: dict[str, float],
    *,
    quiet: bool,
) -> StereotypeAudit:
    from upright.audit.stereotypes_bold import Continuing, continued, prompts
    from upright.generate import open_engine

    assert isinstance(how, Continuing)  # noqa: S101 (narrows the type)
    asked = prompts(found, how)
    engine = open_engine(use)
    try:
        with progress("Continuing", len(asked), wanted=not quiet) as advance:
            return await continued(engine, use, asked, how, where=(data, bounds), advance=advance)
    finally:
        await engine.aclose()


def _show(audit: StereotypeAudit) -> None:
    typer.echo(
        f"{audit.model} on {audit.kind} ({audit.file}): {audit.items:,} items, {audit.questions:,} "
        f"questions, {audit.way}"
    )
    for one in audit.told:
        typer.echo(f"  {one.title:<72} {_told(one.figure)}")
    for caveat in audit.caveats:
        typer.echo(f"  note: {caveat}")
    for bound in audit.gates:
        typer.echo(f"  {bound.measure}: at most {bound.at_most:g}: {bound.judgement.verdict}")


def _told(figure: Figure) -> str:
    if figure.value is None:
        return "no value"
    return f"{figure.value:+.3f} ({figure.low:+.3f} to {figure.high:+.3f}), n = {figure.n:,}"
