"""Lint names what contradicts itself or is left open, with line and mend."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.policy import Policy, preset_names, preset_text
from upright.policy.catalogue import Catalogue
from upright.policy.lint import CODES, lint_policy, lint_text, problem
from upright.policy.problems import Level
from upright.policy.reading import read_rules
from upright.terms import Action, Stage

# A use with nothing to find fault with; a case below breaks one thing in it.
SOUND = """\
schema = 1
[use_case]
name = "sound"
purpose = "Has nothing wrong with it."
[generation]
mode = "balanced"
temperature = 0.8
[watermark]
scheme = "gumbel"
[guard]
on_error = "block"
[[guard.rule]]
detect = ["pii.*", "secret.*", "hidden.*"]
at = ["prompt", "retrieved", "output", "data"]
action = "redact"
[[guard.rule]]
detect = ["injection.*"]
at = ["prompt", "retrieved"]
action = "block"
[[guard.rule]]
detect = ["toxicity.*"]
at = ["prompt", "output"]
action = "block"
[disclosure]
text = "Written with AI."
[[audit.gate]]
measure = "fairness.pronouns.balance_gap"
within = 0.1
"""

RULE = '[[guard.rule]]\ndetect = ["{detect}"]\nat = ["{at}"]\naction = "{action}"\n'


def rule(detect="pii.email", at="output", action="flag", more=""):
    return RULE.format(detect=detect, at=at, action=action) + more


def swap(old, new):
    assert old in SOUND
    return SOUND.replace(old, new)


def first(new):
    """Put a rule before all others."""
    return SOUND.replace("[[guard.rule]]", new + "[[guard.rule]]", 1)


TOPIC = '[[guard.topic]]\nname = "bets"\nphrases = ["place a bet"]\n'
PATTERN = '[[guard.pattern]]\nrule = "custom.ticket"\npattern = "T-[0-9]+"\n'
EXCEPTION = '[[guard.exception]]\ndetect = ["pii.emial"]\ntext = ["a@b.example"]\nreason = "x"\n'

# code: (the file, the line of the problem, words of the message, words of the mend)
CASES = {
    "guard.empty": (
        SOUND.split("[[guard.rule]]", maxsplit=1)[0],
        10,
        "no [[guard.rule]]",
        "preset",
    ),
    "guard.error_passes": (
        swap('on_error = "block"', 'on_error = "allow"'),
        11,
        'on_error = "allow"',
        'on_error = "block"',
    ),
    "guard.only_observes": (
        SOUND.replace('action = "', 'observe = true\naction = "'),
        12,
        "observe = true",
        "take observe out",
    ),
    "rule.unknown_detector": (first(rule("pii.emial")), 13, "'pii.emial'", "'pii.email'"),
    "rule.no_detector_yet": (first(rule("copy.*")), 13, "'copy.*'", "later release"),
    "rule.names_off": (
        swap('"secret.*", ', '"secret.*", "pii.person", '),
        13,
        "names = false",
        "extra `names`",
    ),
    "rule.shadowed": (SOUND + rule("pii.phone"), 29, "rule 1 decides", "before rule 1"),
    "rule.partly_shadowed": (
        SOUND + '[[guard.rule]]\ndetect = ["pii.phone", "toxicity.hate"]\n'
        'at = ["data"]\naction = "flag"\n',
        29,
        "pii.phone at data",
        "before rule 1",
    ),
    "rule.severity_unreachable": (
        first(rule("toxicity.profanity", more="min_severity = 3\n")),
        16,
        "at most 2",
        "2 or less",
    ),
    "rule.stage": (first(rule("grounding.*", "prompt")), 14, "prompt", "keep output"),
    "rule.context_idle": (
        first(rule(more='context = { quotation = "flag", report = "allow" }\n')),
        16,
        "quotation leads to flag",
        "take it out",
    ),
    "rule.review_at_data": (first(rule(at="data", action="review")), 15, "review", "block"),
    "rule.replace_at_data": (
        first(rule(at="data", action="replace", more='text = "-"\n')),
        15,
        "replace",
        "block",
    ),
    "rule.pseudonym_then_redacted": (
        first(rule(at="prompt", action="pseudonymise")),
        16,
        "pii.email",
        "put back",
    ),
    "rule.holds_stream": (first(rule(action="review")), 15, "review at output", "block or redact"),
    "hazard.unchecked": (
        swap(', "hidden.*"]', "]"),
        10,
        "invisible and look-alike characters: found by hidden.invisible",
        "if it is welcome",
    ),
    "hazard.unchecked_at": (
        swap(', "output", "data"]', "]"),
        10,
        "no rule at output",
        "add the stage",
    ),
    "topic.unused": (SOUND + TOPIC, 29, "topic.bets", 'detect = ["topic.bets"]'),
    "topic.twice": (SOUND + rule("topic.bets") + TOPIC * 2, 36, "number 1", "merge"),
    "pattern.unused": (SOUND + PATTERN, 29, "custom.ticket", 'detect = ["custom.ticket"]'),
    "pattern.twice": (SOUND + rule("custom.ticket") + PATTERN * 2, 36, "number 1", "rename"),
    "exception.unused": (SOUND + EXCEPTION, 30, "pii.emial", "mend the name"),
    "watermark.greedy": (
        swap("temperature = 0.8", "temperature = 0.0"),
        7,
        "greedy",
        'scheme = "none"',
    ),
    "watermark.faint": (swap("temperature = 0.8", "temperature = 0.1"), 7, "0.1", "0.3 or more"),
    "watermark.engine": (
        SOUND + '[engine]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n',
        9,
        "draws the words itself",
        "embedded or transformers",
    ),
    "watermark.payload": (
        swap('scheme = "gumbel"', 'scheme = "gumbel"\npayload = 7'),
        10,
        "no payload",
        'scheme = "split"',
    ),
    "balance.engine": (
        swap(
            "[guard]",
            '[balance]\npronouns = "balanced"\n[engine]\nkind = "openai"\n'
            'base_url = "http://127.0.0.1:1/v1"\n[guard]',
        ),
        11,
        "draws the words itself",
        "embedded or transformers",
    ),
    "balance.language": (
        swap("[guard]", '[balance]\npronouns = "reference"\n[guard]').replace(
            'name = "sound"', 'languages = ["en", "de"]\nname = "sound"'
        ),
        12,
        "not those of de",
        "if English",
    ),
    "match.engine": (
        swap(
            "[guard]",
            '[match]\nindex = "works"\nresample = true\n[engine]\nkind = "openai"\n'
            'base_url = "http://127.0.0.1:1/v1"\n[guard]',
        ),
        12,
        "draws the words itself",
        "stand alone",
    ),
    "generation.no_sources": (swap('"balanced"', '"grounded"'), 6, "no database", "[sources]"),
    "generation.hot_grounding": (swap('"balanced"', '"grounded"'), 7, "0.8", "0.7 or less"),
    "engine.idle_key": (SOUND + '[engine]\npath = "m"\n', 30, "path", "kind = 'transformers'"),
    "disclosure.empty": (
        swap('text = "Written with AI."', "visible = true"),
        25,
        "text is empty",
        "add text",
    ),
    "disclosure.missing": (swap('text = "Written with AI."', ""), 24, "not told", "add text"),
    "audit.unknown_measure": (
        swap("fairness.pronouns.balance_gap", "fairness.moon.phase"),
        27,
        "moon",
        "if the name is right",
    ),
    "audit.twice": (
        SOUND + '[[audit.gate]]\nmeasure = "fairness.pronouns.balance_gap"\nwithin = 1\n',
        29,
        "stands twice",
        "merge",
    ),
    "language.unmeasured": (
        swap('name = "sound"', 'languages = ["en", "de-AT"]\nname = "sound"'),
        3,
        "'de-AT': toxicity detectors",
        "measure them",
    ),
    "ledger.keeps_texts": (SOUND + "[ledger]\nkeep_texts = true\n", 30, "kept", "erase"),
}


def test_a_sound_file_has_no_problem(catalogue):
    assert lint_text(SOUND, catalogue) == []


@pytest.mark.parametrize("code", CASES)
def test_a_fault_is_found_with_line_and_mend(code, catalogue):
    text, line, message, mend = CASES[code]
    found = [found for found in lint_text(text, catalogue) if found.code == code]
    assert len(found) == (3 if code == "hazard.unchecked_at" else 1)
    assert found[0].line == line
    assert message in found[0].message
    assert mend in found[0].mend
    assert found[0].level is CODES[code][0]


def test_every_code_is_shown_by_a_case():
    # What cannot be read is shown in the tests of reading; what the guard refuses, in the CLI's;
    # languages that nobody speaks of, below.
    elsewhere = {"file.syntax", "file.value", "pattern.refused", "language.unspoken"}
    assert set(CODES) == {*CASES, *elsewhere}


def test_the_mode_s_temperature_counts_where_the_file_gives_none(catalogue):
    text = SOUND.replace("temperature = 0.8\n", "")
    assert lint_text(text, catalogue) == []
    cold = replace(catalogue, temperatures={"balanced": 0.2})
    (found,) = lint_text(text, cold)
    assert (found.code, found.line) == ("watermark.faint", 5)


def test_greedy_by_top_k_is_greedy_too(catalogue):
    text = SOUND.replace("temperature = 0.8", "top_k = 1")
    assert "watermark.greedy" in {found.code for found in lint_text(text, catalogue)}


def test_a_file_that_cannot_be_read_has_its_load_errors_and_nothing_else(catalogue):
    found = lint_text(SOUND.replace("schema = 1", "schema = 9"), catalogue)
    assert [(one.code, one.line) for one in found] == [("file.value", 1)]


def test_the_gravest_problem_comes_first(catalogue):
    text = SOUND + rule("pii.phone") + "[ledger]\nkeep_texts = true\n"
    text = text.replace('on_error = "block"', 'on_error = "allow"')
    levels = [found.level for found in lint_text(text, catalogue)]
    assert levels == [Level.ERROR, Level.WARNING, Level.NOTE]


GERMAN = swap('name = "sound"', 'languages = ["en-GB", "de"]\nname = "sound"')


@pytest.fixture
def knowing(catalogue):
    """A catalogue with the detector of languages."""
    return replace(catalogue, rules=(*catalogue.rules, "language.unmeasured"))


@pytest.mark.parametrize(
    ("stages", "silent"),
    [((), "prompt or output"), (("output",), "prompt"), (("prompt", "data"), "output")],
)
def test_text_in_an_unmeasured_language_of_the_use_should_not_pass_in_silence(
    stages, silent, knowing
):
    text = GERMAN + (rule("language.unmeasured", '", "'.join(stages)) if stages else "")
    (found,) = (one for one in lint_text(text, knowing) if one.code == "language.unspoken")
    assert (found.level, found.line) == (Level.NOTE, 3)
    assert f"'de': no rule speaks of language.unmeasured at {silent}," in found.message
    assert 'detect = ["language.unmeasured"]' in found.mend


def test_a_rule_on_unmeasured_languages_answers_the_hint(knowing):
    text = GERMAN + rule("language.*", 'prompt", "output')
    assert [found.code for found in lint_text(text, knowing)] == ["language.unmeasured"]


def test_a_release_without_the_detector_gives_no_hint_of_it(catalogue):
    assert [found.code for found in lint_text(GERMAN, catalogue)] == ["language.unmeasured"]


def test_a_use_without_pictures_need_not_speak_of_them(catalogue):
    more = ("image.unsafe", "image.protected", "style.request")
    with_pictures = replace(catalogue, rules=(*catalogue.rules, *more))
    assert lint_text(SOUND, with_pictures) == []
    found = lint_text(SOUND + "[guard.images]\n", with_pictures)
    assert {one.code for one in found} == {"hazard.unchecked"}
    assert len(found) == len(more)


def test_a_use_without_an_index_of_works_need_not_speak_of_copies(catalogue):
    copies = replace(catalogue, rules=(*catalogue.rules, "copy.text"))
    assert lint_text(SOUND, copies) == []
    found = lint_text(SOUND + '[match]\nindex = "works"\n', copies)
    assert [one.code for one in found] == ["hazard.unchecked"]


def test_a_request_has_nothing_to_be_checked_for_in_answers(catalogue):
    requests = replace(catalogue, rules=(*catalogue.rules, "request.harmful"))
    assert lint_text(SOUND + rule("request.*", "prompt"), requests) == []


def test_a_rule_that_only_watches_shadows_nothing(catalogue):
    watching = rule("toxicity.*", "prompt", "block", "observe = true\n")
    assert "rule.shadowed" not in {found.code for found in lint_text(first(watching), catalogue)}


def test_a_stricter_threshold_leaves_something_over(catalogue):
    graver = first(rule("toxicity.*", "output", "block", "min_severity = 2\n"))
    surer = first(rule("toxicity.*", "output", "block", "min_score = 0.9\n"))
    for text in (graver, surer):
        assert lint_text(text, catalogue) == []


def test_two_rules_together_shadow_a_third(catalogue):
    text = SOUND + '[[guard.rule]]\ndetect = ["pii.*", "toxicity.hate"]\n'
    text += 'at = ["output"]\naction = "flag"\n'
    (found,) = lint_text(text, catalogue)
    assert found.code == "rule.shadowed"
    assert "rule 1 and 3" in found.message


def test_an_allow_rule_answers_for_a_hazard(catalogue):
    text = SOUND.replace(', "hidden.*"]', "]") + rule("hidden.*", 'prompt", "output', "allow")
    assert lint_text(text, catalogue) == []


def test_the_use_s_own_pattern_may_serve_a_hazard_of_its_own(catalogue):
    text = SOUND + PATTERN + 'hazard = "personal_data"\n' + rule("custom.*")
    found = {one.code for one in lint_text(text, catalogue)}
    assert found == set()


def test_a_check_of_the_units_above_joins_in(catalogue):
    def refuse(policy, given_catalogue):
        assert given_catalogue is catalogue
        return [problem("pattern.refused", ("guard", "on_error"), policy.use_case.name, "mend")]

    (found,) = lint_text(SOUND, catalogue, [refuse])
    assert (found.line, found.message) == (11, "sound")


@pytest.mark.parametrize("name", preset_names())
def test_no_preset_has_an_error(name):
    everything = Catalogue(
        rules=(
            *(f"pii.{kind}" for kind in ("email", "phone", "payment_card", "iban", "us_ssn")),
            *(f"pii.{kind}" for kind in ("national_id", "url_credentials", "ip_address", "url")),
            "pii.mac_address",
            "secret.token",
            "injection.override",
            *(f"toxicity.{kind}" for kind in ("hate", "threat", "harassment", "profanity")),
            "toxicity.self_harm",
            *(f"request.{kind}" for kind in ("harmful", "copyright")),
            "language.unmeasured",
            *(f"image.{kind}" for kind in ("unsafe", "protected")),
            "style.request",
            "hidden.invisible",
            "hidden.homoglyph",
        )
    )
    found = lint_text(preset_text(name), everything)
    assert [one for one in found if one.level is Level.ERROR] == []
    # A preset cannot know where its user keeps the sources; nothing else may be left open.
    warnings = {one.code for one in found if one.level is Level.WARNING}
    assert warnings <= {"generation.no_sources"}


GLOBS = st.sampled_from(["pii.*", "pii.email", "*", "toxicity.*", "toxicity.hate", "hidden.*"])
RULES = st.fixed_dictionaries(
    {
        "detect": st.lists(GLOBS, min_size=1, max_size=2, unique=True),
        "at": st.lists(st.sampled_from(list(Stage)), min_size=1, max_size=2, unique=True),
        "action": st.sampled_from([a for a in Action if a is not Action.REPLACE]),
        "min_severity": st.integers(0, 4),
        "min_score": st.sampled_from([0.0, 0.5, 1.0]),
        "observe": st.booleans(),
    }
)
KNOWN = Catalogue(rules=("pii.email", "pii.phone", "toxicity.hate", "hidden.invisible"))


@given(st.lists(RULES, min_size=1, max_size=5))
def test_a_rule_is_called_shadowed_exactly_if_it_decides_no_finding(rules):
    policy = Policy.model_validate(
        {
            "schema": 1,
            "use_case": {"name": "x", "purpose": "y"},
            "guard": {"rule": rules},
        }
    )
    called = {
        found.path[2] for found in lint_policy(policy, KNOWN) if found.code == "rule.shadowed"
    }
    for index in range(len(rules)):
        acting = [r if place != index else {**r, "observe": False} for place, r in enumerate(rules)]
        trial = policy.model_copy(
            update={
                "guard": Policy.model_validate(
                    {**policy.model_dump(by_alias=True), "guard": {"rule": acting}}
                ).guard
            }
        )
        decided = {
            read_rules(trial, name, stage, severity=severity, score=score).rule_index
            for name in KNOWN.rules
            for stage in Stage
            for severity in range(5)
            for score in (0.0, 0.5, 1.0)
        }
        matched = read_any(trial, index)
        assert (index in called) == (matched and index not in decided)


def read_any(policy, index):
    """Whether the rule fits anything that the catalogue knows."""
    alone = policy.model_copy(
        update={"guard": policy.guard.model_copy(update={"rule": (policy.guard.rule[index],)})}
    )
    return any(
        read_rules(alone, name, stage).rule_index == 0 for name in KNOWN.rules for stage in Stage
    )


def test_problems_read_as_file_line_path_and_message():
    found = replace(problem("rule.stage", ("guard", "rule", 2, "at"), "m", "n"), line=7)
    assert found.describe("u.toml") == "u.toml:7: guard.rule[2].at: m"
    assert replace(found, line=None, path=()).describe("u.toml") == "u.toml: m"
    assert found.to_json("u.toml") == {
        "file": "u.toml",
        "line": 7,
        "level": "warning",
        "code": "rule.stage",
        "path": "guard.rule[2].at",
        "message": "m",
        "mend": "n",
    }
