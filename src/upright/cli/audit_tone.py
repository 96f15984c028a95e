"""`upright audit tone`: whether texts about groups of people differ in tone."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.audit import audit_app, progress
from upright.cli.options import Debug, Json, Quiet, write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.audit.tone import Comparison, ToneAudit
    from upright.audit.tone_data import Texts

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
    permutations: Permutations = 999,
    seed: Seed = 0,
    plot: Drawing = None,
    gate: Gated = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Audit tone: do texts about groups of people differ, in what, and by which words.

    Names, pronouns and words that say a group are masked first. Lists of words, manners of
    writing, single words and classifiers are then compared, with at most 5 % false alarms for all
    of them together.
    """
    del debug
    from upright.audit.tone_data import bounds, read_texts_of
    from upright.policy import open_policy

    use = open_policy(policy) if policy is not None else None
    asked = bounds(use) if use is not None else {}
    if data is None:
        raise ConfigError("no texts to compare", mend="give --data FILE")
    texts = read_texts_of(data, text_field, group_field, pair_field, _named(groups))
    audit = _compared(data, texts, (mask or [], permutations, seed), asked, quiet=quiet)
    _tell(audit, plot, as_json=as_json)
    if gate:
        raise typer.Exit(_code(audit))


def _named(groups: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in (groups or "").split(","))))


def _compared(
    source: str,
    texts: Texts,
    how: tuple[list[str], int, int],
    asked: dict[str, float],
    *,
    quiet: bool,
) -> ToneAudit:
    from upright.audit.tone import ToneAudit, gates
    from upright.audit.tone_data import compared
    from upright.audit.tone_meaning import open_meaning

    masked, permutations, seed = how
    found: list[Comparison] = []
    twos = list(combinations(texts.groups, 2))
    meaning = open_meaning()
    with progress("Comparing", len(twos), wanted=not quiet) as advance:
        for two in twos:
            found.append(
                compared(texts, two, masked, meaning, permutations=permutations, seed=seed)
            )
            advance()
    return ToneAudit(source, tuple(found), gates(asked, found))


def _code(audit: ToneAudit) -> int:
    from upright.audit.gates import exit_code

    return exit_code(audit.gates) if audit.gates else int(audit.found)


def _tell(audit: ToneAudit, plot: Path | None, *, as_json: bool) -> None:
    if plot is not None:
        from upright.audit.tone_plot import drawing

        _write(plot, drawing(audit))
    if as_json:
        write_line(audit.to_json())
        return
    typer.echo(audit.source)
    for one, p in zip(audit.comparisons, audit.p_values, strict=True):
        _show(one, p)
    for bound in audit.gates:
        typer.echo(f"  {bound.measure}: at most {bound.at_most:g}: {bound.judgement.verdict}")


def _write(path: Path, drawn: str) -> None:
    try:
        path.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", mend="give a file in a folder") from None


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
        typer.echo(
            f"  {mark} {item.name:<22} {figure.value:+.2f} SD ({figure.low:+.2f} to "
            f"{figure.high:+.2f}), p = {item.p_value:.3g}: {item.means[0]:.2f} and "
            f"{item.means[1]:.2f} {item.title}"
        )
    for group in one.groups:
        words = [word for word in one.words if word.group == group][:12]
        typer.echo(f"  leaning to {group}: " + ", ".join(_word(word) for word in words))
    for note in one.notes:
        typer.echo(f"  note: {note}")


def _word(word: object) -> str:
    from upright.audit.tone import ALPHA, Carrier

    assert isinstance(word, Carrier)  # noqa: S101
    mark = "*" if word.p_value is not None and word.p_value <= ALPHA else ""
    return f"{word.word}{mark} ({word.counts[0]}:{word.counts[1]})"
