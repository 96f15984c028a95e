"""Fine-tune and fit: language models, guards and classifiers."""
