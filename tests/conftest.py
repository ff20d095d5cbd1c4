"""What every test may ask for. Keys are made once per run: RSA-3072 takes its time."""

import os

import pytest

from tests.house import make_keys, make_services


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for name in [name for name in os.environ if name.startswith("SEING_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def installation(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp("made") / "var")


@pytest.fixture
def services(installation, tmp_path):
    return make_services(installation, tmp_path / "var")
