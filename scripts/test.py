"""Every check and every test, in one command. `make test` calls this.

Programs that a test needs and pip cannot bring (PostgreSQL, a browser) are installed when this
runs as root on a system with apt; otherwise it says what to install and which tests skip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def main() -> int:
    """Run all steps, even after a failure; return 0 only if every one passed."""
    os.chdir(ROOT)
    for part in SYSTEM_PARTS:
        part.provide()
    outcomes = [(name, *timed(command)) for name, command in STEPS]
    print("\n== summary")
    for name, passed, seconds in outcomes:
        print(f"{'ok' if passed else 'FAILED':<7} {name} ({seconds:.0f} s)")
    return 0 if all(passed for _, passed, _ in outcomes) else 1


class SystemPart:
    """Something that tests need from the operating system.

    Args:
        name: what it is.
        packages: what Debian calls it.
        found: whether it is there.
        skipped: the mark of the tests that skip without it.
    """

    def __init__(
        self, name: str, packages: tuple[str, ...], found: Callable[[], bool], skipped: str
    ) -> None:
        self.name = name
        self.packages = packages
        self.found = found
        self.skipped = skipped

    def provide(self) -> None:
        """Install the part if it is missing and that is possible; else say what is missing."""
        if self.found():
            return
        if os.geteuid() == 0 and shutil.which("apt-get"):
            print(f"== installing {self.name}", flush=True)
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for arguments in (["update"], ["install", "-y", *self.packages]):
                command = ["apt-get", "-qq", *arguments]
                subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
        if not self.found():
            packages = " ".join(self.packages)
            print(
                f"note: {self.name} is not here, so tests marked `{self.skipped}` skip\n"
                f"  mend: apt-get install {packages}",
                flush=True,
            )


def postgresql() -> bool:
    """Say whether PostgreSQL's server programs are here."""
    folders = [os.environ.get("PATH", ""), *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    return shutil.which("initdb", path=os.pathsep.join(folders)) is not None


def chromium() -> bool:
    """Say whether a Chromium is here."""
    return any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))


def timed(command: list[str]) -> tuple[bool, float]:
    """Run a command in the open; return whether it passed and how many seconds it took."""
    print(f"\n== {' '.join(command)}", flush=True)
    start = time.monotonic()
    code = subprocess.run([str(BIN / command[0]), *command[1:]], check=False).returncode
    return code == 0, time.monotonic() - start


SYSTEM_PARTS = (
    SystemPart("PostgreSQL", ("postgresql",), postgresql, "postgres"),
    SystemPart("Chromium", ("chromium", "fonts-dejavu-core"), chromium, "browser"),
)

STEPS = (
    ("lint", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy"]),
    ("layers", ["lint-imports"]),
    ("generated pages", ["python", "scripts/docs.py", "--check"]),
    ("tests", ["pytest", "-n", "2", "--dist", "loadfile"]),
)


if __name__ == "__main__":
    sys.exit(main())
