"""Resumable, content-addressed batch work on processes of this machine or of a cluster."""

from upright.jobs.errors import JobError, NoSpaceError
from upright.jobs.run import Engine, run
from upright.jobs.store import Store
from upright.jobs.task import Outcome, Task, Work

__all__ = ["Engine", "JobError", "NoSpaceError", "Outcome", "Store", "Task", "Work", "run"]
