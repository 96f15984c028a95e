"""Write the pages of the reference that the code itself dictates, or check that they are true.

`python scripts/docs.py` writes them; `--check` changes nothing and fails if one is out of date.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer.main
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from upright.cli.app import app
from upright.guard.detectors import catalogue
from upright.guard.model.degrees import CONTESTED, scales
from upright.policy import Policy, preset, preset_names, preset_text
from upright.policy.check import section_of
from upright.policy.lint import CODES
from upright.policy.schema import SCHEMA_FILE, schema_text
from upright.policy.words import describe, name_of
from upright.terms import HAZARDS, hazard_of_rule
from upright.train.guard.card import card
from upright.weights.guard import open_guard

DOCS = Path(__file__).resolve().parent.parent / "docs"
HAND = "<!-- Written by scripts/docs.py; edit what it reads, not this page. -->\n\n"


def main() -> int:
    """Write or check every page; return the exit code."""
    stale = [path for path, text in pages().items() if read(path) != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"docs/{path} is out of date\n  mend: python scripts/docs.py", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        target = DOCS / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(pages()[path], encoding="utf-8")
        print(f"wrote docs/{path}")
    return 0


def pages() -> dict[str, str]:
    """Return the text of every generated page by its path under docs/."""
    return {
        "reference/cli.md": HAND + cli_page(),
        "reference/use-case-file.md": HAND + policy_page(),
        "reference/degrees.md": HAND + degrees_page(),
        "reference/guard-card.md": HAND + card(open_guard().facts),
        "reference/hazards.md": HAND + hazards_page(),
        "reference/lint.md": HAND + lint_page(),
        f"schema/{SCHEMA_FILE}": schema_text(),
        **{f"presets/{name}.md": HAND + preset_page(name) for name in preset_names()},
    }


def read(path: str) -> str | None:
    """Return what stands under docs/ now, or None."""
    target = DOCS / path
    return target.read_text(encoding="utf-8") if target.exists() else None


def degrees_page() -> str:
    """What the degrees of each kind mean, and where they begin."""
    parts = [
        "# Degrees of what the guard model finds\n",
        "A finding has a degree from 0 to 4, its `severity`. The model foresees which share of",
        "people would call a passage such a thing; a degree is reached from a share on. Words that",
        "are quoted, reported, rejected or denied are mentions: they never count for more than 1.",
        "A use can set its own shares, for an audience that minds more or less:\n",
        "```toml\n[guard.degrees]",
        '"toxicity.profanity" = [0.0, 0.2, 0.5, 0.8]\n```\n',
        f"Where the share lies between {CONTESTED[0]:g} and {CONTESTED[1]:g} people disagree, and",
        "the finding's context is `contested`; a rule can send it to a person with",
        '`context = { contested = "review" }`.\n',
    ]
    for head, scale in scales().items():
        parts += [f"## {head}\n", "| degree | from | meaning |", "|---:|---:|---|"]
        parts += [
            f"| {degree} | {_begins(scale.shares, degree)} | {meaning} |"
            for degree, meaning in enumerate(scale.meaning)
        ]
        parts.append("")
    return "\n".join(parts)


def _begins(shares: tuple[float, ...], degree: int) -> str:
    if not degree:
        return ""
    return f"{shares[degree - 1]:.0%}" if degree <= len(shares) else "never"


def cli_page() -> str:
    """Every command with its arguments and options."""
    root = typer.main.get_command(app)
    parts = [
        "# Command line\n",
        "Exit codes: 0 pass, 1 a gate failed, 2 usage or configuration, 3 could not measure.",
        "`--debug` shows a traceback where something fails; without it an error is two lines.\n",
    ]
    for name, command in commands(root, "upright"):
        parts += [f"## `{name}`\n", *command_lines(name, command)]
    return "\n".join(parts).rstrip() + "\n"


def commands(group: TyperCommand | TyperGroup, name: str) -> Iterator[tuple[str, TyperCommand]]:
    """Yield every command that does something, with its full name."""
    if not isinstance(group, TyperGroup):
        yield name, group
        return
    for key, command in group.commands.items():
        yield from commands(command, f"{name} {key}")


def command_lines(name: str, command: TyperCommand) -> Iterator[str]:
    """Yield what one command does and takes."""
    context = typer.Context(command, info_name=name)
    yield inspect.cleandoc(command.help or "").replace("\n\n", "\n") + "\n"
    pieces = [piece.strip() for piece in command.collect_usage_pieces(context)]
    yield f"```text\n{name} {' '.join(pieces)}\n```\n"
    shown = [p for p in command.params if p.name != "help"]
    if shown:
        yield "| Argument or option | Meaning | Default |\n|---|---|---|"
        for parameter in shown:
            names = ", ".join(f"`{option}`" for option in parameter.opts)
            if isinstance(parameter, TyperArgument):
                names = f"`{parameter.metavar or parameter.name}`"
            yield f"| {names} | {cell(parameter.help or '')} | {default_of(parameter)} |"
        yield ""


def default_of(parameter: TyperArgument | TyperOption) -> str:
    """Return a parameter's default, where a reader would want to know it."""
    if parameter.required:
        return "required"
    shown = parameter.show_default
    if isinstance(shown, str):
        return shown
    value = parameter.default
    if value is None or value is False or callable(value) or shown is False:
        return ""
    return f"`{value}`" if isinstance(value, str | int | float | Path) else ""


def policy_page() -> str:
    """Every section and key of the use-case file."""
    parts = [
        "# Use-case file\n",
        "One TOML file, read by `upright` as it stands: an unknown key is an error. The same as",
        f"[JSON Schema](../schema/{SCHEMA_FILE}) for editors. Only `schema` and `[use_case]` must",
        "be there; without a `[[guard.rule]]` nothing can be guarded, and upright refuses.\n",
        "Secrets and addresses of a machine come from `UPRIGHT_*` variables, never from here.\n",
    ]
    for path, model, many in sections(Policy, "", many=False):
        if not path:
            parts.append("## Top level\n")
        else:
            parts.append(f"## `{f'[[{path}]]' if many else f'[{path}]'}`\n")
            parts.append(inspect.cleandoc(model.__doc__ or "") + "\n")
        rows = [key_line(name, field) for name, field in keys(model)]
        if rows:
            parts += ["| Key | Value | Default | Meaning |\n|---|---|---|---|", *rows, ""]
    return "\n".join(parts).rstrip() + "\n"


def sections(
    model: type[BaseModel], path: str, *, many: bool
) -> Iterator[tuple[str, type[BaseModel], bool]]:
    """Yield every section of the file with its path, and whether it can stand several times."""
    yield path, model, many
    for name, field in model.model_fields.items():
        inner = section_of(field.annotation)
        if inner is not None:
            listed = get_origin(field.annotation) is tuple
            yield from sections(inner, f"{path}.{name}".strip("."), many=listed)


def keys(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the plain keys of a section, without the sections inside it."""
    for name, field in model.model_fields.items():
        if section_of(field.annotation) is None:
            yield field.alias or name, field


def key_line(name: str, field: FieldInfo) -> str:
    """Return one row of a section's table."""
    default = (
        "required" if field.is_required() else show(field.get_default(call_default_factory=True))
    )
    value = ", ".join(filter(None, [kind_of(field.annotation), *limits(field)]))
    return f"| `{name}` | {cell(value)} | {cell(default)} | {cell(field.description or '')} |"


def kind_of(annotation: Any) -> str:  # noqa: ANN401 (whatever an annotation can be)
    """Return a type in the words of a TOML file."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is None:
        return plain_kind(annotation)
    if origin is Annotated:
        return kind_of(arguments[0])
    if origin is Literal:
        return " · ".join(show(value) for value in arguments)
    parts = [kind_of(part) for part in arguments if part not in {type(None), ...}]
    if origin in {Union, types.UnionType}:
        return " or ".join(parts)
    if origin is dict:
        return f"table: {parts[0]} = {parts[1]}"
    return f"list of: {parts[0]}" if origin is tuple else parts[0]


def plain_kind(annotation: type) -> str:
    """Return a type without parts in the words of a TOML file."""
    if issubclass(annotation, Enum):
        return " · ".join(f"`{member.value}`" for member in annotation)
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return names[annotation]


def limits(field: FieldInfo) -> Iterator[str]:
    """Yield the bounds of a value."""
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    for bound in field.metadata:
        for name, sign in signs.items():
            if getattr(bound, name, None) is not None:
                yield f"{sign} {getattr(bound, name):g}"


def show(value: object) -> str:
    """Return a default as TOML spells it."""
    if value is None or value == "" or value is PydanticUndefined:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(show(item).strip('`') for item in value)}]`"
    if isinstance(value, dict):
        return "`{}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def hazards_page() -> str:
    """Every hazard, the detectors that find it, and its name elsewhere."""
    found: dict[str, list[str]] = {}
    for rule in catalogue():
        found.setdefault(hazard_of_rule(rule), []).append(rule)
    parts = [
        "# Hazards\n",
        "One table of harms. `findings` and `scores` carry the key; rules of the use-case file",
        "speak of detector rules. A hazard without detectors is one that a later release finds.\n",
    ]
    for key, hazard in HAZARDS.items():
        parts += [f"## {hazard.title}\n", f"`{key}`: {hazard.definition}\n"]
        rules = [f"`{rule}` ({name_of(rule)})" for rule in found.get(key, ())]
        parts.append(f"- Detectors: {', '.join(rules) or 'none in this release'}")
        for title, codes in (
            ("MLCommons AILuminate v1", hazard.ailuminate),
            ("Llama Guard 3", hazard.llama_guard_3),
            ("OpenAI moderation", hazard.openai),
        ):
            parts.append(f"- {title}: {', '.join(f'`{code}`' for code in codes) or 'no category'}")
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def lint_page() -> str:
    """Every problem that lint can find."""
    rows = [f"| `{code}` | {level} | {meaning} |" for code, (level, meaning) in CODES.items()]
    parts = [
        "# What lint finds\n",
        "`upright policy lint` prints each problem with file, line and mend. Errors end in exit",
        "code 1; warnings and notes do not.\n",
        "| Code | Level | Meaning |\n|---|---|---|",
        *rows,
    ]
    return "\n".join(parts) + "\n"


def preset_page(name: str) -> str:
    """One preset: why it is as it is, what it does in words, and the file."""
    text = preset_text(name)
    why = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        why.append(line.removeprefix("#").strip())
    parts = [f"# {name}\n", " ".join(why) + "\n", "## In words\n"]
    for section in describe(preset(name)):
        parts += [f"**{section.title}**\n", *(f"- {line}" for line in section.lines), ""]
    parts.append(
        f"## The file\n\n`upright init --preset {name}` writes it.\n\n```toml\n{text}```\n"
    )
    return "\n".join(parts)


def cell(text: str) -> str:
    """Return a text that can stand in a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
