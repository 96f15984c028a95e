"""A gateway for snippets and examples: `upright serve` as its users run it."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

READY_SECONDS = 120


@contextlib.contextmanager
def gateway(folder: Path, *arguments: str, policy: str = "storytelling") -> Iterator[str]:
    """Run `upright serve` on a free port; yield `host:port`; stop it at the end."""
    command = [
        str(Path(sys.executable).with_name("upright")),
        *("serve", "--policy", policy, "--port", "0", *arguments),
    ]
    with subprocess.Popen(
        command, cwd=folder, env=os.environ, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            yield _address(child)
        finally:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()


def _address(child: subprocess.Popen[str]) -> str:
    """Return the address that the server prints once it answers."""
    deadline = time.monotonic() + READY_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline and selector.select(READY_SECONDS):
            line = child.stdout.readline()
            if found := re.search(r"https?://([\w.:]+)/v1", line):
                return found[1]
            if not line:
                break
    raise RuntimeError(f"the gateway did not start; exit code {child.poll()}")
