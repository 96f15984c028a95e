"""What all commands share: files that cannot be written are refused before the work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from upright.cli.options import writable_before, write_drawing
from upright.terms import ConfigError


def test_a_file_that_can_be_written_passes_and_is_not_made(tmp_path: Path) -> None:
    writable_before(tmp_path / "plot.svg", str(tmp_path / "page.html"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_stands_there_is_neither_emptied_nor_touched(tmp_path: Path) -> None:
    there = tmp_path / "plot.svg"
    there.write_text("drawn before", encoding="utf-8")
    os.utime(there, (1, 1))
    writable_before(there)
    assert there.read_text(encoding="utf-8") == "drawn before"
    assert there.stat().st_mtime == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent/plot.svg", "No such file"),
        (".", "Is a directory"),
        ("file/plot.svg", "Not a directory"),
        ("n" * 300, "File name too long"),
        ("loop", "symbolic links"),
        ("away", "No such file"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_by_name(
    tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "away").symlink_to(tmp_path / "absent" / "plot.svg")
    with pytest.raises(ConfigError, match=why) as caught:
        writable_before(tmp_path / "fine.svg", tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert caught.value.mend


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no file system that takes no file")
def test_a_disk_that_takes_no_file_is_refused_to_root_as_well() -> None:
    with pytest.raises(ConfigError, match=r"/proc/plot\.svg"):
        writable_before(Path("/proc/plot.svg"))


def test_what_was_not_asked_and_standard_output_pass(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writable_before(None, "-", pipe)


def test_a_refusal_reads_as_the_one_when_the_work_is_over(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "plot.svg"
    told = []
    for refuse in (writable_before, lambda there: write_drawing(there, "")):
        with pytest.raises(ConfigError) as caught:
            refuse(path)
        told.append(str(caught.value))
    assert told[0] == told[1]
