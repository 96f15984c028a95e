"""Other projects for comparison, each in an environment of its own outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

CACHE = Path(os.environ.get("UPRIGHT_BENCH_CACHE") or Path.home() / ".cache" / "upright-bench")


def peer(name: str, *requirements: str) -> Path:
    """Return the interpreter of an environment with these requirements, made at the first call.

    Args:
        name: folder of the environment; put the version into it.
        *requirements: exact, as pip takes them.
    """
    folder = CACHE / name
    python = folder / "bin" / "python"
    done = folder / ".installed"
    if not done.exists():
        print(f"installing {', '.join(requirements)} for comparison …", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "--quiet", *requirements]
        subprocess.run(install, check=True)
        done.write_text("\n".join(requirements))
    return python
