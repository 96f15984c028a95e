"""Logs that cannot hold what people wrote.

Our own lines are an event's name and fields whose names are listed here. Lines of libraries are
reduced to where they were written, and exceptions to their types and places, since either may
quote a request.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

_FIELDS = frozenset(
    {
        "action",
        "address",
        "code",
        "error",
        "finish",
        "id",
        "kind",
        "method",
        "milliseconds",
        "replicas",
        "route",
        "rule",
        "status",
        "use_case",
        "version",
        "where",
    }
)

_log = logging.getLogger("upright.serve")


def log(event: str, level: int = logging.INFO, **fields: str | float | None) -> None:
    """Write one line.

    Args:
        event: a fixed name.
        level: of `logging`.
        fields: values of ours (ids, names, counts), under the names this module lists.

    Raises:
        ValueError: for a field that is not listed.
    """
    unknown = fields.keys() - _FIELDS
    if unknown:
        raise ValueError(f"not a log field: {', '.join(sorted(unknown))}")
    if _log.isEnabledFor(level):
        _log.log(level, event, extra={"upright_fields": fields})


def log_failure(event: str, error: BaseException, **fields: str | float | None) -> None:
    """Write that something failed: the exception's type and place, never its message."""
    log(event, logging.ERROR, error=type(error).__name__, where=_place(error), **fields)


class DiscreetFormatter(logging.Formatter):
    """Turns any record into one JSON line without texts."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
        }
        fields = getattr(record, "upright_fields", None)
        if record.name == _log.name and isinstance(fields, dict):
            line |= {"event": record.msg} | fields
        else:
            line |= {
                "event": "library",
                "logger": record.name,
                "where": f"{Path(record.pathname).name}:{record.lineno}",
            }
            if record.exc_info and record.exc_info[1] is not None:
                error = record.exc_info[1]
                line |= {"error": type(error).__name__, "where": _place(error)}
        return json.dumps(line)


def install(level: int = logging.INFO) -> logging.Handler:
    """Send every logger of this process, and every uncaught exception, through the formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(DiscreetFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # A library that brought a handler of its own would print values past the formatter.
    for name in list(logging.root.manager.loggerDict):
        other = logging.getLogger(name)
        other.handlers.clear()
        other.propagate = True
    root.setLevel(max(level, logging.WARNING))
    _log.setLevel(level)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_failed
    sys.excepthook = _failed
    return handler


def _failed(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    log_failure("uncaught", error)


def _thread_failed(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        log_failure("uncaught", arguments.exc_value)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[:-4:-1])
