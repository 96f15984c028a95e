"""`upright policy`: check a use-case file, read it in words, compare two."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.app import app
from upright.cli.options import Debug, Json, Quiet, write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.policy import Policy
    from upright.policy.catalogue import Catalogue
    from upright.policy.problems import Problem
    from upright.policy.words import Section

policy_app = typer.Typer(
    name="policy",
    help="Check a use-case file, read it in words, compare two.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(policy_app)

# Families of detectors that read words, not only signs and numbers.
_OF_LANGUAGE = ("injection.", "request.", "toxicity.")

Source = Annotated[str, typer.Argument(metavar="FILE", help="Use-case file, or a preset's name.")]


@policy_app.command("lint")
def lint(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Use-case files or presets.", show_default=False),
    ] = None,
    as_json: Json = False,
    as_sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Find contradictions and gaps; exit 1 if there is an error. Default: upright.toml."""
    from upright.policy import policy_text
    from upright.policy.problems import Level

    del debug
    found: dict[str, list[Problem]] = {}
    for source in sources or ["upright.toml"]:
        text, name = policy_text(source)
        found[name] = _problems(text)
    if as_sarif:
        _print_sarif(found)
    elif as_json:
        for name, problems in found.items():
            for problem in problems:
                write_line(problem.to_json(name))
    else:
        _print_problems(found, quiet=quiet)
    if any(p.level is Level.ERROR for problems in found.values() for p in problems):
        raise typer.Exit(1)


@policy_app.command("schema")
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file.", metavar="FILE")
    ] = None,
    debug: Debug = False,
) -> None:
    """Print the JSON Schema of the use-case file, for editors and other tools."""
    from upright.policy.schema import schema_text

    del debug
    if output is None:
        typer.echo(schema_text(), nl=False)
    else:
        _write(output, schema_text())


@policy_app.command("show")
def show(source: Source = "upright.toml", as_json: Json = False, debug: Debug = False) -> None:
    """Print a use case in plain words."""
    from upright.policy import open_policy
    from upright.policy.words import describe

    del debug
    policy = open_policy(source)
    if as_json:
        write_line({"digest": policy.digest, "sections": _sections(describe(policy))})
    else:
        _print_sections(describe(policy))
        typer.echo(f"Digest: {policy.digest}")


@policy_app.command("diff")
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="Use-case file, or a preset's name.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say in words what changes for the same text from use A to use B."""
    from upright.policy import open_policy
    from upright.policy.diff import diff as compare

    del debug
    sections = compare(open_policy(a), open_policy(b), release_catalogue())
    if as_json:
        write_line({"a": a, "b": b, "sections": _sections(sections)})
    elif sections:
        _print_sections(sections)
    else:
        typer.echo(f"{a} and {b} treat every text alike.")


@policy_app.command("presets")
def presets(as_json: Json = False, debug: Debug = False) -> None:
    """List the use cases that ship with upright."""
    from upright.policy import preset, preset_names

    del debug
    width = max(map(len, preset_names()))
    for name in preset_names():
        purpose = preset(name).use_case.purpose
        if as_json:
            write_line({"name": name, "purpose": purpose})
        else:
            typer.echo(f"{name:<{width}}  {purpose}")


def release_catalogue() -> Catalogue:
    """Return what this release can detect, measure and mark."""
    from upright.generate.modes import MODES
    from upright.guard.detectors import catalogue
    from upright.guard.model.languages import MEASURED_LANGUAGES
    from upright.measure.names import MEASURES
    from upright.policy.catalogue import Catalogue

    rules = catalogue()
    languages = {rule: MEASURED_LANGUAGES for rule in rules if rule.startswith(_OF_LANGUAGE)}
    temperatures = {name: mode.temperature for name, mode in MODES.items()}
    return Catalogue(rules, languages=languages, temperatures=temperatures, measures=MEASURES)


def _problems(text: str) -> list[Problem]:
    from upright.policy.lint import lint_text

    return lint_text(text, release_catalogue(), [_refused_patterns])


def _refused_patterns(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """The guard must be able to use the use's own patterns."""
    from upright.guard.detectors import build_detectors
    from upright.guard.rules import Rulebook
    from upright.policy.lint import problem

    del catalogue
    for index, section in enumerate(policy.guard.pattern):
        alone = policy.guard.model_copy(update={"rule": (), "topic": (), "pattern": (section,)})
        try:
            build_detectors(policy.model_copy(update={"guard": alone}))
        except ConfigError as error:
            path = ("guard", "pattern", index, "pattern")
            yield problem("pattern.refused", path, error.problem, error.mend)
    try:
        Rulebook(policy.guard)
    except ConfigError as error:
        yield problem("pattern.refused", ("guard", "exception"), error.problem, error.mend)


def _print_problems(found: dict[str, list[Problem]], *, quiet: bool) -> None:
    for name, problems in found.items():
        for problem in problems:
            typer.echo(f"{problem.level}: {problem.describe(name)} [{problem.code}]")
            typer.echo(f"  mend: {problem.mend}")
        if not quiet:
            levels = [problem.level.value for problem in problems]
            counts = [_count(levels.count(level), level) for level in ("error", "warning", "note")]
            typer.echo(f"{name}: {', '.join(counts)}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _print_sarif(found: dict[str, list[Problem]]) -> None:
    from upright import __version__
    from upright.policy.sarif import sarif

    typer.echo(json.dumps(sarif(found, __version__), indent=2, ensure_ascii=False))


def _sections(sections: Sequence[Section]) -> list[dict[str, str | list[str]]]:
    return [{"title": section.title, "lines": list(section.lines)} for section in sections]


def _print_sections(sections: Sequence[Section]) -> None:
    for section in sections:
        typer.echo(section.title)
        for line in section.lines:
            typer.echo(f"  {line}")
        typer.echo("")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", mend="give a file that can be written"
        ) from None
