"""How well an author's texts are told from those of others, at 300 words.

Each book is asked in turn. The one author with two books here is learnt from one and asked with the
other; of the rest the first 60 passages are learnt and those from the 71st on asked, so that one
story is on both sides, which helps. Half of the other authors are learnt as others, the other half,
whom the style has never met, is asked.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from _data import cited, rows
from _results import record

from upright.match.style import Style, passages

FILE = "authorship/book_passages.jsonl.gz"
LEARNT, FROM, MOST, OTHERS, ASKED_AUC = 60, 70, 60, 40, 0.94


def auc(own: np.ndarray, others: np.ndarray) -> float:
    """Return how often a text of the author's is closer than one of another's."""
    above, equal = own[:, None] > others, own[:, None] == others
    return float(above.mean() + equal.mean() / 2)


def judged(style: Style, texts: list[str]) -> np.ndarray:
    """Return the scores of texts that are cut to 300 words; shorter ones are left out."""
    cut = [passage for text in texts for passage in passages([text])[:1]]
    return np.array([style.closeness(one).score for one in cut])


def main() -> None:
    """Measure and record."""
    books = defaultdict(list)
    for row in rows(FILE):
        books[row["author"], row["title"]].append(row["text"])
    lines = [
        "| author | learnt from | asked | own | others | AUC | own ≥ 0.5 | others ≥ 0.5 |",
        "|---|---|---|---:|---:|---:|---:|---:|",
    ]
    every: list[tuple[np.ndarray, np.ndarray]] = []
    for author, title in sorted(books):
        strangers = [book for book in sorted(books) if book[0] != author]
        second = [book for book in books if book[0] == author and book[1] != title]
        learnt = books[author, title][: None if second else LEARNT]
        asked = books[second[0]] if second else books[author, title][FROM:]
        met = [text for book in strangers[::2] for text in books[book][:OTHERS]]
        style = Style.register(author, learnt, met)
        own = judged(style, asked)[:MOST]
        others = judged(style, [text for book in strangers[1::2] for text in books[book][-30:]])
        every.append((own, others))
        where = second[0][1] if second else "the rest of it"
        lines.append(
            f"| {author} | {title} | {where} | {len(own)} | {len(others)} | {auc(own, others):.3f} "
            f"| {(own >= 0.5).mean():.0%} | {(others >= 0.5).mean():.0%} |"
        )
    own, others = (np.concatenate(side) for side in zip(*every, strict=True))
    whole = auc(own, others)
    verdict = "reached" if whole >= ASKED_AUC else "not reached"
    record(
        "Style",
        [
            f"Verification at 300 words, {cited(FILE)}.",
            "",
            *lines,
            "",
            f"All scores together: AUC {whole:.3f}. Asked: ≥ {ASKED_AUC}: {verdict}.",
        ],
    )


if __name__ == "__main__":
    main()
