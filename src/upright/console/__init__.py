"""Web pages over everything below."""
