"""`upright keys`: secrets are shown once, and revoked keys open nothing."""

from __future__ import annotations

import json

import pytest

from upright.cli import main
from upright.ledger import Event, Ledger


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("UPRIGHT_DATABASE_URL", raising=False)
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def run(capsys, home):
    """Run one command; return its exit code, output and errors."""

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


def test_create_prints_the_secret_alone_on_standard_output(run, home):
    code, out, err = run("keys", "create", "Ann", "--use-case", "tales")
    assert code == 0
    secret = out.strip()
    assert secret in out
    assert secret not in err
    assert "not shown again" in err
    with Ledger.open(home=home) as ledger:
        key = ledger.api_keys.find(secret)
    assert (key.name, key.use_case) == ("Ann", "tales")


@pytest.mark.parametrize("words", [("", "-u", "tales"), ("Ann", "-u", " ")], ids=["name", "use"])
def test_a_key_without_a_name_or_a_use_is_not_made(run, home, words):
    code, out, err = run("keys", "create", *words)
    assert (code, out) == (2, "")
    assert "a name and a use case" in err
    assert not home.exists()


def test_create_tells_when_the_use_case_is_not_there_yet(run, home):
    assert "no policy called 'tales'" in run("keys", "create", "Ann", "-u", "tales")[2]
    policy = 'schema = 1\n[use_case]\nname = "tales"\npurpose = "Tells tales."\n'
    with Ledger.open(home=home) as ledger:
        ledger.uses.publish(policy, by="test")
    assert "no policy" not in run("keys", "create", "Ben", "-u", "tales")[2]


def test_create_in_json_has_record_and_secret(run):
    _, out, _ = run("keys", "create", "Ann", "-u", "tales", "--json")
    key = json.loads(out)
    assert key["secret"].startswith(key["id"])
    assert (key["name"], key["use_case"], key["revoked"]) == ("Ann", "tales", None)


def test_list_shows_all_keys_and_no_secret(run):
    secrets = [run("keys", "create", name, "-u", "tales")[1].strip() for name in ("Ann", "Ben")]
    code, out, _ = run("keys", "list")
    assert code == 0
    assert [line.split()[1] for line in out.splitlines()] == ["name", "Ann", "Ben"]
    assert not any(secret in out for secret in secrets)
    _, out, _ = run("keys", "list", "--json")
    assert [json.loads(line)["name"] for line in out.splitlines()] == ["Ann", "Ben"]
    assert not any(secret in out for secret in secrets)


def test_a_name_cannot_steer_the_terminal(run):
    run("keys", "create", "\x1b[2J", "-u", "tales")
    assert "\x1b" not in run("keys", "list")[1]


def test_revoke_makes_a_key_useless_and_says_so(run, home):
    secret = run("keys", "create", "Ann", "-u", "tales")[1].strip()
    code, out, _ = run("keys", "revoke", secret[:12])
    assert code == 0
    assert "(Ann) is revoked since" in out
    with Ledger.open(home=home) as ledger:
        assert ledger.api_keys.find(secret) is None
    assert run("keys", "list")[1].splitlines()[1].split()[-1] != "-"
    _, out, _ = run("keys", "revoke", secret[:12], "--json")
    assert json.loads(out)["revoked"]


def test_an_unknown_key_is_named(run, home):
    Ledger.open(home=home).close()
    code, _, err = run("keys", "revoke", "upr_nope")
    assert code == 2
    assert "'upr_nope'" in err


def test_listing_makes_no_ledger(run, home):
    assert run("keys", "list")[0] == 2
    assert not home.exists()


def test_rotation_begins_a_new_signing_key_and_old_signatures_still_count(run, home):
    with Ledger.open(home=home) as ledger:
        ledger.append(Event("verdict", "tales", {}))
        old = ledger.checkpoint().key
        ledger.append(Event("verdict", "tales", {}))
    code, out, _ = run("keys", "rotate", "--json")
    assert code == 0
    new = json.loads(out)["key"]
    with Ledger.open(home=home) as ledger:
        ledger.append(Event("verdict", "tales", {}))
        assert ledger.checkpoint().key == new != old
        verification = ledger.verify()
        assert (verification.ok, verification.checkpointed) == (True, 3)
    assert not (home / "signing" / "1.pem").exists()
    assert "from now on" in run("keys", "rotate")[1]
