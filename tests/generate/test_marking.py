"""The mark as a step of decoding, and engines that read texts."""

import asyncio
import contextlib

import numpy as np
import pytest

from upright.generate import EngineError, Job, ReadingEngine, Sampling
from upright.generate.decode import Decoder
from upright.generate.openai_engine import OpenAIEngine
from upright.generate.sampler import distribution, log_softmax
from upright.watermark import Mark, Reading, detect, epoch_key

KEY = epoch_key(bytes(range(32)), "test", 1)
STORY = "Once upon a time, there was a great"
SIZE = 300
# Drawn by the release before marks: see the test that names it.
UNMARKED = [181, 172, 81, 118, 37, 129, 160, 238]


class Letters:
    def piece(self, token):
        return b"%d " % token

    def ends(self, token):
        return False


def drawn(mark, *, choice=0, length=60, **sampling):
    options = {"max_tokens": length, "seed": 5, **sampling}
    decoder = Decoder(Sampling(**options), Letters(), choice=choice, mark=mark)
    tokens = []
    for _ in range(length):
        _, piece = decoder.step(logits_after(tokens))
        tokens += piece.tokens
    return tokens


def logits_after(tokens):
    numbers = np.random.default_rng([3, *tokens[-2:]])
    return (2 * numbers.normal(size=SIZE)).astype(np.float32)


def detected(tokens, sampling):
    reading = Reading([KEY], tokens)
    for position in reading.positions.tolist():
        before = tokens[:position]
        chances = distribution(logits_after(before), sampling, set(before))
        reading.observe(position, chances.tokens, chances.probabilities)
    return detect(reading.evidence())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"temperature": 0.7},
        {"top_k": 40},
        {"top_p": 0.8},
        {"repetition_penalty": 1.3},
        {"temperature": 0.9, "top_p": 0.95, "repetition_penalty": 1.1},
    ],
)
def test_the_mark_is_found_under_the_sampling_it_was_drawn_with(options):
    found = detected(drawn(Mark(KEY), **options), Sampling(**options))
    whole = np.abs(found.evidence) >= 1 - 1e-9
    assert (found.evidence[whole] > 0).all()
    assert found.verdict == "watermarked"


def test_a_seed_repeats_a_marked_text_too():
    assert drawn(Mark(KEY)) == drawn(Mark(KEY))
    assert drawn(Mark(KEY)) != drawn(None)


def test_each_answer_draws_a_sub_key_of_its_own():
    found = {detected(drawn(Mark(KEY), choice=n), Sampling()).subkey for n in range(8)}
    assert len(found) > 3


def test_an_unmarked_text_is_drawn_as_before_there_were_marks():
    assert drawn(None, length=8) == UNMARKED


@pytest.mark.parametrize("options", [{"temperature": 0.0}, {"top_k": 1}])
def test_greedy_decoding_refuses_the_mark_and_says_what_to_do(options):
    with pytest.raises(EngineError, match="no choice") as told:
        drawn(Mark(KEY), **options)
    assert told.value.kind == "bad_request"
    assert "temperature above 0" in told.value.mend


def test_a_server_that_draws_its_own_words_refuses_the_mark():
    engine = OpenAIEngine("http://127.0.0.1:9/v1", "any")
    job = Job(Sampling(), prompt="Hi", mark=Mark(KEY))

    async def ask():
        try:
            return [piece async for piece in engine.stream(job)]
        finally:
            await engine.aclose()

    with pytest.raises(EngineError, match="no distributions"):
        asyncio.run(ask())
    assert not isinstance(engine, ReadingEngine)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    from upright.generate.embedded import EmbeddedEngine  # noqa: PLC0415 (after the skip)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UPRIGHT_HOME", str(tmp_path_factory.mktemp("home")))
        made = EmbeddedEngine()
        yield made
        asyncio.run(made.aclose())


def logits_of(engine, tokens, after=()):
    found = {}
    visit = lambda at, row: found.update({at: row.copy()})  # noqa: E731 (one line)
    asyncio.run(engine.read(tokens, visit, after=after))
    return found


@pytest.mark.embedded
def test_it_reads_and_places_tokens(engine):
    assert isinstance(engine, ReadingEngine)
    text = "Grüße, 世界! \U0001f600 Once"
    tokens = engine.tokens(text)
    assert engine.placed([token.id for token in tokens])[0] == text
    assert (tokens[0].start, tokens[-1].end) == (0, len(text))


@pytest.mark.embedded
def test_reading_gives_the_logits_that_a_score_is_made_of(engine):
    tokens = [token.id for token in engine.tokens(STORY)]
    found = logits_of(engine, tokens)
    scores = asyncio.run(engine.score(STORY))
    assert sorted(found) == list(range(1, len(tokens)))
    for at, score in enumerate(scores, 1):
        assert log_softmax(found[at])[tokens[at]] == pytest.approx(score.logprob, abs=1e-5)


@pytest.mark.embedded
def test_what_stands_before_a_text_is_read_with_it(engine):
    before = [token.id for token in engine.tokens(STORY)]
    after = [token.id for token in engine.tokens(" city called")]
    together = logits_of(engine, before + after)
    apart = logits_of(engine, after, after=before)
    assert sorted(apart) == list(range(len(after)))
    for at in apart:
        assert (apart[at] == together[len(before) + at]).all()


@pytest.mark.embedded
def test_a_text_longer_than_the_memory_is_read_whole(engine):
    tokens = [token.id for token in engine.tokens("The tide was out again. " * 360)]
    assert len(tokens) > 2048
    seen = []
    asyncio.run(engine.read(tokens, lambda at, _: seen.append(at)))
    assert seen == list(range(1, len(tokens)))


@pytest.mark.embedded
def test_a_reader_who_leaves_frees_the_engine(engine):
    tokens, seen = [token.id for token in engine.tokens("The tide was out. " * 400)], []

    async def leave():
        loop = asyncio.get_running_loop()

        def visit(at, _):
            seen.append(at)
            if len(seen) == 1:
                loop.call_soon_threadsafe(task.cancel)

        task = asyncio.create_task(engine.read(tokens, visit))
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert len(logits_of(engine, tokens[:20])) == 19
    assert len(seen) < 1000


@pytest.mark.embedded
def test_a_fault_of_the_visitor_reaches_the_reader_and_spares_the_engine(engine):
    def visit(at, logits):
        raise ValueError("no such luck")

    with pytest.raises(EngineError, match="no such luck"):
        asyncio.run(engine.read([5, 6, 7], visit))
    assert len(logits_of(engine, [5, 6, 7])) == 2


@pytest.mark.embedded
def test_its_marked_answers_are_told_from_its_tokens(engine):
    async def write():
        job = Job(Sampling(seed=3, max_tokens=60), prompt=STORY, mark=Mark(KEY), choices=2)
        tokens = {0: [], 1: []}
        async for piece in engine.stream(job):
            tokens[piece.choice] += piece.tokens
        return tokens

    before = [token.id for token in engine.tokens(STORY)]
    for tokens in asyncio.run(write()).values():
        reading = Reading([KEY], tokens)

        def visit(at, logits, reading=reading, tokens=tokens):
            chances = distribution(logits, Sampling(), set(tokens[:at]))
            reading.observe(at, chances.tokens, chances.probabilities)

        asyncio.run(engine.read(tokens, visit, after=before))
        found = detect(reading.evidence())
        whole = np.abs(found.evidence) >= 1 - 1e-6
        # Slices of a prompt round otherwise than single steps: a hair's breadth.
        assert (found.evidence[whole] > 0).mean() > 0.95
        assert found.p_value < 1e-4
