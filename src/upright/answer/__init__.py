"""The whole guarded pipeline for one request."""
