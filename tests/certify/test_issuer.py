"""The issuer's keys: rotation, revocation, replicas."""

from __future__ import annotations

import pytest
from tests.certify.conftest import ESSAY, TALE, statement

from upright.certify import CertificateError, Certifier, offline
from upright.ledger import ConflictError, Ledger


def test_after_rotation_old_certificates_stand_and_new_ones_have_another_key(certifier):
    old = certifier.issue(statement(), TALE)
    done = certifier.rotate()
    new = certifier.issue(statement(), ESSAY)
    first, second = (certifier.open_certificate(one.data) for one in (old, new))
    assert first.signed.key != second.signed.key == bytes.fromhex(done["key"])
    # The fresh receipt of an old certificate is signed by the new key.
    assert certifier.open_certificate(certifier.certificate(old.id).data).id == old.id


def test_the_old_private_key_is_gone_after_rotation(certifier, home):
    certifier.issue(statement(), TALE)
    certifier.rotate()
    assert [path.name for path in sorted((home / "issuer").iterdir())] == [
        "1.pub.pem",
        "2.pem",
        "2.pub.pem",
    ]


def test_a_service_that_runs_signs_with_the_new_key_at_once(certifier, ledger):
    certifier.issue(statement(), TALE)
    other = Certifier.open(ledger, issuer="Example Ltd")
    key = other.rotate()["key"]
    issued = certifier.issue(statement(), ESSAY)
    assert certifier.open_certificate(issued.data).signed.key.hex() == key


def test_the_key_that_signs_certificates_is_not_the_one_that_signs_the_ledger(certifier, ledger):
    issued = certifier.issue(statement(), TALE)
    signed = certifier.open_certificate(issued.data).signed.key.hex()
    assert ledger.checkpoint().key != signed


def test_a_stranger_does_not_accept_our_certificates_until_given_our_keys(certifier, tmp_path):
    issued = certifier.issue(statement(), TALE)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with Ledger.open(f"sqlite:///{elsewhere}/ledger.db", home=elsewhere) as ledger:
        other = Certifier.open(ledger, issuer="Another Ltd")
        with pytest.raises(CertificateError, match="not trusted"):
            other.open_certificate(issued.data)
        folder = elsewhere / "issuer" / "trusted"
        folder.mkdir(parents=True)
        (folder / "example.pem").write_bytes(certifier.issuer.public_pem())
        assert other.open_certificate(issued.data).fields["issuer"] == "Example Ltd"


def test_revoking_is_recorded_listed_and_final(certifier, ledger):
    issued = certifier.issue(statement(), TALE)
    kept = certifier.issue(statement(), ESSAY)
    certifier.revoke(issued.id, "the wrong model answered")
    event = ledger.head()
    assert (event.kind, event.use_case) == ("certificate.revoked", "tales")
    assert event.body == {"certificate": issued.id, "reason": "the wrong model answered"}
    listed = offline.open_revoked(certifier.revoked(), certifier.issuer.trusted())
    assert set(listed) == {issued.id}
    assert "wrong model" in listed[issued.id]
    with pytest.raises(ConflictError, match="revoked already"):
        certifier.revoke(issued.id, "again")
    assert certifier.open_certificate(kept.data).id == kept.id
    assert ledger.verify().ok


def test_a_list_of_revocations_of_somebody_else_is_refused(certifier, tmp_path):
    certifier.issue(statement(), TALE)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with Ledger.open(f"sqlite:///{elsewhere}/ledger.db", home=elsewhere) as ledger:
        forged = Certifier.open(ledger).revoked()
    with pytest.raises(offline.Refused, match="not trusted"):
        offline.open_revoked(forged, certifier.issuer.trusted())


def test_issuing_leaves_a_sound_ledger_that_names_the_leaf(certifier, ledger):
    issued = certifier.issue(statement(), TALE)
    (event,) = ledger.entries(kind="certified")
    opened = certifier.open_certificate(issued.data)
    assert event.body["certificates"] == [
        {"id": issued.id, "leaf": offline.leaf_hash(opened.signed.entry).hex()}
    ]
    assert ledger.verify().ok
    assert ledger.certificates.log.first_bad_leaf() is None


def test_the_whole_way_on_both_databases(url, home, tmp_path):
    home.mkdir(exist_ok=True)
    with Ledger.open(url, home=home) as ledger:
        certifier = Certifier.open(ledger, issuer="Example Ltd")
        first = certifier.head()
        assert certifier.open_head(first).size == 0
        issued = certifier.issue(statement(), TALE, [ESSAY])
        kept = certifier.head()
        for number in range(10):
            certifier.issue(statement(use_case=f"use {number % 3}"), f"{ESSAY} {number}")
        assert certifier.open_head(certifier.growth(kept)).size == 11
        assert certifier.find(TALE).certified
        assert certifier.find(TALE[60:]).kind == "excerpt"
        assert certifier.find(TALE.replace("keeper", "guard")).edited_copy_of == issued.id
        assert certifier.find(ESSAY).certified
        assert certifier.find(ESSAY.replace("bees", "wasps")).edited_copy_of is not None
        assert [one.use_case for one in certifier.newest(2)] == ["use 0", "use 2"]
        certifier.revoke(issued.id, "test")
        certifier.erase(issued.id)
        assert certifier.find(TALE) is None
        assert ledger.verify().ok
