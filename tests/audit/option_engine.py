"""A model whose chances of given answers are a rule, and whose texts are another."""

from __future__ import annotations

from upright.generate import Piece
from upright.generate.types import Token


class OptionEngine:
    """Answers by rules; its tokens are characters.

    Args:
        log: takes prompt and option; returns the log-probability of the option.
        say: takes the prompt; returns an answer.
    """

    name = "rules"
    digest = "sha256:0"

    def __init__(self, log=lambda _prompt, _option: -1.0, say=lambda prompt: prompt):
        self.log, self.say = log, say
        self.asked = []
        self.closed = False

    def tokens(self, text):
        return [Token(ord(sign), at, at + 1) for at, sign in enumerate(text)]

    def placed(self, tokens):
        text = "".join(map(chr, tokens))
        return text, self.tokens(text)

    def prompt_tokens(self, job):
        return [ord(sign) for sign in job.prompt]

    async def logs_after(self, prompt, options):
        before = self.placed(prompt)[0]
        return [self.log(before, self.placed(option)[0]) for option in options]

    async def stream(self, job):
        self.asked.append(job)
        prompt = job.prompt if job.messages is None else job.messages[-1].content
        yield Piece(text=self.say(prompt))
        yield Piece(text="thinking", channel="reasoning", finish_reason="stop")

    async def next_token(self, prompt, sampling, *, limit=50):
        raise NotImplementedError

    async def score(self, text):
        raise NotImplementedError

    async def read(self, tokens, visit, *, after=()):
        raise NotImplementedError

    async def aclose(self):
        self.closed = True
