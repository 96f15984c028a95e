"""What the Next word page carries from one form to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from upright.console.chance import SEEDS
from upright.console.errors import PageError
from upright.console.seal import Seal

LONGEST: Final = 4000
_MOST_STEPS = 500
_COUNTS: Final[Mapping[str, int]] = {"2": 2, "3": 3, "4": 4}
_DEFAULT_COUNT = 3


@dataclass(frozen=True, slots=True)
class Step:
    """A word that was drawn.

    Attributes:
        before: length of the text it was added to.
        text: the word.
        probability: what it had.
    """

    before: int
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Board:
    """The state of the page; it lives in the form.

    Attributes:
        text: the text so far.
        trail: the drawn words at its end, oldest first.
        seed: as typed; "" means chance.
        count: how many stories to draw side by side.
    """

    text: str = ""
    trail: tuple[Step, ...] = ()
    seed: str = ""
    count: int = _DEFAULT_COUNT

    @classmethod
    def read(cls, form: Mapping[str, str], seal: Seal) -> Board:
        """Read the form. A trail that does not end in the form's text is forgotten.

        Raises:
            PageError: for no text, too long a text, or a seed that is no whole number.
        """
        text, seed = form.get("text", ""), form.get("seed", "").strip()
        if not text.strip():
            raise PageError("There is no text to go on from.", mend="Type the first few words.")
        if len(text) > LONGEST:
            raise PageError(f"The text is longer than {LONGEST:,} characters.", status=413)
        if seed and not (seed.isascii() and seed.isdigit() and int(seed[:11]) < SEEDS):
            raise PageError("The seed is no whole number from 0 to 4,294,967,295.")
        kept = seal.open("trail", form.get("trail", ""))
        steps = kept["steps"] if kept and kept["text"] == text else []
        chosen = _COUNTS.get(form.get("count", ""), _DEFAULT_COUNT)
        return cls(text, tuple(Step(*step) for step in steps), seed, chosen)

    def sealed_trail(self, seal: Seal) -> str:
        """Return the trail for the form."""
        steps: list[Any] = [[step.before, step.text, step.probability] for step in self.trail]
        return seal.close("trail", {"text": self.text, "steps": steps})

    def extended(self, word: str, probability: float) -> Board:
        """Return the board with one more drawn word.

        Raises:
            PageError: when the text has become too long to go on.
        """
        if len(self.text) + len(word) > LONGEST:
            raise PageError("The text is as long as this page takes.", mend="Undo, or start anew.")
        step = Step(len(self.text), word, probability)
        return replace(self, text=self.text + word, trail=(*self.trail, step)[-_MOST_STEPS:])

    def undone(self) -> Board:
        """Return the board without the last drawn word."""
        if not self.trail:
            return self
        return replace(self, text=self.text[: self.trail[-1].before], trail=self.trail[:-1])

    @property
    def shown(self) -> Mapping[str, str]:
        """The text cut before the last drawn word."""
        cut = self.trail[-1].before if self.trail else len(self.text)
        return {"before": self.text[:cut], "last": self.text[cut:]}
