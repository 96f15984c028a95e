"""A panel from the study to the report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from upright.generate.choosing import Chances, Question
from upright.generate.choosing_work import AnswerBook
from upright.generate.types import Engine
from upright.guard.scanner import Scanner
from upright.panel import measures
from upright.panel.asking import Cell, cells, shown
from upright.panel.association import Grouped
from upright.panel.guarding import WRITTEN, Withheld, passing
from upright.panel.personas import Persona, personas
from upright.panel.reasons import reasons
from upright.panel.report import Group, Report
from upright.panel.study import Study
from upright.terms import ConfigError, UprightError, digest

_Writer = Callable[[Sequence[tuple[Persona, str]]], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A study that is ready to be asked.

    Attributes:
        study: the study.
        people: those whose description passed the guard.
        cells: all questions.
        withheld: what did not pass.
    """

    study: Study
    people: list[Persona]
    cells: list[Cell]
    withheld: Withheld

    @property
    def questions(self) -> list[Question]:
        """All that is really asked: people who are described alike share their questions."""
        questions = [cell.question for cell in self.cells]
        texts = (tuple(turn.content for turn in one.messages or ()) for one in questions)
        return list(dict(zip(texts, questions, strict=True)).values())


class NobodyLeftError(UprightError):
    """The guard held back too many people, or the model never named a product."""

    exit_code = 3


def prepare(study: Study, guard: Scanner) -> Panel:
    """Draw the people and guard every text that the model will be shown.

    People whose description is held back are left out and counted.

    Raises:
        ConfigError: if a product's or a question's text is held back.
        NobodyLeftError: if fewer than two people are left.
    """
    withheld = Withheld()
    products = [f"{one.name}: {one.description}" for one in study.product]
    for number, rules in enumerate(passing(guard, products, "product", withheld), 1):
        _refuse(f"the text of product {number}", rules)
    for rules in passing(guard, shown(study), "question", withheld):
        _refuse("a question with its products", rules)
    _refuse("the name of the study", passing(guard, [study.name], "name", withheld)[0])
    drawn = personas(study)
    found = passing(guard, [one.text for one in drawn], "persona", withheld)
    people = [one for one, rules in zip(drawn, found, strict=True) if not rules]
    if len(people) < 2:  # noqa: PLR2004 (a panel)
        raise NobodyLeftError(
            f"the guard held back {withheld.texts('persona')} of {len(drawn)} people",
            mend="describe people without what the use's rules take out of answers",
        )
    return Panel(study, people, cells(study, people), withheld)


def digest_of(study: Study) -> str:
    """Return the digest of all that a study declares."""
    return digest(study.model_dump(mode="json", by_alias=True))


async def run(
    panel: Panel,
    engine: Engine,
    guard: Scanner,
    book: AnswerBook,
    *,
    use: str,
    disclosure: str = "",
    folder: Path | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Report:
    """Ask a panel and return what it comes to.

    Args:
        panel: from `prepare`.
        engine: who answers.
        guard: of the use.
        book: where answers are kept.
        use: name of the use.
        disclosure: what the use has its readers told.
        folder: where reasons are kept.
        advance: called once for each question, and for each reason.

    Raises:
        EngineError: as `choosing.chances`.
        NobodyLeftError: if the model names a product to fewer than two people.
    """
    found = await book.ask([cell.question for cell in panel.cells], advance)
    study = panel.study
    answers = _answers(panel, found)
    parts = measures.sources_of_variance(answers)
    write = partial(reasons, engine, study, folder=folder, advance=advance)
    told = await _reasons(panel, answers, guard, write) if study.reasons else []
    return Report(
        name=study.name,
        study=digest_of(study),
        use=use,
        disclosure=disclosure,
        model=engine.name,
        digest=engine.digest,
        guard=guard.digest,
        way=" and ".join(sorted({chances.way for chances in found})),
        products=tuple(one.name for one in study.product),
        people=len(answers.people),
        questions=len(found),
        different=len(panel.questions),
        mass=answers.mass,
        unseen=answers.unseen,
        shares=measures.shares(answers),
        position_bias=measures.position_bias(answers),
        variance=parts,
        dominated=measures.dominated(parts),
        associations=measures.associations(answers),
        kept=measures.hollow(measures.kept(answers), parts),
        equal=measures.hollow(measures.equal(answers), parts),
        groups=_groups(answers),
        withheld=panel.withheld,
        reasons=told,
    )


def _answers(panel: Panel, found: Sequence[Chances]) -> measures.Answers:
    """Return the answers of those people to whom the model named a product at all."""
    answers = measures.Answers(panel.study, panel.people, panel.cells, found)
    silent = np.asarray(np.isnan(answers.shares).all(axis=(1, 2, 3)))
    if not silent.any():
        return answers
    people = [one for one, none in zip(panel.people, silent, strict=True) if not none]
    if len(people) < 2:  # noqa: PLR2004 (a panel)
        raise NobodyLeftError(
            "the model names a product in every order to fewer than two people",
            mend='try answers = "letters", other phrasings or another model',
        )
    answers.people, answers.shares = people, answers.shares[~silent]
    return answers


async def _reasons(
    panel: Panel, answers: measures.Answers, guard: Scanner, write: _Writer
) -> list[tuple[str, str, str]]:
    """Return each person with the product of the largest chance and the reason, if it passes."""
    names = [one.name for one in panel.study.product]
    best = answers.balanced().argmax(axis=1)
    chosen = [(one, names[at]) for one, at in zip(answers.people, best, strict=True)]
    written = await write(chosen)
    held = passing(guard, written, WRITTEN, panel.withheld)
    return [
        (person.text, product, text)
        for (person, product), text, rules in zip(chosen, written, held, strict=True)
        if not rules
    ]


def _groups(answers: measures.Answers) -> list[Group]:
    balanced = answers.balanced()
    found = []
    for one in answers.study.attribute:
        codes, values = answers.codes(one.name)
        means = Grouped(codes, len(values), balanced).means()
        for at, value in enumerate(values):
            n = int((codes == at).sum())
            if n:
                found.append(Group(one.name, value, n, tuple(map(float, means[at]))))
    return found


def _refuse(what: str, rules: Sequence[str]) -> None:
    if rules:
        raise ConfigError(
            f"{what} is held back by {', '.join(rules)}",
            mend="reword it, or name a use with --policy whose rules let it through",
        )
