import asyncio
import re

import numpy as np
import pytest
from tests.verify.readers import Worder
from tests.verify.test_detector import RATES, made

from upright.generate import EngineError
from upright.terms import ConfigError
from upright.verify.extent import LEAST, WHY
from upright.verify.regression import Odds
from upright.verify.statistical import StatisticalReader

LONG = (
    "When we came to the house there was nobody, and the door had been left open. I called, but "
    "no one answered; so we went in and waited for them in the kitchen until it was dark. Then "
    "my sister lit the lamp. She had found some bread and half a cheese, which we ate with our "
    "hats on because of the cold. About nine a cart went by on the road below, without stopping. "
    "It was the last sound of that day, and neither of us had much to say about it afterwards. "
    "In the morning they were all back, and asked what we were doing there with their cheese."
)


def scoring(odds, **changes):
    """A detector that gives every text the same log-odds."""
    flat = Odds(np.zeros(3), np.ones(3), np.zeros((2, 3)), np.array([odds, -99.0]))
    return made(odds=flat, slope=1.0, shift=0.0, **changes)


def read(text, detector, engine=None, **asked):
    return asyncio.run(StatisticalReader(engine or Worder(), detector).read(text, **asked))


def test_a_score_at_the_threshold_is_the_verdict_and_below_it_is_none():
    found = read(LONG, scoring(3.0))
    assert found.verdict == "statistical"
    assert found.reason is None
    assert found.score == pytest.approx(1 / (1 + np.exp(-3.0)))
    low = read(LONG, scoring(2.0))
    assert (low.verdict, low.reason) == ("insufficient", "below")
    assert low.score == pytest.approx(1 / (1 + np.exp(-2.0)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "short"),
        ("One two three.", "short"),
        ("x = {a: b}; " * 60, "layout"),
        ("Wir kamen zum Haus und niemand war da. " * 20, "language"),
    ],
)
def test_out_of_its_range_there_is_no_score(text, reason):
    engine = Worder()
    found = read(text, scoring(9.0), engine)
    assert (found.verdict, found.score, found.reason) == ("insufficient", None, reason)
    assert engine.reads == 0


def test_texts_unlike_all_that_were_measured_get_no_score():
    found = read(LONG, scoring(9.0, farthest=0.01))
    assert (found.verdict, found.score, found.reason) == ("insufficient", None, "unlike")


def test_another_model_than_the_one_that_was_measured_gives_no_score():
    found = read(LONG, scoring(9.0, model="sha256:other"))
    assert (found.verdict, found.score, found.reason) == ("insufficient", None, "model")


def test_the_writer_chooses_the_rate_and_never_the_verdict():
    for odds in (2.0, 3.0):
        told = {
            writer: read(LONG, scoring(odds), writer=writer)
            for writer in ("native", "non-native", None)
        }
        assert len({(one.verdict, one.score) for one in told.values()}) == 1
        assert told["native"].false_positives == RATES[0]
        assert told["non-native"].false_positives == RATES[1]
        assert told[None].false_positives == RATES[1]


@pytest.mark.parametrize("asked", [{"writer": "martian"}, {"kind": "limericks"}])
def test_a_group_without_a_measured_rate_is_refused(asked):
    with pytest.raises(ConfigError, match="no error rate was measured"):
        read(LONG, scoring(3.0), **asked)


def test_binary_is_no_text():
    with pytest.raises(ConfigError, match="NUL"):
        read(LONG + "\x00", scoring(3.0))


def test_only_the_beginning_of_a_huge_text_is_read():
    found = read("so we went in and waited for them " * 300_000, scoring(3.0, most=100))
    assert found.tokens == 100


def test_what_stands_after_the_part_that_is_read_changes_nothing():
    detector = scoring(3.0, most=LEAST)
    short = read(" ".join(LONG.split()[:LEAST]), detector)
    assert read(LONG + "{[<=>]}" * 200, detector).to_json() == short.to_json()


def test_what_is_said_has_the_rate_and_its_limit_and_no_author():
    told = read(LONG, scoring(3.0), writer="non-native").to_json()
    assert "Of 70 texts by people" in told["meaning"]
    assert "7.7%" in told["meaning"]
    assert "no proof" in told["meaning"]
    for sentence in [told["meaning"], *WHY.values()]:
        assert not re.search(r"\b(AI|human|humans|fake)\b", sentence)


def test_the_public_shape_has_every_number():
    told = read(LONG, scoring(3.0)).to_json()
    assert told.keys() == {
        "verdict",
        "score",
        "threshold",
        "reason",
        "tokens",
        "false_positive_rate",
        "meaning",
    }
    assert told["false_positive_rate"] == RATES[1].to_json()


GENESIS = (
    "In the beginning God created the heaven and the earth. And the earth was without form, and "
    "void; and darkness was upon the face of the deep. And the Spirit of God moved upon the face "
    "of the waters. And God said, Let there be light: and there was light. And God saw the light, "
    "that it was good: and God divided the light from the darkness."
)
GOLDEN = {
    "middle": LONG,
    "plain": (
        "My uncle kept pigeons on the flat roof behind the bakery, forty of them or more, and on "
        "Sundays he let me carry the corn up. The ladder shook. He never said much up there, he "
        "just whistled through the gap in his teeth and they came down round us in a great dirty "
        "clatter, landing on my boots and once, I swear it, on my head. Mum hated the smell of my "
        "coat after. When he sold the lot to a man from Leeds I didn't speak to him till Easter."
    ),
    "smooth": (
        "In today's rapidly changing world, it is important to recognize the significance of "
        "effective communication. By fostering a supportive environment, individuals can develop "
        "the skills that are necessary to overcome challenges and achieve their goals. "
        "Additionally, it is essential to consider the diverse perspectives of others, as this "
        "can lead to a deeper understanding and more meaningful relationships. Overall, clear "
        "communication plays a crucial role in both personal and professional success."
    ),
}
SCORES = {"plain": 0.011, "middle": 0.214, "smooth": 1.0}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    from upright.generate.embedded import EmbeddedEngine  # noqa: PLC0415 (after the skip)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UPRIGHT_HOME", str(tmp_path_factory.mktemp("home")))
        engine = EmbeddedEngine(slots=1, length=512)
        yield engine
        asyncio.run(engine.aclose())


def read_with(engine, text):
    return asyncio.run(StatisticalReader(engine).read(text))


@pytest.mark.embedded
@pytest.mark.parametrize("name", list(GOLDEN))
def test_a_text_scores_as_it_did_when_the_weights_were_made(embedded, name):
    # Processors round the model's numbers differently, in the third digit or later.
    assert read_with(embedded, GOLDEN[name]).score == pytest.approx(SCORES[name], abs=0.02)


@pytest.mark.embedded
def test_a_text_that_every_model_knows_gets_no_score(embedded):
    assert read_with(embedded, GENESIS).reason == "known"


@pytest.mark.embedded
def test_hidden_characters_look_alikes_and_layout_change_no_score(embedded):
    text = GOLDEN["smooth"]
    disguised = text.replace("e", "\u0435").replace("o", "o\u200b").replace(". ", ".\n\n  ")
    assert read_with(embedded, disguised).to_json() == read_with(embedded, text).to_json()


@pytest.mark.embedded
@pytest.mark.parametrize("text", ["\U0001f600" * 900, "\ufffd" * 900, "a" * 5000, "\n" * 5000])
def test_what_is_no_prose_is_answered_and_gets_no_score(embedded, text):
    assert read_with(embedded, text).score is None


@pytest.mark.embedded
def test_half_a_surrogate_pair_is_refused_clearly(embedded):
    with pytest.raises(EngineError, match="surrogate"):
        read_with(embedded, LONG + "\ud800")
