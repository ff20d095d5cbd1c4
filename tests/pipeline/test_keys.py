"""Keys of an installation: what is refused, what is found at start-up, and new ones taken up on the way."""

import shutil
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from pipeline.bootstrap import build_keys
from pipeline.cli import app
from pipeline.config import load_settings
from pipeline.errors import Misconfigured
from pipeline.selftest import seal_blank_page
from signing import errors, pki
from signing.seal import seal_document
from signing.verify import verify
from tests.house import NOW, TestClock


@pytest.fixture(scope="module")
def next_pki(installation, tmp_path_factory):
    """What the next keys are: another root, another passphrase would be another setting."""
    folder = tmp_path_factory.mktemp("next") / "keys"
    passphrase = load_settings(data_dir=installation).secret("key_passphrase").encode()
    pki.create_development_pki(folder, passphrase=passphrase, now=NOW, organisation="Suivante")
    return folder


def settings_of(services, **changes):
    return load_settings(data_dir=services.settings.data_dir, **changes)


def put(services, next_pki, *names):
    for name in names:
        shutil.copy(next_pki / name, services.settings.keys_dir / name)


def trust_both(services, next_pki):
    root = services.settings.keys_dir / pki.ROOT
    root.write_bytes(root.read_bytes() + (next_pki / pki.ROOT).read_bytes())


def sealed(services):
    from pipeline.selftest import blank_page

    keys = services.keys
    claims = {"when": services.clock(), "reason": "Essai", "location": "Lyon"}
    return seal_document(blank_page(NOW), keys.seal, timestamper=keys.timestamper, **claims)


def test_new_keys_are_taken_up_and_old_signatures_stay_valid(services, next_pki):
    """The file is replaced under the running process: it signs with the new seal, and trusts both."""
    before, first = sealed(services), services.keys.seal.certificate
    services.keys.refresh()
    assert first == services.keys.seal.certificate
    trust_both(services, next_pki)
    put(services, next_pki, pki.SEAL, pki.ISSUER, pki.TIMESTAMP)
    services.keys.refresh()
    after = sealed(services)
    assert first != services.keys.seal.certificate
    for pdf in (before, after):
        report = verify(pdf, trust=services.keys.roots, now=services.clock() + timedelta(minutes=5))
        assert report.passed, report.findings


@pytest.mark.parametrize("damage", ["cut", "lost root", "gone"])
def test_keys_that_do_not_serve_are_refused_and_the_old_go_on(services, next_pki, damage):
    """Half a file, a root that would be forgotten, no file at all: the process signs on with what it has."""
    first = services.keys.seal.certificate
    path = services.settings.keys_dir / pki.SEAL
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    else:
        put(services, next_pki, pki.SEAL, pki.ISSUER, pki.TIMESTAMP, pki.ROOT)
    services.keys.refresh()
    assert first == services.keys.seal.certificate
    assert verify(sealed(services), trust=services.keys.roots, now=services.clock() + timedelta(minutes=5)).passed


def test_nothing_is_signed_with_an_expired_certificate(services):
    """Neither by a process that runs on, nor by one that starts."""
    services.clock.move(days=3660)
    with pytest.raises(errors.CertificateExpired):
        services.keys.current()
    with pytest.raises(Misconfigured, match="expiré"):
        build_keys(services.settings, services.works, services.clock)
    assert services.keys.roots


def test_development_keys_are_refused_in_production(services):
    """By the seal's own policy, whatever the file is called; and their root is not trusted."""
    folder = services.settings.keys_dir
    passphrase = services.settings.secret("key_passphrase")
    given = {f"{part}_key": f"file:{folder / name}" for part, name in (("seal", pki.SEAL), ("issuer", pki.ISSUER))}
    settings = settings_of(services, environment="production", key_passphrase=passphrase, **given)
    with pytest.raises(Misconfigured, match="clé de développement"):
        build_keys(settings, services.works, TestClock())
    from pipeline.bootstrap import trusted_roots

    assert trusted_roots(settings) == ()
    assert trusted_roots(services.settings)


def test_a_pem_beside_the_address_is_asked_for(services):
    """A key in a module without its certificates is refused by name."""
    settings = settings_of(services, seal_key="pkcs11:token=seing;object=seal?module-path=/x.so")
    with pytest.raises(Misconfigured) as caught:
        build_keys(settings, services.works, services.clock)
    assert caught.value.setting == "SEING_SEAL_KEY"
    assert "fichier PEM" in caught.value.problem


def test_a_seal_that_does_not_fit_is_found_before_anybody_signs(services):
    """The blank page says so: here the issuer's file stands where another authority is trusted."""
    keys = services.keys.current()
    seal_blank_page(keys, services.clock())
    stranger = type(keys)(keys.seal, keys.issuer, keys.timestamper, (), keys.ends)
    with pytest.raises(Misconfigured, match="SEING_SEAL_KEY"):
        seal_blank_page(stranger, services.clock())


def test_no_process_starts_on_keys_that_fail(services, monkeypatch, tmp_path):
    """`seing worker` ends at once, with the setting in its message."""
    monkeypatch.setenv("SEING_DATA_DIR", str(services.settings.data_dir))
    (services.settings.keys_dir / pki.SEAL).write_bytes(b"no key")
    result = CliRunner().invoke(app, ["worker"])
    assert result.exit_code != 0
    assert "SEING_SEAL_KEY" in f"{result.output}{result.exception}"
