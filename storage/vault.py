"""Fields that the database keeps but cannot read: AES-256-GCM, bound to their place, under keys with a name.

A sealed field is `1 | length of key id | key id | nonce (12) | ciphertext and tag (16)`. The associated data is the
head plus `table|column|row_id`, so that a field copied to another row, column or table does not open
(NIST SP 800-38D; GCM with random nonces is good for 2^32 fields a key, clause 8.3).
"""

import hmac
import os
import re
from collections.abc import Mapping
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import Tampered, UnknownKey

FORMAT = 1
NONCE_BYTES = 12
TAG_BYTES = 16
KEY_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


class Vault:
    """Seals fields under the active key and opens them under any key that it holds.

    Args:
        keys: 32 bytes each, under the id that is written beside what they seal; old keys stay as long as fields
            sealed under them do.
        active: the id of the key that seals from now on.
        fingerprint_key: 32 bytes, never rotated without recomputing every fingerprint column.

    Raises:
        ValueError: a key of another length, an id that is not `[A-Za-z0-9._-]{1,32}`, or an active key not held.
    """

    def __init__(self, keys: Mapping[str, bytes], active: str, fingerprint_key: bytes) -> None:
        if any(not _KEY_ID.fullmatch(key_id) for key_id in keys):
            raise ValueError("a vault key id is 1 to 32 letters, digits, dots, dashes or underscores")
        if any(len(key) != KEY_BYTES for key in (*keys.values(), fingerprint_key)):
            raise ValueError(f"a vault key has {KEY_BYTES} bytes")
        if active not in keys:
            raise ValueError(f"the active vault key {active!r} is not among the keys")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._fingerprint_key = fingerprint_key
        self.active = active

    def __repr__(self) -> str:
        return f"Vault(active={self.active!r}, keys={len(self._ciphers)})"

    def seal(self, plain: str | bytes, *, table: str, column: str, row_id: str) -> bytes:
        """The field as it is stored; twice the same text gives two different fields."""
        data = plain.encode() if isinstance(plain, str) else plain
        name = self.active.encode()
        head = bytes((FORMAT, len(name))) + name
        nonce = os.urandom(NONCE_BYTES)
        place = _place(table, column, row_id)
        return head + nonce + self._ciphers[self.active].encrypt(nonce, data, head + place)

    def open(self, sealed: bytes, *, table: str, column: str, row_id: str) -> bytes:
        """The field in clear.

        Raises:
            UnknownKey: sealed under a key that this vault does not hold.
            Tampered: changed, cut, or sealed for another place.
        """
        head, nonce, ciphertext = _split(sealed)
        cipher = self._ciphers.get(head[2:].decode())
        if cipher is None:
            raise UnknownKey(head[2:].decode())
        try:
            return cipher.decrypt(nonce, ciphertext, head + _place(table, column, row_id))
        except InvalidTag:
            raise Tampered(f"{table}.{column} does not open: changed, or sealed for another row") from None

    def open_text(self, sealed: bytes, *, table: str, column: str, row_id: str) -> str:
        """`open`, for a field that was text."""
        return self.open(sealed, table=table, column=column, row_id=row_id).decode()

    def rotate(self, sealed: bytes, *, table: str, column: str, row_id: str) -> bytes:
        """The same field under the active key; unchanged where it is under it already. Raises as `open`."""
        if self.key_id(sealed) == self.active:
            return sealed
        plain = self.open(sealed, table=table, column=column, row_id=row_id)
        return self.seal(plain, table=table, column=column, row_id=row_id)

    def key_id(self, sealed: bytes) -> str:
        """The id of the key that the field was sealed under. Raises `Tampered` where there is no such field."""
        return _split(sealed)[0][2:].decode()

    def fingerprint(self, value: str, purpose: str) -> str:
        """A keyed hash (HMAC-SHA256, 64 hex digits) to look a value up by equality; each purpose has its own."""
        message = len(purpose.encode()).to_bytes(2, "big") + purpose.encode() + value.encode()
        return hmac.new(self._fingerprint_key, message, sha256).hexdigest()


def _place(table: str, column: str, row_id: str) -> bytes:
    if "|" in table or "|" in column:
        raise ValueError("no table or column has a bar in its name")
    return f"{table}|{column}|{row_id}".encode()


def _split(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    start = 2 + sealed[1] if len(sealed) > 1 and sealed[0] == FORMAT else 0
    head = sealed[:start]
    if not start or len(sealed) < start + NONCE_BYTES + TAG_BYTES or not _KEY_ID.fullmatch(head[2:].decode("latin-1")):
        raise Tampered("not a sealed field")
    return head, sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
