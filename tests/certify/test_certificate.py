"""What a certificate says, hides and weighs, and how parts of it are shown."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certify.conftest import DIGEST, ESSAY, TALE, statement

from upright.certify import CertificateError, Statement, offline, read_base64
from upright.certify.certificate import disclose
from upright.certify.offline import FIELDS, Refused, decode
from upright.ledger import NotFoundError

LARGEST_BYTES = 1500


def test_it_says_what_it_was_told_and_nothing_else(opened):
    raw = bytes.fromhex(DIGEST.removeprefix("sha256:"))
    fields = dict(opened.fields)
    assert fields.pop("issuer") == "Example Ltd"
    assert fields.pop("key") == opened.signed.key
    assert len(fields.pop("text")) == 32
    count, root = fields.pop("chunks")
    assert (count > 5, len(root)) == (True, 32)
    assert abs(fields.pop("time") - opened.head.time) < 300
    assert fields == {
        "request": "ans_0123456789abcdef01234567",
        "use_case": "tales",
        "policy": raw,
        "guard": raw,
        "model": "smollm2-135m-instruct",
        "model_digest": raw,
        "tokenizer_digest": raw,
        "scheme": "split",
        "epoch": 3,
        "length": len(TALE),
        "echoed": [],
    }


def test_it_holds_neither_the_text_nor_the_prompt(shop):
    data = shop.issue(statement(), TALE, [ESSAY]).data
    for text in (TALE, ESSAY):
        for word in set(text.split()):
            if len(word) > 4:
                assert word.encode() not in data


def test_unknown_digests_are_said_to_be_unknown(shop):
    told = Statement("tales", "", DIGEST, DIGEST)
    opened = shop.open_certificate(shop.issue(told, TALE).data)
    for name in ("model_digest", "tokenizer_digest", "epoch"):
        assert opened.fields[name] is None
    assert (opened.fields["model"], opened.fields["scheme"]) == ("", "none")


def test_two_certificates_of_one_text_share_no_digest(shop):
    one, two = (shop.open_certificate(shop.issue(statement(), TALE).data) for _ in range(2))
    assert one.fields["text"] != two.fields["text"]
    assert one.fields["chunks"] != two.fields["chunks"]
    assert not set(one.hashes) & set(two.hashes)
    assert one.text_salt != two.text_salt


def test_with_everything_and_the_longest_proof_it_weighs_at_most_what_was_asked(shop, certificate):
    """A log of a million leaves has proofs of at most twenty hashes."""
    full = shop.issue(statement(request="ans_0123456789abcdef01234567/12"), TALE, [TALE[:60]])
    assert len(full.data) < LARGEST_BYTES
    protected, header, payload, signature = decode(full.data[1:])
    path = offline.encode([1_000_000, 999_999, [bytes(32)] * 20])
    receipt = decode(header[offline.RECEIPTS][0][1:])
    receipt[1] = {offline.VDP: {-1: [path]}}
    header[offline.RECEIPTS] = [b"\xd2" + offline.encode(receipt)]
    worst = b"\xd2" + offline.encode([protected, header, payload, signature])
    assert len(worst) <= LARGEST_BYTES


@given(shown=st.sets(st.sampled_from(FIELDS)))
def test_any_fields_can_be_shown_and_the_others_stay_hidden(opened, keys, shown):
    part = offline.open_certificate(disclose(opened, shown), keys)
    assert part.fields == {name: opened.fields[name] for name in FIELDS if name in shown}
    assert (part.id, part.secret, part.text_salt) == (opened.id, None, None)
    assert part.head == opened.head


@pytest.mark.parametrize("name", FIELDS)
def test_whoever_sees_all_other_fields_cannot_confirm_a_guess_of_one(opened, name):
    """The right value under every salt that was disclosed does not give the hidden digest."""
    others = set(FIELDS) - {name}
    number = FIELDS.index(name)
    told = decode(disclose(opened, others, text_salt=True)[1:])[1]["disclosed"]
    hidden = told["fields"][number]
    salts = [item[0] for item in told["fields"] if isinstance(item, list)] + [told["text_salt"]]
    assert len(salts) == len(FIELDS)
    for salt in [*salts, bytes(16), b""]:
        assert offline.commit("field", [salt, number, opened.fields[name]]) != hidden


def test_a_shown_field_cannot_be_altered(opened, keys):
    data = disclose(opened, {"policy", "time"})
    policy = opened.fields["policy"]
    assert policy in data
    with pytest.raises(Refused, match="not the one that was signed"):
        offline.open_certificate(data.replace(policy, bytes(32)), keys)


def test_a_part_compares_texts_only_if_it_may(opened, keys):
    silent = offline.open_certificate(disclose(opened, {"text", "echoed"}), keys)
    with pytest.raises(Refused, match="withholds"):
        offline.check_text(silent, TALE)
    telling = disclose(opened, {"text", "echoed"}, text_salt=True)
    assert offline.check_text(offline.open_certificate(telling, keys), TALE) == [(0, len(TALE))]


def test_what_stood_in_the_prompt_cannot_be_withheld_from_whoever_compares(opened, keys):
    part = offline.open_certificate(disclose(opened, {"text"}, text_salt=True), keys)
    with pytest.raises(Refused, match="prompt"):
        offline.check_text(part, TALE)


def test_a_field_that_is_not_there_cannot_be_shown(shop, certificate, opened, keys):
    with pytest.raises(CertificateError, match="colour"):
        shop.disclose(certificate.id, ["colour"])
    part = offline.open_certificate(disclose(opened, {"policy"}), keys)
    with pytest.raises(CertificateError, match="start from the whole"):
        disclose(part, {"policy"})


def test_the_same_text_in_another_normal_form_is_the_same_text(shop):
    composed, taken_apart = "caf\u00e9 au lait \u212b", "cafe\u0301 au lait A\u030a"
    issued = shop.issue(statement(), composed)
    opened = shop.open_certificate(issued.data)
    assert offline.check_text(opened, taken_apart) == [(0, 14)]
    with pytest.raises(Refused):
        offline.check_text(opened, "cafe au lait A")


@given(text=st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_can_be_certified_and_is_found_again(shop, text):
    issued = shop.issue(statement(), text)
    opened = shop.open_certificate(issued.data, text)
    assert opened.fields["length"] == len(offline.text_bytes(text).decode("utf-8", "surrogatepass"))
    match = shop.find(text)
    assert (match is None) == (not text)
    assert not text or match.kind == "exact"


@pytest.mark.parametrize(
    "fields",
    [
        {"policy_digest": "sha256:123"},
        {"guard_digest": "5a" * 32},
        {"model_digest": "sha256:" + "5A" * 32},
        {"model": "m" * 201},
        {"use_case": "a\nb"},
        {"request": "\ud800"},
    ],
)
def test_a_statement_that_does_not_fit_is_named(fields):
    (name,) = fields
    with pytest.raises(CertificateError, match=name):
        statement(**fields)


def test_a_text_that_is_too_long_is_not_certified(shop):
    with pytest.raises(CertificateError, match="1000001 characters"):
        shop.issue(statement(), "a" * 1_000_001)


def test_in_json_it_is_base64url_and_comes_back(certificate):
    assert read_base64(certificate.to_json()["cose"]) == certificate.data
    assert certificate.to_json()["id"] == certificate.id


@pytest.mark.parametrize("text", ["a", "ab=c", "ä", "a b c d", "@@@@", "0oRY\n"])
def test_what_is_no_base64url_is_named(text):
    with pytest.raises(CertificateError, match="base64url"):
        read_base64(text)


def test_a_fresh_receipt_is_of_the_newest_log(certifier):
    issued = certifier.issue(statement(), TALE)
    sizes = []
    for number in range(3):
        certifier.issue(statement(), f"{number} {ESSAY}")
        data = certifier.certificate(issued.id).data
        sizes.append(certifier.open_certificate(data).head.size)
    assert sizes == [2, 3, 4]
    assert certifier.open_certificate(issued.data).head.size == 1


@pytest.mark.parametrize("name", ["", "crt_", "crt_" + "0" * 32, "x"])
def test_an_unknown_certificate_is_an_error(certifier, name):
    calls = (certifier.certificate, certifier.erase, certifier.jws)
    for call in calls:
        with pytest.raises(NotFoundError):
            call(name)
    with pytest.raises(NotFoundError):
        certifier.revoke(name, "why")


def test_names_are_all_different_and_follow_from_content(shop, opened):
    names = {shop.issue(statement(), TALE).id for _ in range(20)}
    assert len(names) == 20
    assert opened.id == "crt_" + offline.leaf_hash(opened.signed.entry).hex()[:32]


def test_a_receipt_covers_a_whole_commit_with_one_signature(certifier, ledger):
    drafts = [certifier.draft(statement(), f"{n} {TALE}") for n in range(5)]
    ledger.append_with_states([], [draft.row for draft in drafts])
    receipts = [decode(certifier.finish(d).data[1:])[1][offline.RECEIPTS][0] for d in drafts]
    assert len({decode(receipt[1:])[3] for receipt in receipts}) == 1
    assert len(set(itertools.chain(receipts))) == 5
