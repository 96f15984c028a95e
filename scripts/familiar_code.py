"""Counts what much code has, and writes the packaged table of it.

The code is that of the Python packages in this environment, whose licences are permissive. The
table holds hashes of ten tokens without their names, and of names that are called; no code can be
read from it. The standard library is left out, so that a benchmark on it is fair.

    python scripts/familiar_code.py
"""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from upright.match import code
from upright.match.code.familiar import Familiar
from upright.match.code.tokens import CodeTokens, tokens

LEAST, LEAST_CALLS = 3, 12
MOST_TOKENS = 150_000
LARGEST_FILE = 200_000
NO_PROJECT = ("_", "pip", "setuptools", "pkg_resources", "upright")


def projects(folder: Path) -> Iterator[list[CodeTokens]]:
    """Yield the code of each package, a sample of the large ones."""
    for package in sorted(folder.iterdir()):
        if package.suffix == ".dist-info" or package.name.startswith(NO_PROJECT):
            continue
        files = [package] if package.suffix == ".py" else sorted(package.rglob("*.py"))
        if kept := list(_sample([file for file in files if _counts(file)])):
            yield kept


def _counts(file: Path) -> bool:
    path = file.as_posix()
    copied = "/test" in path or "/_vendor/" in path or "vendored" in path
    return not copied and file.stat().st_size < LARGEST_FILE


def _sample(files: list[Path]) -> Iterator[CodeTokens]:
    random.Random(1).shuffle(files)
    count = 0
    for file in files:
        try:
            found = tokens(file.read_text(encoding="utf-8"), "python", parse=False)
        except UnicodeDecodeError:
            continue
        yield found
        count += len(found)
        if count > MOST_TOKENS:
            return


def main() -> None:
    """Write the table."""
    every = projects(Path(sysconfig.get_path("purelib")))
    found = Familiar.of(every, least=LEAST, least_calls=LEAST_CALLS)
    folder = Path(code.__file__).parent
    (folder / "familiar.bin").write_bytes(found.hashes.astype("<u4").tobytes())
    (folder / "familiar_calls.bin").write_bytes(found.calls.astype("<i4").tobytes())
    print(f"{len(found.hashes)} stretches, {len(found.calls)} names that are called")


if __name__ == "__main__":
    main()
