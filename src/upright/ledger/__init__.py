"""Append-only, hash-chained events with signed checkpoints, and the erasable vault."""
