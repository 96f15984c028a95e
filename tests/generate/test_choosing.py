"""How likely given answers are: exactly, by a server's list, by drawn answers."""

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.generate import EngineError, Message, Piece, TokenLogprob
from upright.generate.choosing import Question, answer, answer_all, chances
from upright.generate.choosing_parse import option_of, placed_mass

WORDS = ("Yes", "No")


class Server:
    """Gives text only: answers in turn, and a list of first tokens if it has one."""

    name, digest = "server", None

    def __init__(self, texts=("Yes",), top=None, refuses=None):
        self.texts, self.top, self.refuses = texts, top, refuses
        self.jobs = []

    async def stream(self, job):
        self.jobs.append(job)
        if job.logprobs is not None:
            if self.refuses:
                raise EngineError("none here", kind=self.refuses)
            logprobs = ()
            if self.top:
                logs = tuple((token, math.log(share)) for token, share in self.top)
                logprobs = (TokenLogprob(*logs[0], logs),)
            yield Piece(text="Yes", logprobs=logprobs)
            return
        text = self.texts[job.sampling.seed % len(self.texts)]
        yield Piece(text="thinking: No", channel="reasoning")
        for sign in text:
            yield Piece(text=sign)

    async def aclose(self):
        pass


class Reader(Server):
    """Gives log-probabilities: one token a letter, each letter of an option weighing its own."""

    def prompt_tokens(self, job):
        return list((job.prompt or job.messages[-1].content).encode())

    def tokens(self, text):
        return [type("Token", (), {"id": ord(sign)})() for sign in text]

    def placed(self, tokens):
        raise NotImplementedError

    async def next_token(self, prompt, sampling, *, limit=50):
        raise NotImplementedError

    async def score(self, text):
        raise NotImplementedError

    async def read(self, tokens, visit, *, after=()):
        raise NotImplementedError

    async def logs_after(self, prompt, options):
        if b"fail" in bytes(prompt):
            raise EngineError("broken", kind="unavailable")
        return [-float(len(option)) for option in options]


def ask(engine, options=WORDS, **how):
    how = how or {"prompt": "Well?"}
    return asyncio.run(chances(engine, options, **how))


def test_an_engine_that_reads_gives_exact_chances_of_whole_strings():
    got = ask(Reader())
    assert got.way == "exact"
    assert got.logs == (-3.0, -2.0)
    assert got.mass == pytest.approx(math.exp(-3) + math.exp(-2))
    assert got.shares == got.low == got.high
    assert sum(got.shares) == pytest.approx(1)
    assert got.share("No") == pytest.approx(1 / (1 + math.exp(-1)))


def test_the_logit_of_an_option_is_against_all_others():
    got = ask(Reader(), ("Yes", "No", "Maybe"))
    others = math.log(math.exp(-2) + math.exp(-5))
    assert got.logit("Yes") == pytest.approx(-3 - others)
    with pytest.raises(ValueError, match="not in"):
        got.logit("Never")


def test_a_servers_list_is_used_where_it_names_the_options():
    got = ask(Server(top=[("Yes", 0.6), (" no", 0.2), ("Well", 0.1)]))
    assert got.way == "top"
    assert got.mass == pytest.approx(0.8)
    assert got.shares == pytest.approx((0.75, 0.25))
    # A tenth is not listed: it may be another spelling of either.
    assert got.low == pytest.approx((0.6 / 0.9, 0.2 / 0.9))
    assert got.high == pytest.approx((0.7 / 0.9, 0.3 / 0.9))


@pytest.mark.parametrize(
    "server",
    [
        Server(("Yes.", "no")),
        Server(("Yes.", "no"), refuses="bad_request"),
        Server(("Yes.", "no"), top=[("Hm", 0.9)]),
    ],
    ids=["no list", "refused list", "a list of other words"],
)
def test_without_a_list_that_will_do_answers_are_drawn(server):
    got = ask(server)
    assert (got.way, got.n, got.mass) == ("sampled", 32, 1.0)
    assert got.shares == (0.5, 0.5)
    assert got.low[0] < 0.5 < got.high[0]
    assert sorted(job.sampling.seed for job in server.jobs if job.logprobs is None) == [*range(32)]


def test_an_answer_that_is_no_option_lowers_the_mass_and_no_share():
    got = ask(Server(("Yes", "I cannot say")))
    assert got.mass == 0.5
    assert got.shares == (1.0, 0.0)
    assert got.high[1] > 0


def test_options_never_seen_leave_the_shares_open():
    got = ask(Server(("Hm",)))
    assert got.mass == 0.0
    assert all(map(math.isnan, got.shares))
    assert (got.low, got.high) == ((0.0, 0.0), (1.0, 1.0))
    assert math.isnan(got.logit("Yes"))


def test_a_servers_failure_is_no_answer():
    with pytest.raises(EngineError):
        ask(Server(refuses="timeout"))


@pytest.mark.parametrize("options", [(), ("Yes",), ("Yes", "Yes"), ("Yes", ""), ("A1", "A10")])
def test_options_that_cannot_be_told_apart_are_refused(options):
    with pytest.raises(EngineError) as problem:
        ask(Reader(), options)
    assert problem.value.kind == "bad_request"


@pytest.mark.parametrize("how", [{"messages": None}, {"prompt": "a", "messages": ()}])
def test_a_question_is_a_conversation_or_a_prompt(how):
    with pytest.raises(EngineError, match="either"):
        ask(Reader(), **how)


def test_many_questions_come_back_in_their_order_and_tell_when_each_is_done():
    told = {}
    questions = [
        Question(("a" * at + "x", "b"), messages=(Message("user", "?"),)) for at in range(20)
    ]
    got = asyncio.run(answer_all(Reader(), questions, done=told.__setitem__))
    assert [one.logs[0] for one in got] == [-(at + 1.0) for at in range(20)]
    assert told == dict(enumerate(got))


def test_the_first_failure_ends_many_questions():
    questions = [Question(WORDS, prompt=word) for word in ("fine", "fail", "fine")]
    with pytest.raises(EngineError, match="broken"):
        asyncio.run(answer_all(Reader(), questions))


def test_a_question_alone_and_among_others_has_one_answer():
    question = Question(WORDS, prompt="Well?")
    alone = asyncio.run(answer(Server(("yes", "No", "no")), question))
    among = asyncio.run(answer_all(Server(("yes", "No", "no")), [question] * 3))
    assert among == [alone] * 3


@given(st.sampled_from(["", " ", '"', "**", "- "]), st.sampled_from(["", ".", ", as", "\n"]))
def test_signs_and_case_around_an_option_do_not_count(before, after):
    assert option_of(f"{before}no{after}", WORDS) == 1


@given(st.text(alphabet="abn", min_size=1))
def test_the_beginning_of_another_word_is_no_option(more):
    assert option_of(f"No{more}", WORDS) is None


def test_the_longest_option_is_meant():
    assert option_of("Tea with milk, please", ("Tea", "Tea with milk")) == 1


def test_first_tokens_that_fit_two_options_place_nothing():
    assert placed_mass([("Pro", -0.1)], ("Product A", "Product B")) is None
    assert placed_mass([], WORDS) is None


@given(st.lists(st.floats(0.01, 0.3), min_size=1, max_size=3))
def test_placed_mass_never_exceeds_what_is_listed(shares):
    tokens = ["Ye", "no", " yes"]
    listed = [(token, math.log(share)) for token, share in zip(tokens, shares, strict=False)]
    assert math.fsum(placed_mass(listed, WORDS)) == pytest.approx(math.fsum(shares))
