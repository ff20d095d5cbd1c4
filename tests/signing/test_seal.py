import asyncio
import hashlib
import io
import re
import subprocess
import zlib
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest
from asn1crypto import cms
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing import errors, seal
from signing.identity import Identity
from signing.readback import confirm_all
from signing.timestamp import LocalTimestamper
from tests.templates.reading import unsound

NOW = datetime(2026, 11, 23, 17, 4, 5, tzinfo=UTC)
CLAIMS = {"when": NOW, "reason": "Bon de commande 2026-LYO-000042", "location": "Lyon"}


class Down:
    """A time-stamping unit that does not answer."""

    token_size = 4000

    def timestamp(self, digest):
        raise errors.TimestampUnavailable("down")


def asn1(certificate):
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def trust(keys, moment=NOW, **options):
    options = {"allow_fetching": False, "revocation_mode": "soft-fail"} | options
    return ValidationContext(trust_roots=[asn1(keys.root)], moment=moment, **options)


def statuses(pdf, keys, **options):
    """What pyHanko's strict validation says of each signature, oldest first."""
    context = trust(keys, **options)
    found = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    return [validate_pdf_signature(one, context, ts_validation_context=context) for one in found]


def pdfsig(pdf, tmp_path):
    file = tmp_path / "signed.pdf"
    file.write_bytes(pdf)
    return subprocess.run(["pdfsig", "-nocert", file], capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def certified(keys, form):
    return seal.certify(form, keys.seal, **CLAIMS)


@pytest.fixture(scope="module")
def signed(keys, certified):
    return seal.sign_as_customer(certified, keys.one_shot(), timestamper=keys.stamper(), **CLAIMS)


def signature_of(pdf, field="seller"):
    found = {one.field_name: one for one in PdfFileReader(io.BytesIO(pdf)).embedded_signatures}
    return found[field]


# -- the seller's certification


def test_the_form_is_certified_for_signing_alone(keys, certified):
    """Strict validation trusts the seal over the whole file; the file may be filled and signed, nothing else."""
    (status,) = statuses(certified, keys)
    assert status.bottom_line
    assert SignatureCoverageLevel.ENTIRE_FILE == status.coverage
    assert MDPPerm.FILL_FORMS == signature_of(certified).docmdp_level
    assert unsound(certified) == []


@pytest.mark.programs
def test_pdfsig_finds_the_certification(certified, tmp_path):
    """Poppler finds the seal valid over the whole file."""
    report = pdfsig(certified, tmp_path)
    assert "Signature is Valid" in report
    assert "ETSI.CAdES.detached" in report
    assert "Total document signed" in report


def test_the_form_itself_is_untouched(form, certified):
    """Certification is an increment: the form as drawn begins the file, and what it says of itself stays."""
    assert certified.startswith(form)
    assert not re.search(rb"pyHanko|/ModDate|/Producer|/Metadata", certified[len(form) :])


@pytest.mark.parametrize("compact", [True, False])
def test_the_file_stays_pdf_a(keys, compact, draw):
    """PDF 1.7 for both keys, the drawn looks kept, no font added, no time and no SHA-1 in the signatures."""
    form = draw(compact=compact)
    pdf = seal.certify(form, keys.seal, **CLAIMS)
    pdf = seal.sign_as_customer(pdf, keys.one_shot(), timestamper=keys.stamper(), **CLAIMS)
    before, after = pikepdf.open(io.BytesIO(form)), pikepdf.open(io.BytesIO(pdf))
    assert "1.7" == after.pdf_version
    assert "/Version" not in after.Root
    assert ["/DocMDP"] == list(after.Root.Perms.keys())
    assert b"/Font" not in pdf[len(form) :]
    for drawn, kept in zip(before.Root.AcroForm.Fields, after.Root.AcroForm.Fields, strict=True):
        assert drawn.AP.N.read_bytes() == kept.AP.N.read_bytes()
        assert drawn.Rect == kept.Rect
        for reference in kept.V.Reference:
            assert not {"/DigestMethod", "/DigestValue"} & set(reference.keys())
    for field in ("seller", "client"):
        info = signature_of(pdf, field).signer_info
        kinds = sorted(attribute["type"].native for attribute in info["signed_attrs"])
        assert ["content_type", "message_digest", "signing_certificate_v2"] == kinds
        assert "sha256" == info["digest_algorithm"]["algorithm"].native


def test_the_signature_says_who_when_where_and_why(certified):
    """Name, time, place and reason are in the dictionary, where readers look."""
    opened = pikepdf.open(io.BytesIO(certified))
    dictionary = opened.Root.AcroForm.Fields[0].V
    assert "D:20261123170405" == str(dictionary.M)[:16]
    assert ("Bon de commande 2026-LYO-000042", "Lyon") == (str(dictionary.Reason), str(dictionary.Location))
    assert "CACHET DE DÉVELOPPEMENT - Annuaires & Associés" == str(dictionary.Name)
    assert "/Cert" not in dictionary


def test_the_customers_field_is_locked_before_the_first_signature(certified):
    """A field drawn without lock gets it within the certified revision: all fields, no more changes."""
    opened = pikepdf.open(io.BytesIO(certified))
    lock = opened.Root.AcroForm.Fields[1].Lock
    assert lock.is_indirect
    assert ("/SigFieldLock", "/All", 1) == (lock.Type, lock.Action, lock.P)


def test_a_certification_may_be_time_stamped(keys, form):
    """With a unit, the seal is at level B-T."""
    pdf = seal.certify(form, keys.seal, timestamper=keys.stamper(), **CLAIMS)
    (status,) = statuses(pdf, keys)
    assert status.timestamp_validity.valid
    assert status.timestamp_validity.trusted
    assert NOW == status.timestamp_validity.timestamp


def test_same_form_same_time_same_bytes(keys, form, certified):
    """RSA is deterministic: a retried certification gives the file that was perhaps shown already."""
    assert certified == seal.certify(form, keys.seal, **CLAIMS)


# -- the customer's signature


def test_both_signatures_hold(keys, signed):
    """Seal and signature are trusted, the second time-stamped and over the whole file."""
    first, second = statuses(signed, keys)
    assert first.bottom_line
    assert second.bottom_line
    assert SignatureCoverageLevel.ENTIRE_FILE == second.coverage
    assert second.timestamp_validity.valid
    assert second.timestamp_validity.trusted
    assert MDPPerm.NO_CHANGES == signature_of(signed, "client").docmdp_level
    assert unsound(signed) == []


@pytest.mark.programs
def test_pdfsig_finds_both_signatures(signed, tmp_path):
    """Poppler finds both valid, the second with its signer's name."""
    report = pdfsig(signed, tmp_path)
    assert 2 == report.count("Signature is Valid")
    assert "Hélène Bœuf-Müller" in report


def test_the_signature_outlives_its_certificate(keys, signed):
    """Years after the ten minutes have passed, the time-stamp tells when it was valid."""
    later = NOW + timedelta(days=900)
    info = signature_of(signed, "client").signer_info
    token = info["unsigned_attrs"][0]["values"][0]["content"]
    stamped = token["encap_content_info"]["content"].parsed
    assert NOW == stamped["gen_time"].native
    assert hashlib.sha256(info["signature"].native).digest() == stamped["message_imprint"]["hashed_message"].native
    assert not statuses(signed, keys, moment=later)[1].bottom_line  # at face value it has expired...
    assert statuses(signed, keys, moment=NOW)[1].bottom_line  # ...but not at the time-stamped instant


def issuers_copies(pdf, keys):
    """Where the issuing authority's certificate stands in the file, in hexadecimal."""
    copy = keys.issuer.certificate.public_bytes(Encoding.DER).hex().upper().encode()
    return [range(found.start(), found.end()) for found in re.finditer(copy, pdf)]


def test_one_changed_byte_is_refused(keys, signed):
    """Anywhere in the file, padding included.

    A copy of the issuer's certificate within a signature is left out: no signature covers it, so it is for the
    verifier, who has the root, to judge.
    """
    copies = issuers_copies(signed, keys)
    places = [part * len(signed) // 48 for part in range(1, 48)]
    tried = [at for at in places if not any(at in copy for copy in copies)]
    assert len(tried) > 30
    for at in tried:
        damaged = signed[:at] + bytes((signed[at] ^ 1,)) + signed[at + 1 :]
        with pytest.raises(errors.SealNotConfirmed):
            confirm_all(damaged)


CHANGED = pytest.mark.parametrize("at", [300, 8500, -200])
"""In the form, between the signatures, after the last one."""


def changed(pdf, at):
    at %= len(pdf)
    return pdf[:at] + bytes((pdf[at] ^ 1,)) + pdf[at + 1 :]


@pytest.mark.programs
@CHANGED
def test_pdfsig_refuses_a_changed_byte(signed, tmp_path, at):
    """Poppler no longer finds both signatures valid."""
    file = tmp_path / "damaged.pdf"
    file.write_bytes(changed(signed, at))
    report = subprocess.run(["pdfsig", "-nocert", file], capture_output=True, check=False).stdout
    assert report.count(b"Signature is Valid") < 2


@CHANGED
def test_pyhanko_refuses_a_changed_byte(keys, signed, at):
    """PyHanko no longer trusts both signatures."""
    damaged = changed(signed, at)
    try:
        verdicts = [status.bottom_line for status in statuses(damaged, keys)]
    except (PdfError, ValueError, zlib.error):
        verdicts = []
    assert verdicts != [True, True]


def test_the_shown_file_is_in_the_signed_one(certified, signed):
    """What the customer was shown can be cut out of what he signed."""
    assert signed.startswith(certified)


def test_a_one_shot_key_signs_one_file(keys, certified):
    """The key of one signature is refused for another."""
    shot = keys.one_shot()
    seal.sign_as_customer(certified, shot, timestamper=None, **CLAIMS)
    with pytest.raises(errors.OneShotSpent):
        seal.sign_as_customer(certified, shot, timestamper=None, **CLAIMS)


def test_without_time_stamp_nothing_is_signed(keys, certified):
    """The caller hears that the unit is down, gets no half-signed file, and needs a fresh key for the next try."""
    shot = keys.one_shot()
    with pytest.raises(errors.TimestampUnavailable):
        seal.sign_as_customer(certified, shot, timestamper=Down(), **CLAIMS)
    assert shot.spent
    with pytest.raises(errors.TimestampUnavailable):
        seal.add_document_timestamp(certified, Down())


def test_a_third_signature_is_refused(keys, signed, certified):
    """The customer signs once, the seller certifies first, and only what is certified is signed."""
    for attempt in (
        lambda: seal.sign_as_customer(signed, keys.one_shot(), timestamper=None, **CLAIMS),
        lambda: seal.certify(signed, keys.seal, **CLAIMS),
        lambda: seal.certify(certified, keys.seal, **CLAIMS),
        lambda: seal.seal_document(signed, keys.seal, field="other", **CLAIMS),
    ):
        with pytest.raises(errors.UnusablePdf, match="already"):
            attempt()


def test_an_uncertified_form_is_not_signed(keys, form):
    """Without certification, or with one that closes the file, the customer's signature would prove too little."""
    closed = seal.seal_document(form, keys.seal, **CLAIMS)
    for pdf in (form, closed):
        with pytest.raises(errors.UnusablePdf, match=r"lock|not certified"):
            seal.sign_as_customer(pdf, keys.one_shot(), timestamper=None, **CLAIMS)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"%PDF-1.7\n%%EOF\n", b"\0" * 5000])
def test_what_is_no_pdf_is_refused(keys, content):
    """Whatever it is, the error is ours."""
    with pytest.raises(errors.UnusablePdf):
        seal.certify(content, keys.seal, **CLAIMS)
    with pytest.raises(errors.UnusablePdf):
        seal.seal_document(content, keys.seal, **CLAIMS)


@pytest.mark.parametrize("part", range(1, 8))
def test_a_cut_file_is_refused(keys, form, part):
    """A form that was not written to its end is not certified."""
    with pytest.raises(errors.UnusablePdf):
        seal.certify(form[: part * len(form) // 8], keys.seal, **CLAIMS)


def test_missing_fields_and_encryption_are_told(keys, draw):
    """A form without the field, and an encrypted one, cannot be signed."""
    with pytest.raises(errors.UnusablePdf, match="no signature field 'seller'"):
        seal.certify(draw(fields=("client",)), keys.seal, **CLAIMS)
    with pytest.raises(errors.UnusablePdf):
        seal.certify(draw(encrypted=True), keys.seal, **CLAIMS)


def test_an_instant_without_zone_is_refused(keys, form):
    """A naive time would be some other time elsewhere."""
    with pytest.raises(ValueError, match="zone"):
        seal.certify(form, keys.seal, when=NOW.replace(tzinfo=None), reason="", location="")


def test_a_wrong_key_never_leaves(keys, form):
    """A signature that does not verify under its certificate is found when read back."""
    wrong = Identity(keys.seal.certificate, keys.seal.chain, rsa.generate_private_key(65537, 3072))
    for thorough in (True, False):
        with pytest.raises(errors.SealNotConfirmed):
            seal.certify(form, wrong, thorough=thorough, **CLAIMS)


# -- other documents


@pytest.mark.parametrize("fields", [("seller",), ()])
def test_a_document_is_sealed_for_good(keys, draw, fields):
    """In the field drawn for it, or in one without a place on a page; nothing may follow but archival data."""
    pdf = seal.seal_document(draw(fields=fields), keys.seal, timestamper=keys.stamper(), **CLAIMS)
    (status,) = statuses(pdf, keys)
    assert status.bottom_line
    assert MDPPerm.NO_CHANGES == signature_of(pdf).docmdp_level
    assert unsound(pdf) == []
    opened = pikepdf.open(io.BytesIO(pdf))
    assert len(fields) == len(opened.pages[-1].get("/Annots", []))


@pytest.mark.programs
@pytest.mark.parametrize("fields", [("seller",), ()])
def test_pdfsig_finds_the_seal_of_a_document(keys, draw, tmp_path, fields):
    """Poppler finds it valid with a field on a page and without."""
    pdf = seal.seal_document(draw(fields=fields), keys.seal, timestamper=keys.stamper(), **CLAIMS)
    assert "Signature is Valid" in pdfsig(pdf, tmp_path)


# -- for decades


@pytest.fixture(scope="module")
def preserved(keys, signed):
    """The same at level B-LTA."""
    issuers = [keys.issuer.certificate, keys.root]
    pdf = seal.add_validation_info(signed, certificates=issuers, crls=keys.crls())
    return seal.add_document_timestamp(pdf, keys.stamper(NOW + timedelta(minutes=1)))


@pytest.mark.programs
def test_pdfsig_finds_what_is_preserved(preserved, tmp_path):
    """Poppler still finds both signatures valid."""
    assert 2 == pdfsig(preserved, tmp_path).count("Signature is Valid")


def test_long_term_levels(keys, preserved):
    """B-LT has all that validation needs, without the network; B-LTA stamps it; every signature still holds."""
    reader = PdfFileReader(io.BytesIO(preserved))
    store = DocumentSecurityStore.read_dss(reader)
    options = {"trust_roots": [asn1(keys.root)], "moment": NOW, "allow_fetching": False, "revocation_mode": "hard-fail"}
    context = store.as_validation_context(options)
    for signature in reader.embedded_regular_signatures:
        status = validate_pdf_signature(signature, context, ts_validation_context=context)
        assert status.bottom_line
        assert status.modification_level.name == "LTA_UPDATES" or signature.field_name == "seller"
    (stamp,) = reader.embedded_timestamp_signatures
    verdict = validate_pdf_timestamp(stamp, context)
    assert verdict.intact
    assert verdict.valid
    assert verdict.trusted
    assert SignatureCoverageLevel.ENTIRE_FILE == verdict.coverage
    assert ("timestamp1", NOW + timedelta(minutes=1)) == (stamp.field_name, verdict.timestamp)
    assert unsound(preserved) == []


def test_time_stamps_are_renewed(keys, signed):
    """Three document time-stamps in a row, years apart: each over all before, none breaking another."""
    pdf = signed
    for years in (0, 3, 6):
        pdf = seal.add_document_timestamp(pdf, keys.stamper(NOW + timedelta(days=365 * years)))
    names = [one.field_name for one in PdfFileReader(io.BytesIO(pdf)).embedded_timestamp_signatures]
    assert ["timestamp1", "timestamp2", "timestamp3"] == names
    confirm_all(pdf)


def test_a_level_that_is_not_reached_is_told(keys, signed):
    """A missing issuer, list, or a list of somebody else is named; nothing is written."""
    issuers = [keys.issuer.certificate, keys.root]
    own, of_root = keys.crls()
    for certificates, crls, missing in (
        ([], [own, of_root], "the issuer of AUTORITÉ"),
        (issuers, [own], "a revocation list of RACINE"),
        (issuers, [of_root], "a revocation list of AUTORITÉ"),
        (issuers, [of_root, of_root], "a revocation list of AUTORITÉ"),
    ):
        with pytest.raises(errors.ValidationInfoIncomplete, match=missing):
            seal.add_validation_info(signed, certificates=certificates, crls=crls)


# -- compared with pyHanko


def stock_signer(identity):
    store = SimpleCertificateStore()
    store.register_multiple([asn1(link) for link in identity.chain])
    encoded = identity._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    key = asn1_keys.PrivateKeyInfo.load(encoded)
    return signers.SimpleSigner(asn1(identity.certificate), key, store, embed_roots=False)


def test_our_cms_is_pyhankos_byte_for_byte(keys):
    """For the RSA seal both give the same signed data."""
    digest = hashlib.sha256(b"document").digest()
    expected = asyncio.run(stock_signer(keys.seal).async_sign(digest, "sha256", use_pades=True)).dump()
    assert expected == keys.seal.cms.sign_detached(digest)


def test_our_p256_cms_differs_in_the_signature_alone(keys):
    """ECDSA is random; everything around it is the same."""
    digest = hashlib.sha256(b"document").digest()
    expected = asyncio.run(stock_signer(keys.issuer).async_sign(digest, "sha256", use_pades=True))
    ours = cms.ContentInfo.load(keys.issuer.cms.sign_detached(digest), strict=True)
    theirs, mine = (one["content"]["signer_infos"][0] for one in (expected, ours))
    assert theirs["signed_attrs"].dump() == mine["signed_attrs"].dump()
    for part in ("version", "sid", "digest_algorithm", "signature_algorithm"):
        assert theirs[part].dump() == mine[part].dump()
    for part in ("version", "digest_algorithms", "encap_content_info", "certificates"):
        assert expected["content"][part].dump() == ours["content"][part].dump()


def test_the_room_kept_free_is_enough_and_not_wasteful(signed):
    """Less than a kilobyte of each hole is padding: the file stays small."""
    for hole in re.findall(rb"/Contents <([0-9A-F]{2000,})>", signed):
        padding = len(hole) - len(hole.rstrip(b"0"))
        assert 0 < padding < 2 * 1536


def test_a_time_stamp_larger_than_announced_is_an_error(keys, form):
    """Never a truncated signature."""

    class Talkative(LocalTimestamper):
        def __init__(self, identity, **options):
            super().__init__(identity, **options)
            self.token_size = 10

    with pytest.raises(errors.SealNotConfirmed, match="kept free"):
        seal.certify(form, keys.seal, timestamper=Talkative(keys.unit, clock=lambda: NOW), **CLAIMS)
