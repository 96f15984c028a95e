"""Which identities a text speaks of, by a table of words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from upright.terms import ConfigError

_GAP = re.compile(r"[\s-]+")
_SHAPE = 'write tables such as [religion] with lines such as sikh = ["sikh", "sikhs"]'


class IdentityTerms:
    """Finds identities by their words.

    Args:
        forms: from each form, in lower case with single spaces, to the identity it names.
    """

    def __init__(self, forms: Mapping[str, str]) -> None:
        self._forms = dict(forms)
        longest_first = sorted(self._forms, key=len, reverse=True)
        choices = "|".join(
            r"[\s-]+".join(re.escape(word) for word in form.split(" ")) for form in longest_first
        )
        self._pattern = re.compile(rf"(?<!\w)(?:{choices})(?!\w)", re.IGNORECASE)

    @property
    def identities(self) -> tuple[str, ...]:
        """Every identity of the table, in its order."""
        return tuple(dict.fromkeys(self._forms.values()))

    def find(self, text: str) -> tuple[str, ...]:
        """Return the identities a text speaks of, each once, in the order of the text."""
        found = (_plain(match[0]) for match in self._pattern.finditer(text))
        return tuple(dict.fromkeys(self._forms[form] for form in found if form in self._forms))


@cache
def shipped_terms() -> IdentityTerms:
    """Return the table that comes with upright."""
    text = files("upright.audit").joinpath("identity_terms.toml").read_text(encoding="utf-8")
    return _parse(text, "identity_terms.toml")


def read_terms(path: str) -> IdentityTerms:
    """Read a table of one's own, of the shape of the shipped one.

    Raises:
        ConfigError: for a file that cannot be read or is no such table.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise ConfigError(f"{path}: {reason}", mend="give a TOML file of identity terms") from None
    return _parse(text, path)


def _parse(text: str, name: str) -> IdentityTerms:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not TOML: {error}", mend=_SHAPE) from None
    forms: dict[str, str] = {}
    for axis, identities in table.items():
        if not isinstance(identities, dict):
            raise ConfigError(f"{name}: `{axis}` is no table", mend=_SHAPE)
        for identity, words in identities.items():
            _add(forms, identity, words, name)
    if not forms:
        raise ConfigError(f"{name}: no identity in the table", mend=_SHAPE)
    return IdentityTerms(forms)


def _add(forms: dict[str, str], identity: str, words: object, name: str) -> None:
    if not isinstance(words, list) or not words or not all(_is_form(word) for word in words):
        raise ConfigError(f"{name}: `{identity}` is no list of words", mend=_SHAPE)
    for form in map(_plain, words):
        if forms.setdefault(form, identity) != identity:
            raise ConfigError(
                f"{name}: {form!r} names both `{forms[form]}` and `{identity}`",
                mend="give each form to one identity",
            )


def _is_form(word: object) -> bool:
    return isinstance(word, str) and bool(_plain(word))


def _plain(form: str) -> str:
    return _GAP.sub(" ", form).strip().lower()
