"""The name of every problem that lint can find, with what it means."""

from __future__ import annotations

from collections.abc import Mapping

from upright.policy.locate import Path
from upright.policy.problems import Level, Problem

_E, _W, _N = Level.ERROR, Level.WARNING, Level.NOTE

CODES: Mapping[str, tuple[Level, str]] = {
    "file.syntax": (_E, "The file is not TOML."),
    "file.value": (_E, "A key is unknown or missing, or its value does not fit."),
    "guard.empty": (_E, "There is no rule, so nothing would be checked."),
    "guard.only_observes": (_W, "Every rule only watches."),
    "guard.error_passes": (_W, "A detector that fails lets the text pass."),
    "rule.unknown_detector": (_E, "A name in `detect` fits no detector."),
    "rule.no_detector_yet": (_W, "A name in `detect` is known, but this release has no detector."),
    "rule.names_off": (_W, "Names are to be found, but the finder is off."),
    "rule.shadowed": (_E, "Earlier rules decide everything that this rule speaks of."),
    "rule.partly_shadowed": (_W, "An earlier rule decides a part that this rule names."),
    "rule.severity_unreachable": (_E, "No finding is as grave as the rule demands."),
    "rule.stage": (_W, "The detector has nothing to find at that stage."),
    "rule.context_idle": (_N, "A context leads to the rule's own action."),
    "rule.review_at_data": (_W, "Nobody waits for a training document."),
    "rule.replace_at_data": (_W, "A fixed text would take the place of training documents."),
    "rule.pseudonym_then_redacted": (_N, "What is swapped in prompts is redacted in answers."),
    "rule.holds_stream": (_N, "Answers cannot be streamed as they are written."),
    "hazard.unchecked": (_W, "No rule speaks of a hazard that this release can find."),
    "hazard.unchecked_at": (_N, "A hazard that rules speak of is not checked at one stage."),
    "topic.unused": (_W, "A denied topic without a rule."),
    "topic.twice": (_E, "Two topics of one name."),
    "pattern.unused": (_W, "A pattern without a rule."),
    "pattern.twice": (_E, "Two patterns of one name."),
    "pattern.refused": (_E, "The guard cannot use a pattern."),
    "exception.unused": (_W, "An exception from rules that find nothing."),
    "watermark.greedy": (_E, "Greedy decoding carries no mark."),
    "watermark.faint": (_N, "At this temperature most words leave no choice to mark."),
    "watermark.engine": (_W, "The engine draws its own words, so no mark can be put."),
    "watermark.payload": (_E, "This scheme carries no payload."),
    "balance.engine": (_W, "The engine draws its own words, so pronouns cannot be balanced."),
    "balance.language": (_N, "Pronouns are balanced in English only."),
    "match.engine": (_W, "The engine draws its own words, so none can be chosen again."),
    "generation.no_sources": (_W, "Grounded answers have no sources to rest on."),
    "generation.hot_grounding": (_W, "Grounded answers are drawn too freely."),
    "engine.idle_key": (_W, "A key that this kind of engine does not read."),
    "disclosure.empty": (_E, "The disclosure is to be visible, and has no text."),
    "disclosure.missing": (_W, "Readers are not told that a machine wrote it."),
    "audit.unknown_measure": (_N, "This release does not compute the measure."),
    "audit.twice": (_E, "Two bounds for one measure."),
    "language.unmeasured": (_W, "Detectors were not measured in that language."),
    "language.unspoken": (_N, "Text in such a language would pass without a word."),
    "ledger.keeps_texts": (_N, "Texts are kept."),
}


def problem(code: str, path: Path, message: str, mend: str) -> Problem:
    """Return a problem with the level that its code has."""
    return Problem(code, CODES[code][0], path, message, mend)
