"""All evidence of where one text came from."""

from upright.verify.watermark import TextDetection, TextSpan, WatermarkReader

__all__ = ["TextDetection", "TextSpan", "WatermarkReader"]
