"""The annotation loop: decisions become labels, and disagreement says what to label next."""
