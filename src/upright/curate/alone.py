"""One run at a time in an output folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from upright.curate.curation import Curation
from upright.curate.errors import BusyError


@contextmanager
def alone(curation: Curation) -> Iterator[None]:
    """Keep other runs out of the output, since each removes what it does not want.

    Raises:
        BusyError: if another run is in there; one that was killed is not.
    """
    folder = curation.store.folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(str(curation.output)) from None
        yield
