"""Scans made in the guard's worker processes, decisions made here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from upright.answer.crossings import View, joined_views
from upright.answer.inbound import Part
from upright.answer.outbound import Channel
from upright.answer.request import TextVerdict
from upright.guard import GuardPool, Pseudonyms, Restorer, Scan, Shown, StreamDriver, Window
from upright.terms import Action, DetectorError, Finding, Record, Stage, Verdict


class Judge:
    """The guard as one request asks it.

    A detector that gave no answer is not asked again at that stage for the same request: its
    deadline is waited for once, however many texts the request and its answer have. Each later
    text is told of the failure all the same.

    Args:
        pool: worker processes that scan.
    """

    def __init__(self, pool: GuardPool) -> None:
        self._pool = pool
        self._failed: dict[Stage, dict[str, DetectorError]] = {stage: {} for stage in Stage}
        self._shown: Shown | None = None

    def show(self, texts: Sequence[str]) -> None:
        """Take note of what the user wrote: answers may repeat it, whoever's words it is."""
        self._shown = Shown(texts)

    @property
    def digest(self) -> str:
        """The guard's digest."""
        return self._pool.digest

    async def scan(
        self,
        records: Sequence[Record],
        stage: Stage,
        *,
        partial: bool = False,
        skip: frozenset[str] = frozenset(),
    ) -> list[Scan]:
        """Have texts scanned; a detector that hangs costs its deadline and no more."""
        if not records:
            return []
        failed = self._failed[stage]
        known = tuple(error for rule, error in failed.items() if rule not in skip)
        asked = self._pool.submit(records, stage, partial=partial, skip=skip | failed.keys())
        scans = await asyncio.wrap_future(asked)
        failed.update((error.rule, error) for scan in scans for error in scan.errors)
        if self._shown is not None and stage is Stage.OUTPUT:
            scans = [
                self._shown.without_echoes(record.text, scan)
                for record, scan in zip(records, scans, strict=True)
            ]
        if not known:
            return scans
        return [replace(scan, errors=(*known, *scan.errors)) for scan in scans]

    async def prompt(
        self, parts: Sequence[Part], pseudonyms: Pseudonyms
    ) -> tuple[list[TextVerdict], list[str]]:
        """Judge every text of a request.

        Returns:
            The verdicts that found something or failed, and the texts as they would leave.
        """
        views = joined_views(parts)
        scans = await self._scan_parts(parts, views)
        judged: list[TextVerdict] = []
        texts: list[str] = []
        for part, scan in zip(parts, scans, strict=True):
            verdict = self._pool.decide(part.record, scan, part.stage, pseudonyms)
            texts.append(verdict.text)
            if is_worth_telling(verdict):
                judged.append(_told(part, part.stage, verdict))
        brought = [i for i, part in enumerate(parts) if part.stage is Stage.RETRIEVED]
        records = [replace(parts[i].record, text=texts[i]) for i in brought]
        for i, verdict in zip(brought, await self._as_prompt(records, pseudonyms), strict=True):
            texts[i] = verdict.text
            if is_worth_telling(verdict):
                judged.append(_told(parts[i], Stage.PROMPT, verdict))
        return judged, texts

    async def _as_prompt(self, records: Sequence[Record], pseudonyms: Pseudonyms) -> list[Verdict]:
        """Judge what tools brought in by the prompt's rules, where the retrieved stage has none.

        The client says which turn is a tool's, and saying so must not weaken the policy.
        """
        rulebook = self._pool.rulebook
        verdicts: list[Verdict] = []
        for record, scan in zip(records, await self.scan(records, Stage.PROMPT), strict=True):
            unspoken = tuple(
                finding
                for finding in scan.findings
                if not rulebook.rules_for(finding.rule, Stage.RETRIEVED)
            )
            left = replace(scan, findings=unspoken)
            verdicts.append(self._pool.decide(record, left, Stage.PROMPT, pseudonyms))
        return verdicts

    async def _scan_parts(self, parts: Sequence[Part], views: Sequence[View]) -> list[Scan]:
        stages = [Stage.PROMPT, Stage.RETRIEVED]
        groups = [[i for i, part in enumerate(parts) if part.stage is stage] for stage in stages]
        records = [[parts[i].record for i in group] for group in groups]
        records[0] += [view.record for view in views]
        answers = await asyncio.gather(
            *(self.scan(asked, stage) for asked, stage in zip(records, stages, strict=True))
        )
        scans: dict[int, Scan] = {}
        for group, answer in zip(groups, answers, strict=True):
            scans.update(zip(group, answer, strict=False))
        for view, scan in zip(views, answers[0][len(groups[0]) :], strict=True):
            _spread(view, scan, scans)
        return [scans[i] for i in range(len(parts))]

    async def texts(
        self, records: Sequence[Record], pseudonyms: Pseudonyms | None = None
    ) -> list[Verdict]:
        """Judge whole texts as parts of an answer."""
        scans = await self.scan(records, Stage.OUTPUT)
        return [
            self._pool.decide(record, scan, Stage.OUTPUT, pseudonyms)
            for record, scan in zip(records, scans, strict=True)
        ]

    def notice(self, verdict: Verdict) -> str:
        """Return what stands in the place of a tool call that is withheld."""
        section = self._pool.rulebook.section
        if verdict.action is Action.REPLACE:
            return verdict.text
        return section.review_notice if verdict.action is Action.REVIEW else section.notice

    def open_channel(self, name: str, pseudonyms: Pseudonyms, restorer: Restorer) -> Channel:
        """Return a channel for text that is still being written."""
        driver = self._pool.stream(Stage.OUTPUT, pseudonyms=pseudonyms)
        return Channel(name, driver, restorer)

    async def window(self, driver: StreamDriver, window: Window) -> Scan:
        """Scan the window of a text that is still being written."""
        (scan,) = await self.scan(
            [window.record], Stage.OUTPUT, partial=not window.final, skip=driver.failed
        )
        return scan


def _told(part: Part, stage: Stage, verdict: Verdict) -> TextVerdict:
    return TextVerdict(stage, part.index, part.channel, verdict, part.record.role)


def is_worth_telling(verdict: Verdict) -> bool:
    """Say whether a verdict holds anything besides "nothing found"."""
    return bool(verdict.outcomes or verdict.errors)


def _spread(view: View, scan: Scan, scans: dict[int, Scan]) -> None:
    """Give each part its share of the findings that cross from part to part."""
    for shares in view.crossing(scan.findings):
        if any(_shown_alone(finding, scans[number]) for number, finding in shares):
            continue
        for number, finding in shares:
            findings = (*scans[number].findings, finding)
            ordered = sorted(findings, key=lambda item: (item.start, item.end))
            scans[number] = replace(scans[number], findings=tuple(ordered))
    if scan.errors:
        last = view.stretches[-1].part
        known = {error.rule for error in scans[last].errors}
        fresh = tuple(error for error in scan.errors if error.rule not in known)
        scans[last] = replace(scans[last], errors=(*scans[last].errors, *fresh))


def _shown_alone(finding: Finding, scan: Scan) -> bool:
    return any(
        own.rule == finding.rule and own.start < finding.end and finding.start < own.end
        for own in scan.findings
    )
