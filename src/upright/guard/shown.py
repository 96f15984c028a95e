"""What a request showed the model, so that it may be repeated.

A person who pastes a text may have it summarised or corrected, whoever wrote it: copies that stand
in the prompt are no finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from upright.guard.scan import Scan
from upright.terms import Finding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FAMILY = "copy."
_RUN = 6
"""Words in a row that count as repeated, as in certificates."""
_NEARLY = 0.8


class Shown:
    """The texts of a request.

    Args:
        texts: what the user wrote or pasted.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = tuple(texts)

    def without_echoes(self, text: str, scan: Scan) -> Scan:
        """Return a scan of an answer without copies that the request showed.

        Of an exact copy all must stand there, of a near one four in five runs of six words. That
        depends on nothing but the span, so it is final wherever the finding is.
        """
        if not any(finding.rule.startswith(_FAMILY) for finding in scan.findings):
            return scan
        kept = [
            finding
            for finding in scan.findings
            if not (finding.rule.startswith(_FAMILY) and self._showed(text, finding))
        ]
        return replace(scan, findings=tuple(kept))

    def _showed(self, text: str, finding: Finding) -> bool:
        import numpy as np  # noqa: PLC0415 (only uses with an index of works need it)

        runs = _runs(text[finding.start : finding.end])
        share = float(np.isin(runs, self._runs).mean()) if len(runs) else 0.0
        return share >= (1.0 if finding.score >= 1.0 else _NEARLY)

    @cached_property
    def _runs(self) -> NDArray[np.uint64]:
        import numpy as np  # noqa: PLC0415 (as above)

        return np.unique(np.concatenate([_runs(text) for text in self._texts] or [_runs("")]))


def _runs(text: str) -> NDArray[np.uint64]:
    from upright.match import words  # noqa: PLC0415 (loads numpy)

    return words.grams(words.words(text).hashes, _RUN)
