"""A corpus made on a Ray cluster is the corpus, one worker killed or none."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.curate.corpora import edited, made, prose, write

from upright.curate import guarding
from upright.curate import shards as shards_module
from upright.jobs import Engine

# A busy machine needs longer for the several programs of a cluster than Ray waits by itself.
os.environ.setdefault("RAY_DASHBOARD_STARTUP_TIMEOUT_S", "600")
os.environ.setdefault("RAY_raylet_start_wait_time_s", "600")
ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.ray, pytest.mark.timeout(1200)]
ROOT = Path(__file__).resolve().parents[2]
MARK = "UPRIGHT_TEST_DIE_ONCE"
SECTION = "[curate.exposure]\nwords = 20\ntimes = 1"


def deadly(spec):
    """Build the guard's step; the first shard that it gets kills its worker."""
    inner = guarding.guarding(spec)

    def perform(payload, folder):
        mark = Path(os.environ[MARK])
        if mark.exists():
            mark.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return inner(payload, folder)

    return perform


@pytest.fixture
def cluster(tmp_path):
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=80_000_000,
        log_to_driver=False,
        logging_level="ERROR",
        runtime_env={"env_vars": {"PYTHONPATH": str(ROOT), MARK: str(tmp_path / "mark")}},
    )
    yield
    ray.shutdown()


def test_the_corpus_is_the_same_with_a_worker_killed_in_the_middle(tmp_path, cluster, monkeypatch):
    monkeypatch.setattr(shards_module, "SIZE", 3000)
    texts = [prose(n) for n in range(40)] + [edited(prose(n), 0.02) for n in range(9)]
    source = write(tmp_path / "in.jsonl", [{"id": f"r{n}", "text": t} for n, t in enumerate(texts)])
    near = made(tmp_path / "near", source, section=SECTION).summary
    honest = guarding.guard_work

    def traced(policy):
        work = honest(policy)
        return type(work)(work.name, "tests.curate.test_cluster:deadly", work.spec, work.version)

    monkeypatch.setattr("upright.curate.run.guard_work", traced)
    (tmp_path / "mark").touch()
    far = made(tmp_path / "far", source, section=SECTION, engine=Engine.RAY, workers=2).summary
    assert not (tmp_path / "mark").exists()
    assert far == near
    for name in ("data/00000.jsonl", "lineage.jsonl", "ledger.jsonl", "card.json", "summary.json"):
        assert (tmp_path / "far" / name).read_bytes() == (tmp_path / "near" / name).read_bytes()
