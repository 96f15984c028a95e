"""Run by a peer's own interpreter: near duplicates of a file of JSON lines, as pairs.

python _dedup_peers.py PEER FILE  →  one line of JSON: CPU seconds, pairs of line numbers
"""

from __future__ import annotations

import json
import re
import struct
import sys
import tempfile
import time
from collections import defaultdict
from itertools import combinations
from pathlib import Path

BANDS, ROWS, RUN = 14, 8, 5


def shingles(text: str) -> list[str]:
    """Return the runs of five words of a text."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return [" ".join(words[at : at + RUN]) for at in range(max(1, len(words) - RUN + 1))]


def rensa(texts: list[str]) -> set[tuple[int, int]]:
    """Full signatures of rensa, banded here."""
    import numpy as np  # noqa: PLC0415 (of the peer's environment)
    from rensa import RMinHash  # noqa: PLC0415 (of the peer's environment)

    rows = []
    for text in texts:
        made = RMinHash(num_perm=BANDS * ROWS, seed=42)
        made.update(shingles(text))
        rows.append(made.digest())
    table = np.array(rows, np.uint32)
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for band in range(BANDS):
        part = np.ascontiguousarray(table[:, band * ROWS : (band + 1) * ROWS])
        for at, row in enumerate(part):
            buckets[band, row.tobytes()].append(at)
    return {pair for group in buckets.values() for pair in combinations(group, 2)}


def datasketch(texts: list[str]) -> set[tuple[int, int]]:
    """MinHash and MinHashLSH of datasketch."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 (of the peer's environment)

    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    found = set()
    for at, text in enumerate(texts):
        made = MinHash(num_perm=BANDS * ROWS)
        made.update_batch([run.encode() for run in shingles(text)])
        found.update((int(other), at) for other in index.query(made))
        index.insert(str(at), made)
    return found


def datatrove(texts: list[str]) -> set[tuple[int, int]]:
    """Signatures and buckets of datatrove, with its own words of English."""
    from datatrove.data import Document  # noqa: PLC0415 (of the peer's environment)
    from datatrove.pipeline.dedup.minhash import (  # noqa: PLC0415 (of the peer's environment)
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupSignature,
    )

    config = MinhashConfig(n_grams=RUN, num_buckets=BANDS, hashes_per_bucket=ROWS)
    documents = [Document(text, str(at)) for at, text in enumerate(texts)]
    found = set()
    with tempfile.TemporaryDirectory() as folder:
        signatures, pairs = f"{folder}/signatures", f"{folder}/pairs"
        MinhashDedupSignature(signatures, config=config).run(documents, 0, 1)
        for band in range(BANDS):
            MinhashDedupBuckets(signatures, pairs, config=config).run(None, band, BANDS)
        for file in Path(pairs).glob("*.dups"):
            for _, first, _, second in struct.iter_unpack("<4I", file.read_bytes()):
                found.add((min(first, second), max(first, second)))
    return found


def main() -> None:
    """Run one peer and print what it found."""
    peer, file = sys.argv[1:]
    with Path(file).open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    begin = time.process_time()
    pairs = {"rensa": rensa, "datasketch": datasketch, "datatrove": datatrove}[peer](texts)
    seconds = time.process_time() - begin
    print(json.dumps({"seconds": seconds, "pairs": sorted(pairs)}))


if __name__ == "__main__":
    main()
