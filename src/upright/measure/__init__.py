"""Numbers with their uncertainty: intervals for shares."""

from upright.measure.intervals import Interval, clopper_pearson, wilson

__all__ = ["Interval", "clopper_pearson", "wilson"]
