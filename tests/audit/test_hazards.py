import pytest

from upright.audit.hazards import chosen_hazards
from upright.policy import parse_policy, preset
from upright.terms import HAZARDS, ConfigError, Stage

TOXICITY = ("hate", "bias", "harassment", "threat", "sexual", "self_harm", "profanity")


def use(*detect, at="output"):
    named = ", ".join(f'"{item}"' for item in detect)
    return parse_policy(f"""schema = 1
use_case = {{ name = "x", purpose = "y" }}
[[guard.rule]]
detect = [{named}]
at = ["{at}"]
action = "flag"
""")


def test_without_a_choice_it_is_the_toxicity_that_the_rules_name_at_the_stage():
    assert chosen_hazards(use("toxicity.*", "pii.*"), Stage.OUTPUT) == TOXICITY
    assert chosen_hazards(use("toxicity.hate", "toxicity.th*"), Stage.OUTPUT) == ("hate", "threat")
    assert chosen_hazards(preset("storytelling"), Stage.DATA) == ("hate",)


def test_rules_that_name_none_at_the_stage_are_told():
    with pytest.raises(ConfigError, match="no toxicity at the stage 'prompt'") as caught:
        chosen_hazards(use("toxicity.*"), Stage.PROMPT)
    assert "--hazard" in caught.value.mend


@pytest.mark.parametrize(
    ("globs", "chosen"),
    [
        (["hate"], ("hate",)),
        (["toxicity.*"], TOXICITY),
        (["pii.*"], ("personal_data",)),
        (["threat", "h*"], ("hate", "harassment", "threat", "harmful_request", "hidden_text")),
        (["*"], tuple(HAZARDS)),
    ],
)
def test_a_choice_names_hazards_or_rules(globs, chosen):
    assert chosen_hazards(use("toxicity.hate"), Stage.OUTPUT, globs) == chosen


def test_a_glob_that_fits_nothing_is_refused():
    with pytest.raises(ConfigError, match="no hazard fits 'hte'") as caught:
        chosen_hazards(use("toxicity.hate"), Stage.OUTPUT, ["hate", "hte"])
    assert "harassment" in caught.value.mend
