"""Arguments in, exit code out."""

from upright.cli.app import main

__all__ = ["main"]
