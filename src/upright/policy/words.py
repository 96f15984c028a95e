"""A policy in plain words, for the people who have to sign it off."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from upright.policy.model import CurateSection, GuardRule, Policy
from upright.terms import Action, Context, Stage

STAGES = {
    Stage.PROMPT: "In what users write",
    Stage.RETRIEVED: "In passages and tool results",
    Stage.OUTPUT: "In answers",
    Stage.DATA: "In training data",
}
ACTIONS = {
    Action.ALLOW: "left as it is",
    Action.FLAG: "left in place and recorded",
    Action.PSEUDONYMISE: "swapped for a stand-in, and put back in the answer",
    Action.REDACT: "replaced by a placeholder",
    Action.REPLACE: "the whole text gives way to a fixed one",
    Action.REVIEW: "the whole text waits for a person",
    Action.BLOCK: "the text stops there",
}
CONTEXTS = {
    Context.QUOTATION: "in a labelled quotation",
    Context.COUNTER_SPEECH: "in counter-speech",
    Context.REPORT: "in a report of it",
    Context.RECLAIMED: "where a group uses the word of itself",
    Context.OPINION: "as an opinion",
    Context.NEGATION: "where it is denied",
    Context.CONTESTED: "where people disagree about it",
}
_MODES = {
    "creative": "creative: invention is welcome, words are drawn freely",
    "balanced": "balanced: neither bound to sources nor drawn freely",
    "grounded": "grounded: words are drawn cautiously, claims rest on sources",
}
_BALANCED = {
    "balanced": "she and he are equally likely",
    "reference": "she and he are as likely as women and men are in the profession",
}
_ERRORS = {
    "block": "withholds the text",
    "flag": "is recorded, and the text passes",
    "allow": "lets the text pass",
}
_ENGINES = {
    "embedded": "the embedded model",
    "transformers": "the local model in {path}",
    "openai": "{model} on the server at {base_url}",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its sentences."""

    title: str
    lines: tuple[str, ...]


def describe(policy: Policy) -> list[Section]:
    """Return the whole policy in words; sections with nothing to say are left out."""
    sections = [
        Section("Use", tuple(use_lines(policy))),
        Section("Generation", tuple(generation_lines(policy))),
        *(Section(STAGES[stage], tuple(stage_lines(policy, stage))) for stage in STAGES),
        Section("What stands in place of withheld text", tuple(notice_lines(policy))),
        Section("When a detector fails", tuple(failure_lines(policy))),
        Section("Pictures", tuple(image_lines(policy))),
        Section("The trained model", tuple(model_lines(policy))),
        Section("Exceptions", tuple(exception_lines(policy))),
        Section("What a corpus is made of", tuple(corpus_lines(policy))),
        Section("Decisions about people", tuple(lending_lines(policy))),
        Section("Disclosure and records", tuple(record_lines(policy))),
        Section("Audits to pass", tuple(audit_lines(policy))),
    ]
    return [section for section in sections if section.lines]


def lending_lines(policy: Policy) -> Iterator[str]:
    """Yield what decides about people may see, what it owes to groups, and what must matter."""
    lending = policy.lending
    if lending.attributes is not None:
        seen = "never see" if lending.attributes == "blind" else "may see"
        yield f"Decisions {seen} the columns of groups."
    if lending.groups:
        yield f"Groups are those of {', '.join(lending.groups)}."
    if lending.keep:
        yield f"What goes on mattering: {', '.join(lending.keep)}."
    rate = (lending.parity or "false_rejection").replace("_", "-")
    if lending.max_gap is not None:
        yield f"{rate.capitalize()} rates of groups are at most {lending.max_gap:.2%} apart."
    if lending.max_violation is not None:
        bound = f"{lending.max_violation:.2%}"
        yield f"No subgroup that a line cuts out violates equal {rate} rates by over {bound}."
    if lending.parity and lending.max_gap is None and lending.max_violation is None:
        yield f"{rate.capitalize()} rates are to be equal."


def use_lines(policy: Policy) -> Iterator[str]:
    """Yield what the use is, for whom, and in which languages."""
    use = policy.use_case
    yield f"{use.name}: {use.purpose}"
    if use.audience:
        yield f"Read by {use.audience}."
    yield f"Languages: {', '.join(use.languages)}."


def generation_lines(policy: Policy) -> Iterator[str]:
    """Yield where text comes from and how it is drawn."""
    engine, generation = policy.engine, policy.generation
    source = _ENGINES[engine.kind].format(
        path=engine.path, model=engine.model, base_url=engine.base_url
    )
    yield f"Text comes from {source}."
    yield f"Mode {_MODES[generation.mode]}."
    drawn = {
        "temperature": generation.temperature,
        "top-k": generation.top_k,
        "top-p": generation.top_p,
        "repetition penalty": generation.repetition_penalty,
    }
    stated = [f"{name} {value:g}" for name, value in drawn.items() if value is not None]
    if stated:
        yield f"Drawn with {', '.join(stated)}."
    yield f"At most {generation.max_tokens} tokens an answer."
    if generation.system:
        yield f"Told beforehand: “{generation.system}”"
    if policy.watermark.scheme == "none":
        yield "Answers carry no watermark."
    else:
        yield f"Answers carry a watermark (scheme {policy.watermark.scheme})."
    if policy.balance.pronouns != "off":
        yield f"Where the text tells no gender, {_BALANCED[policy.balance.pronouns]}."
    if policy.limits.public_verifications_per_minute:
        yield "Anybody may ask whether a text comes from here, and gets a bare verdict."
    if policy.certificates.issue:
        yield "Answers are certified: others can check that they were delivered as they are."
    else:
        yield "Answers are not certified."
    if policy.sources.database is not None:
        yield f"Sources are taken from {policy.sources.database}."
    if policy.attribute.index is not None:
        yield f"Answers can be held against the training data in {policy.attribute.index}."
    if policy.attribute.corpus is not None:
        yield f"Who is taken out of it is taken out of the corpus {policy.attribute.corpus} too."


def stage_lines(policy: Policy, stage: Stage) -> Iterator[str]:
    """Yield a sentence for each rule that speaks at a stage, in the order they are asked."""
    for rule in policy.guard.rule:
        if stage in rule.at:
            yield rule_line(rule)


def rule_line(rule: GuardRule) -> str:
    """Return one rule as a sentence."""
    limits = []
    if rule.min_severity:
        limits.append(f"from severity {rule.min_severity}")
    if rule.min_score:
        limits.append(f"from score {rule.min_score:g}")
    subject = things(rule.detect) + (f" ({', '.join(limits)})" if limits else "")
    words = [act(rule.action, rule.text)]
    words += [f"{CONTEXTS[key]}: {act(action, rule.text)}" for key, action in rule.context.items()]
    observed = "only watched; it would be " if rule.observe else ""
    return f"{_capital(subject)}: {observed}{'; '.join(words)}."


def act(action: Action, text: str = "") -> str:
    """Return what is done, with the text that `replace` puts there."""
    return f"{ACTIONS[action]}: “{text}”" if action is Action.REPLACE else ACTIONS[action]


def notice_lines(policy: Policy) -> Iterator[str]:
    """Yield what readers see where text was withheld."""
    yield f"Where a text stops: “{policy.guard.notice}”"
    if any(Action.REVIEW in {rule.action, *rule.context.values()} for rule in policy.guard.rule):
        yield f"While a person decides: “{policy.guard.review_notice}”"


def failure_lines(policy: Policy) -> Iterator[str]:
    """Yield what a detector that gives no answer leads to."""
    guard = policy.guard
    yield f"It {_ERRORS[guard.on_error]}; it is always recorded as an error."
    yield f"Each detector has {guard.deadline_ms} ms."


def image_lines(policy: Policy) -> Iterator[str]:
    """Yield which pictures are taken, and what they are compared with."""
    images = policy.guard.images
    if images is None:
        return
    yield (
        f"At most {images.max_images} in a request; each has at most {images.max_bytes} bytes, "
        f"{images.max_pixels} pixels and {images.max_frames} frames."
    )
    if images.urls == "refuse":
        yield "A request with the address of a picture, instead of the picture, is refused."
    else:
        yield "The address of a picture is passed on; what is there is not looked at."
    if images.hashes is not None:
        yield f"The use's list is {images.hashes}; up to {images.distance} of 256 bits may differ."
    if images.artists:
        yield f"Registered artists: {join(images.artists)}."


def model_lines(policy: Policy) -> Iterator[str]:
    """Yield where the trained model is not asked, and degrees that this use counts in its way."""
    if not policy.guard.model:
        yield "It is not asked; the tables of words and phrases are."
    for rule, shares in policy.guard.degrees.items():
        begins = [f"{degree} from {share:.0%}" for degree, share in enumerate(shares, start=1)]
        yield f"{name_of(rule)}: degree {join(begins)} of people on.".capitalize()


def corpus_lines(policy: Policy) -> Iterator[str]:
    """Yield what `[curate]` asks for; nothing where the file does not have it."""
    section = policy.curate
    if section == CurateSection():
        return
    if section.near_duplicates:
        yield f"Of records alike in {section.likeness:.0%} or more, {section.copies} stay."
    else:
        yield f"Of records with the same text, {section.copies} stay; near duplicates all do."
    if section.exposure is not None:
        exposure = section.exposure
        yield f"A passage of {exposure.words} words stands in at most {exposure.times} places."
    if section.languages:
        yield f"Only records in {join(section.languages)} stay."
    if section.licences:
        yield f"Only records under {join(section.licences)} stay."
    if section.min_words or section.max_words is not None:
        most = "any number of" if section.max_words is None else section.max_words
        yield f"Only records of {section.min_words} to {most} words stay."
    if section.quality:
        yield "Only records that read like prose stay."
    if section.evaluation:
        words = section.evaluation_words
        yield f"Records that share {words} words in a row with {join(section.evaluation)} go."
    if section.balance_gender:
        yield "In every second record that names women or men, they are swapped."
    yield f"The field {section.owner} names whose a record is."


def exception_lines(policy: Policy) -> Iterator[str]:
    """Yield what is no finding in this use."""
    for exception in policy.guard.exception:
        what = [f"“{text}”" for text in exception.text]
        if exception.pattern is not None:
            what.append(f"whatever matches {exception.pattern}")
        yield (
            f"{join(what)} never count{'s' if len(what) == 1 else ''} as "
            f"{things(exception.detect)}: {exception.reason}"
        )


def record_lines(policy: Policy) -> Iterator[str]:
    """Yield how readers learn that a machine wrote it, and what is remembered."""
    if policy.disclosure.text:
        where = "at the end of each answer" if policy.disclosure.visible else "beside each answer"
        yield f"“{policy.disclosure.text}” stands {where}."
    else:
        yield "Readers are not told that a machine wrote it."
    if policy.ledger.keep_texts:
        yield "Texts are kept, encrypted, and can be erased; digests stay."
    else:
        yield "Texts are not kept; their digests are."
    limits = policy.limits
    yield f"A key may send {limits.requests_per_minute} requests a minute."


def audit_lines(policy: Policy) -> Iterator[str]:
    """Yield the measures that must stay within a bound."""
    for gate in policy.audit.gate:
        yield f"{gate.measure} within {gate.within:g}"


def things(globs: Iterable[str]) -> str:
    """Return what a `detect` list is about, in words: `pii.*` is “personal data”."""
    return join([name_of(glob) for glob in globs])


def name_of(rule: str) -> str:
    """Return what a person calls the findings of a rule id or of a whole family (`pii.*`)."""
    families, rules = _names()
    family, _, rest = rule.partition(".")
    if rule in rules:
        return rules[rule]
    if rest in {"*", ""} and family in families:
        return families[family]
    if rule == "*":
        return "all findings"
    if "*" in rest or "?" in rest or "[" in rest:
        return rule
    own = {"topic": "the topic “{}”", "custom": "the pattern “{}”"}
    return own.get(family, "{}").format(rest.replace("_", " "))


def join(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


@cache
def _names() -> tuple[dict[str, str], dict[str, str]]:
    table = tomllib.loads(
        files("upright.policy").joinpath("names.toml").read_text(encoding="utf-8")
    )
    return table["families"], table["rules"]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
