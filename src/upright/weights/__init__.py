"""Finds, checks and opens packaged models; nothing else loads weights."""
