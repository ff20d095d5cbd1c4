"""The vault: what it seals opens in its own place alone, under any key still held."""

import pytest

from storage.errors import Tampered, UnknownKey, VaultError
from storage.vault import Vault

IBAN = "FR7630004008230001009876534"
PLACE = {"table": "orders", "column": "iban_enc", "row_id": "a" * 32}


@pytest.fixture
def vault() -> Vault:
    return Vault({"2026": b"k" * 32, "2025": b"o" * 32}, "2026", b"f" * 32)


@pytest.mark.parametrize("plain", ["", IBAN, "é€", b"\x00\xff" * 1000])
def test_what_is_sealed_opens(vault: Vault, plain: str | bytes):
    """Text and bytes come back; the field shows nothing of them and differs each time."""
    sealed = vault.seal(plain, **PLACE)

    assert (plain if isinstance(plain, bytes) else plain.encode()) == vault.open(sealed, **PLACE)
    assert sealed != vault.seal(plain, **PLACE)
    assert IBAN.encode() not in sealed
    assert "2026" == vault.key_id(sealed)
    if isinstance(plain, str):
        assert plain == vault.open_text(sealed, **PLACE)


def test_every_changed_byte_is_noticed(vault: Vault):
    """Whichever byte changes, and wherever the field is cut, it does not open, and the error shows nothing of it."""
    sealed = vault.seal(IBAN, **PLACE)

    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(VaultError) as refusal:
            vault.open(bytes(changed), **PLACE)
        assert IBAN not in repr(refusal.value)
        with pytest.raises(VaultError):
            vault.open(sealed[:position], **PLACE)


@pytest.mark.parametrize("other", [{"row_id": "b" * 32}, {"column": "mobile_enc"}, {"table": "mandates"}])
def test_a_field_moved_elsewhere_does_not_open(vault: Vault, other: dict[str, str]):
    """Swapping two customers' IBANs in the database is noticed."""
    with pytest.raises(Tampered):
        vault.open(vault.seal(IBAN, **PLACE), **{**PLACE, **other})


def test_names_cannot_run_together(vault: Vault):
    """`a|b` + `c` and `a` + `b|c` would be one place."""
    with pytest.raises(ValueError, match="bar"):
        vault.seal(IBAN, table="orders|x", column="y", row_id="z")


def test_rotation_moves_a_field_to_the_active_key(vault: Vault):
    """An old field is sealed anew, a current one left alone; afterwards the old key may go."""
    old = Vault({"2025": b"o" * 32}, "2025", b"f" * 32).seal(IBAN, **PLACE)
    new = vault.rotate(old, **PLACE)

    assert ("2025", "2026") == (vault.key_id(old), vault.key_id(new))
    assert new is vault.rotate(new, **PLACE)
    later = Vault({"2026": b"k" * 32}, "2026", b"f" * 32)
    assert IBAN == later.open_text(new, **PLACE)
    with pytest.raises(UnknownKey, match="2025"):
        later.open(old, **PLACE)
    with pytest.raises(Tampered):
        vault.rotate(old, **{**PLACE, "row_id": "b"})


def test_fingerprints_find_equal_values(vault: Vault):
    """The same value for the same purpose, under the same key, and nothing else."""
    mark = vault.fingerprint(IBAN, "iban")

    assert mark == vault.fingerprint(IBAN, "iban")
    assert 64 == len(mark)
    others = {
        vault.fingerprint(IBAN, "mobile"),
        vault.fingerprint(IBAN[:-1], "iban"),
        vault.fingerprint("n" + IBAN, "iba"),
        Vault({"a": b"k" * 32}, "a", b"g" * 32).fingerprint(IBAN, "iban"),
    }
    assert 4 == len(others - {mark})


def test_a_vault_shows_no_key(vault: Vault):
    """Its repr has the name of the active key and how many there are."""
    assert "Vault(active='2026', keys=2)" == repr(vault)


@pytest.mark.parametrize(
    ("keys", "active", "fingerprint"),
    [
        ({"a": b"short"}, "a", b"f" * 32),
        ({"a": b"k" * 32}, "b", b"f" * 32),
        ({"a b": b"k" * 32}, "a b", b"f" * 32),
        ({"": b"k" * 32}, "", b"f" * 32),
        ({"a": b"k" * 32}, "a", b"f"),
        ({}, "a", b"f" * 32),
    ],
)
def test_unfit_keys_are_refused(keys: dict[str, bytes], active: str, fingerprint: bytes):
    """Wrong length, no name, or an active key that is not there: said at start-up, without the key."""
    with pytest.raises(ValueError, match="vault key"):
        Vault(keys, active, fingerprint)
