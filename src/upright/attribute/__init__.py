"""From an output back to training documents: what stands there, and what resembles it."""

from upright.attribute.attribution import Attribution, Attributor
from upright.attribute.corpus import corpus_files, documents
from upright.attribute.tier import Credit, NearCopy, Tier

__all__ = [
    "Attribution",
    "Attributor",
    "Credit",
    "NearCopy",
    "Tier",
    "corpus_files",
    "documents",
]
