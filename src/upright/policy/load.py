"""Reading a use-case file, with errors that name file, line, value and mend."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from upright.policy.check import check_text
from upright.policy.model import Policy
from upright.terms import ConfigError

_SHOWN_PROBLEMS = 10


def parse_policy(text: str, *, source: str = "<text>") -> Policy:
    """Turn the text of a use-case file into a Policy.

    Args:
        text: TOML.
        source: what to call it in errors.

    Raises:
        ConfigError: for TOML that cannot be read or values that do not fit; it names every
            problem with its line, up to ten.
    """
    policy, problems = check_text(text)
    if policy is not None:
        return policy
    first, *others = problems
    more = [f"\n  {other.describe(source)}" for other in others[: _SHOWN_PROBLEMS - 1]]
    if len(problems) > _SHOWN_PROBLEMS:
        more.append(f"\n  and {len(problems) - _SHOWN_PROBLEMS} more")
    raise ConfigError(first.describe(source) + "".join(more), mend=first.mend)


def read_policy_text(path: str | Path) -> str:
    """Return the text of a use-case file.

    Raises:
        ConfigError: if it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}",
            mend=f"upright init writes one; presets: {', '.join(preset_names())}",
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: not UTF-8 at byte {error.start}", mend="save the file as UTF-8"
        ) from None


def load_policy(path: str | Path) -> Policy:
    """Read a use-case file.

    Raises:
        ConfigError: if it cannot be read or does not fit.
    """
    policy = parse_policy(read_policy_text(path), source=str(path))
    return policy.beside(str(Path(path).parent))


@cache
def preset_names() -> tuple[str, ...]:
    """Return the names of the presets that ship with upright."""
    names = (entry.name for entry in files("upright.policy").joinpath("presets").iterdir())
    return tuple(sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml")))


def preset_text(name: str) -> str:
    """Return the file of a preset as it ships, comments included.

    Raises:
        ConfigError: for a name that is not a preset.
    """
    if name not in preset_names():
        raise ConfigError(
            f"no preset is called {name!r}", mend=f"one of: {', '.join(preset_names())}"
        )
    return files("upright.policy").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")


def preset(name: str) -> Policy:
    """Return a preset by name.

    Raises:
        ConfigError: for a name that is not a preset.
    """
    return parse_policy(preset_text(name), source=f"preset {name}")


def policy_text(name_or_path: str) -> tuple[str, str]:
    """Return text and name of what `--policy` names: a file, or else a preset.

    A file wins over a preset of the same name, so that nobody's own rules are passed over.

    Raises:
        ConfigError: if it is neither.
    """
    if name_or_path in preset_names() and not Path(name_or_path).exists():
        return preset_text(name_or_path), f"preset {name_or_path}"
    return read_policy_text(name_or_path), name_or_path


def open_policy(name_or_path: str) -> Policy:
    """Return the Policy that `--policy` names: a use-case file, or else a preset.

    Raises:
        ConfigError: if it is neither, or does not fit.
    """
    text, source = policy_text(name_or_path)
    policy = parse_policy(text, source=source)
    return policy.beside(str(Path(source).parent)) if source == name_or_path else policy
