"""Opening a ledger: where it is, who may read it, and what is said when it does not work."""

from __future__ import annotations

import importlib.util
import stat
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from upright.ledger import Event, Ledger, LedgerError, NotFoundError
from upright.ledger import migrate as migrations
from upright.ledger.tables import metadata
from upright.terms import ConfigError, MissingExtraError, UprightError


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_without_a_url_the_ledger_is_a_file_in_the_home(home, monkeypatch):
    monkeypatch.delenv("UPRIGHT_DATABASE_URL", raising=False)
    monkeypatch.setenv("UPRIGHT_HOME", str(home))
    with Ledger.open() as ledger:
        ledger.append(Event("verdict", "tales", {}))
    assert (home / "ledger.db").exists()


def test_the_environment_names_another_database(home, tmp_path, monkeypatch):
    monkeypatch.setenv("UPRIGHT_DATABASE_URL", f"sqlite:///{tmp_path}/elsewhere.db")
    with Ledger.open(home=home):
        pass
    assert (tmp_path / "elsewhere.db").exists()
    assert not (home / "ledger.db").exists()


def test_what_is_recorded_is_there_at_the_next_opening(url, home, story):
    with Ledger.open(url, home=home) as ledger:
        entries = ledger.append_many(story)
    with Ledger.open(url, home=home) as ledger:
        assert ledger.entries() == entries
        assert ledger.append(story[0]).previous == entries[-1].digest


def test_all_that_is_made_is_its_owners_alone(home, story):
    with Ledger.open(home=home) as ledger:
        ledger.append_many(story)
        ledger.checkpoint()
        ledger.vault.put("answer", b"x", use_case="tales")
        ledger.api_keys.ensure_local("tales")
        made = [path for path in home.rglob("*") if path.is_file()]
        assert {path.name for path in made} == {
            "ledger.db", "ledger.db-wal", "ledger.db-shm", "checkpoints.jsonl", "vault.key",
            "local.key", "1.pem", "1.pub.pem",
        }  # fmt: skip
        assert {mode(path) for path in made} == {0o600}
        assert mode(home) == mode(home / "signing") == 0o700


@pytest.mark.parametrize("name", ["a?b=c", "100%", "a#b", "a b", "é"])
def test_a_home_of_any_name_works(tmp_path, name, monkeypatch):
    monkeypatch.delenv("UPRIGHT_DATABASE_URL", raising=False)
    with Ledger.open(home=tmp_path / name) as ledger:
        ledger.append(Event("verdict", "tales", {}))
    assert (tmp_path / name / "ledger.db").stat().st_size > 0


def test_a_home_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UprightError, match="file/home: cannot be made"):
        Ledger.open(home=tmp_path / "file" / "home")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://user:secret@host/name",
        "postgresql://user:secret@host",
        "sqlite+aiosqlite:///x.db",
        "postgresql+psycopg2://user:secret@host/name",
    ],
)
def test_a_url_that_is_no_database_for_a_ledger_is_refused_without_its_password(home, url):
    with pytest.raises(ConfigError, match="no database for a ledger") as caught:
        Ledger.open(url, home=home)
    assert "secret" not in str(caught.value)


def test_a_url_that_cannot_be_read_is_not_repeated(home):
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        Ledger.open("my secret", home=home)
    assert "secret" not in str(caught.value)


def test_a_laxer_sync_can_be_asked_for_but_none_that_loses_records(home, tmp_path):
    url = f"sqlite:///{tmp_path}/x.db?synchronous="
    for word, level in (("normal", 1), ("full", 2)):
        with Ledger.open(url + word, home=home) as ledger, ledger._database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == level
    with pytest.raises(ConfigError, match="synchronous=off"):
        Ledger.open(url + "off", home=home)


def test_the_default_survives_a_power_cut_and_waits_for_others(home):
    with Ledger.open(home=home) as ledger, ledger._database.reading() as connection:
        pragmas = ("synchronous", "journal_mode", "secure_delete", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert found == [2, "wal", 1, 30_000]


def test_postgresql_without_its_extra_says_what_to_install(home, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "psycopg" else real(name)
    )
    with pytest.raises(MissingExtraError, match="psycopg") as caught:
        Ledger.open("postgresql://user@127.0.0.1/name", home=home)
    assert "upright[postgres]" in str(caught.value)


def test_a_server_that_does_not_answer_is_an_error_without_the_password(home):
    pytest.importorskip("psycopg")
    with pytest.raises(LedgerError) as caught:
        Ledger.open("postgresql://user:hush@127.0.0.1:1/name?connect_timeout=2", home=home)
    assert "UPRIGHT_DATABASE_URL" in caught.value.mend
    assert "hush" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_file_that_is_no_database_is_an_error(home):
    home.mkdir()
    (home / "ledger.db").write_bytes(b"hello " * 1000)
    with pytest.raises(LedgerError, match="not a database"):
        Ledger.open(home=home)


def test_errors_never_quote_what_was_to_be_recorded(home, attack):
    with Ledger.open(home=home) as ledger:
        attack(ledger).execute("DROP TABLE events")
        with pytest.raises(LedgerError) as caught:
            ledger.append(Event("verdict", "tales", {"note": "zebedee"}, "r-zebedee"))
    assert "no such table" in str(caught.value)
    assert "zebedee" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_locked_database_is_an_error_that_says_so(home, monkeypatch):
    monkeypatch.setattr("upright.ledger.sqlite._BUSY_TIMEOUT_MS", 20)
    with (
        Ledger.open(home=home) as one,
        Ledger.open(home=home) as two,
        one._database.writing(),
        pytest.raises(LedgerError, match="locked") as caught,
    ):
        two.append(Event("verdict", "tales", {}))
    assert "another process" in caught.value.mend


def test_reading_verbs_make_no_ledger_where_there_is_none(url, home):
    with pytest.raises(NotFoundError, match="no ledger here"):
        Ledger.open(url, home=home, create=False)
    assert not home.exists()
    with Ledger.open(url, home=home):
        pass
    with Ledger.open(url, home=home, create=False) as ledger:
        assert ledger.count() == 0


# Migrations ------------------------------------------------------------------------------------


def test_the_migrations_make_the_tables_that_the_code_uses(ledger):
    with ledger._database.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert differences == []


def test_the_newest_migration_is_the_one_the_code_asks_for():
    config = Config()
    config.set_main_option("script_location", "upright.ledger:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_opening_again_migrates_nothing(url, home, monkeypatch):
    with Ledger.open(url, home=home):
        pass

    def refuse(_connection):
        raise AssertionError("migrated twice")

    monkeypatch.setattr(migrations, "_upgrade", refuse)
    with Ledger.open(url, home=home) as ledger:
        assert ledger.count() == 0


def test_a_database_of_a_newer_upright_is_refused(url, home):
    with Ledger.open(url, home=home) as ledger, ledger._database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match="newer upright") as caught:
        Ledger.open(url, home=home)
    assert caught.value.mend == "upgrade upright"


def test_a_migration_that_fails_leaves_the_database_as_it_was(url, home, monkeypatch):
    real = migrations._upgrade

    def fails_at_the_end(connection):
        real(connection)
        raise LedgerError("cut off")

    monkeypatch.setattr(migrations, "_upgrade", fails_at_the_end)
    with pytest.raises(LedgerError, match="cut off"):
        Ledger.open(url, home=home)
    with pytest.raises(NotFoundError, match="no ledger here"):
        Ledger.open(url, home=home, create=False)
    monkeypatch.setattr(migrations, "_upgrade", real)
    with Ledger.open(url, home=home) as ledger:
        assert ledger.append(Event("verdict", "tales", {})).sequence == 1


OPEN = """
import sys
from pathlib import Path
from upright.ledger import Event, Ledger

sys.stdin.readline()
with Ledger.open(sys.argv[1], home=Path(sys.argv[2])) as ledger:
    ledger.append(Event("verdict", "tales", {}))
"""


def test_processes_that_open_a_new_database_at_once_all_find_it_ready(url, home):
    command = [sys.executable, "-c", OPEN, url, str(home)]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(4)]
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        child.communicate()
    assert [child.returncode for child in children] == [0] * 4
    with Ledger.open(url, home=home) as ledger:
        assert ledger.verify().checked == 4


def test_importing_upright_does_not_import_the_ledger():
    code = "import sys, upright, upright.terms; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
