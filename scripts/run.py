"""Start the gateway with the embedded model, send one guarded prompt, and stay until Ctrl-C.

`make run` calls this. It needs nothing but what `make install` put into the environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
PORT = int(os.environ.get("UPRIGHT_PORT", "8787"))
PRESET = "storytelling"
READY_SECONDS = 120
STOP_SECONDS = 20
# The address is invented; its top-level domain is reserved, so it reaches nobody.
PROMPT = (
    "Write three sentences about a lighthouse keeper whose friends write to "
    "marta.keeper@lighthouse.example."
)


def main() -> int:
    """Run the demonstration; return the exit code."""
    if taken():
        print(
            f"error: port {PORT} of {HOST} is taken\n"
            f"  mend: stop what listens there, or run  UPRIGHT_PORT={PORT + 1} make run",
            file=sys.stderr,
        )
        return 2
    with server() as (child, said):
        try:
            wait_until_ready(child)
            show(ask(PROMPT))
            print(f"\n{''.join(said)}", end="", flush=True)
            return child.wait()
        except KeyboardInterrupt:
            print("\nstopping …", flush=True)
            return 0
        except RuntimeError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1


def taken() -> bool:
    """Say whether something listens on the port already."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, PORT)) == 0


@contextlib.contextmanager
def server() -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run `upright serve` as a child that is stopped, whatever happens, at the end.

    Yields the child, and the growing list of the lines it has printed: its address, where its
    key lies, and the link that opens the console once.
    """
    command = [
        str(Path(sys.executable).with_name("upright")),
        *("serve", "--policy", PRESET, "--host", HOST, "--port", str(PORT)),
    ]
    print(f"starting: upright {' '.join(command[1:])}", flush=True)
    # A session of its own, so that Ctrl-C reaches this script alone and the stop is orderly.
    child = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True)
    said: list[str] = []
    threading.Thread(target=listen, args=(child, said), daemon=True).start()
    # SIGINT too: a shell that starts this in the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        yield child, said
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()


def listen(child: subprocess.Popen[str], said: list[str]) -> None:
    """Note each line that the child prints."""
    if child.stdout is not None:
        while line := child.stdout.readline():
            said.append(line)


def interrupt(*_: object) -> None:
    """Stop as Ctrl-C does."""
    raise KeyboardInterrupt


def wait_until_ready(child: subprocess.Popen[str]) -> None:
    """Return once /readyz answers 200.

    Raises:
        RuntimeError: if the server ends first, or takes too long.
    """
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise RuntimeError(f"the gateway ended at once with exit code {child.returncode}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://{HOST}:{PORT}/readyz", timeout=2).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"the gateway was not ready within {READY_SECONDS} seconds")


def ask(prompt: str) -> dict[str, Any]:
    """Send one prompt with the local key; return the body of the answer.

    Raises:
        RuntimeError: with the server's own words, if it refuses.
    """
    body = {
        "model": PRESET,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": 120,
    }
    request = urllib.request.Request(
        f"http://{HOST}:{PORT}/v1/chat/completions",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {local_key()}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            answer: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"HTTP {error.code}: {error.read().decode()}") from None
    return answer


def local_key() -> str:
    """Return the API key that the first start writes for use on this machine."""
    from upright.terms import home  # noqa: PLC0415 (the taken port is told without it)

    return (home() / "local.key").read_text(encoding="utf-8").strip()


def show(answer: dict[str, Any]) -> None:
    """Print prompt, answer, and what the guard found and did."""
    about = answer.get("x_upright", {})
    print(f"\nprompt   {PROMPT}")
    print(f"answer   {answer['choices'][0]['message']['content'].strip()}")
    for verdict in about.get("verdicts", ()):
        found = ", ".join(finding["rule"] for finding in verdict["findings"]) or "nothing"
        print(f"verdict  {verdict['stage']}: found {found}; action {verdict['action']}")
    print(f"note     {about.get('disclosure', '')}")
    print(f"record   {about.get('id', '')}, policy {about.get('policy_digest', '')}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
