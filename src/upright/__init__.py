"""upright: generative AI answerable from its training data to the sentence a user reads.

Importing this package has no side effect: it opens no file and no socket. Each unit is a
sub-package of its own (`upright.policy`, `upright.guard`, …) and is imported by name.
"""

__version__ = "0.1.0"
