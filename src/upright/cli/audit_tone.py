"""`upright audit tone`: whether texts about groups of people differ in tone."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from upright.cli.audit import audit_app, progress
from upright.cli.options import Debug, Json, Quiet, writable_before, write_drawing, write_line
from upright.terms import ConfigError, UprightError

if TYPE_CHECKING:
    from upright.audit.tone import Carrier, Comparison, ToneAudit
    from upright.audit.tone_data import Texts
    from upright.policy import Policy

Asked = Annotated[
    str | None,
    typer.Option("--policy", "-p", metavar="FILE", help="Use whose engine and bounds are asked."),
]
Data = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="FILE", help="Texts: .jsonl or .csv, or packed.", show_default=False
    ),
]
TextField = Annotated[str, typer.Option("--text-field", help="Field of the texts.")]
GroupField = Annotated[
    str, typer.Option("--group-field", help="Field of the group a text is about.")
]
PairField = Annotated[
    str | None,
    typer.Option(
        "--pair-field",
        metavar="FIELD",
        help="Field that texts to be compared with each other share.",
        show_default=False,
    ),
]
Groups = Annotated[
    str | None,
    typer.Option("--groups", metavar="A,B", help="Groups to compare.", show_default="all"),
]
Masks = Annotated[
    list[str] | None,
    typer.Option(
        "--mask", metavar="WORD", help="A word that names a group: not seen.", show_default=False
    ),
]
Permutations = Annotated[
    int, typer.Option("--permutations", min=99, help="Labellings drawn for p-values.")
]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same result.")]
Exact = Annotated[
    bool, typer.Option("--exact", help="Read chances of words; draw nothing.", show_default=False)
]
Limit = Annotated[int, typer.Option("--limit", min=4, help="Prompts of each group.")]
Tokens = Annotated[int, typer.Option("--max-tokens", min=1, help="Of each answer.")]
Kept = Annotated[
    Path | None,
    typer.Option(
        "--answers-file",
        metavar="FILE",
        help="Keep the answers; a run goes on from it.",
        show_default=False,
    ),
]
Drawing = Annotated[
    Path | None,
    typer.Option("--plot", metavar="SVG", help="Draw the words.", show_default=False),
]
Gated = Annotated[
    bool,
    typer.Option(
        "--gate",
        help="Exit 1 if a bound of the use is broken, 3 if untold; without bounds, 1 if groups "
        "differ.",
    ),
]


@audit_app.command("tone")
def audit_tone(  # noqa: PLR0917 (Typer names them as options)
    data: Data = None,
    text_field: TextField = "text",
    group_field: GroupField = "group",
    pair_field: PairField = None,
    groups: Groups = None,
    mask: Masks = None,
    policy: Asked = None,
    exact: Exact = False,
    limit: Limit = 60,
    max_tokens: Tokens = 96,
    answers_file: Kept = None,
    permutations: Permutations = 999,
    seed: Seed = 0,
    plot: Drawing = None,
    gate: Gated = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Audit tone: do texts about groups of people differ, in what, and by which words.

    Compares texts of --data, or without it answers of the use's model to prompts about each group:
    `women`, `men`, `nonbinary`, or words such as `deaf`. With --exact chances of words are read
    and nothing is drawn. Names, pronouns and words that say a group are masked first. Lists of
    words, manners of writing, single words and classifiers are then compared, with at most 5 %
    false alarms for all of them together.
    """
    del debug
    import asyncio

    from upright.audit.tone import ToneAudit, gates
    from upright.audit.tone_data import bounds, check_groups, read_texts_of
    from upright.policy import open_policy

    writable_before(plot)
    check_groups(_named(groups))
    if exact and data is not None:
        raise ConfigError(
            "--exact reads chances of a model, and --data gives texts", mend="leave one of them out"
        )
    asked = bounds(open_policy(policy)) if policy is not None else {}
    how = _How(mask or [], permutations, seed, limit, max_tokens, answers_file)
    if data is not None:
        texts = read_texts_of(data, text_field, group_field, pair_field, _named(groups))
        source, found = data, _compared(texts, how, quiet=quiet)
    else:
        use = open_policy(policy or "storytelling")
        named = _named(groups) or ("women", "men")
        work = _chances if exact else _answers
        source, found = asyncio.run(work(use, named, how, quiet=quiet))
    audit = ToneAudit(source, tuple(found), gates(asked, found))
    _tell(audit, plot, as_json=as_json)
    if gate:
        raise typer.Exit(_code(audit))


def _named(groups: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in (groups or "").split(","))))


class _How(NamedTuple):
    """What the options say besides what is compared."""

    masked: list[str]
    permutations: int
    seed: int
    limit: int
    max_tokens: int
    kept: Path | None


def _compared(texts: Texts, how: _How, *, quiet: bool) -> list[Comparison]:
    from upright.audit.tone_data import compared
    from upright.audit.tone_meaning import open_meaning

    found: list[Comparison] = []
    twos = list(combinations(texts.groups, 2))
    meaning, draws = open_meaning(), how.permutations
    with progress("Comparing", len(twos), wanted=not quiet) as advance:
        for two in twos:
            one = compared(texts, two, how.masked, meaning, permutations=draws, seed=how.seed)
            found.append(one)
            advance()
    return found


async def _answers(
    use: Policy, groups: tuple[str, ...], how: _How, *, quiet: bool
) -> tuple[str, list[Comparison]]:
    """Let the model answer prompts about each group, and compare the answers."""
    from upright.audit.tone_answers import written
    from upright.audit.tone_data import paired_texts
    from upright.audit.tone_prompts import prompts
    from upright.generate import open_engine, sampling_for

    asked = prompts(groups, how.limit, how.seed)
    sampling = replace(sampling_for(use), max_tokens=how.max_tokens, seed=how.seed)
    engine = open_engine(use)
    try:
        with progress("Answering", len(asked), wanted=not quiet) as advance:
            texts = await written(engine, asked, sampling, kept=how.kept, advance=advance)
        return engine.name, _compared(paired_texts(asked, texts), how, quiet=quiet)
    finally:
        await engine.aclose()


async def _chances(
    use: Policy, groups: tuple[str, ...], how: _How, *, quiet: bool
) -> tuple[str, list[Comparison]]:
    """Read the chances of words after beginnings about each group, and compare them."""
    from upright.audit import tone_exact
    from upright.audit.tone_prompts import beginnings
    from upright.generate import open_engine
    from upright.generate.choosing import answer_all
    from upright.generate.types import ChoosingEngine

    asked = beginnings(groups, how.limit, how.seed)
    engine = open_engine(use)
    try:
        if not isinstance(engine, ChoosingEngine):
            raise _UnreadableEngineError(engine.name)
        with progress("Reading", len(asked), wanted=not quiet) as advance:
            questions = tone_exact.questions(asked)
            answers = await answer_all(engine, questions, done=lambda _at, _got: advance())
        draws = how.permutations
        return engine.name, tone_exact.compared(asked, answers, permutations=draws, seed=how.seed)
    finally:
        await engine.aclose()


class _UnreadableEngineError(UprightError):
    """The engine gives no probabilities of given words."""

    exit_code = 3

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the engine {name!r} gives no exact probabilities", mend="leave out --exact"
        )


def _code(audit: ToneAudit) -> int:
    from upright.audit.gates import exit_code

    return exit_code(audit.gates) if audit.gates else int(audit.found)


def _tell(audit: ToneAudit, plot: Path | None, *, as_json: bool) -> None:
    if plot is not None:
        from upright.audit.tone_plot import drawing

        write_drawing(plot, drawing(audit))
    if as_json:
        write_line(audit.to_json())
        return
    typer.echo(audit.source)
    for one, p in zip(audit.comparisons, audit.p_values, strict=True):
        _show(one, p)
    for bound in audit.gates:
        typer.echo(f"  {bound.measure}: at most {bound.at_most:g}: {bound.judgement.verdict}")


def _show(one: Comparison, p: float) -> None:
    from upright.audit.tone import ALPHA

    first, second = one.groups
    how = f"{one.pairs:,} pairs" if one.pairs else "two samples"
    typer.echo(f"{first} ({one.texts[0]:,} texts) and {second} ({one.texts[1]:,}), {how}")
    told = "differ in tone" if p <= ALPHA else "no difference was found"
    more = f", {one.n_needed:,} of each group would tell" if one.n_needed else ""
    typer.echo(f"  {told}: p = {p:.3g}, {one.verdict}{more}")
    for name, (_, adjusted) in one.tests.items():
        typer.echo(f"    {name:<24} p = {adjusted:.3g}")
    auc = one.auc
    if auc.value is not None:
        typer.echo(f"  classifier: AUC {auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f})")
    shown = sorted(one.differences, key=lambda item: (item.p_value, -abs(item.figure.value or 0)))
    for item in shown[:8]:
        mark = "*" if item.p_value <= ALPHA else " "
        figure = item.figure
        unit = "nats" if "nats" in figure.method else "SD"
        typer.echo(
            f"  {mark} {item.name:<22} {figure.value:+.2f} {unit} ({figure.low:+.2f} to "
            f"{figure.high:+.2f}), p = {item.p_value:.3g}: {item.means[0]:.2f} and "
            f"{item.means[1]:.2f} {item.title}"
        )
    for group in one.groups:
        told = ", ".join(_word(word) for word in one.leaning(group, 12)) or "no word"
        typer.echo(f"  leaning to {group}: {told}")
    for note in one.notes:
        typer.echo(f"  note: {note}")


def _word(word: Carrier) -> str:
    from upright.audit.tone import ALPHA

    mark = "*" if word.p_value is not None and word.p_value <= ALPHA else ""
    counts = "" if word.counts is None else " ({}:{})".format(*word.counts)
    return f"{word.word}{mark}{counts}"
