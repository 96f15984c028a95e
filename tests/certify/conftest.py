"""A certifier on a fresh ledger, one certificate, and somebody who tampers with bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ledger.conftest import postgres_server, postgres_url, url

from upright.certify import Certifier, Statement, offline
from upright.ledger import Ledger

__all__ = ["postgres_server", "postgres_url", "url"]

DIGEST = "sha256:" + "5a" * 32
TALE = (
    "Once upon a time there was a keeper of a lighthouse who counted the ships that went by each "
    "evening, and wrote their names in a book bound in green cloth. One evening no ship came. The "
    "keeper lit the lamp all the same and waited, for the sea has its own clock and nobody has "
    "ever seen its hands. Towards morning a rowing boat knocked against the rocks, empty, with a "
    "kettle in it that was still warm."
)
ESSAY = (
    "My grandmother kept bees behind the railway station for forty years. She said that they were "
    "better company than the trains, which never came back to tell what they had seen. When she "
    "died we found that she had given each hive a name and a birthday, and that she had kept a "
    "ledger of their tempers, week by week, in pencil."
)


def statement(**fields: object) -> Statement:
    told = {
        "use_case": "tales",
        "request": "ans_0123456789abcdef01234567",
        "policy_digest": DIGEST,
        "guard_digest": DIGEST,
        "model": "smollm2-135m-instruct",
        "model_digest": DIGEST,
        "tokenizer_digest": DIGEST,
        "scheme": "split",
        "epoch": 3,
    }
    return Statement(**{**told, **fields})


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ledger(home):
    address = f"sqlite:///{home}/ledger.db?synchronous=normal"
    home.mkdir()
    with Ledger.open(address, home=home) as opened:
        yield opened


@pytest.fixture
def certifier(ledger) -> Certifier:
    return Certifier.open(ledger, issuer="Example Ltd")


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """A certifier that several tests share: it issues, and nothing of it is altered."""
    home = tmp_path_factory.mktemp("shop")
    with Ledger.open(f"sqlite:///{home}/ledger.db?synchronous=normal", home=home) as opened:
        yield Certifier.open(opened, issuer="Example Ltd")


@pytest.fixture(scope="session")
def keys(shop, certificate):
    return shop.issuer.trusted()


@pytest.fixture(scope="session")
def certificate(shop):
    """A certificate with some others before and behind it in the log."""
    for number in range(5):
        shop.issue(statement(), f"{number}. {TALE}")
    issued = shop.issue(statement(), TALE, ["Tell me a tale about a lighthouse."])
    for number in range(3):
        shop.issue(statement(), f"{number}. {ESSAY}")
    return shop.certificate(issued.id)


@pytest.fixture(scope="session")
def opened(certificate, keys):
    return offline.open_certificate(certificate.data, keys)
