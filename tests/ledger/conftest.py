"""Ledgers on both databases, made fresh for each test."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select, text

from upright.ledger import Event, Ledger
from upright.ledger.record import entry_digest
from upright.ledger.tables import events

_PROGRAMS = ("initdb", "pg_ctl")


def _postgres_programs() -> Path | None:
    """Find the folder of PostgreSQL's server programs, the newest version first."""
    on_path = shutil.which("pg_ctl")
    candidates = [Path(on_path).parent] if on_path else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(installed, key=lambda folder: folder.parent.name.zfill(4), reverse=True)
    for folder in candidates:
        if all((folder / program).exists() for program in _PROGRAMS):
            return folder
    return None


def _owner() -> dict[str, object]:
    """Whom to run the server as: it refuses root, and nobody else may become another user."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL refuses root, and there is no user `postgres`")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start a PostgreSQL of the tests' own, and give the URL of its first database."""
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server programs are not installed")
    folder = Path(tempfile.mkdtemp(prefix="upright-pg-"))
    owner = _owner()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    data, port = folder / "data", _free_port()

    def run(*command: object) -> None:
        words = [str(word) for word in command]
        subprocess.run(words, check=True, cwd=folder, stdout=subprocess.DEVNULL, **owner)

    # Durability is not what these tests ask of the server, and syncing is slow.
    settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run(programs / "initdb", "-D", data, "-U", "upright", "-A", "trust", "-E", "UTF8", "--locale=C")
    run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", settings, "start")
    try:
        yield f"postgresql+psycopg://upright@127.0.0.1:{port}/postgres"
    finally:
        run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(postgres_server):
    """Make new, empty schemas on the server, one a call: a database each would be 7 MB each."""
    engine = create_engine(postgres_server)
    numbers = count(1)

    def make() -> str:
        name = f"test_{next(numbers)}"
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        return f"{postgres_server}?options=-csearch_path%3D{name}"

    yield make
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path) -> str:
    """Give the URL of an empty database, once for each kind."""
    if request.param == "sqlite":
        # These tests are about killed processes, not power cuts; syncing each commit is slow.
        return f"sqlite:///{tmp_path}/ledger.db?synchronous=normal"
    return request.getfixturevalue("postgres_url")()


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ledger(url, home) -> Iterator[Ledger]:
    with Ledger.open(url, home=home) as opened:
        yield opened


@pytest.fixture
def story() -> list[Event]:
    """Ten events of four requests, the last of which is not closed."""
    return [
        Event(kind, "tales", {"step": step, "note": "é ∑ 😀"}, request)
        for step, (kind, request) in enumerate(
            [
                ("opened", "r1"),
                ("closed", "r1"),
                ("opened", "r2"),
                ("opened", "r3"),
                ("error", "r3"),
                ("closed", "r3"),
                ("closed", "r2"),
                ("verdict", "r4"),
                ("opened", "r4"),
                ("verdict", "r4"),
            ]
        )
    ]


class Attacker:
    """Somebody who can do with the database whatever they like."""

    def __init__(self, ledger: Ledger) -> None:
        self.engine = ledger._database.engine
        sqlite = ledger._database.is_sqlite
        for table in ("events", "checkpoints", "policy_versions"):
            names = [f"{table}_no_update", f"{table}_no_delete"]
            names = names if sqlite else [f"{table}_append_only"]
            for name in [*names, "events_in_order"] if sqlite else names:
                on_table = "" if sqlite else f" ON {table}"
                self.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")

    def execute(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def rows(self) -> list[dict[str, object]]:
        with self.engine.connect() as connection:
            found = connection.execute(select(events).order_by(events.c.sequence))
            return [dict(row._mapping) for row in found]

    def put(self, rows: list[dict[str, object]]) -> None:
        """Replace the whole chain."""
        with self.engine.begin() as connection:
            connection.execute(text("DELETE FROM events"))
            if rows:
                connection.execute(insert(events), rows)

    @staticmethod
    def recompute(rows: list[dict[str, object]]) -> list[dict[str, object]]:
        """Number and chain rows anew, as if nothing had ever been touched."""
        previous, fresh = "sha256:" + "0" * 64, []
        for sequence, row in enumerate(rows, 1):
            fields = {**row, "sequence": sequence, "previous": previous}
            del fields["digest"]
            previous = entry_digest(**fields)
            fresh.append({**fields, "digest": previous})
        return fresh


@pytest.fixture(scope="session")
def attack():
    return Attacker


@pytest.fixture
def signed(ledger, story):
    """Ten events, signed after the fifth and after the last."""
    ledger.append_many(story[:5])
    ledger.checkpoint()
    ledger.append_many(story[5:])
    ledger.checkpoint()
    return ledger
