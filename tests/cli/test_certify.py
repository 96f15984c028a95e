"""`upright certify`: files that others check, words for people, exit codes."""

from __future__ import annotations

import json

import pytest

from upright.certify import Certifier, Statement, offline, read_base64
from upright.cli import main
from upright.ledger import Ledger

DIGEST = "sha256:" + "5a" * 32
TALE = (
    "The lighthouse keeper counted the ships that went by each evening and wrote their names in "
    "a green book. One evening no ship came. He lit the lamp all the same, for the sea has a clock "
    "of its own, and nobody has ever seen its hands."
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UPRIGHT_DATABASE_URL", raising=False)
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def run(capfdbinary, home):
    """Run one command; return its exit code, output and errors."""

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capfdbinary.readouterr()
        return end.value.code or 0, captured.out, captured.err.decode()

    return call


@pytest.fixture
def name(home, tmp_path):
    """The certificate of TALE, in a log of three; its text is in `tale.txt`."""
    with Ledger.open(home=home) as ledger:
        certifier = Certifier.open(ledger, issuer="Example Ltd")
        names = [
            certifier.issue(Statement("tales", f"ans_{n}", DIGEST, DIGEST), text).id
            for n, text in enumerate(("before " + TALE, TALE, "behind " + TALE))
        ]
    (tmp_path / "tale.txt").write_text(TALE)
    (tmp_path / "other.txt").write_text("another text")
    return names[1]


def test_the_newest_certificates_are_listed(run, name):
    code, out, _ = run("certify", "show")
    lines = out.decode().splitlines()
    assert (code, len(lines)) == (0, 4)
    assert [line.split()[-1] for line in lines[1:]] == ["ans_2", "ans_1", "ans_0"]
    code, out, _ = run("certify", "show", "--json", "--limit", "1")
    assert json.loads(out)["request"] == "ans_2"


def test_a_certificate_is_shown_in_words_and_in_json(run, name):
    code, out, _ = run("certify", "show", name)
    assert code == 0
    for line in ("issuer: Example Ltd", "use case: tales", "echoed: none", "in the log: of 3 cert"):
        assert f"  {line}" in out.decode()
    told = json.loads(run("certify", "show", name, "--json")[1])
    assert (told["id"], told["issuer"], told["revoked"]) == (name, "Example Ltd", None)
    assert read_base64(told["cose"])[0] == 0xD2


def test_files_that_are_written_are_checked_by_the_file_of_code_alone(run, name, tmp_path):
    assert run("certify", "show", name, "--output", "c.cose")[0] == 0
    assert run("certify", "keys", "--output", "k.pem")[0] == 0
    keys = offline.read_keys((tmp_path / "k.pem").read_bytes())
    opened = offline.open_certificate((tmp_path / "c.cose").read_bytes(), keys)
    assert offline.check_text(opened, TALE) == [(0, len(TALE))]


def test_checking_needs_neither_ledger_nor_home(run, name, tmp_path, monkeypatch):
    run("certify", "show", name, "-o", "c.cose")
    _, pem, _ = run("certify", "keys")
    (tmp_path / "k.pem").write_bytes(pem)
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "nowhere"))
    code, out, _ = run("certify", "check", "c.cose", "--keys", "k.pem", "--text", "tale.txt")
    assert code == 0
    assert out.decode().startswith("good\n")
    assert f"certified: [[0, {len(TALE)}]]" in out.decode()
    assert not (tmp_path / "nowhere").exists()
    code, out, _ = run("certify", "check", "c.cose", "--keys", "k.pem", "--json")
    assert json.loads(out)["certificate"] == name


def test_by_default_this_homes_keys_are_trusted(run, name):
    run("certify", "show", name, "-o", "c.cose")
    assert run("certify", "check", "c.cose", "--text", "tale.txt")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("c.cose", "--text", "other.txt"), 1, "not the certified one"),
        (("tale.txt",), 1, "no base64url"),
        (("missing",), 2, "missing"),
        (("c.cose", "--keys", "tale.txt"), 1, "no public key"),
        (("c.cose", "--keys", "missing.pem"), 2, "missing.pem"),
        (("c.cose", "--older", "c.cose"), 1, "type"),
        (("c.cose", "--revoked", "c.cose"), 1, "type"),
    ],
)
def test_what_is_refused_ends_in_an_error_that_says_why(run, name, words, code, why):
    run("certify", "show", name, "-o", "c.cose")
    done, out, err = run("certify", "check", *words)
    assert (done, out) == (code, b"")
    assert err.startswith("error: ")
    assert why in err
    assert "mend: " in err


def test_a_part_shows_only_what_was_asked(run, name, tmp_path):
    words = ("certify", "show", name, "--field", "policy", "--field", "time", "-o", "part.cose")
    _, out, _ = run(*words)
    assert "policy: 5a5a" in out.decode()
    assert "issuer" not in out.decode()
    _, out, _ = run("certify", "check", "part.cose")
    assert "policy: 5a5a" in out.decode()
    assert "tales" not in out.decode()
    code, _, err = run("certify", "show", name, "--field", "colour")
    assert code == 1
    assert "colour" in err


def test_an_excerpt_is_proved_without_the_rest(run, name, tmp_path):
    (tmp_path / "part.txt").write_text(TALE[40:200])
    assert run("certify", "excerpt", name, "part.txt", "-o", "e.cbor")[0] == 0
    code, out, _ = run("certify", "check", "e.cbor")
    assert code == 0
    assert "from " in out.decode()
    assert "its hands" not in out.decode()
    encoded = json.loads(run("certify", "excerpt", name, "part.txt", "--json")[1])["excerpt"]
    assert offline.decode(read_base64(encoded)).keys() == {"certificate", "chunks"}
    code, _, err = run("certify", "excerpt", name, "other.txt")
    assert code == 1
    assert "empty" in err


def test_the_log_is_shown_and_proved_to_have_grown(run, name, home):
    code, out, _ = run("certify", "log", "--output", "head")
    assert code == 0
    assert out.decode().startswith("3 certificates at 2")
    with Ledger.open(home=home) as ledger:
        certifier = Certifier.open(ledger)
        certifier.issue(Statement("tales", "ans_3", DIGEST, DIGEST), TALE)
    code, out, _ = run("certify", "log", "--since", "head", "-o", "newer")
    assert code == 0
    assert "the log contains head" in out.decode()
    assert run("certify", "check", "newer", "--older", "head")[0] == 0
    told = json.loads(run("certify", "log", "--json")[1])
    assert (told["size"], len(bytes.fromhex(told["root"]))) == (4, 32)


def test_a_head_of_another_log_is_refused(run, name, tmp_path, monkeypatch, home):
    run("certify", "log", "--output", "head")
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "other"))
    with Ledger.open(home=tmp_path / "other") as ledger:
        Certifier.open(ledger).issue(Statement("tales", "ans_3", DIGEST, DIGEST), TALE)
    code, _, err = run("certify", "log", "--since", "head")
    assert code == 1
    assert "not trusted" in err


def test_revoking_is_shown_listed_and_noticed_offline(run, name, tmp_path):
    run("certify", "show", name, "-o", "c.cose")
    code, out, _ = run("certify", "revoke", name, "--reason", "wrong model")
    assert code == 0
    assert f"certificate {name} is revoked since 2" in out.decode()
    run("certify", "revoked", "-o", "list")
    code, _, err = run("certify", "check", "c.cose", "--revoked", "list")
    assert code == 1
    assert "wrong model" in err
    assert "revoked: " in run("certify", "show", name)[1].decode()
    code, _, err = run("certify", "revoke", name, "--reason", "again")
    assert code == 2
    assert "revoked already" in err


def test_a_json_web_signature_is_printed(run, name):
    code, out, _ = run("certify", "show", name, "--jws")
    assert code == 0
    head, claims, _ = out.decode().strip().split(".")
    assert json.loads(read_base64(head))["alg"] == "EdDSA"
    assert json.loads(read_base64(claims))["jti"] == name


def test_rotation_names_the_new_key_and_keeps_the_old_one_good(run, name):
    run("certify", "show", name, "-o", "c.cose")
    told = json.loads(run("certify", "rotate", "--json")[1])
    assert (len(told["key"]), told["epoch"]) == (32, 2)
    assert run("certify", "check", "c.cose")[0] == 0


def test_an_unknown_certificate_is_a_usage_error(run, name):
    for words in (("show", "crt_0"), ("revoke", "crt_0", "--reason", "x")):
        code, _, err = run("certify", *words)
        assert code == 2
        assert "crt_0" in err


def test_without_a_ledger_nothing_is_made(run, home):
    code, _, err = run("certify", "log")
    assert code == 2
    assert "no ledger here" in err
    assert not home.exists()


def test_what_was_erased_is_found_no_more_and_its_leaf_stays_in_the_log(run, name, home):
    code, out, _ = run("certify", "erase", name, "--yes", "--json")
    assert (code, json.loads(out)) == (0, {"id": name, "erased": True})
    with Ledger.open(home=home) as ledger:
        assert Certifier.open(ledger).find(TALE) is None or (
            Certifier.open(ledger).find(TALE).certificate != name
        )
        assert ledger.certificates.log.head().size == 3
        assert ledger.certificates.log.first_bad_leaf() is None
        kinds = [entry.kind for entry in ledger.entries(newest_first=True, limit=1)]
    assert kinds == ["vault.erased"]
    assert run("certify", "erase", name, "--yes")[0] == 2


def test_erasing_asks_first_and_erases_nothing_without_an_answer(run, name, monkeypatch):
    code, _, err = run("certify", "erase", name)
    assert (code, "--yes" in err) == (2, True)
    asked = []
    for answer, ends in ((False, 1), (True, 0)):
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdin.isatty", lambda: True)
            patch.setattr(
                "typer.confirm", lambda text, answer=answer, **_: asked.append(text) or answer
            )
            assert run("certify", "erase", name)[0] == ends
        assert run("certify", "show", name)[0] == (0 if ends else 2)
    assert all(name in text and "tales" in text for text in asked)


def test_a_text_that_is_not_utf_8_is_named(run, name, tmp_path):
    run("certify", "show", name, "-o", "c.cose")
    run("certify", "keys", "-o", "k.pem")
    (tmp_path / "latin.txt").write_bytes("Füße".encode("latin-1"))
    for words in (
        ("certify", "check", "c.cose", "--keys", "k.pem", "--text", "latin.txt"),
        ("verify", "latin.txt", "--offline", "--certificate", "c.cose", "--keys", "k.pem"),
    ):
        code, _, err = run(*words)
        assert code == 2
        assert "latin.txt: not UTF-8" in err
