"""From a package that is not installed to the extra that brings it."""

from __future__ import annotations

from collections.abc import Sequence

from upright.terms import MissingExtraError

_EXTRA_OF = {
    "fastapi": "serve",
    "httpx2": "serve",
    "jinja2": "serve",
    "lightgbm": "fair",
    "PIL": "images",
    "numpy": "local",
    "onnxruntime": "images",
    "opentelemetry": "serve",
    "presidio_analyzer": "names",
    "prometheus_client": "serve",
    "psycopg": "postgres",
    "pyarrow": "curate",
    "pypdf": "curate",
    "ray": "curate-ray",
    "zstandard": "curate",
    "sklearn": "fair",
    "spacy": "names",
    "starlette": "serve",
    "torch": "torch",
    "transformers": "torch",
    "tree_sitter": "match",
    "uvicorn": "serve",
    "xllamacpp": "local",
}
_TRAINS = frozenset({"numpy", "onnx", "onnxruntime", "tokenizers", "torch", "transformers"})


def missing_extra(error: ModuleNotFoundError, words: Sequence[str]) -> MissingExtraError | None:
    """Return what to tell the user, or None for a package that no extra brings.

    Args:
        error: of an import.
        words: the command line; its first word is the verb.
    """
    package = (error.name or "").partition(".")[0]
    extra = "train" if words[0] == "train" and package in _TRAINS else _EXTRA_OF.get(package)
    if words[0] == "curate" and package == "numpy":
        extra = "curate"
    if extra is None:
        return None
    return MissingExtraError(f"upright {words[0]}", extra, missing=package)
