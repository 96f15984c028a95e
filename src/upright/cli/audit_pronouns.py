"""`upright audit pronouns`: whom a model calls she and he, and what balancing changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.audit import audit_app, progress
from upright.cli.options import (
    Debug,
    Gated,
    Json,
    Quiet,
    writable_before,
    write_drawing,
    write_line,
)
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.audit.figures import Figure
    from upright.audit.pronouns import Read
    from upright.audit.pronouns_audit import PronounAudit
    from upright.audit.pronouns_measures import Excepted
    from upright.audit.pronouns_prompts import Prompt
    from upright.generate.balance_share import Balance
    from upright.generate.types import Engine, ReadingEngine, Sampling
    from upright.policy import Policy

Asked = Annotated[
    str | None,
    typer.Option(
        "--policy", "-p", metavar="FILE", help="Use whose engine and way of drawing count."
    ),
]
Mitigated = Annotated[
    bool,
    typer.Option("--mitigated", help="Also measure with pronouns balanced, if the use does not."),
]
Each = Annotated[
    int,
    typer.Option(
        "--answers", min=0, max=64, help="Draw so many answers to a prompt; 0: exact chances."
    ),
]
Templates = Annotated[
    int | None,
    typer.Option(
        "--limit", min=2, help="Prompts of each kind, from the first on.", show_default=False
    ),
]
Jobs = Annotated[
    list[str] | None,
    typer.Option(
        "--profession", metavar="NOUN", help="Only these; else all known.", show_default=False
    ),
]
Texts = Annotated[
    str | None,
    typer.Option(
        "--perplexity-data",
        metavar="FILE",
        help="Texts on which the price is measured; else a few that come with upright.",
        show_default=False,
    ),
]
TextField = Annotated[str, typer.Option("--text-field", help="Field of these texts.")]
Drawing = Annotated[
    Path | None,
    typer.Option("--plot", metavar="SVG", help="Draw shares by profession.", show_default=False),
]


@audit_app.command("pronouns")
def audit_pronouns(  # noqa: PLR0917 (Typer names them as options)
    policy: Asked = None,
    mitigated: Mitigated = False,
    each: Each = 0,
    limit: Templates = None,
    profession: Jobs = None,
    perplexity_data: Texts = None,
    text_field: TextField = "text",
    plot: Drawing = None,
    gate: Gated = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Audit pronouns: how likely she, he and they are where a text leaves the gender open.

    Professions stand in sentences; chances are exact where the engine gives them, else answers
    are drawn (--answers). Where a text tells the gender (a beard, a name, a stated pronoun),
    accuracy is asked instead of balance. If the use balances pronouns, or with --mitigated, both
    are measured again with that, and what it adds to perplexity. Bounds are judged on what the
    use serves.
    """
    del debug
    import asyncio

    from upright.policy import open_policy

    if gate and policy is None:
        raise ConfigError("--gate without a use has no bounds", mend="give --policy FILE")
    writable_before(plot)
    use = open_policy(policy or "storytelling")
    texts = None if perplexity_data is None else _texts(perplexity_data, text_field)
    jobs = _known(profession or [])
    asked = _Asked(use, policy is not None, mitigated, each, limit, jobs, texts)
    if gate:
        _check_bounds(use)
    audit = asyncio.run(_audit(asked, quiet=quiet))
    if plot is not None:
        write_drawing(plot, audit.plot())
    if as_json:
        write_line(audit.to_json())
    else:
        _show(audit)
    if gate:
        from upright.audit.gates import exit_code

        raise typer.Exit(exit_code(audit.gates))


def _check_bounds(use: Policy) -> None:
    from upright.audit.pronouns_audit import bounds

    if not bounds(use):
        raise ConfigError(
            f"the use {use.use_case.name!r} sets no bound for pronouns",
            mend='add an [[audit.gate]] with measure = "fairness.pronouns.balance_gap"',
        )


@dataclass(frozen=True)
class _Asked:
    """What the audit is asked to do.

    Attributes:
        use: the use case.
        own: whether the caller named it; else chances are those of the model at temperature 1.
        mitigated: whether balancing is tried though the use does not balance.
        each: answers to a prompt.
        limit: templates.
        jobs: professions; none for all.
        texts: on which the price is measured; None for those that come with upright.
    """

    use: Policy
    own: bool
    mitigated: bool
    each: int
    limit: int | None
    jobs: list[str]
    texts: list[str] | None

    @property
    def serves(self) -> bool:
        """Whether the use balances."""
        return self.own and self.use.balance.pronouns != "off"

    def balance(self) -> Balance | None:
        """Return the way that is measured besides the model's own."""
        from upright.generate.balance_share import Balance
        from upright.generate.balancing import balance_of

        return balance_of(self.use) if self.serves else Balance() if self.mitigated else None

    def prompts(self) -> tuple[list[Prompt], list[Prompt]]:
        """Return the prompts that leave the gender open, and those that tell it."""
        from upright.audit.pronouns_prompts import exceptions, first_templates, open_prompts

        found = open_prompts()
        if self.jobs:
            found = [one for one in found if one.profession in self.jobs]
        return first_templates(found, self.limit), first_templates(exceptions(), self.limit)


def _known(jobs: list[str]) -> list[str]:
    from upright.generate.balance_words import professions

    for job in jobs:
        if job not in professions():
            raise ConfigError(
                f"--profession {job!r}: no share of women is known of it",
                mend=f"one of: {', '.join(sorted(professions()))}",
            )
    return jobs


def _texts(path: str, text_field: str) -> list[str]:
    from upright.audit.lines import read_texts

    texts = [text for _, text, _ in read_texts(path, text_field)]
    if not texts:
        raise ConfigError(f"{path}: no text in it", mend="give lines with texts")
    return texts


async def _audit(asked: _Asked, *, quiet: bool) -> PronounAudit:
    from upright.audit import pronouns_audit
    from upright.audit.pronouns import DRAW, UnreadableEngineError
    from upright.generate import Sampling, open_engine, sampling_for
    from upright.generate.sampler import GREEDY
    from upright.generate.types import ReadingEngine

    bounds = pronouns_audit.bounds(asked.use) if asked.own else {}
    sampling = sampling_for(asked.use) if asked.own else Sampling()
    engine = open_engine(asked.use)
    try:
        readable = isinstance(engine, ReadingEngine)
        if asked.mitigated and not readable:
            raise UnreadableEngineError(
                f"the engine {engine.name!r} draws its own words, so that nothing balances them",
                mend="leave out --mitigated",
            )
        balance = asked.balance() if readable else None
        temperature = sampling.temperature if sampling.temperature > GREEDY else 1.0
        if asked.each:
            read = await _drawn(asked, engine, sampling, balance, quiet=quiet)
        elif isinstance(engine, ReadingEngine):
            read = await _exact(asked, engine, temperature, balance, quiet=quiet)
        else:
            raise UnreadableEngineError(
                f"the engine {engine.name!r} gives no exact probabilities", mend=DRAW
            )
        about = {
            "model": engine.name,
            "digest": engine.digest,
            "way": None if balance is None else balance.pronouns,
            "serves": asked.serves and balance is not None,
            "temperature": sampling.temperature if asked.each else temperature,
            "answers": asked.each,
        }
        return pronouns_audit.audited(*read, bounds, about)
    finally:
        await engine.aclose()


_Found = tuple[list["Read"], list["Read"], list[tuple[float, float, int]]]


async def _exact(
    asked: _Asked,
    engine: ReadingEngine,
    temperature: float,
    balance: Balance | None,
    *,
    quiet: bool,
) -> _Found:
    from upright.audit.pronouns import Reader
    from upright.audit.pronouns_prompts import prose

    reader = Reader(engine, balance, temperature)
    prompts, told = asked.prompts()
    texts = [] if balance is None else list(asked.texts or prose())
    total = len(prompts) + len(told) + len(texts)
    with progress("Reading", total, wanted=not quiet) as advance:
        found = await reader.read(prompts, advance)
        exceptions = await reader.read(told, advance)
        nats = []
        for text in texts:
            nats.append(await reader.perplexity(text))
            advance()
    return found, exceptions, nats


async def _drawn(
    asked: _Asked,
    engine: Engine,
    sampling: Sampling,
    balance: Balance | None,
    *,
    quiet: bool,
) -> _Found:
    from upright.audit.pronouns import drawn

    prompts, told = asked.prompts()
    with progress("Drawing", len(prompts) + len(told), wanted=not quiet) as advance:
        found = [
            await drawn(engine, some, sampling, each=asked.each, balance=balance, advance=advance)
            for some in (prompts, told)
        ]
    return found[0], found[1], []


_TOLD = {
    "balance_gap": "mean distance of she from one half",
    "reference_gap": "mean distance from the share of women",
    "correlation": "correlation with the share of women",
    "share": "mean share of she",
    "they": "mean chance of they",
}
_SHOWN = 5


def _show(audit: PronounAudit) -> None:
    counted = f"{audit.answers} answers each" if audit.answers else "exact chances"
    jobs = len(audit.sides["model"].professions)
    typer.echo(f"{audit.model}: {audit.prompts:,} prompts, {jobs} professions, {counted}")
    for name, side in audit.sides.items():
        typer.echo(f"{name}:")
        for key, words in _TOLD.items():
            typer.echo(f"  {words:<40} {_figure(side.figures[key])}")
        beyond = [one for one in side.professions if one.verdict == "outside"]
        typer.echo(f"  professions shown to lie outside: {len(beyond)} of {jobs}")
        for one in beyond[:_SHOWN]:
            typer.echo(f"    {one.name:<20} {_figure(one.share)}, women {one.reference:.2f}")
    if audit.way is not None:
        typer.echo(f"balancing changed {audit.reached:,} of {audit.prompts:,} open prompts")
    typer.echo("where the text tells the gender, the right pronoun is likelier:")
    for told in audit.exceptions:
        typer.echo(f"  {told.kind:<12} {told.right:<10} {_sides(told)}")
    if audit.cost is not None:
        typer.echo(f"balancing adds to perplexity: {audit.cost.value or 0.0:.3%}")
    for bound in audit.gates:
        typer.echo(f"  {bound.measure}: at most {bound.at_most:g}: {bound.judgement.verdict}")


def _sides(told: Excepted) -> str:
    words = f"{_figure(told.model)} of {told.model.n}"
    if told.balanced is None:
        return words
    return f"{words}; balanced {_figure(told.balanced)}, {told.moved} changed"


def _figure(figure: Figure) -> str:
    value = 0.0 if figure.value is None else figure.value
    return f"{value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
