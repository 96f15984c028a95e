"""What a finding of the guard model says in words."""

from __future__ import annotations

_AIMED = ("toxicity.hate", "toxicity.bias", "toxicity.harassment", "toxicity.threat")
_WHY = {
    "toxicity.hate": "A trained model reads an attack on people for who they are",
    "toxicity.bias": "A trained model reads a claim that ties a trait to a whole group",
    "toxicity.harassment": "A trained model reads words that demean a person",
    "toxicity.threat": "A trained model reads an announced or wished harm",
    "toxicity.sexual": "A trained model reads sexual content",
    "toxicity.self_harm": "A trained model reads intent or praise of self-harm",
    "toxicity.profanity": "A trained model reads coarse language",
    "request.harmful": "A trained model reads a request whose answer would help to do harm",
    "request.copyright": "A trained model reads a request to reproduce a protected work",
    "injection.jailbreak": "A trained model reads an attempt to talk a model out of its rules",
    "injection.indirect": "A trained model reads an instruction to a model in a stranger's text",
}


def explain(rule: str, meaning: str, target: str | None) -> str:
    """Return the explanation of a finding.

    Args:
        rule: its rule id.
        meaning: the definition of its degree.
        target: the group it seems to aim at, where one stands out.
    """
    aim = f"; it seems to aim at {target}" if target and rule in _AIMED else ""
    return f"{_WHY[rule]}{aim}. {meaning}"
