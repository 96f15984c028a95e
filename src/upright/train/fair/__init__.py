"""Fair classifiers: least error under equal rates, one rule, certified on rows of their own."""
