"""Train the guard model from labelled texts."""
