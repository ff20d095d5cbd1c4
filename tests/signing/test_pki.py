import errno
import os
import pickle
import subprocess
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from signing import errors, pki
from signing.certificates import Purpose, is_short_term, is_time_stamping, key_usage
from signing.identity import load_identity

NOW = datetime(2026, 11, 23, 17, 4, 5, tzinfo=UTC)
PASSPHRASE = "motdepasse-à-jeter".encode()


def load(folder, name=pki.SEAL, *, passphrase=PASSPHRASE, purpose=Purpose.SEAL, now=NOW):
    return load_identity(folder / name, passphrase, purpose=purpose, now=now)


def test_keys_are_private_and_encrypted(keys):
    """Nobody but the owner reads the folder, and no private key lies in it in the clear."""
    names = {pki.ROOT, pki.CHAIN, pki.ROOT_CRL, pki.ISSUER, pki.SEAL, pki.TIMESTAMP}
    assert names == {file.name for file in keys.folder.iterdir()}
    assert 0o700 == keys.folder.stat().st_mode & 0o777
    for file in keys.folder.iterdir():
        assert 0o600 == file.stat().st_mode & 0o777
        assert b"PRIVATE KEY" not in file.read_bytes()


def test_every_certificate_says_that_it_is_for_development(keys):
    """Programs find the policy, people the word, in all that is made and in what is issued under it."""
    shot = keys.one_shot()
    for certificate in (keys.root, keys.seal.certificate, keys.issuer.certificate, keys.unit.certificate):
        assert pki.is_development(certificate)
        assert "DÉVELOPPEMENT" in certificate.subject.rfc4514_string()
    assert pki.is_development(shot.certificate)


def test_somebody_elses_certificate_is_not_for_development():
    """Only the private policy marks a development certificate, not a name."""
    assert not pki.is_development(certificate_of(ec.generate_private_key(ec.SECP256R1()), name="DÉVELOPPEMENT"))


@pytest.mark.programs
def test_openssl_accepts_the_chains(keys, tmp_path):
    """A tool that we did not write finds the seal and the time-stamping unit valid for their purposes."""
    for identity, purpose in ((keys.seal, "any"), (keys.unit, "timestampsign")):
        leaf = tmp_path / "leaf.pem"
        leaf.write_bytes(identity.certificate.public_bytes(Encoding.PEM))
        command = ["openssl", "verify", "-attime", str(int(NOW.timestamp())), "-purpose", purpose, "-x509_strict"]
        command += ["-CAfile", keys.folder / pki.ROOT, "-untrusted", keys.folder / pki.CHAIN, leaf]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert 0 == result.returncode, result.stdout + result.stderr


def test_existing_keys_are_never_overwritten(keys):
    """A second run refuses, and the first keys are as they were."""
    before = {file.name: file.read_bytes() for file in keys.folder.iterdir()}
    with pytest.raises(errors.KeysExist):
        pki.create_development_pki(keys.folder, passphrase=b"x", now=NOW, organisation="Autre")
    assert before == {file.name: file.read_bytes() for file in keys.folder.iterdir()}


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    """Keys appear all at once or not at all."""

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        pki.create_development_pki(tmp_path / "pki", passphrase=b"x", now=NOW, organisation="Annuaires")
    assert [] == list(tmp_path.iterdir())


def test_keys_need_a_passphrase(tmp_path):
    """An empty passphrase is refused before anything is made."""
    with pytest.raises(ValueError, match="passphrase"):
        pki.create_development_pki(tmp_path / "pki", passphrase=b"", now=NOW, organisation="Annuaires")
    assert [] == list(tmp_path.iterdir())


def test_revocation_list_names_what_is_revoked(keys):
    """The list is signed by the issuing authority, numbered, dated, and holds serial, time and reason."""
    entry = pki.Revoked(keys.seal.certificate.serial_number, NOW, x509.ReasonFlags.key_compromise)
    crl = x509.load_der_x509_crl(keys.crls(revoked=[entry])[0])
    found = crl.get_revoked_certificate_by_serial_number(entry.serial)
    assert crl.is_signature_valid(keys.issuer.certificate.public_key())
    assert keys.issuer.certificate.subject == crl.issuer
    assert (NOW, NOW + timedelta(days=7)) == (crl.last_update_utc, crl.next_update_utc)
    assert 1 == crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert NOW == found.revocation_date_utc
    assert x509.ReasonFlags.key_compromise == found.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert crl.get_revoked_certificate_by_serial_number(1) is None


def test_revocation_address_is_in_what_the_authority_issues(tmp_path):
    """With an address, verifiers are told where the list is."""
    address = "https://sign.example.fr/pki/issuer.crl"
    pki.create_development_pki(tmp_path / "p", passphrase=b"x", now=NOW, organisation="A", crl_url=address)
    seal = load(tmp_path / "p", passphrase=b"x")
    points = seal.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert address == points[0].full_name[0].value


# -- loading


def test_missing_key_file(tmp_path):
    """The error names the file, without the folder."""
    with pytest.raises(errors.KeyFileMissing, match=r"^seal\.p12: "):
        load(tmp_path)


def test_wrong_passphrase(keys):
    """It is told apart from a damaged file, and is not repeated."""
    with pytest.raises(errors.WrongPassphrase) as caught:
        load(keys.folder, passphrase=b"sesame")
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----", b"0\x82\x01\x00"])
def test_a_file_of_another_kind(tmp_path, content):
    """What is not PKCS#12 is called so, whatever the passphrase."""
    (tmp_path / pki.SEAL).write_bytes(content)
    with pytest.raises(errors.KeyFileUnreadable):
        load(tmp_path)


def test_a_file_without_key(tmp_path, keys):
    """A PKCS#12 file with certificates alone holds no identity."""
    only = pkcs12.serialize_key_and_certificates(
        None, None, None, [keys.seal.certificate], BestAvailableEncryption(PASSPHRASE)
    )
    (tmp_path / pki.SEAL).write_bytes(only)
    with pytest.raises(errors.KeyFileUnreadable, match="no private key"):
        load(tmp_path)


def test_a_file_without_issuers(tmp_path, keys):
    """A signature whose chain cannot be embedded would verify nowhere: that is said before it is made."""
    write(tmp_path / pki.SEAL, keys.seal._key, keys.seal.certificate)
    with pytest.raises(errors.KeyFileUnreadable, match="issuers are missing"):
        load(tmp_path)


def test_encryption_out_of_date(tmp_path, monkeypatch):
    """Files from the last century are refused in words."""

    def old(*_):
        raise UnsupportedAlgorithm("RC2")

    (tmp_path / pki.SEAL).write_bytes(b"old")
    monkeypatch.setattr(pkcs12, "load_key_and_certificates", old)
    with pytest.raises(errors.KeyFileUnreadable, match="out of date"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("now", "error"),
    [
        (NOW + timedelta(days=3653), errors.CertificateExpired),
        (NOW - timedelta(days=2), errors.CertificateNotYetValid),
    ],
)
def test_validity(keys, now, error):
    """A certificate out of its dates is found at start-up; the message says whose and when."""
    with pytest.raises(error, match=r"CACHET.*20[23]"):
        load(keys.folder, now=now)


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP224R1())], ids=["RSA-2048", "P-224"]
)
def test_weak_keys(tmp_path, key):
    """RSA under 3000 bits and small curves are refused."""
    write(tmp_path / pki.SEAL, key, certificate_of(key))
    with pytest.raises(errors.KeyTooWeak):
        load(tmp_path)


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        (pki.SEAL, Purpose.ISSUER),
        (pki.SEAL, Purpose.TIMESTAMP),
        (pki.ISSUER, Purpose.SEAL),
        (pki.ISSUER, Purpose.TIMESTAMP),
        (pki.TIMESTAMP, Purpose.SEAL),
        (pki.TIMESTAMP, Purpose.ISSUER),
    ],
)
def test_wrong_usage(keys, name, purpose):
    """Each key does its own work only."""
    with pytest.raises(errors.WrongKeyUsage, match=purpose):
        load(keys.folder, name, purpose=purpose)


def test_a_certificate_without_usage_is_refused(tmp_path):
    """A certificate that does not say what it is for is for nothing."""
    key = ec.generate_private_key(ec.SECP256R1())
    write(tmp_path / pki.SEAL, key, certificate_of(key, usage=None))
    with pytest.raises(errors.WrongKeyUsage):
        load(tmp_path)


def test_an_identity_shows_and_gives_no_secret(keys):
    """Neither repr nor pickle lets the key out."""
    shown = repr(keys.seal)
    assert "CACHET" in shown
    assert "key" not in shown.lower().replace("keys", "")
    with pytest.raises(TypeError):
        pickle.dumps(keys.seal)


def test_chain_is_in_order(keys):
    """Nearest issuer first, root last, whatever the order in the file."""
    assert (keys.issuer.certificate, keys.root) == keys.seal.chain


# -- one-shot


def test_one_shot_names_who_for_whom_and_which_ceremony(keys):
    """Subject, e-mail, usage, minutes and short-term extension are as EN 319 412-1 and -2 want them."""
    certificate = keys.one_shot().certificate
    subject = {attribute.oid: attribute.value for attribute in certificate.subject}
    expected = {
        NameOID.COMMON_NAME: "Hélène Bœuf-Müller",
        NameOID.TITLE: "Gérante",
        NameOID.ORGANIZATION_NAME: "Au Nom de la Rose SARL",
        NameOID.SERIAL_NUMBER: "0f" * 16,
    }
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    certificate.verify_directly_issued_by(keys.issuer.certificate)
    assert expected == subject
    assert ["helene@example.fr"] == names.get_values_for_type(x509.RFC822Name)
    assert usage.critical
    assert key_usage(content_commitment=True) == usage.value
    assert is_short_term(certificate)
    assert not is_time_stamping(certificate)
    assert timedelta(minutes=11) == certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert isinstance(certificate.public_key().curve, ec.SECP256R1)


def test_one_shot_signs_once(keys):
    """The second use is refused, and the key is gone."""
    shot = keys.one_shot()
    signature = shot.sign(b"document")
    shot.certificate.public_key().verify(signature, b"document", ec.ECDSA(hashes.SHA256()))
    assert shot.spent
    with pytest.raises(errors.OneShotSpent):
        shot.sign(b"document")


def test_one_shot_signs_once_for_many_threads(keys):
    """Threads that start together get one signature among them."""
    shot, ready, made = keys.one_shot(), threading.Barrier(8), []

    def use():
        ready.wait()
        try:
            made.append(shot.sign(b"document"))
        except errors.OneShotSpent:
            made.append(None)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 7 == made.count(None)


def test_one_shots_have_nothing_in_common(keys):
    """Two ceremonies of one customer get two keys and two serial numbers."""
    first, second = keys.one_shot().certificate, keys.one_shot().certificate
    assert first.serial_number != second.serial_number
    assert first.public_key() != second.public_key()


def test_one_shot_stays_in_its_process(keys):
    """Neither repr nor pickle lets the key, or the customer's name, out."""
    shot = keys.one_shot()
    assert "Bœuf" not in repr(shot)
    with pytest.raises(TypeError):
        pickle.dumps(shot)


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Ω" * 90, "Ω" * 30 + "…"),
        ("Jean\n\tDupont", "Jean Dupont"),
        ("<b>,CN=root\x00", "<b>,CN=root"),
        ("É" * 32, "É" * 32),
    ],
)
def test_any_name_fits_a_certificate(keys, name, printed):
    """Long names are cut to what every program takes, control characters are blanks, nothing is taken for syntax."""
    certificate = keys.one_shot(name=name).certificate
    assert [printed] == [a.value for a in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


def test_an_empty_name_is_refused(keys):
    """A certificate without a signatory would prove nothing."""
    with pytest.raises(ValueError, match="not empty"):
        keys.one_shot(name=" \u200b ")


@pytest.mark.parametrize(("field", "value"), [("role", ""), ("email", ""), ("email", "hélène@exämple.fr")])
def test_what_is_optional_may_be_left_out(keys, field, value):
    """No role, no e-mail, or one that RFC 5280 has no form for: the certificate does without."""
    certificate = keys.one_shot(**{field: value}).certificate
    present = [extension.oid for extension in certificate.extensions]
    assert (x509.SubjectAlternativeName.oid in present) == (field != "email")
    assert bool(certificate.subject.get_attributes_for_oid(NameOID.TITLE)) == (field != "role")


def certificate_of(key, *, name="Essai", usage=None):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
    )
    if usage:
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(key, hashes.SHA256())


def write(path, key, certificate):
    encryption = BestAvailableEncryption(PASSPHRASE)
    path.write_bytes(pkcs12.serialize_key_and_certificates(None, key, certificate, None, encryption))
