"""What certificates weigh and cost, and how well edited copies are found among 100,000.

python benchmarks/certificates.py [--stored N] [--queries N]
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from _data import cited, rows
from _results import record
from sqlalchemy import insert

from upright.certify import Certifier, Statement, offline
from upright.ledger import Ledger, log
from upright.ledger.tables import log_nodes
from upright.measure import clopper_pearson

DIGEST = "sha256:" + "5" * 64
STATEMENT = Statement(
    "story-telling", "ans_0123456789abcdef01234567", DIGEST, DIGEST,
    model="smollm2-135m-instruct", model_digest=DIGEST, tokenizer_digest=DIGEST,
    scheme="split", epoch=12,
)  # fmt: skip
BOOKS = "corpora/books_public_domain.jsonl.gz"
LENGTHS = (60, 120, 250)
EDITED = 0.3
LEAVES = 1_000_000
ASKED_BYTES, ASKED_VERIFIED, ASKED_PROOF_MS = 1500, 1000, 5.0
ASKED_RECALL, ASKED_FALSE = 0.95, 1e-4
AT_ONCE = 500
SEED = 20261126


class Corpus:
    """Words of books; half of the books are certified, the other half never."""

    def __init__(self) -> None:
        self.draw = random.Random(SEED)
        books = [re.findall(r"\S+", row["text"]) for row in rows(BOOKS)]
        self.certified, self.others = books[::2], books[1::2]
        self.vocabulary = [word for book in books for word in book[::97]]

    def passage(self, books: Sequence[Sequence[str]], length: int | None = None) -> str:
        """Return words in a row of one of the books."""
        count = length or self.draw.choice(LENGTHS)
        book = self.draw.choices(books, [len(book) for book in books])[0]
        start = self.draw.randrange(len(book) - count)
        return " ".join(book[start : start + count])

    def edited(self, text: str) -> str:
        """Replace, drop or add at three words in ten (7 : 1.5 : 1.5)."""
        words: list[str] = []
        for word in text.split():
            chance = self.draw.random()
            if chance >= EDITED:
                words.append(word)
            elif chance < EDITED * 0.7:
                words.append(self.draw.choice(self.vocabulary))
            elif chance < EDITED * 0.85:
                words += [word, self.draw.choice(self.vocabulary)]
        return " ".join(words)


class Copies(NamedTuple):
    """How well copies are found.

    Attributes:
        tried: copies by their original's words.
        found: how many of them came back as copies of their original.
        unrelated: texts of other books that were looked for.
        false: how many of them came back as copies of anything.
    """

    tried: dict[int, int]
    found: dict[int, int]
    unrelated: int
    false: int


def seconds(work: Callable[[], object], times: int) -> float:
    """Return the CPU seconds of one call, the median of five rounds."""
    rounds = []
    for _ in range(5):
        begin = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - begin) / times)
    return statistics.median(rounds)


def sizes(certifier: Certifier, text: str) -> tuple[int, int]:
    """Return the bytes of a certificate alone, and with the longest receipt of the large log."""
    drafted = certifier.draft(STATEMENT, text)
    whole = certifier.issue(STATEMENT, text).data
    protected, header, payload, signature = offline.decode(whole[1:])
    receipt = offline.decode(header[offline.RECEIPTS][0][1:])
    longest = [bytes(32)] * (LEAVES - 1).bit_length()
    receipt[1] = {offline.VDP: {-1: [offline.encode([LEAVES, LEAVES - 1, longest])]}}
    header[offline.RECEIPTS] = [b"\xd2" + offline.encode(receipt)]
    worst = b"\xd2" + offline.encode([protected, header, payload, signature])
    return len(drafted.data), len(worst)


def verified_a_second(certifier: Certifier, text: str) -> float:
    """Return how many certificates, each with receipt and text, one core checks in a second."""
    data = certifier.certificate(certifier.issue(STATEMENT, text).id).data
    keys = certifier.issuer.trusted()
    return 1 / seconds(
        lambda: offline.check_text(offline.open_certificate(data, keys), text), times=200
    )


def proof_milliseconds(base: Path) -> float:
    """Return what an inclusion proof takes in a log of a million leaves, the slowest of many."""
    home = base / "log"
    home.mkdir()
    with Ledger.open(f"sqlite:///{home}/ledger.db?synchronous=normal", home=home) as ledger:
        for level in range(LEAVES.bit_length()):
            for start in range(0, LEAVES >> level, 50_000):
                stop = min(start + 50_000, LEAVES >> level)
                nodes = [
                    {"number": log._number((level, at)), "hash": at.to_bytes(32, "big")}  # noqa: SLF001 (hashes do not matter for time)
                    for at in range(start, stop)
                ]
                with ledger._database.writing() as connection:  # noqa: SLF001 (filled without certificates)
                    connection.execute(insert(log_nodes), nodes)
        draw = random.Random(SEED)
        waits = []
        for _ in range(300):
            leaf = draw.randrange(LEAVES)
            begin = time.process_time()
            proof = ledger.certificates.log.inclusion(leaf)
            waits.append((time.process_time() - begin) * 1000)
            assert proof.head.size == LEAVES
    return statistics.quantiles(waits, n=100)[94]


def fill(certifier: Certifier, ledger: Ledger, corpus: Corpus, count: int) -> dict[str, str]:
    """Certify passages; return their texts by name."""
    texts: dict[str, str] = {}
    while len(texts) < count:
        batch = [corpus.passage(corpus.certified) for _ in range(min(AT_ONCE, count - len(texts)))]
        drafts = [certifier.draft(STATEMENT, text) for text in batch]
        ledger.append_with_states([], [draft.row for draft in drafts])
        texts |= {draft.id: text for draft, text in zip(drafts, batch, strict=True)}
    return texts


def copies(certifier: Certifier, corpus: Corpus, texts: dict[str, str], queries: int) -> Copies:
    """Look for edited copies of stored passages, and for passages of other books."""
    tried, found = dict.fromkeys(LENGTHS, 0), dict.fromkeys(LENGTHS, 0)
    for name in corpus.draw.sample(sorted(texts), min(3000, len(texts))):
        length = len(texts[name].split())
        match = certifier.find(corpus.edited(texts[name]))
        tried[length] += 1
        # Passages overlap: a copy of one that shares most of its words is found as well.
        same = match is not None and shares_words(texts[match.certificate], texts[name])
        found[length] += same and match is not None and match.alike is not None
    false = sum(certifier.find(corpus.passage(corpus.others)) is not None for _ in range(queries))
    return Copies(tried, found, queries, false)


def shares_words(one: str, other: str) -> bool:
    """Say whether two passages overlap."""
    ours, theirs = one.split(), other.split()
    row = " ".join(theirs[len(theirs) // 4 : len(theirs) // 4 + 8])
    back = " ".join(ours[len(ours) // 4 : len(ours) // 4 + 8])
    return row in one or back in other or one == other


def main() -> None:
    """Measure, and write RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=40_000)
    told = parser.parse_args()
    corpus = Corpus()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        proof = proof_milliseconds(base)
        print(f"proof: {proof:.2f} ms", flush=True)
        home = base / "home"
        home.mkdir()
        with Ledger.open(f"sqlite:///{home}/ledger.db?synchronous=normal", home=home) as ledger:
            certifier = Certifier.open(ledger, issuer="Example Ltd")
            # Of the certified half: its certificates stay, and would answer for the other half.
            text = corpus.passage(corpus.certified, 250)
            weight, speed = sizes(certifier, text), verified_a_second(certifier, text)
            drafting = seconds(lambda: certifier.draft(STATEMENT, text, [text[:200]]), 50)
            print(f"{weight}, {speed:.0f}/s, draft {drafting * 1000:.2f} ms", flush=True)
            texts = fill(certifier, ledger, corpus, told.stored)
            found = copies(certifier, corpus, texts, told.queries)
    record("Certificates", report(weight, speed, proof))
    record("Edited copies of certified texts", report_copies(found, told.stored))


def report(weight: tuple[int, int], speed: float, proof: float) -> list[str]:
    """Put sizes and ratios into Markdown."""
    size = (
        f"{weight[0]:,} bytes alone, {weight[1]:,} with the longest receipt of a log of "
        f"{LEAVES:,} leaves (asked: {ASKED_BYTES:,})"
    )
    return [
        "One certificate that discloses everything; times are CPU times and given as ratios.",
        "",
        "| | | |",
        "|---|---|---|",
        f"| size | {size} | {verdict(weight[1] <= ASKED_BYTES)} |",
        (
            f"| checked offline per second and core, with receipt and text "
            f"| {speed / ASKED_VERIFIED:.2f} times the {ASKED_VERIFIED:,} asked "
            f"| {verdict(speed >= ASKED_VERIFIED)} |"
        ),
        (
            f"| proof of inclusion among {LEAVES:,}, 95th percentile "
            f"| {proof / ASKED_PROOF_MS:.2f} of the {ASKED_PROOF_MS:.0f} ms asked "
            f"| {verdict(proof <= ASKED_PROOF_MS)} |"
        ),
    ]


def report_copies(found: Copies, stored: int) -> list[str]:
    """Put recall and false matches into Markdown."""
    lines = [
        f"{stored:,} passages of one half of the books of {cited(BOOKS)} certified.",
        "Copies with three words in ten replaced, dropped or added; passages of the other half of",
        "the books as texts that are copies of nothing. Intervals of Clopper and Pearson, 95 %.",
        "",
        "| words | copies | known again | interval |",
        "|---:|---:|---:|---|",
    ]
    for length, tried in found.tried.items():
        of = clopper_pearson(found.found[length], tried)
        share = found.found[length] / tried
        lines.append(f"| {length} | {tried:,} | {share:.1%} | {of.low:.1%} to {of.high:.1%} |")
    recall = sum(found.found.values()) / sum(found.tried.values())
    false = clopper_pearson(found.false, found.unrelated)
    enough, few = recall >= ASKED_RECALL, found.false <= ASKED_FALSE * found.unrelated
    share = f"{found.false / found.unrelated:.1e}, {false.low:.1e} to {false.high:.1e}"
    wrong = f"{found.false} of {found.unrelated:,} ({share}; asked: {ASKED_FALSE:.0e})"
    lines += [
        "",
        f"All copies: {recall:.1%} (asked: {ASKED_RECALL:.0%}): {verdict(enough)}.",
        f"False matches: {wrong}: {verdict(few)}.",
    ]
    return lines


def verdict(reached: bool) -> str:  # noqa: FBT001 (one question, one word)
    """Return the word for a figure."""
    return "reached" if reached else "not reached"


if __name__ == "__main__":
    main()
