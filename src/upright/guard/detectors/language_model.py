"""The identifier that names a language where no writing system and no small word gives it away.

It is py3langid (BSD-3-Clause), with the model inside the package: Lui and Baldwin, "langid.py: An
off-the-shelf language identification tool", ACL 2012, in the retrained form of A. Barbaresi.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from functools import cache
from typing import Any, final

from upright.terms import MissingExtraError

# No language at all, and the Pidgin of Nigeria, which it takes slang for.
_NOTHING = frozenset({"zxx", "pcm"})


@final
class Identifier:
    """Names the language of a stretch of text; thread-safe.

    Raises:
        MissingExtraError: if the extra `guard` is not installed.
    """

    def __init__(self) -> None:
        try:
            from importlib.metadata import version  # noqa: PLC0415 (used here alone)

            from py3langid.langid import (  # noqa: PLC0415 (an extra, slow to open)
                MODEL_FILE,
                LanguageIdentifier,
            )
        except ImportError as error:
            raise MissingExtraError(
                "Naming the language of a text", "guard", missing=str(error.name)
            ) from None
        self.version = f"py3langid={version('py3langid')}"
        self._model: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._lock = threading.Lock()

    def name(self, stretch: str, apart_from: Collection[str]) -> tuple[str, float]:
        """Return the likeliest language, and the probability of any but those set apart.

        Languages that are alike share the probability; that it is one of them is what counts.

        Args:
            stretch: a sentence or a few.
            apart_from: codes whose probability does not count.
        """
        with self._lock:
            ranked = self._model.rank(stretch)
        none = sum(share for code, share in ranked if code in _NOTHING or code in apart_from)
        # The last digits depend on how a machine adds.
        return str(ranked[0][0]), round(1.0 - float(none), 4)


@cache
def shared_identifier() -> Identifier:
    """Return the identifier; one for a process."""
    return Identifier()
