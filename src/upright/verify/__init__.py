"""All evidence of where one text came from."""

from upright.verify.statistical import StatisticalEvidence, StatisticalReader
from upright.verify.verification import UnknownGroupError, Verification, Verifier
from upright.verify.watermark import TextDetection, TextSpan, WatermarkReader, token_evidence

__all__ = [
    "StatisticalEvidence",
    "StatisticalReader",
    "TextDetection",
    "TextSpan",
    "UnknownGroupError",
    "Verification",
    "Verifier",
    "WatermarkReader",
    "token_evidence",
]
