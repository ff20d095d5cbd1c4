"""What storage refuses, each with a stable code."""


class StorageError(Exception):
    """Base of everything that `storage` raises on purpose."""

    code = "storage.error"
