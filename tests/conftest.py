"""What every test may ask for. Keys are made once per run: RSA-3072 takes its time."""

import os
import ssl
from functools import lru_cache

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.house import make_keys, make_services
from tests.once import contents, made_once

# Opening a PKCS#12 file costs 150 ms by design (PBKDF2, a check of the RSA key), and every installation of the tests is
# a copy of the same three files: each is opened once. What does not open raises, and is not remembered.
pkcs12.load_key_and_certificates = lru_cache(maxsize=None)(pkcs12.load_key_and_certificates)

# Reading the list of the public authorities costs 25 ms for every installation, and it is the same list each time.
ssl.create_default_context = lru_cache(maxsize=None)(ssl.create_default_context)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for name in [name for name in os.environ if name.startswith("SEING_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def installation(tmp_path_factory):
    """A folder to copy. A test that worked in it would change what every later one begins with."""
    folder, _ = made_once(tmp_path_factory, "installation", make_keys)
    before = contents(folder)
    yield folder
    assert contents(folder) == before, "a test has worked in the installation that all others copy"


@pytest.fixture
def services(installation, tmp_path):
    return make_services(installation, tmp_path / "var")
