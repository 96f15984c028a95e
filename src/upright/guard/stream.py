"""Law 2: a text guarded while it is written leaves exactly as it would leave when whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from upright.guard.clusters import WITHHOLDING, Cluster, cluster
from upright.guard.pseudonyms import Pseudonyms
from upright.guard.rules import Rulebook
from upright.guard.scan import Scan
from upright.guard.writer import Writer
from upright.terms import Action, DetectorError, Outcome, Record, Stage, Verdict

# See `StreamDriver._worth_a_scan`.
_PACE = 64


@dataclass(frozen=True, slots=True)
class Window:
    """What has to be scanned next.

    Attributes:
        record: the text as far as it has arrived.
        final: it is complete.
    """

    record: Record
    final: bool


class StreamDriver:
    """Guards one text while it arrives.

    Without worker processes: `feed` each piece, then `finish`; both return what may leave.
    With scans made elsewhere: `add` pieces as they come; while no scan is under way take a
    `window()`, have it scanned (`partial=not window.final`, `skip=driver.failed`), and give the
    scan to `advance`, which returns what may leave. Pieces that arrive meanwhile wait for the
    next window, so a slow scan makes fewer scans and never a queue.

    The whole answer is held where a `replace` or `review` rule can fire at the stage.

    Args:
        rulebook: decides.
        stage: where the text stands.
        scanner: scans a window in place, for `feed` and `finish`.
        pseudonyms: of the conversation; None starts a new map.
        record: name, role and fields of the text; its own text is not used.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        stage: Stage,
        *,
        scanner: Callable[[Window, frozenset[str]], Scan],
        pseudonyms: Pseudonyms | None = None,
        record: Record | None = None,
    ) -> None:
        self._rulebook = rulebook
        self._stage = stage
        self._scanner = scanner
        self._record = record or Record("")
        self._writer = Writer(
            rulebook.section.notice, Pseudonyms() if pseudonyms is None else pseudonyms
        )
        self._held = rulebook.holds_whole(stage)
        # The text of the last window, and what has arrived since.
        self._text = ""
        self._arrived: list[str] = []
        self._unscanned = 0
        # All findings that start before `_known` have been weighed; those whose text has not
        # been dealt with wait in `_waiting`.
        self._known = 0
        self._waiting: list[Outcome] = []
        self._done: list[Outcome] = []
        self._errors: dict[str, DetectorError] = {}
        self._complete = False

    @property
    def ended(self) -> bool:
        """Nothing more will leave: the text is complete, or a notice closed it."""
        return self._complete or self._writer.ended

    @property
    def failed(self) -> frozenset[str]:
        """Rule ids of detectors that gave no answer; they are not asked again."""
        return frozenset(self._errors)

    def feed(self, text: str) -> str:
        """Take the next piece and return what may leave now."""
        self.add(text)
        return self._scan_in_place(final=False)

    def finish(self) -> str:
        """Say that the text is complete and return the rest of what may leave."""
        return self._scan_in_place(final=True)

    def add(self, text: str) -> None:
        """Take the next piece; what follows an end is forgotten at once."""
        if not self.ended:
            self._arrived.append(text)
            self._unscanned += len(text)

    def window(self, *, final: bool = False) -> Window | None:
        """Return what has to be scanned next; None where there is nothing to be gained."""
        if self.ended or not (final or self._worth_a_scan()):
            return None
        self._text = "".join((self._text, *self._arrived))
        self._arrived.clear()
        self._unscanned = 0
        return Window(replace(self._record, text=self._text), final)

    def advance(self, window: Window, scan: Scan) -> str:
        """Take the scan of a window and return what may leave."""
        if self.ended:
            return ""
        self._errors |= {error.rule: error for error in scan.errors}
        if any(error.action is Action.BLOCK for error in scan.errors):
            return self._writer.end_with(self._rulebook.section.notice)
        self._take(window, scan)
        released = self._release(final=window.final)
        self._complete = window.final
        return released

    @property
    def verdict(self) -> Verdict:
        """What became of the text: of all of it once `ended`, before that of what has left."""
        outcomes = [*self._done, *self._waiting]
        live = tuple(outcome for outcome in outcomes if not outcome.excepted)
        errors = tuple(self._errors.values())
        scores: dict[str, float] = {}
        for finding in (outcome.finding for outcome in live):
            scores[finding.hazard] = max(finding.score, scores.get(finding.hazard, 0.0))
        actions = [*(outcome.action for outcome in live), *(error.action for error in errors)]
        return Verdict(
            action=max(actions, key=lambda action: action.strictness, default=Action.ALLOW),
            text="".join(self._writer.written),
            outcomes=live,
            errors=errors,
            scores=scores,
            excepted=tuple(outcome for outcome in outcomes if outcome.excepted),
        )

    def _scan_in_place(self, *, final: bool) -> str:
        window = self.window(final=final)
        return "" if window is None else self.advance(window, self._scanner(window, self.failed))

    def _worth_a_scan(self) -> bool:
        """Each scan reads the text from its start, so scans grow rarer as the text grows.

        That holds back at most one part in `_PACE` more, and bounds all scans of a text of n
        characters to about `_PACE * n` characters read.
        """
        return not self._held and self._unscanned > len(self._text) // _PACE

    def _take(self, window: Window, scan: Scan) -> None:
        """Weigh what has become final since the last scan."""
        settled = len(window.record.text) if window.final else scan.settled
        fresh = [finding for finding in scan.findings if self._known <= finding.start < settled]
        self._waiting += self._rulebook.weigh(window.record.text, fresh, self._stage)
        self._known = max(self._known, settled)

    def _release(self, *, final: bool) -> str:
        clusters = cluster(self._waiting)
        if self._held and (notice := self._whole(clusters)) is not None:
            return self._writer.end_with(notice)
        boundary = self._known
        # What reaches over the boundary may still grow, unless it ends the text anyhow.
        if clusters and clusters[-1].end > boundary and clusters[-1].action is not Action.BLOCK:
            boundary = clusters.pop().start
        released = self._writer.write(self._text, clusters, boundary)
        if self._writer.ended or final:
            boundary = self._known
        self._done += [item for item in self._waiting if item.finding.start < boundary]
        self._waiting = [item for item in self._waiting if item.finding.start >= boundary]
        return released

    def _whole(self, clusters: list[Cluster]) -> str | None:
        """Return the notice for the whole text, where the strictest action asks for one."""
        withholding = [item for item in clusters if item.action in WITHHOLDING]
        if not withholding:
            return None
        decisive = max(withholding, key=lambda item: item.action.strictness)
        if decisive.action is Action.REVIEW:
            return self._rulebook.section.review_notice
        if decisive.action is Action.REPLACE:
            return self._rulebook.replacement(decisive.outcome)
        return None


def decide(
    rulebook: Rulebook,
    record: Record,
    scan: Scan,
    stage: Stage,
    pseudonyms: Pseudonyms | None = None,
) -> Verdict:
    """Return the verdict on a whole text from its scan."""
    if not scan.findings and not scan.errors:  # a request can have a hundred thousand such texts
        return Verdict(action=Action.ALLOW, text=record.text, scores=dict(scan.scores))
    driver = StreamDriver(
        rulebook, stage, scanner=lambda _, __: scan, pseudonyms=pseudonyms, record=record
    )
    driver.add(record.text)
    driver.finish()
    if not scan.scores:
        return driver.verdict
    # A detector's own probability stands for its hazard: it knows what is said and how.
    return replace(driver.verdict, scores={**driver.verdict.scores, **dict(scan.scores)})
