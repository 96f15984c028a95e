"""The guard model: one small encoder that reads a stretch of text for all detectors at once."""
