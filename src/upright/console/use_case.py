"""The *Use case* pages: the policy in words, its versions, and the kill switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from upright.console.errors import PageError
from upright.console.frame import go
from upright.console.visit import Page, Visit
from upright.policy import parse_policy
from upright.policy.words import describe
from upright.terms import ConfigError

if TYPE_CHECKING:
    from starlette.responses import Response

    from upright.ledger import PolicyVersion

_HERE: Final = "use-case"
_LONGEST_REASON: Final = 500


async def show(visit: Visit) -> Page:
    """The policy in force, in words."""
    versions = await _versions_in_force(visit)
    values = {"words": describe(visit.policy), "versions": versions[::-1]}
    return Page("use_case.html", values, here=_HERE)


async def version(visit: Visit) -> Page:
    """One version's file, and what making it active would change."""
    await _versions_in_force(visit)
    chosen = await run_in_threadpool(_version, visit, visit.path["number"])
    values = {"version": chosen, "changes": None if chosen.active else _changes(visit, chosen)}
    return Page("version.html", values, here=_HERE)


def ask_stop(visit: Visit) -> Page:
    """The page before the kill switch."""
    return _confirm_stop(visit)


def stop(visit: Visit) -> Page | Response:
    """Stop the use, with a reason."""
    reason = visit.form.get("reason", "").strip()
    if not reason or len(reason) > _LONGEST_REASON:
        problem = f"Say why, in at most {_LONGEST_REASON} characters."
        return _confirm_stop(visit, problem=problem)
    if not _sure(visit):
        return _confirm_stop(visit, problem="Tick the box to stop the use.")
    visit.state.ledger.uses.stop(visit.use_case, reason, by=visit.by)
    return go("/use-case", done="stopped")


def ask_resume(visit: Visit) -> Page:
    """The page before a stopped use answers again."""
    return _confirm_resume(visit)


def resume(visit: Visit) -> Page | Response:
    """Let the use answer again."""
    if not _sure(visit):
        return _confirm_resume(visit, problem="Tick the box to resume the use.")
    visit.state.ledger.uses.resume(visit.use_case, by=visit.by)
    return go("/use-case", done="resumed")


def ask_activate(visit: Visit) -> Page:
    """The page before another version comes into force."""
    return _confirm_activate(_version(visit, visit.query.get("version", "")))


def activate(visit: Visit) -> Page | Response:
    """Put a version in force."""
    chosen = _version(visit, visit.form.get("version", ""))
    if not _sure(visit):
        return _confirm_activate(chosen, problem="Tick the box to make it active.")
    visit.state.ledger.uses.activate(visit.use_case, chosen.version, by=visit.by)
    return go("/use-case", done="activated")


async def _versions_in_force(visit: Visit) -> list[PolicyVersion]:
    """Return all versions, after bringing this process to the active one.

    Another replica or the command line may have changed it, and otherwise it is only noticed
    with the next request to the model.
    """
    await visit.state.uses.load(visit.use_case)
    return await run_in_threadpool(visit.state.ledger.uses.history, visit.use_case)


def _version(visit: Visit, number: object) -> PolicyVersion:
    for one in visit.state.ledger.uses.history(visit.use_case):
        if str(one.version) == str(number):
            return one
    raise PageError("No such version was published.", status=404)


def _changes(visit: Visit, chosen: PolicyVersion) -> list[tuple[str, list[str]]]:
    """Return what differs from the policy in force, section by section, in words."""
    try:
        wanted = describe(parse_policy(chosen.text, source=f"version {chosen.version}"))
    except ConfigError as error:
        raise PageError(error.problem, mend=error.mend) from None
    now = {section.title: section.lines for section in describe(visit.policy)}
    then = {section.title: section.lines for section in wanted}
    changes = []
    for title in dict.fromkeys((*now, *then)):
        gone = [
            f"no longer: {line}" for line in now.get(title, ()) if line not in then.get(title, ())
        ]
        new = [f"new: {line}" for line in then.get(title, ()) if line not in now.get(title, ())]
        if gone or new:
            changes.append((title, gone + new))
    return changes


def _sure(visit: Visit) -> bool:
    return visit.form.get("sure") == "yes"


def _confirm_stop(visit: Visit, *, problem: str = "") -> Page:
    return _confirm(
        f"Stop {visit.use_case}",
        "From the next request on nothing is answered, on any replica, until a person resumes it.",
        action="/use-case/stop",
        sure="I want this use to stop answering.",
        button="Stop now",
        wants_reason=True,
        problem=problem,
    )


def _confirm_resume(visit: Visit, *, problem: str = "") -> Page:
    return _confirm(
        f"Resume {visit.use_case}",
        f"It was stopped: {visit.state.ledger.uses.state(visit.use_case).reason}",
        action="/use-case/resume",
        sure="The reason for stopping it is gone.",
        button="Resume",
        problem=problem,
    )


def _confirm_activate(chosen: PolicyVersion, *, problem: str = "") -> Page:
    return _confirm(
        f"Make version {chosen.version} active",
        "The next request is answered under it. Every version stays, so you can go back.",
        action="/use-case/activate",
        sure=f"I have read what version {chosen.version} changes.",
        button="Make active",
        fields={"version": str(chosen.version)},
        problem=problem,
    )


def _confirm(
    title: str,
    explanation: str,
    *,
    action: str,
    sure: str,
    button: str,
    problem: str,
    wants_reason: bool = False,
    fields: dict[str, str] | None = None,
) -> Page:
    values = {
        "title": title,
        "explanation": explanation,
        "action": action,
        "sure": sure,
        "button": button,
        "grave": wants_reason,
        "wants_reason": wants_reason,
        "fields": fields or {},
        "problem": problem,
    }
    return Page("confirm.html", values, here=_HERE, status=400 if problem else 200)
