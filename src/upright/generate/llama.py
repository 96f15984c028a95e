"""A thin binding to the llama.cpp that the package `xllamacpp` carries.

Its shared library exports llama.cpp's C functions, which give what no server protocol does: the
logits of the whole vocabulary for several sequences in one call. Structures are read and written
by offset, so the binding belongs to one exact release; `LlamaLibrary` checks the release, and
that the default structures read back the known defaults where they are expected, before
anything else is called. Source: llama.h of llama.cpp build 11549.
"""

from __future__ import annotations

import ctypes
import struct
import time
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from upright.generate.threads import Governor, patient_threads
from upright.generate.types import EngineError
from upright.terms import MissingExtraError, UprightError

PACKAGE = "xllamacpp"
RELEASE = "2026.10.11549"

_ROOM = 512  # bytes; larger than any parameter structure of the release
# (offset, struct format, default value) in llama_context_params and llama_model_params
_CONTEXT_DEFAULTS = (
    (0, "<I", 512),  # n_ctx
    (4, "<I", 2048),  # n_batch
    (8, "<I", 512),  # n_ubatch
    (12, "<I", 1),  # n_seq_max
    (28, "<i", 4),  # n_threads
    (32, "<i", 4),  # n_threads_batch
    (40, "<i", -1),  # rope_scaling_type
    (52, "<i", -1),  # flash_attn_type
    (64, "<f", -1.0),  # yarn_ext_factor
    (80, "<i", 0),  # yarn_orig_ctx
)
_MODEL_DEFAULTS = ((16, "<i", -1), (20, "<i", 1))  # n_gpu_layers, split_mode


class _Parameters(ctypes.Structure):
    """A structure passed by value whose fields are reached by offset."""

    _fields_ = (("raw", ctypes.c_uint8 * _ROOM),)


class _Batch(ctypes.Structure):
    """`llama_batch`."""

    _fields_ = (
        ("n_tokens", ctypes.c_int32),
        ("token", ctypes.POINTER(ctypes.c_int32)),
        ("embd", ctypes.c_void_p),
        ("pos", ctypes.POINTER(ctypes.c_int32)),
        ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
        ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))),
        ("logits", ctypes.POINTER(ctypes.c_int8)),
    )


class Feed(NamedTuple):
    """One token for one sequence.

    Attributes:
        token: its id.
        position: its place in the sequence, from 0.
        sequence: the slot it belongs to.
        wanted: whether the logits after it are read.
    """

    token: int
    position: int
    sequence: int
    wanted: bool


_LogCallback = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


# Keeps llama.cpp's log off the terminal: errors come back as return values.
_SILENCE = _LogCallback(lambda _level, _text, _data: None)


_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "llama_log_set": (None, (_LogCallback, ctypes.c_void_p)),
    "llama_backend_init": (None, ()),
    "llama_model_default_params": (_Parameters, ()),
    "llama_context_default_params": (_Parameters, ()),
    "llama_model_load_from_file": (ctypes.c_void_p, (ctypes.c_char_p, _Parameters)),
    "llama_model_free": (None, (ctypes.c_void_p,)),
    "llama_model_get_vocab": (ctypes.c_void_p, (ctypes.c_void_p,)),
    "llama_init_from_model": (ctypes.c_void_p, (ctypes.c_void_p, _Parameters)),
    "llama_free": (None, (ctypes.c_void_p,)),
    "llama_set_n_threads": (None, (ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32)),
    "llama_n_ctx_seq": (ctypes.c_uint32, (ctypes.c_void_p,)),
    "llama_get_memory": (ctypes.c_void_p, (ctypes.c_void_p,)),
    "llama_memory_seq_rm": (
        ctypes.c_bool,
        (ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_int32),
    ),
    "llama_batch_init": (_Batch, (ctypes.c_int32, ctypes.c_int32, ctypes.c_int32)),
    "llama_batch_free": (None, (_Batch,)),
    "llama_decode": (ctypes.c_int32, (ctypes.c_void_p, _Batch)),
    "llama_get_logits_ith": (
        ctypes.POINTER(ctypes.c_float),
        (ctypes.c_void_p, ctypes.c_int32),
    ),
    "llama_vocab_n_tokens": (ctypes.c_int32, (ctypes.c_void_p,)),
    "llama_vocab_is_eog": (ctypes.c_bool, (ctypes.c_void_p, ctypes.c_int32)),
    "llama_vocab_is_control": (ctypes.c_bool, (ctypes.c_void_p, ctypes.c_int32)),
    "llama_tokenize": (
        ctypes.c_int32,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_int32,
            ctypes.POINTER(ctypes.c_int32),
            ctypes.c_int32,
            ctypes.c_bool,
            ctypes.c_bool,
        ),
    ),
    "llama_token_to_piece": (
        ctypes.c_int32,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_char_p,
            ctypes.c_int32,
            ctypes.c_int32,
            ctypes.c_bool,
        ),
    ),
}


@cache
def library() -> Any:  # noqa: ANN401 (ctypes resolves attributes at run time)
    """Open, check and prepare the shared library, once for the process.

    Raises:
        MissingExtraError: if the package is absent.
        UprightError: if it is another release than the binding was written for.
    """
    path = _shared_object()
    try:
        with patient_threads():
            opened = ctypes.CDLL(str(path))
    except OSError as problem:
        raise UprightError(
            f"{path}: the library cannot be loaded: {problem}",
            mend="on Debian and Ubuntu: apt install libgomp1",
        ) from None
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(opened, name, None)
        if function is None:
            raise _mismatch(f"{name} is not exported")
        function.restype, function.argtypes = result, arguments
    _check_defaults(
        "llama_context_params", opened.llama_context_default_params(), _CONTEXT_DEFAULTS
    )
    _check_defaults("llama_model_params", opened.llama_model_default_params(), _MODEL_DEFAULTS)
    opened.llama_log_set(_SILENCE, None)
    opened.llama_backend_init()
    return opened


def _shared_object() -> Path:
    try:
        found = distribution(PACKAGE)
    except PackageNotFoundError:
        raise MissingExtraError("the embedded engine", "local", missing=PACKAGE) from None
    if found.version != RELEASE:
        raise _mismatch(f"version {found.version} is installed")
    for file in found.files or ():
        if file.name.startswith("xllamacpp.") and file.suffix in {".so", ".pyd", ".dylib"}:
            return Path(str(found.locate_file(file)))
    raise _mismatch("its shared library is not there")


def _check_defaults(
    name: str, parameters: _Parameters, known: Sequence[tuple[int, str, float]]
) -> None:
    raw = bytes(parameters.raw)
    for offset, kind, value in known:
        found = struct.unpack_from(kind, raw, offset)[0]
        if found != value:
            raise _mismatch(f"{name} holds {found} at byte {offset}, not {value}")


def _mismatch(what: str) -> UprightError:
    return UprightError(
        f"the embedded engine was written for {PACKAGE} {RELEASE}: {what}",
        mend=f"pip install {PACKAGE}=={RELEASE}",
    )


class LlamaModel:
    """A model with its vocabulary. Reading the vocabulary is safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._library = library()
        self.handle = self._library.llama_model_load_from_file(
            str(path).encode(), self._library.llama_model_default_params()
        )
        if not self.handle:
            raise EngineError(f"{path}: llama.cpp cannot load this model", kind="unavailable")
        self._vocabulary = self._library.llama_model_get_vocab(self.handle)
        self.size: int = self._library.llama_vocab_n_tokens(self._vocabulary)

    def tokenize(self, text: str, *, control: bool = False) -> list[int]:
        """Return the tokens of a text.

        Args:
            text: no lone surrogates.
            control: whether `<|im_start|>` and its like are read as control tokens; False for
                every text that upright did not write itself.
        """
        raw = text.encode()
        room = len(raw) + 8
        tokens = (ctypes.c_int32 * room)()
        count: int = self._library.llama_tokenize(
            self._vocabulary,
            raw,
            len(raw),
            tokens,
            room,
            False,  # noqa: FBT003 (C call: no token put before the text)
            control,
        )
        return tokens[:count]

    def piece(self, token: int) -> bytes:
        """Return the bytes a token stands for; they need not be whole characters."""
        room = 64
        while True:
            buffer = ctypes.create_string_buffer(room)
            count: int = self._library.llama_token_to_piece(
                self._vocabulary,
                token,
                buffer,
                room,
                0,
                False,  # noqa: FBT003 (C call)
            )
            if count >= 0:
                return buffer.raw[:count]
            room = -count

    def ends(self, token: int) -> bool:
        """Whether a token ends the answer: an end of turn or text, or any control token."""
        library_, vocabulary = self._library, self._vocabulary
        return bool(
            library_.llama_vocab_is_eog(vocabulary, token)
            or library_.llama_vocab_is_control(vocabulary, token)
        )

    def close(self) -> None:
        """Release the weights. The contexts over them must be closed first."""
        if self.handle:
            self._library.llama_model_free(self.handle)
            self.handle = None


class LlamaContext:
    """The memory of several sequences over one model. One thread at a time may use it.

    Args:
        model: the model.
        sequences: how many sequences it holds at once.
        length: tokens in each.
        batch: most tokens in one step.
        threads: most computing threads; see `threads.Governor`.
    """

    def __init__(
        self, model: LlamaModel, *, sequences: int, length: int, batch: int, threads: int
    ) -> None:
        self._library = library()
        parameters = self._library.llama_context_default_params()
        view = memoryview(parameters.raw).cast("B")
        struct.pack_into("<IIII", view, 0, sequences * length, batch, batch, sequences)
        struct.pack_into("<ii", view, 28, threads, threads)
        # Flash attention splits long sequences over the threads when a step has one sequence
        # and not when it has several: the same text would round differently in company.
        struct.pack_into("<i", view, 52, 0)
        self._handle = self._library.llama_init_from_model(model.handle, parameters)
        if not self._handle:
            raise EngineError("llama.cpp has no memory for the context", kind="unavailable")
        self._governor = Governor(threads)
        self._memory = self._library.llama_get_memory(self._handle)
        self._batch = self._library.llama_batch_init(batch, 0, 1)
        self._vocabulary = model.size
        self.length: int = self._library.llama_n_ctx_seq(self._handle)
        self.batch = batch

    def forget(self, sequence: int, start: int = 0) -> None:
        """Empty one sequence from a position on."""
        self._library.llama_memory_seq_rm(self._memory, sequence, start, -1)

    def step(self, feeds: Sequence[Feed]) -> list[NDArray[np.float32]]:
        """Compute one batch; return the wanted logits in the order of `feeds`.

        Each array has shape (vocabulary,) and is a view that the next step overwrites.

        Raises:
            EngineError: if llama.cpp refuses or fails.
        """
        batch = self._batch
        batch.n_tokens = len(feeds)
        for at, feed in enumerate(feeds):
            batch.token[at] = feed.token
            batch.pos[at] = feed.position
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = feed.sequence
            batch.logits[at] = feed.wanted
        status = self._decode()
        if status != 0:
            raise EngineError(f"llama.cpp failed with status {status}", kind="unavailable")
        return [self._logits(at) for at, feed in enumerate(feeds) if feed.wanted]

    def _decode(self) -> int:
        # The number of threads changes no result: see the note on flash attention above.
        size: int = self._batch.n_tokens
        threads = self._governor.threads(size)
        self._library.llama_set_n_threads(self._handle, threads, threads)
        begin = time.perf_counter()
        status: int = self._library.llama_decode(self._handle, self._batch)
        self._governor.note(size, threads, time.perf_counter() - begin)
        return status

    def _logits(self, at: int) -> NDArray[np.float32]:
        pointer = self._library.llama_get_logits_ith(self._handle, at)
        if not pointer:
            raise EngineError("llama.cpp gave no logits", kind="unavailable")
        return np.ctypeslib.as_array(pointer, (self._vocabulary,))

    def close(self) -> None:
        """Release the memory."""
        if self._handle:
            self._library.llama_batch_free(self._batch)
            self._library.llama_free(self._handle)
            self._handle = None
