"""Documents by how many of an answer's words stand in them word for word."""

from __future__ import annotations

import numpy as np

from upright.attribute.tier import Credit
from upright.match.passages import Trace


class Verbatim:
    """The tier that cannot be wrong: what it counts stands in both texts."""

    def credits(self, trace: Trace, most: int) -> list[Credit]:
        """Return the documents that hold most of the answer's words, in passages.

        The score is the share of the answer's words that stand in passages which the document has.
        """
        found = []
        for shard, match in zip(trace.shards, trace.matches, strict=True):
            for number in np.unique(match.document):
                covered = np.zeros(len(trace.words), np.bool_)
                here = match.document == number
                for start, end in zip(match.start[here], match.end[here], strict=True):
                    covered[start:end] = True
                row = shard.table[int(number)]
                found.append(Credit(row.id, row.owner, row.licence, float(covered.mean())))
        return sorted(found, key=lambda credit: (-credit.score, credit.document))[:most]
