"""The *Thresholds* page: what a rule would act on and miss, on a person's own examples."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool

from upright.console.errors import PageError
from upright.console.examples import LONGEST_TEXT, MOST_LINES, USUAL_LABELS, read_examples
from upright.console.frame import go
from upright.console.marks import Mark, Segment, segments
from upright.console.runs import Runs
from upright.console.tuning import BINS, Outlook, Scored, Setting, model_line, toml
from upright.console.visit import Page, Visit
from upright.console.words import hazard_title, tone
from upright.guard.model.heads import ATTACKS, REQUESTS, TOXICITY
from upright.terms import Action, Context, Finding, Stage, UprightError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from upright.console.runs import Run
    from upright.policy import GuardRule, Policy

MOST_BYTES: Final = 8_000_000
"""Of the posted form: 2,000 long texts, as browsers encode them."""

_HERE: Final = "thresholds"
_MEMORY: Final = "thresholds"
_PATIENCE_SECONDS: Final = 1.0
_MOST_TOLD: Final = 3
_FAMILIES: Final = {"toxicity": TOXICITY, "request": REQUESTS, "injection": ATTACKS}
_MOST_SEVERE: Final = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One text of a list.

    Attributes:
        number: its place among the examples, from 0.
        parts: the text with what was found in it.
        told: rule, score, severity and context of the strongest findings, in words.
        hidden: the setting does not put it in this list.
    """

    number: int
    parts: list[Segment]
    told: str
    hidden: bool


async def show(visit: Visit) -> Page:
    """The form; or how far the scoring is; or what a setting would do."""
    run = _runs(visit).get(visit.session.nonce)
    if run is None:
        return _form(visit)
    if not run.finished.is_set():
        return Page("thresholds_wait.html", {"run": run}, here=_HERE)
    if run.problem is not None:
        _runs(visit).forget(visit.session.nonce)
        return _form(visit, problem=run.problem)
    return await run_in_threadpool(_tried, visit, run)


async def send(visit: Visit) -> Page | Response:
    """Take examples and begin to score them."""
    given = {name: visit.form.get(name, "") for name in ("examples", "labels")}
    model = visit.form.get("model") == "yes"
    try:
        examples = read_examples(given["examples"], given["labels"])
        run = _runs(visit).start(visit.session.nonce, visit.policy, examples, model=model)
    except UprightError as problem:
        return _form(visit, **given, model=model, problem=problem)
    # A small set is done before a person would have seen a page that says to wait.
    await run_in_threadpool(run.finished.wait, _PATIENCE_SECONDS)
    return go("/thresholds")


def forget(visit: Visit) -> Response:
    """Drop the examples of this session."""
    _runs(visit).forget(visit.session.nonce)
    return go("/thresholds", done="forgotten")


def _runs(visit: Visit) -> Runs:
    runs: Runs = visit.desk.memory.setdefault(_MEMORY, Runs())
    return runs


def _form(visit: Visit, *, problem: UprightError | None = None, **given: Any) -> Page:  # noqa: ANN401 (text and a flag)
    values = {
        "examples": "",
        "labels": USUAL_LABELS,
        "model": visit.policy.guard.model,
        "most_lines": MOST_LINES,
        "longest": LONGEST_TEXT,
        **given,
        "problem": problem,
    }
    status = problem.status if isinstance(problem, PageError) else 400 if problem else 200
    return Page("thresholds_form.html", values, here=_HERE, status=status)


def _tried(visit: Visit, run: Run) -> Page:
    choices = _choices(visit.policy, run.examples)
    setting = _setting(visit, choices)
    named = [setting.named(one) for one in run.examples]
    above = model_line(run.model, use=visit.policy.guard.model)
    values = {
        "run": run,
        "choices": choices,
        "stages": list(Stage),
        "contexts": _contexts(visit.policy, setting),
        "setting": setting,
        "outlook": Outlook.of(run.examples, setting),
        "top": BINS,
        "toml": toml(setting, above=above),
        "model_line": above,
        "alarms": _rows(run.examples, named, setting, positive=False),
        "missed": _rows(run.examples, named, setting, positive=True),
        "data": _data(run.examples, named, setting),
    }
    return Page("thresholds.html", values, here=_HERE)


def _choices(policy: Policy, examples: Sequence[Scored]) -> dict[str, list[str]]:
    """Return the rules to choose from: those of the use first, and what was found."""
    own = dict.fromkeys(glob for rule in policy.guard.rule for glob in rule.detect)
    found = sorted({item.rule for one in examples for item in one.findings})
    families = [f"{family}.*" for family in _FAMILIES]
    kinds = [f"{family}.{name}" for family, names in _FAMILIES.items() for name in names]
    groups = {"In this use's file": list(own), "Families": families, "Kinds": [*kinds, *found]}
    told: set[str] = set()
    for names in groups.values():
        names[:] = [name for name in dict.fromkeys(names) if name not in told]
        told.update(names)
    return {title: names for title, names in groups.items() if names}


def _setting(visit: Visit, choices: dict[str, list[str]]) -> Setting:
    """Return what the address asks for, or else what the use's file says now."""
    query = visit.request.query_params
    known = [name for names in choices.values() for name in names]
    asked = query.get("detect", "")
    # What people label is mostly of these families; the use's own names of them come first.
    usual = next(name for name in known if name.partition(".")[0] in _FAMILIES)
    detect = asked if asked in known else usual
    stage = Stage(query["at"]) if query.get("at") in set(Stage) else Stage.OUTPUT
    rule = _rule(visit.policy, detect, stage)
    context = dict(rule.context) if rule else {}
    action = rule.action if rule and rule.action is not Action.ALLOW else Action.BLOCK
    if "min_score" not in query or query.get("do") == "file":
        score, severity = (rule.min_score, rule.min_severity) if rule else (0.0, 0)
        return Setting(detect, stage, score, severity, context, action)
    spared = {name for name in Context if name in query.getlist("spare")}
    kept = {name: act for name, act in context.items() if act is not Action.ALLOW}
    return Setting(
        detect,
        stage,
        round(_number(query["min_score"], 1.0), 3),
        int(_number(query.get("min_severity", "0"), _MOST_SEVERE)),
        {
            name: Action.ALLOW if name in spared else kept[name]
            for name in Context
            if name in spared or name in kept
        },
        action,
    )


def _rule(policy: Policy, detect: str, stage: Stage) -> GuardRule | None:
    """Return the first rule of the use that speaks of this at the stage."""
    for rule in policy.guard.rule:
        if stage in rule.at and any(
            glob == detect or fnmatchcase(detect, glob) for glob in rule.detect
        ):
            return rule
    return None


def _number(text: str, most: float) -> float:
    with suppress(ValueError):
        return min(max(float(text), 0.0), most)
    return 0.0


def _contexts(policy: Policy, setting: Setting) -> list[dict[str, Any]]:
    """Return each context with whether it is spared, and what the file does otherwise."""
    rule = _rule(policy, setting.detect, setting.stage)
    others = rule.context if rule else {}
    return [
        {
            "name": context.value,
            "spared": setting.context.get(context) is Action.ALLOW,
            "otherwise": "" if others.get(context, "allow") == "allow" else others[context].value,
        }
        for context in Context
    ]


def _data(
    examples: Sequence[Scored], named: Sequence[Sequence[Finding]], setting: Setting
) -> list[list[Any]]:
    """Return what the browser computes with: label, probability, and each finding's numbers."""
    return [
        [
            int(one.positive),
            setting.probability(one),
            [[item.score, item.severity, item.context or ""] for item in found],
        ]
        for one, found in zip(examples, named, strict=True)
    ]


def _rows(
    examples: Sequence[Scored],
    named: Sequence[Sequence[Finding]],
    setting: Setting,
    *,
    positive: bool,
) -> list[Row]:
    """Return texts of one label, the highest score first.

    Of those to leave alone only texts with a finding: no setting acts on the others.
    """

    def height(number: int) -> tuple[bool, float]:
        found = [item.score for item in named[number]]
        return bool(found), max(found, default=setting.probability(examples[number]))

    numbers = [
        number
        for number, one in enumerate(examples)
        if one.positive is positive and (positive or named[number])
    ]
    return [
        Row(
            number,
            segments(examples[number].text, _marks(named[number])),
            _told(named[number], setting.probability(examples[number])),
            hidden=setting.acts(examples[number]) is positive,
        )
        for number in sorted(numbers, key=height, reverse=True)
    ]


def _told(found: Sequence[Finding], probability: float) -> str:
    if not found:
        return f"no finding, probability {probability:.2f}"
    told = dict.fromkeys(
        f"{item.rule} {item.score:.2f}, severity {item.severity}"
        + (f", {item.context.value.replace('_', ' ')}" if item.context else "")
        for item in sorted(found, key=lambda item: -item.score)
    )
    return "; ".join([*told][:_MOST_TOLD])


def _marks(found: Sequence[Finding]) -> list[Mark]:
    return [
        Mark(
            start=item.start,
            end=item.end,
            number=number,
            label=hazard_title(item.hazard, item.rule),
            tone=tone(item.hazard),
            action="",
            rule=item.rule,
            explanation=item.explanation,
            severity=item.severity,
        )
        for number, item in enumerate(found, 1)
    ]
