"""Full disks, killed processes, several replicas: what was acknowledged is there, and in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import event as sqlalchemy_event

from upright.ledger import Event, Ledger, LedgerError, LedgerWriter

POLICY = """
schema = 1
[use_case]
name = "tales"
purpose = "Tells tales."
"""


def happened(step: int = 0, request: str = "r") -> Event:
    return Event("verdict", "tales", {"step": step}, request)


# Space and crashes -----------------------------------------------------------------------------


def test_a_full_database_refuses_in_words_and_goes_on_when_there_is_space(home):
    pages = {"limit": 40}

    def limit(raw, *_):
        raw.execute(f"PRAGMA max_page_count = {pages['limit']}")

    with Ledger.open(home=home) as ledger:
        sqlalchemy_event.listen(ledger._database.engine, "engine_connect", lambda connection: limit(
            connection.connection.driver_connection))  # fmt: skip
        writer = LedgerWriter(ledger)
        results = (writer.submit(happened(step, "x" * 200)).exception() for step in count())
        acknowledged, error = next((n, error) for n, error in enumerate(results) if error)
        assert isinstance(error, LedgerError)
        assert "full" in error.problem
        assert "free some space" in error.mend
        assert ledger.verify().checked == acknowledged
        pages["limit"] = 100_000
        assert writer.submit(happened()).result()[0].sequence == acknowledged + 1
        writer.close()
        assert ledger.verify().ok


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from upright.ledger import Event, Ledger, LedgerError, LedgerWriter

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Ledger.open(home=Path(sys.argv[1])) as ledger:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    writer, done = LedgerWriter(ledger, checkpoint_events=5), 0
    try:
        while True:
            writer.submit(Event("verdict", "tales", {"pad": "x" * 2000})).result()
            done += 1
    except LedgerError as error:
        print("refused", error.problem.partition(": ")[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    entry, _ = writer.submit(Event("verdict", "tales", {})).result()
    writer.close()
    verification = ledger.verify()
    print(done, entry.sequence, verification.ok, verification.checked, verification.checkpointed)
"""


def test_a_disk_without_space_loses_nothing_that_was_acknowledged(home):
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(home)], capture_output=True, text=True, check=True
    )
    refused, figures = run.stdout.splitlines()
    assert refused.startswith("refused")
    done, sequence, ok, checked, checkpointed = figures.split()
    assert int(done) > 20
    assert int(sequence) == int(checked) == int(checkpointed) == int(done) + 1
    assert ok == "True"


ENDLESS = """
import sys, threading
from pathlib import Path
from upright.ledger import Event, Ledger, LedgerWriter

ledger = Ledger.open(sys.argv[1], home=Path(sys.argv[2]))
writer = LedgerWriter(ledger, checkpoint_events=25)
out = threading.Lock()

def work(name):
    step = 0
    while True:
        for kind in ("opened", "closed"):
            entry, _ = writer.submit(Event(kind, "tales", {}, f"{name}-{step}")).result()
            with out:
                print(entry.sequence, entry.digest, flush=True)
        step += 1

for name in range(4):
    threading.Thread(target=work, args=(name,)).start()
"""


@pytest.mark.parametrize("lines", [1, 60, 200])
def test_after_kill_9_the_chain_is_sound_and_holds_all_that_was_acknowledged(url, home, lines):
    child = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, url, str(home)], stdout=subprocess.PIPE, text=True
    )
    acknowledged = [child.stdout.readline() for _ in range(lines)]
    os.kill(child.pid, signal.SIGKILL)
    acknowledged += child.stdout.read().splitlines(keepends=True)
    child.wait()
    with Ledger.open(url, home=home) as ledger:
        verification = ledger.verify()
        assert verification.ok, verification.problem
        digests = {entry.sequence: entry.digest for entry in ledger.export()}
        for line in (line for line in acknowledged if line.endswith("\n")):
            sequence, digest = line.split()
            assert digests[int(sequence)] == digest
        kinds = {}
        for entry in ledger.export():
            kinds.setdefault(entry.request, set()).add(entry.kind)
        cut = {request for request, seen in kinds.items() if seen == {"opened"}}
        assert set(verification.interrupted) == cut
        # It goes on where it was cut off.
        ledger.append(happened())
        ledger.checkpoint()
        assert ledger.verify().ok


PROCESS = """
import sys
from pathlib import Path
from upright.ledger import Event, Ledger, LedgerWriter

with Ledger.open(sys.argv[1], home=Path(sys.argv[2])) as ledger:
    writer = LedgerWriter(ledger, checkpoint_events=10)
    events = [Event("verdict", "tales", {"step": i}, sys.argv[3]) for i in range(60)]
    futures = [writer.submit(event) for event in events]
    for future in futures:
        future.result()
    writer.close()
"""


def test_many_processes_keep_one_chain_and_one_file_of_checkpoints(url, home):
    children = [
        subprocess.Popen([sys.executable, "-c", PROCESS, url, str(home), f"p{n}"]) for n in range(4)
    ]
    assert [child.wait() for child in children] == [0, 0, 0, 0]
    with Ledger.open(url, home=home) as ledger:
        verification = ledger.verify()
        assert verification.ok, verification.problem
        assert verification.checked == verification.checkpointed == 240
        for n in range(4):
            steps = [entry.body["step"] for entry in ledger.entries(request=f"p{n}")]
            assert steps == list(range(60))
    assert len(list((home / "signing").glob("*.pub.pem"))) >= 1


REPLICA = """
import sys
from pathlib import Path
from upright.ledger import Event, Ledger, LedgerWriter

with Ledger.open(sys.argv[1], home=Path(sys.argv[2])) as ledger:
    writer = LedgerWriter(ledger)
    for line in sys.stdin:
        _, state = writer.submit(Event("opened", "tales", {}, line.strip())).result()
        print("stopped" if state.stopped else f"runs version {state.version}", flush=True)
    writer.close()
"""


def test_a_stop_here_is_seen_by_the_next_event_of_another_process(ledger, url, tmp_path):
    def ask(replica: subprocess.Popen) -> str:
        replica.stdin.write("request\n")
        replica.stdin.flush()
        return replica.stdout.readline().strip()

    ledger.uses.publish(POLICY, by="test")
    command = [sys.executable, "-c", REPLICA, url, str(tmp_path / "replica")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as replica:
        for _ in range(5):
            assert ask(replica) == "runs version 1"
            ledger.uses.stop("tales", "checked at once", by="officer")
            assert ask(replica) == "stopped"
            ledger.uses.resume("tales", by="officer")
        ledger.uses.publish(POLICY + 'audience = "all"\n', by="test")
        assert ask(replica) == "runs version 2"
        ledger.uses.rollback("tales", by="officer")
        assert ask(replica) == "runs version 1"
        replica.stdin.close()
        assert replica.wait() == 0


def test_the_signing_key_of_many_processes_is_one(home):
    code = (
        "import sys; from pathlib import Path; from upright.keys import SigningKeys; "
        "print(SigningKeys(Path(sys.argv[1])).sign(b'x').key)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    keys = {child.communicate()[0].strip() for child in children}
    assert keys <= {path_key(path) for path in home.glob("*.pub.pem")}


def path_key(path: Path) -> str:
    from upright.keys.signing import _key_id, _load_public  # noqa: PLC0415 (one test's need)

    return _key_id(_load_public(path))
