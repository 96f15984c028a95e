"""Numbers with their uncertainty: intervals for shares, and for what has no formula."""

from upright.measure.intervals import Interval, clopper_pearson, wilson
from upright.measure.resample import cluster_bootstrap

__all__ = ["Interval", "clopper_pearson", "cluster_bootstrap", "wilson"]
