"""Certificates in both databases: look-ups that are found, erased, and apart for each tenant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from upright.ledger import ConflictError, Event, LedgerWriter, NewCertificate, NotFoundError
from upright.ledger.merkle import leaf_hash
from upright.ledger.tables import certificates, sketches, vault


def new(name: str, *, tags=(b"tag-0001", b"tag-0002"), use_case="tales", epoch=1, request="r1"):
    return NewCertificate(
        id=f"crt_{name}",
        use_case=use_case,
        request=request,
        leaf=leaf_hash(name.encode()),
        record=f"record of {name}".encode(),
        epoch=epoch,
        exact=f"exact {name}".encode(),
        tags=tuple(tags),
    )


def add(ledger, *batch):
    event = Event("closed", "tales", {})
    ledger.append_with_states([event], batch)


def rows(ledger, table) -> int:
    with ledger._database.reading() as connection:
        return len(connection.execute(select(table)).all())


def test_a_certificate_is_found_by_name_and_by_its_exact_tag(ledger):
    add(ledger, new("a"), new("b"))
    store = ledger.certificates
    stored = store.get("crt_b")
    assert (stored.leaf, stored.use_case, stored.request, stored.epoch) == (1, "tales", "r1", 1)
    assert store.record(stored) == b"record of b"
    assert store.with_exact([b"exact b", b"exact z"]) == [stored]
    assert store.with_exact([]) == []
    assert [one.id for one in store.newest()] == ["crt_b", "crt_a"]


def test_an_unknown_certificate_is_an_error(ledger):
    for call in (ledger.certificates.get, ledger.certificates.erase):
        with pytest.raises(NotFoundError, match="crt_z"):
            call("crt_z")


def test_those_that_share_most_tags_come_first(ledger):
    tags = [f"tag-{number:04}".encode() for number in range(700)]
    add(ledger, new("a", tags=tags[:3]), new("b", tags=tags), new("c", tags=tags[600:]))
    found = ledger.certificates.with_tags([*tags, b"tag-none"])
    assert [(stored.id, shared) for stored, shared in found] == [
        ("crt_b", 700),
        ("crt_c", 100),
        ("crt_a", 3),
    ]
    assert [stored.id for stored, _ in ledger.certificates.with_tags(tags[:2], most=1)] == ["crt_b"]
    assert ledger.certificates.with_tags([]) == []


def test_a_phrase_that_all_share_does_not_drown_the_copy(ledger):
    common = b"tag-0000"
    batch = [new(f"n{number}", tags=(common,)) for number in range(200)]
    add(ledger, new("copy", tags=(common, b"tag-own1", b"tag-own2")), *batch)
    found = ledger.certificates.with_tags([common, b"tag-own1", b"tag-own2"])
    assert (found[0][0].id, found[0][1]) == ("crt_copy", 3)


def test_erasing_takes_certificate_tags_and_record_and_leaves_the_leaf(ledger):
    add(ledger, new("a"), new("b"))
    ledger.certificates.erase("crt_a")
    assert (rows(ledger, certificates), rows(ledger, sketches), rows(ledger, vault)) == (1, 2, 1)
    assert ledger.certificates.log.head().size == 2
    assert [stored.id for stored, _ in ledger.certificates.with_tags([b"tag-0001"])] == ["crt_b"]
    assert ledger.head().body["kind"] == "certificate"
    assert ledger.verify().ok
    with pytest.raises(NotFoundError):
        ledger.certificates.erase("crt_a")


def test_erasing_a_requests_records_takes_its_look_ups_too(ledger):
    add(ledger, new("a", request="r1"), new("b", request="r2"), new("c", request="r1"))
    assert ledger.vault.erase_request("r1") == 2
    assert [one.id for one in ledger.certificates.newest()] == ["crt_b"]
    assert rows(ledger, sketches) == 2


def test_erasing_another_kind_of_record_leaves_certificates_alone(ledger):
    add(ledger, new("a"))
    ledger.vault.erase(ledger.vault.put("answer", b"x", use_case="tales"))
    assert ledger.certificates.get("crt_a").leaf == 0


def test_pairs_of_use_case_and_epoch_are_listed_once(ledger):
    assert ledger.certificates.epochs() == []
    pairs = [("news", 1), ("news", 2), ("tales", 1), ("zoo", 3)]
    for use_case, epoch in pairs:
        add(
            ledger,
            *(new(f"{use_case}{epoch}{n}", use_case=use_case, epoch=epoch) for n in range(3)),
        )
    assert ledger.certificates.epochs() == pairs


def test_a_certificate_is_revoked_once_and_for_all_to_see(ledger):
    add(ledger, new("a"), new("b"))
    assert ledger.certificates.revocation("crt_a") is None
    done = ledger.certificates.revoke("crt_a", "why")
    assert ledger.certificates.revocation("crt_a") == done
    assert ledger.certificates.revocations() == [done]
    with pytest.raises(ConflictError, match="already"):
        ledger.certificates.revoke("crt_a", "again")
    with pytest.raises(NotFoundError):
        ledger.certificates.revoke("crt_z", "why")
    assert len(ledger.entries(kind="certificate.revoked")) == 1


def test_the_writer_records_certificates_of_many_threads_in_one_log(ledger):
    writer = LedgerWriter(ledger)

    def work(thread: int) -> None:
        futures = [
            writer.submit(Event("closed", "tales", {}, "r"), [new(f"{thread}-{step}")])
            for step in range(10)
        ]
        for future in futures:
            future.result()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    writer.close()
    leaves = sorted(one.leaf for one in ledger.certificates.newest(100))
    assert leaves == list(range(40))
    assert ledger.certificates.log.head().size == 40
    assert ledger.certificates.log.first_bad_leaf() is None
    assert ledger.verify().ok


def test_a_batch_that_fails_records_neither_events_nor_certificates(ledger):
    add(ledger, new("a"))
    with pytest.raises(Exception, match=r"UNIQUE|unique"):
        add(ledger, new("b"), new("a"))
    assert ledger.count() == 1
    assert ledger.certificates.log.head().size == 1
    assert (rows(ledger, certificates), rows(ledger, vault)) == (1, 1)
