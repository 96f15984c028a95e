"""What all tests share: no network but loopback, Hypothesis profiles, the labelled data."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

_ON_A_BUSY_MACHINE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("normal", max_examples=100, derandomize=True, **_ON_A_BUSY_MACHINE)
settings.register_profile("nightly", max_examples=5_000, **_ON_A_BUSY_MACHINE)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "normal")
settings.load_profile(PROFILE)


def pytest_collection_modifyitems(items):
    """Let the many cases of the nightly profile take their time."""
    if PROFILE == "nightly":
        for item in items:
            item.add_marker(pytest.mark.timeout(7200))


def _refuse_strangers(address: object) -> None:
    """Raise for an Internet address that is not this machine's own."""
    if not isinstance(address, tuple):
        return
    host = str(address[0]).partition("%")[0]
    if host in {"", "localhost"}:
        return
    try:
        local = ipaddress.ip_address(host).is_loopback or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        local = False
    if not local:
        raise RuntimeError(f"a test tried to reach {host!r}: only loopback is allowed")


@pytest.fixture(autouse=True, scope="session")
def _only_loopback():
    """Every connection of every test stays on this machine."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        real = getattr(socket.socket, name)

        def guarded(self, address, _real=real):
            _refuse_strangers(address)
            return _real(self, address)

        patch.setattr(socket.socket, name, guarded)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of labelled data beside the repository; skips where it is not there."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the labelled data of ../shared is not here")
    return folder
