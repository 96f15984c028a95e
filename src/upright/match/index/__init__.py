"""An index of works: added, taken out and asked without being built anew."""

from upright.match.index.code_copies import CodeWatch
from upright.match.index.copies import REACH, Found, Watch
from upright.match.index.errors import DamagedIndexError, WorksError
from upright.match.index.index import CODE_RUN, RUN, Hit, Index
from upright.match.index.mask import Follower, RunMask
from upright.match.index.tokens import SHORTEST
from upright.match.index.works import KINDS, WISHES, Document, Kind, Wish, Work
from upright.match.index.writer import IndexWriter

__all__ = [
    "CODE_RUN",
    "KINDS",
    "REACH",
    "RUN",
    "SHORTEST",
    "WISHES",
    "CodeWatch",
    "DamagedIndexError",
    "Document",
    "Follower",
    "Found",
    "Hit",
    "Index",
    "IndexWriter",
    "Kind",
    "RunMask",
    "Watch",
    "Wish",
    "Work",
    "WorksError",
]
