"""Settings that work against each other, or against the use."""

from __future__ import annotations

from collections.abc import Iterator

from upright.policy.catalogue import Catalogue
from upright.policy.lint.codes import problem
from upright.policy.model import Policy
from upright.policy.problems import Problem

_FAINT = 0.3
_HOT = 0.7
_OF_KIND = {"path": "transformers", "base_url": "openai"}


def watermark(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """A mark needs a choice of words, and an engine that lets us choose."""
    scheme, drawn = policy.watermark.scheme, policy.generation
    if scheme == "none":
        return
    path = ("watermark", "scheme")
    temperature = catalogue.temperature(policy)
    if temperature == 0.0 or drawn.top_k == 1:
        key = "temperature" if temperature == 0.0 else "top_k"
        yield problem(
            "watermark.greedy",
            ("generation", key),
            f"scheme = {scheme!r} with greedy decoding: no answer would carry the mark",
            'raise temperature and top_k, or write scheme = "none"',
        )
    elif temperature is not None and temperature < _FAINT:
        message = f"drawn with temperature {temperature:g}: few words leave a choice to mark"
        mend = f"a temperature of {_FAINT:g} or more gives evidence in shorter texts"
        yield problem("watermark.faint", ("generation", "temperature"), message, mend)
    if policy.engine.kind == "openai":
        message = f"scheme = {scheme!r}, but the server at base_url draws the words itself"
        mend = 'write scheme = "none", or use the engine embedded or transformers'
        yield problem("watermark.engine", path, message, mend)
    if scheme == "gumbel" and policy.watermark.payload is not None:
        message = "scheme = 'gumbel' carries no payload"
        mend = 'write scheme = "split", or take payload away'
        yield problem("watermark.payload", ("watermark", "payload"), message, mend)


def balance(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Balanced pronouns need an engine that lets us choose, and English."""
    del catalogue
    asked = policy.balance.pronouns
    if asked == "off":
        return
    path = ("balance", "pronouns")
    if policy.engine.kind == "openai":
        message = f"pronouns = {asked!r}, but the server at base_url draws the words itself"
        mend = 'write pronouns = "off", or use the engine embedded or transformers'
        yield problem("balance.engine", path, message, mend)
    others = [tag for tag in policy.use_case.languages if tag.partition("-")[0] != "en"]
    if others:
        message = f"pronouns = {asked!r}: only English ones are balanced, not those of {others[0]}"
        yield problem("balance.language", path, message, "nothing to do if English is what counts")


def match(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Another word in place of one that completes a run needs an engine that lets us choose."""
    del catalogue
    section = policy.match
    if section is None or not section.resample or policy.engine.kind != "openai":
        return
    message = "resample = true, but the server at base_url draws the words itself"
    mend = "rules on copy.* stand alone; take resample out, or use embedded or transformers"
    yield problem("match.engine", ("match", "resample"), message, mend)


def grounding(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Grounded answers need sources, and a cautious hand."""
    del catalogue
    drawn = policy.generation
    if drawn.mode != "grounded":
        return
    if policy.sources.database is None:
        yield problem(
            "generation.no_sources",
            ("generation", "mode"),
            'mode = "grounded", and [sources] names no database: answers can rest only on '
            "what the prompt brings",
            "set database in [sources], or put the material into the prompt",
        )
    if drawn.temperature is not None and drawn.temperature > _HOT:
        message = f'temperature = {drawn.temperature:g} with mode = "grounded"'
        mend = f"write {_HOT:g} or less, or another mode"
        yield problem("generation.hot_grounding", ("generation", "temperature"), message, mend)


def engine(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Keys of one kind of engine do nothing for another."""
    del catalogue
    for key, kind in _OF_KIND.items():
        if getattr(policy.engine, key) is not None and policy.engine.kind != kind:
            message = f"{key} is read by kind = {kind!r} only; this is {policy.engine.kind!r}"
            mend = f"take it out, or write kind = {kind!r}"
            yield problem("engine.idle_key", ("engine", key), message, mend)


def disclosure(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Readers are told that a machine wrote it."""
    del catalogue
    if policy.disclosure.text:
        return
    if policy.disclosure.visible:
        message = "visible = true, and text is empty: there is nothing to show"
        yield problem("disclosure.empty", ("disclosure", "visible"), message, 'add text = "…"')
    else:
        message = "no text: readers are not told that a machine wrote it"
        yield problem("disclosure.missing", ("disclosure",), message, 'add text = "…"')


def audits(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """A gate needs a measure that somebody computes."""
    for index, gate in enumerate(policy.audit.gate):
        if gate.measure not in catalogue.measures:
            yield problem(
                "audit.unknown_measure",
                ("audit", "gate", index, "measure"),
                f"{gate.measure!r} is recorded; this release does not compute it",
                "nothing to do if the name is right",
            )


def texts(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Keeping texts is a decision; remind whoever signs it off."""
    del catalogue
    if policy.ledger.keep_texts:
        message = "keep_texts = true: prompts and answers are kept, encrypted, until erased"
        mend = "tell the people who write them, and erase what is no longer needed"
        yield problem("ledger.keeps_texts", ("ledger", "keep_texts"), message, mend)


USE_CHECKS = (watermark, balance, match, grounding, engine, disclosure, audits, texts)
