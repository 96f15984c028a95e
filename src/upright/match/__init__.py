"""Text and code similarity: normal forms, fingerprints, indexes."""
