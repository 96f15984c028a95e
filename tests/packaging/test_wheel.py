"""The built wheel holds everything that runs, and nothing that does not belong there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names in a freshly built wheel, and its metadata."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        names = set(archive.namelist())
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        return names, archive.read(metadata).decode()


def test_every_file_of_the_source_is_in_the_wheel(wheel):
    names, _ = wheel
    source = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert source - names == set()


@pytest.mark.parametrize(
    "pattern",
    [
        "upright/py.typed",
        "upright/policy/presets/storytelling.toml",
        "upright/policy/names.toml",
        "upright/terms/hazards.toml",
        "upright/ledger/migrations/",
        "upright/console/templates/",
        "upright/console/static/",
    ],
)
def test_data_files_travel_along(wheel, pattern):
    names, _ = wheel
    assert any(name.startswith(pattern) for name in names)


def test_nothing_but_the_package_and_its_metadata_is_inside(wheel):
    names, _ = wheel
    assert {name.partition("/")[0] for name in names} == {"upright", "upright-0.1.0.dist-info"}


def test_the_metadata_names_licence_extras_and_the_oldest_python(wheel):
    names, metadata = wheel
    assert "License-Expression: Apache-2.0" in metadata
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "Requires-Python: >=3.11" in metadata
    for extra in ("serve", "local", "torch", "names", "postgres", "dev"):
        assert f"Provides-Extra: {extra}" in metadata
