"""The HTTP gateway over `answer`."""
