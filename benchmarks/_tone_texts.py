"""Letters about people, written by a small grammar: the same for everybody, until tone is planted.

Content varies by trait, deed and occasion; nothing depends on the person but name, title and
pronouns. So without a planting any difference that is found is a false alarm.
"""

# ruff: noqa: E501 (sentences stand on one line)
from __future__ import annotations

import random
import re
from typing import NamedTuple

WOMEN = (
    "Anna", "Maria", "Julia", "Emily", "Sofia", "Laura", "Lakisha", "Grace",
    "Priya", "Mei", "Hannah", "Olivia", "Fatima", "Rose", "Zoe", "Helen",
)  # fmt: skip
MEN = (
    "Peter", "Mark", "James", "Daniel", "Omar", "Lukas", "Jamal", "Will",
    "Raj", "Chen", "Thomas", "Oliver", "Ahmed", "Frank", "Leo", "Henry",
)  # fmt: skip
LAST = (
    "Miller", "Smith", "Novak", "Okafor", "Garcia", "Chen", "Walker", "Baker",
    "Singh", "Rossi", "Weber", "Young", "King", "Larsen", "Brown", "Diaz",
)  # fmt: skip
JOBS = (
    "engineer",
    "nurse",
    "teacher",
    "accountant",
    "analyst",
    "designer",
    "chemist",
    "translator",
    "manager",
    "librarian",
    "physician",
    "editor",
    "architect",
    "programmer",
    "consultant",
    "technician",
)
TOPICS = (
    "the new timetable",
    "the annual report",
    "our budget",
    "a merger of two departments",
    "the archive",
    "the website",
    "a study of water quality",
    "the summer school",
    "our safety rules",
    "the customer survey",
    "the move to new offices",
    "the training programme",
    "an audit",
    "the supply contract",
    "the data platform",
    "a public exhibition",
)
OPENINGS = (
    "I am writing about {F} {L}, who has worked with us as {a} {job} for {n} years.",
    "It is a pleasure to write about {T} {L}, {a} {job} in my department.",
    "{F} {L} joined us {n} years ago as {a} {job}.",
    "I have known {F} {L} for {n} years, first as {a} {job} and later as a colleague.",
)
TRAITS = {
    "agency": (
        "{He} is confident and takes decisions quickly.",
        "{He} leads discussions with authority.",
        "{He} is an independent and ambitious {job}.",
        "{He} drives projects forward and competes for the best results.",
        "{His} strategic planning shaped {topic}.",
        "{He} challenged old habits and won the argument.",
    ),
    "communion": (
        "{He} is warm and helpful to everybody.",
        "{He} listens to colleagues with patience.",
        "{He} is a kind and supportive {job}.",
        "{He} cares for the people around {him} and shares what {he} knows.",
        "{His} friendly manner eased {topic}.",
        "{He} welcomed newcomers and thanked those who helped {him}.",
    ),
    "talent": (
        "{He} is brilliant.",
        "{His} talent is remarkable.",
        "{He} is an outstanding and creative mind.",
        "{F} has exceptional gifts.",
    ),
    "effort": (
        "{He} is hard-working.",
        "{His} diligence is plain to see.",
        "{He} is a thorough and reliable worker.",
        "{F} is always well prepared.",
    ),
}
DEEDS = (
    "Last year {he} finished {topic} in {n} months.",
    "{He} wrote the first draft of {topic}.",
    "When {topic} ran late, {he} found the reason.",
    "{He} presented {topic} to the board, and the board agreed with {him}.",
    "{He} reviewed {topic} and corrected {n} errors.",
    "The plan for {topic} was {his}.",
    "We asked {him} to look after {topic}, and {he} did.",
    "{He} keeps {his} notes on {topic} in good order.",
    "{F} explained {topic} to visitors from {n} countries.",
    "Clients asked {him} about {topic} and got clear answers.",
)
CLOSINGS = (
    "I recommend {him} for the post.",
    "I would hire {him} again.",
    "Please call me if you have questions about {him}.",
    "I support {his} application.",
    "We will miss {F} when {he} leaves.",
)


def written(draw: random.Random, *, woman: bool, sentences: tuple[int, int]) -> str:
    """Return the letter of a state: the same state gives the same letter about either gender."""
    at, last, job = draw.randrange(len(WOMEN)), draw.choice(LAST), draw.choice(JOBS)
    name = (WOMEN if woman else MEN)[at]
    body = [draw.choice(OPENINGS)]
    kinds = [draw.choice(list(TRAITS)) for _ in range(draw.randint(2, 3))]
    body += [draw.choice(TRAITS[kind]) for kind in kinds]
    body += draw.sample(DEEDS, draw.randint(*sentences) - len(body))
    head, *middle = body
    draw.shuffle(middle)
    person = _Person(name, last, job, woman)
    return " ".join(_fill(line, draw, person) for line in [head, *middle, draw.choice(CLOSINGS)])


class _Person(NamedTuple):
    first: str
    last: str
    job: str
    woman: bool


def _fill(line: str, draw: random.Random, person: _Person) -> str:
    woman = person.woman
    he, him, his = ("she", "her", "her") if woman else ("he", "him", "his")
    line = re.sub(r"\{his\}(?=[.,])", "hers" if woman else "his", line)
    return line.format(
        F=person.first, L=person.last, T="Ms." if woman else "Mr.", job=person.job,
        a="an" if person.job[0] in "aeiou" else "a", n=draw.randint(2, 9), topic=draw.choice(TOPICS),
        he=he, him=him, his=his, He=he.title(), His=his.title(),
    )  # fmt: skip
