"""A mark in how words are drawn: keyed halves of equal probability, and exact tests for them."""

from upright.watermark.detect import PUBLIC_ALPHA, Detection, Span, detect, strongest
from upright.watermark.evidence import Evidence, Reading, Test, scored_positions
from upright.watermark.marker import SCHEMES, WIDTH, Mark, Marker, Scheme
from upright.watermark.secret import KEY_BYTES, SUBKEYS, EpochKey, epoch_key, read_key
from upright.watermark.stoplist import common_places
from upright.watermark.vllm import vllm_evidence

__all__ = [
    "KEY_BYTES",
    "PUBLIC_ALPHA",
    "SCHEMES",
    "SUBKEYS",
    "WIDTH",
    "Detection",
    "EpochKey",
    "Evidence",
    "Mark",
    "Marker",
    "Reading",
    "Scheme",
    "Span",
    "Test",
    "common_places",
    "detect",
    "epoch_key",
    "read_key",
    "scored_positions",
    "strongest",
    "vllm_evidence",
]
