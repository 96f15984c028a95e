"""Reading a use-case file, with errors that name file, line, value and mend."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from upright.policy.model import Policy
from upright.terms import ConfigError


def parse_policy(text: str, *, source: str = "<text>") -> Policy:
    """Turn the text of a use-case file into a Policy.

    Args:
        text: TOML.
        source: what to call it in errors.

    Raises:
        ConfigError: for TOML that cannot be read or values that do not fit.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: {error}", mend="mend the TOML syntax there") from None
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{source}: {where}: {first['msg']}") from None


def load_policy(path: str | Path) -> Policy:
    """Read a use-case file.

    Raises:
        ConfigError: if it cannot be read or does not fit.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", mend="upright init writes one") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from None
    return parse_policy(text, source=str(path))


def preset_names() -> tuple[str, ...]:
    """Return the names of the presets that ship with upright."""
    folder = files("upright.policy").joinpath("presets")
    return tuple(sorted(p.name.removesuffix(".toml") for p in folder.iterdir()))


def preset(name: str) -> Policy:
    """Return a preset by name.

    Raises:
        ConfigError: for a name that is not a preset.
    """
    if name not in preset_names():
        raise ConfigError(
            f"no preset is called {name!r}", mend=f"one of: {', '.join(preset_names())}"
        )
    text = files("upright.policy").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    return parse_policy(text, source=f"preset {name}")
