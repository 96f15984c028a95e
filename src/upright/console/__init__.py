"""Web pages over everything below."""

from upright.console.site import build, mount, one_time_link

__all__ = ["build", "mount", "one_time_link"]
