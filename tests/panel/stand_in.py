"""A study, and a model whose choices are known."""

import math

STUDY = """
schema = 1
name = "evenings"
personas = {personas}
seed = 3

[[attribute]]
name = "gender"
shares = {{ woman = 0.5, man = 0.5 }}

[[attribute]]
name = "age"
shares = {{ young = 3, old = 1 }}

[[attribute]]
name = "work"
given = "age"
[attribute.tables]
young = {{ student = 0.5, nurse = 0.5 }}
old = {{ nurse = 0.25, retired = 0.75 }}

[[attribute]]
name = "place"
shares = {{ town = 0.5, village = 0.5 }}

[[affinity]]
fact = "likes gardens"
otherwise = "likes games"
product = "spade"
by = "gender"
chances = {{ woman = 0.75, man = 0.25 }}

[[product]]
name = "spade"
description = "For digging."

[[product]]
name = "game"
description = "For evenings."

[[keep]]
attribute = "gender"
product = "spade"
margin = 0.1

[[equal]]
attribute = "place"
margin = 0.1
"""


def study_text(personas=80, **swapped):
    text = STUDY.format(personas=personas)
    for old, new in swapped.values():
        assert old in text
        text = text.replace(old, new)
    return text


class Model:
    """Chooses by log odds of the first option: what a person's text holds, and the place.

    Args:
        pulls: log odds that a phrase in the person's text adds for the first option.
        place: log odds that standing first adds.
        fails: after how many questions the model breaks.
    """

    name, digest = "stand-in", "sha256:stand-in"

    def __init__(self, pulls=None, place=0.0, fails=None):
        self.pulls = pulls or {"likes gardens": 3.0, "likes games": -3.0}
        self.place, self.fails, self.asked = place, fails, 0

    def prompt_tokens(self, job):
        self.last = job.messages
        return list("\n".join(message.content for message in job.messages).encode())

    def tokens(self, text):
        return [type("Token", (), {"id": ord(sign)})() for sign in text]

    async def logs_after(self, prompt, options):
        self.asked += 1
        text = bytes(prompt).decode()
        names = ["".join(map(chr, option)) for option in options]
        odds = sum(pull for phrase, pull in self.pulls.items() if phrase in text)
        odds += self.place if text.index(names[0]) < text.index(names[1]) else -self.place
        first = 1 / (1 + math.exp(-odds))
        return [math.log(0.8 * first), math.log(0.8 * (1 - first))]

    async def stream(self, job):
        from upright.generate import Piece  # noqa: PLC0415 (only where a reason is drawn)

        yield Piece(text="Because I am ")
        yield Piece(text="who I am.", finish_reason="stop")

    async def aclose(self):
        pass

    def placed(self, tokens):
        raise NotImplementedError

    async def next_token(self, prompt, sampling, *, limit=50):
        raise NotImplementedError

    async def score(self, text):
        raise NotImplementedError

    async def read(self, tokens, visit, *, after=()):
        raise NotImplementedError
