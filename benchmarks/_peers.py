"""Other projects for comparison, each in an environment of its own outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

CACHE = Path(os.environ.get("UPRIGHT_BENCH_CACHE") or Path.home() / ".cache" / "upright-bench")

# What a package asks for besides its code, with the lower bounds of `relaxed` left out: a mirror
# may be some days behind the newest bundle of certificates, which no figure depends on.
_REQUIREMENTS = """
import re, sys
from importlib.metadata import requires
name, extra, *relaxed = sys.argv[1:]
for line in requires(name) or ():
    requirement, _, marker = line.partition(";")
    if "extra ==" in marker and not re.search(rf"extra == ['\\"]{extra}['\\"]", marker):
        continue
    marker = re.sub(r"(and )?extra == ['\\"][^'\\"]*['\\"]", "", marker).strip()
    bare = re.match(r"[A-Za-z0-9._-]+", requirement)[0]
    requirement = bare if bare in relaxed else requirement.strip()
    print(f"{requirement}; {marker}" if marker else requirement)
"""


def peer(
    name: str,
    version: str,
    *,
    extra: str = "",
    relaxed: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
) -> Path:
    """Return the interpreter of an environment with a project, made at the first call.

    Args:
        name: the project's distribution.
        version: exactly this one.
        extra: one of its extras.
        relaxed: requirements of it that are installed in whatever version there is.
        also: what the script that measures it needs besides.
    """
    folder = CACHE / "-".join(filter(None, (name, extra, version)))
    python = folder / "bin" / "python"
    done = folder / ".installed"
    if not done.exists():
        print(f"installing {name} {version} for comparison …", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True, symlinks=True)
        pip = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--no-deps", f"{name}=={version}"], check=True)
        ask = [python, "-c", _REQUIREMENTS, name, extra, *relaxed]
        wanted = subprocess.run(ask, check=True, capture_output=True, text=True).stdout
        if wanted.strip() or also:
            subprocess.run([*pip, *wanted.splitlines(), *also], check=True)
        done.write_text(wanted)
    return python
