"""A key in a security module, reached by PKCS#11 (v2.40); addressed by a PKCS#11 URI (RFC 7512).

pkcs11:token=seing;object=seal?module-path=/usr/lib/softhsm/libsofthsm2.so
pkcs11:serial=9f2c...;id=%01?module-path=...&pin-source=/run/secrets/pin
"""

import hashlib
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_to_bytes

import pkcs11
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11.exceptions import PinIncorrect, PKCS11Error, UserAlreadyLoggedIn

from signing.errors import KeyFileError, KeyFileMissing, KeyFileUnreadable, KeyUnavailable, WrongPassphrase

NAME = "pkcs11:"


class TokenKey:
    """A private key of a token. One session, used by one thread at a time, opened again when the module lost it.

    Args:
        address: module, token (`token` or `serial`) and key (`object` or `id`). The PIN has no place in it but as
            `pin-source`, the path of a file.
        pin: where the address names no source.

    Raises:
        KeyFileError: an address that names no module, a PIN that is refused, a key that is not there.
        KeyUnavailable: the module does not answer.
    """

    def __init__(self, address: str, pin: str) -> None:
        path, _, query = address.removeprefix(NAME).partition("?")
        where = dict(part.split("=", 1) for part in path.split(";") if "=" in part)
        options = dict(parse_qsl(query))
        if (
            "module-path" not in options
            or not where.keys() & {"token", "serial"}
            or not where.keys() & {"object", "id"}
        ):
            raise KeyFileUnreadable(NAME, "module-path, token or serial, and object or id are needed")
        if "pin-value" in options:
            raise KeyFileUnreadable(NAME, "a PIN has no place in an address: give pin-source, or the passphrase")
        self._module = options["module-path"]
        self._pin = _read_pin(options["pin-source"]) if "pin-source" in options else pin
        self._token: dict[str, Any] = {
            name: value
            for name, value in (
                ("token_label", unquote(where.get("token", ""))),
                ("token_serial", unquote_to_bytes(where.get("serial", ""))),
            )
            if value
        }
        self._wanted: dict[str, Any] = {
            name: value
            for name, value in (
                ("label", unquote(where.get("object", ""))),
                ("id", unquote_to_bytes(where.get("id", ""))),
            )
            if value
        }
        self._lock = threading.Lock()
        self._key: Any = None
        with self._lock:
            self._open()

    def sign(self, data: bytes) -> bytes:
        """See `RemoteKey.sign`."""
        with self._lock:
            try:
                return self._sign(data)
            except PKCS11Error:
                self._open()  # the session was lost: the module restarted, or the token was taken out and put back
            try:
                return self._sign(data)
            except PKCS11Error as error:
                raise _unavailable(error) from error

    def _sign(self, data: bytes) -> bytes:
        if self._key.key_type == pkcs11.KeyType.RSA:
            return bytes(self._key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))
        # Many modules know ECDSA alone, without the digest; its two numbers come side by side (PKCS#11, 2.3.1).
        raw = bytes(self._key.sign(hashlib.sha256(data).digest(), mechanism=pkcs11.Mechanism.ECDSA))
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))

    def _open(self) -> None:
        try:
            token = pkcs11.lib(self._module).get_token(**self._token)
            try:
                session = token.open(user_pin=self._pin)
            except UserAlreadyLoggedIn:  # by another key of this process: a log-in counts for all its sessions
                session = token.open()
            self._key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, **self._wanted)
        except PinIncorrect:
            raise WrongPassphrase(NAME, "the token refuses the PIN") from None
        except pkcs11.NoSuchKey:
            raise KeyFileMissing(NAME, "the token has no such private key") from None
        except pkcs11.MultipleObjectsReturned:
            raise KeyFileError(NAME, "the token has several such private keys: give object and id") from None
        except (PKCS11Error, RuntimeError) as error:
            raise _unavailable(error) from error


def _read_pin(source: str) -> str:
    path = Path(source.removeprefix("file:"))
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise KeyFileMissing(path.name, error.strerror or "cannot be read") from None


def _unavailable(error: Exception) -> KeyUnavailable:
    return KeyUnavailable(f"the security module cannot be used: {type(error).__name__}")
