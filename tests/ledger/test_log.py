"""The transparency log in both databases: one log for all writers, and never less of it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from upright.certify import offline
from upright.ledger import Ledger, LedgerError, NotFoundError, log, merkle
from upright.ledger.tables import log_nodes


def leaf(number: int) -> bytes:
    return merkle.leaf_hash(number.to_bytes(4, "big"))


def grow(ledger: Ledger, count: int, *, start: int = 0) -> None:
    with ledger._database.writing() as connection:
        log.append(connection, [leaf(start + number) for number in range(count)])


def expected_root(size: int) -> bytes:
    return merkle.tree([leaf(number) for number in range(size)])((0, size))


def test_an_empty_log_has_the_root_of_nothing_and_no_proofs(ledger):
    assert ledger.certificates.log.head() == log.TreeHead(0, merkle.EMPTY_ROOT)
    for ask in (ledger.certificates.log.inclusion, ledger.certificates.log.consistency):
        with pytest.raises(NotFoundError):
            ask(0)


@pytest.mark.parametrize("steps", [(1,), (1, 1, 1), (3, 5, 8), (64, 1, 63), (100,)])
def test_a_log_grown_in_steps_has_the_root_of_its_leaves(ledger, steps):
    size = 0
    for step in steps:
        grow(ledger, step, start=size)
        size += step
        assert ledger.certificates.log.head() == log.TreeHead(size, expected_root(size))


def test_every_leaf_and_every_older_head_is_proved(ledger):
    grow(ledger, 21)
    for number in range(21):
        proof = ledger.certificates.log.inclusion(number)
        assert proof.start == number
        found = offline.root_of(leaf(number), number, proof.head.size, proof.path)
        assert found == proof.head.root == expected_root(21)
    for first in range(1, 22):
        proof = ledger.certificates.log.consistency(first)
        root = expected_root(first)
        offline.check_consistency(first, root, 21, proof.head.root, proof.path)


def test_whoever_appends_gets_the_proofs_that_the_log_would_give(ledger):
    size = 0
    for step in (1, 1, 2, 3, 9, 16, 5, 31):
        with ledger._database.writing() as connection:
            given = log.append(connection, [leaf(size + number) for number in range(step)])
        assert given == ledger.certificates.log.inclusions(range(size, size + step))
        size += step
    assert size == 68


@pytest.mark.parametrize("number", [-1, 21, 10**9])
def test_what_the_log_never_had_is_not_proved(ledger, number):
    grow(ledger, 21)
    with pytest.raises(NotFoundError, match="21"):
        ledger.certificates.log.inclusion(number)
    with pytest.raises(NotFoundError, match="21"):
        ledger.certificates.log.consistency(number + 1 if number > 0 else number)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_nodes SET hash = hash WHERE number = 0",
        "DELETE FROM log_nodes WHERE number = 0",
        "UPDATE revocations SET reason = 'none'",
        "DELETE FROM revocations",
    ],
)
def test_the_database_itself_refuses_to_change_log_and_revocations(ledger, statement):
    grow(ledger, 3)
    with ledger._database.writing() as connection:
        row = {"certificate": "crt_x", "time": "now", "reason": "wrong"}
        connection.execute(
            text("INSERT INTO revocations VALUES (:certificate, :time, :reason)"), row
        )
    with pytest.raises(LedgerError, match="append-only"), ledger._database.writing() as connection:
        connection.execute(text(statement))


def test_a_node_cannot_be_put_in_place_of_another(home):
    with Ledger.open(home=home) as ledger:
        grow(ledger, 3)
        with (
            pytest.raises(DatabaseError, match="append-only"),
            ledger._database.engine.begin() as connection,
        ):
            connection.execute(text("INSERT OR REPLACE INTO log_nodes VALUES (0, x'00')"))


def test_a_changed_leaf_is_named(ledger, attack):
    grow(ledger, 50)
    assert ledger.certificates.log.first_bad_leaf() is None
    attacker = attack(ledger)
    names = ("log_nodes_no_update",) if ledger._database.is_sqlite else ("log_nodes_append_only",)
    for name in names:
        on = "" if ledger._database.is_sqlite else " ON log_nodes"
        attacker.execute(f"DROP TRIGGER {name}{on}")
    attacker.execute("UPDATE log_nodes SET hash = :hash WHERE number = 17", hash=bytes(32))
    assert ledger.certificates.log.first_bad_leaf() in {16, 17}


def test_a_log_that_lacks_a_node_says_so_instead_of_proving_something_else(ledger, attack):
    grow(ledger, 50)
    attacker = attack(ledger)
    on = "" if ledger._database.is_sqlite else " ON log_nodes"
    name = "log_nodes_no_delete" if ledger._database.is_sqlite else "log_nodes_append_only"
    attacker.execute(f"DROP TRIGGER {name}{on}")
    attacker.execute("DELETE FROM log_nodes WHERE number = 16")
    with pytest.raises(LedgerError, match="lacks the node"):
        ledger.certificates.log.inclusion(17)


WRITER = """
import sys
from pathlib import Path
from upright.ledger import Ledger, log
with Ledger.open(sys.argv[1], home=Path(sys.argv[2])) as ledger:
    sys.stdin.readline()
    for step in range(20):
        with ledger._database.writing() as connection:
            log.append(connection, [bytes([int(sys.argv[3]), step]) * 16] * 3)
"""


def test_many_processes_write_one_log(ledger, url, home):
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, str(home), str(number)],
            stdin=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    for child in children:
        child.communicate("go\n")
    assert [child.returncode for child in children] == [0, 0, 0]
    with ledger._database.reading() as connection:
        rows = connection.execute(
            select(log_nodes).where(log_nodes.c.number < 180).order_by(log_nodes.c.number)
        )
        leaves = [row.hash for row in rows]
    assert len(leaves) == 180
    assert ledger.certificates.log.head() == log.TreeHead(180, merkle.tree(leaves)((0, 180)))
    assert ledger.certificates.log.first_bad_leaf() is None


def test_a_transaction_that_fails_leaves_no_leaf(ledger):
    grow(ledger, 5)

    def cut_off():
        with ledger._database.writing() as connection:
            log.append(connection, [leaf(5)])
            raise LedgerError("cut off")

    with pytest.raises(LedgerError, match="cut off"):
        cut_off()
    assert ledger.certificates.log.head() == log.TreeHead(5, expected_root(5))


def test_a_proof_in_a_large_log_reads_few_rows(home):
    size = 100_000
    with Ledger.open(home=home) as ledger:
        nodes = [(level, number) for level in range(17) for number in range(size >> level)]
        rows = [{"number": log._number(node), "hash": bytes(32)} for node in nodes]
        with ledger._database.writing() as connection:
            connection.execute(insert(log_nodes), rows)
        asked: list[int] = []
        real = log._fetch

        def counted(connection, nodes):
            found = real(connection, nodes)
            asked.append(len(found))
            return found

        log._fetch = counted
        try:
            proof = ledger.certificates.log.inclusion(12_345)
        finally:
            log._fetch = real
        assert len(proof.path) == 17
        assert sum(asked) < 60
