"""Every kind of key: API keys and signing keys; hashed, versioned, revocable."""
