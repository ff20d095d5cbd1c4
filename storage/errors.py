"""What storage refuses, each with a stable code. Facts are attributes; no value of a row is ever in a message."""

from datetime import date


class StorageError(Exception):
    """Base of everything that `storage` raises on purpose."""

    code = "storage.error"


class NotFound(StorageError):
    """No row of `model` under `key`."""

    code = "storage.not_found"

    def __init__(self, model: str, key: object) -> None:
        """Name the model and the key that was looked for."""
        super().__init__(f"no {model} under {key!r}")
        self.model, self.key = model, key


class SchemaUnknown(StorageError):
    """The database is at a step (`revision`) that this program does not know: a newer one has migrated it."""

    code = "storage.schema_unknown"

    def __init__(self, revision: str) -> None:
        """Name the step that was found."""
        super().__init__(f"the database is at step {revision!r}, which this program does not know")
        self.revision = revision


class VaultError(StorageError):
    """A sealed field cannot be opened; the message never holds the field."""

    code = "vault.error"


class UnknownKey(VaultError):
    """The field was sealed under a key that this vault does not hold (`key_id`)."""

    code = "vault.unknown_key"

    def __init__(self, key_id: str) -> None:
        """Name the missing key, which is no secret."""
        super().__init__(f"no vault key named {key_id!r}")
        self.key_id = key_id


class Tampered(VaultError):
    """The sealed field was changed, cut, or moved to another row or column."""

    code = "vault.tampered"


class ArchiveError(StorageError):
    """Base of the archive's refusals."""

    code = "archive.error"


class ArchiveMissing(ArchiveError):
    """Nothing is archived under that SHA-256 in that area."""

    code = "archive.missing"

    def __init__(self, sha256: str, area: str) -> None:
        """Name the key and the area."""
        super().__init__(f"nothing in {area} under {sha256[:64]!r}")
        self.sha256, self.area = sha256, area


class ArchiveCorrupted(ArchiveError):
    """What is stored does not hash to its key."""

    code = "archive.corrupted"

    def __init__(self, sha256: str, area: str) -> None:
        """Name the key and the area."""
        super().__init__(f"{sha256} in {area} does not hash to its key")
        self.sha256, self.area = sha256, area


class ArchiveUnavailable(ArchiveError):
    """The archive cannot be read or written just now (disk full, server down, rights); trying later may succeed."""

    code = "archive.unavailable"


class ArchiveRetained(ArchiveError):
    """Deletion was asked before the end of the retention, `until` (included)."""

    code = "archive.retained"

    def __init__(self, sha256: str, until: date | None) -> None:
        """Name the key and the last day of its retention."""
        super().__init__(f"{sha256} is kept until {until or 'an unknown date'}")
        self.sha256, self.until = sha256, until
