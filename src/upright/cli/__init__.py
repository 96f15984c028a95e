"""Arguments in, exit code out."""

from upright.cli.entry import main

__all__ = ["main"]
