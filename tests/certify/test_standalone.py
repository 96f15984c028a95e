"""The offline verifier alone: one file, run by somebody who has neither upright nor the ledger."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.certify.conftest import ESSAY, TALE, statement

from upright.certify import offline

FOREIGN = {"cryptography"}


@pytest.fixture(scope="module")
def files(shop, certificate, tmp_path_factory) -> Path:
    """What an issuer hands out, and a copy of the verifier, in a folder of its own."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(offline.__file__, folder / "offline.py")
    revoked = shop.issue(statement(), ESSAY)
    older = shop.head()
    shop.revoke(revoked.id, "answered by mistake")
    newest = shop.issue(statement(), f"{TALE} Indeed.", [ESSAY])
    contents = {
        "keys.pem": shop.issuer.public_pem(),
        "certificate.cose": certificate.data,
        "revoked.cose": shop.certificate(revoked.id).data,
        "list.cose": shop.revoked(),
        "older.cose": older,
        "head.cose": shop.growth(older),
        "excerpt.cbor": shop.excerpt(newest.id, TALE[20:300], ["issuer"]),
        "part.cose": shop.disclose(certificate.id, ["issuer", "policy"]),
        "echoed.cose": shop.issue(statement(), ESSAY, [ESSAY]).data,
        "tale.txt": TALE.encode(),
        "essay.txt": ESSAY.encode(),
        "binary.txt": b"\xff\xfe\x00",
        "empty": b"",
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return folder


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", "offline.py", *words, "--keys", "keys.pem"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_the_file_imports_nothing_but_the_standard_library_and_cryptography():
    tree = ast.parse(Path(offline.__file__).read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module.partition(".")[0])
    assert names - set(sys.stdlib_module_names) == FOREIGN


def test_a_good_certificate_is_shown_in_words(files, certificate):
    code, told = run(files, "certificate.cose", "--text", "tale.txt", "--revoked", "list.cose")
    assert code == 0
    assert f"certificate: {certificate.id}" in told
    assert "issuer: Example Ltd" in told
    assert f"certified: [(0, {len(TALE)})]" in told
    assert "in the log: among" in told


def test_some_fields_are_checked_without_the_others(files):
    code, told = run(files, "part.cose")
    assert code == 0
    assert "policy: 5a5a" in told
    assert "model" not in told


def test_an_excerpt_is_checked_alone(files):
    code, told = run(files, "excerpt.cbor")
    assert code == 0
    assert "from " in told
    assert "kettle" not in told


def test_a_newer_head_is_checked_against_an_older_one(files):
    assert run(files, "head.cose", "--older", "older.cose")[0] == 0
    code, told = run(files, "older.cose", "--older", "older.cose")
    assert (code, told.startswith("refused: ")) == (1, True)


def test_what_stood_in_the_prompt_is_not_certified(files):
    code, told = run(files, "echoed.cose", "--text", "essay.txt")
    assert code == 0
    assert "certified: nothing: all of it stood in the prompt" in told


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("certificate.cose", "--text", "essay.txt"), "not the certified one"),
        (("certificate.cose", "--text", "binary.txt"), "not UTF-8"),
        (("revoked.cose", "--revoked", "list.cose"), "answered by mistake"),
        (("certificate.cose", "--revoked", "older.cose"), "type"),
        (("part.cose", "--text", "tale.txt"), "withholds"),
        (("empty",), "cut off"),
        (("tale.txt",), "not one CBOR value"),
        (("keys.pem",), "not one CBOR value"),
        (("older.cose",), "type"),
    ],
)
def test_what_is_not_good_is_refused_with_a_reason(files, words, why):
    code, told = run(files, *words)
    assert code == 1
    assert told.startswith("refused: ")
    assert why in told


@pytest.mark.parametrize(
    "pem", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_a_file_without_keys_is_refused(pem):
    with pytest.raises(offline.Refused, match="key file"):
        offline.read_keys(pem)


def test_a_key_of_another_kind_is_refused():
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 (only here)
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(offline.Refused, match="Ed25519"):
        offline.read_keys(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(
    "words", [("none.cose",), ("certificate.cose", "--text", "none.txt"), (".",)]
)
def test_a_file_that_cannot_be_read_is_refused_and_named(files, words):
    code, out = run(files, *words)
    assert code == 1
    assert out.startswith("refused: ")
    assert words[-1] in out
