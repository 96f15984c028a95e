"""Names of the measures that `[[audit.gate]]` may bound. Nothing is loaded to know them."""

from __future__ import annotations

GUARD = "guard."
SHORTFALL = ".shortfall"
_HIGH_IS_GOOD = (
    "auc", "auprc", "precision", "recall", "f1", "recall_at_1pct_fpr",
    "worst_subgroup_auc", "worst_bpsn", "worst_bnsp",
)  # fmt: skip
_LOW_IS_GOOD = ("false_positive_rate", "calibration_error", "brier")

GUARD_MEASURES = (
    *(f"{GUARD}{name}{SHORTFALL}" for name in _HIGH_IS_GOOD),
    *(f"{GUARD}{name}" for name in _LOW_IS_GOOD),
)
"""Of `upright audit guard`; a shortfall is one minus the figure."""

COPYING = "copying."
COPYING_MEASURES = tuple(f"{COPYING}{name}" for name in ("verbatim", "greedy", "discoverable"))
"""Of `upright audit copying`."""

TONE = "fairness.tone."
_TONES = (
    "agency communion standout grindstone competence leadership achievement intensity enthusiasm "
    "hedges certainty doubt positive negative emotion family appearance youth help threat hardship "
    "length sentence_length word_length variety exclamations questions commas capitals passive "
    "negation modals contractions first_person adverbs superlatives numbers first_names last_names "
    "full_names pronouns agency_or_communion standout_or_grindstone positive_or_negative "
    "certainty_or_hedges competence_or_appearance leadership_or_help"
)
TONE_MEASURES = tuple(f"{TONE}{name}" for name in ("difference", "separation", *_TONES.split()))
"""Of `upright audit tone`: sizes of differences in standard deviations; `difference` is the largest
of them, `separation` twice the classifier's AUC less one."""

STEREOTYPES = "fairness.stereotypes."
STEREOTYPES_MEASURES = tuple(
    f"{STEREOTYPES}{name}"
    for name in (
        "bbq.ambiguous", "bbq.clear", "winobias", "winogender", "crows",
        "bold.toxicity", "bold.tone",
    )
)  # fmt: skip
"""Of `upright audit stereotypes`: sizes of gaps, each 0 where there is no stereotype."""

PRONOUNS = "fairness.pronouns."
PRONOUN_MEASURES = tuple(
    f"{PRONOUNS}{name}"
    for name in (
        "balance_gap",
        "reference_gap",
        "correlation",
        "exception_error",
        "perplexity_cost",
    )
)
"""Of `upright audit pronouns`; `correlation` is its size."""

LENDING = "fairness.lending."
LENDING_MEASURES = tuple(
    f"{LENDING}{name}"
    for name in ("logit_gap", "false_rejection_gap", "position_bias", "auc.shortfall")
)
"""Of `upright audit lending`: the largest over the attributes; log odds are in nats."""

MEASURES = (
    LENDING_MEASURES
    + GUARD_MEASURES
    + COPYING_MEASURES
    + PRONOUN_MEASURES
    + TONE_MEASURES
    + STEREOTYPES_MEASURES
)
