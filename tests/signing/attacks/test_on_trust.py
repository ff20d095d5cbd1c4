"""A signature is worth what its certificates were worth when it was made."""

import io
from datetime import timedelta

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils import generic

from signing import longterm, pki, seal
from signing.certificates import key_usage
from signing.verify import Indication
from tests.signing import world
from tests.signing.attacks import forge, on_trust

DAY = timedelta(days=1)


def revoked(identity, at):
    return pki.Revoked(serial=identity.certificate.serial_number, at=at)


def test_a_good_authority_passes():
    """The scene itself is sound: without an attack the verdict passes."""
    report = on_trust.judged(on_trust.by(on_trust.authority()), crls=[on_trust.root_crl()])
    assert report.passed, report.findings


def test_revoked_authority_in_the_file_is_refused():
    """A revocation list in the file's own validation data names the issuing authority before the signature."""
    issuer = on_trust.authority()
    crl = on_trust.root_crl([revoked(issuer, world.SIGNED_AT - DAY)])
    report = on_trust.judged(on_trust.long_term(on_trust.by(issuer), issuer, crl))
    assert not report.passed
    assert any(code.startswith("certificate.revoked") for code in world.codes(report)), world.codes(report)


def test_revoked_authority_is_refused():
    """The same with the list brought by the verifier."""
    issuer = on_trust.authority()
    crl = on_trust.root_crl([revoked(issuer, world.SIGNED_AT - DAY)])
    report = on_trust.judged(on_trust.by(issuer), crls=[crl])
    assert not report.passed
    assert any(code.startswith("certificate.revoked") for code in world.codes(report)), world.codes(report)


def test_a_list_that_a_later_update_dropped_is_heard():
    """A file says that its seal was revoked before; a later DSS without that list does not unsay it."""
    gone = world.world().crl(revoked=[revoked(world.world().seal, world.NOW - DAY)])
    kept = [world.world().issuer.certificate, world.world().root]
    told = longterm.add_validation_info(world.signed("B-T"), certificates=kept, crls=[gone, world.world().root_crl])
    assert "certificate.revoked_no_poe" in world.codes(world.check(told))

    def replace_store(writer):
        lists = [forge.stream(writer, crl) for crl in (world.world().crl(), world.world().root_crl)]
        store = generic.DictionaryObject({generic.pdf_name("/CRLs"): generic.ArrayObject(lists)})
        writer.root[generic.pdf_name("/DSS")] = writer.add_object(store)
        writer.update_root()

    silent = forge.updated(told, replace_store)
    assert "signature.changed" not in world.codes(world.check(silent))
    assert "certificate.revoked_no_poe" in world.codes(world.check(silent))


def test_authority_revoked_later_stays_good():
    """What was time-stamped before a revocation keeps its worth."""
    issuer = on_trust.authority()
    crl = on_trust.root_crl([revoked(issuer, world.SIGNED_AT + DAY)])
    report = on_trust.judged(on_trust.by(issuer), crls=[crl])
    assert report.passed, report.findings


def test_revoked_seal_is_refused():
    """The seller's own seal revoked before it certified."""
    crl = world.world().crl(revoked=[revoked(world.world().seal, world.NOW - DAY)])
    report = world.check(world.signed("B-T"), crls=[crl])
    assert Indication.PASSED is not report.indication
    assert any(code.startswith("certificate.revoked") for code in world.codes(report)), world.codes(report)


def test_expired_authority_is_refused():
    """An authority whose certificate had ended the day before cannot have issued anything."""
    issuer = on_trust.authority(start=-30 * DAY, end=-DAY)
    report = on_trust.judged(on_trust.by(issuer))
    assert not report.passed
    assert "certificate.expired" in world.codes(report), world.codes(report)


def test_expired_one_shot_is_refused():
    """A one-shot certificate that ended before the time-stamp."""
    issuer = on_trust.authority()
    pdf = on_trust.by(issuer, start=-timedelta(hours=2), end=-timedelta(hours=1))
    report = on_trust.judged(pdf)
    assert not report.passed
    assert "certificate.out_of_bounds_no_poe" in world.codes(report), world.codes(report)


def test_one_shot_from_the_future_is_refused():
    """A one-shot certificate that begins after the time-stamp."""
    report = on_trust.judged(on_trust.by(on_trust.authority(), start=DAY, end=2 * DAY))
    assert not report.passed
    assert "certificate.not_yet_valid" in world.codes(report), world.codes(report)


def test_foreign_authority_is_not_believed():
    """The same names under another root: intact, but nobody vouches for it."""
    report = world.check(on_trust.by(on_trust.authority()))
    assert (Indication.INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND") == (report.indication, report.sub_indication)


def test_nobody_believed():
    """Without any trust anchor nothing passes, and nothing breaks."""
    report = world.check(world.signed("B-LTA"), trust=[])
    assert Indication.INDETERMINATE is report.indication


def test_leaf_that_plays_authority_is_refused():
    """A certificate issued with a one-shot key, which is no authority."""
    from signing.identity import Identity

    key = ec.generate_private_key(ec.SECP256R1())
    issuer = on_trust.authority()
    leaf = on_trust.certificate("Commercial", key, issuer, ca=False)
    report = on_trust.judged(on_trust.by(Identity(leaf, (issuer.certificate, on_trust.root().certificate), key)))
    assert not report.passed


def test_certificate_for_another_use_is_refused():
    """A certificate for encryption cannot sign a contract."""
    report = on_trust.judged(on_trust.by(on_trust.authority(), usage=key_usage(key_encipherment=True)))
    assert not report.passed


@pytest.mark.parametrize("digest", ["sha1", "md5"])
def test_weak_digest_is_refused(digest):
    """A signature over SHA-1 or MD5 is refused however good the rest."""
    report = world.check(on_trust.weak(digest))
    assert not report.passed
    assert {"signature.algorithm", "certificate.crypto_constraints_failure"} & world.codes(report)


def test_the_scene_with_sha256_passes():
    """The same signature with SHA-256 passes: it is the digest that was refused."""
    assert world.check(on_trust.weak("sha256")).passed


def test_a_customer_named_like_the_seller_certifies_nothing():
    """A one-shot certificate bears the name that was typed: as a seal it proves nothing."""
    named = on_trust.in_the_sellers_name()
    stamper = world.world().stamper()
    plain = blank_page()
    sealed = seal.seal_document(plain, named, when=world.SIGNED_AT, reason="", location="", timestamper=stamper)
    report = world.check(sealed)
    assert "certificate.chain_constraints_failure" in world.codes(report)
    assert not report.passed


def blank_page():
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.save(out := io.BytesIO(), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def test_a_sealed_portfolio_is_refused():
    """A reader shows the files in a portfolio in place of the pages: the seal says nothing of what is seen."""
    with pikepdf.open(io.BytesIO(blank_page())) as pdf:
        pdf.Root.Collection = pikepdf.Dictionary(Type=pikepdf.Name.Collection, View=pikepdf.Name.T)
        pdf.save(out := io.BytesIO(), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    for made, code in ((out.getvalue(), "file.portfolio"), (blank_page(), None)):
        report = world.check(
            seal.seal_document(
                made,
                world.world().seal,
                when=world.SIGNED_AT,
                reason="",
                location="",
                timestamper=world.world().stamper(),
            )
        )
        assert report.passed == (code is None)
        assert code is None or code in world.codes(report)


def test_a_signature_on_what_nobody_certified_is_no_order():
    """A customer's certificate under our own authority, in the seller's name, on a file of anybody's making."""
    report = world.check(on_trust.signed_alone(on_trust.in_the_sellers_name(), blank_page()))
    assert (Indication.INDETERMINATE, "SIG_CONSTRAINTS_FAILURE") == (report.indication, report.sub_indication)
    assert {"file.not_certified"} == world.codes(report)
    assert "ce n'est pas un bon de commande scellé par Seing" in report.sentence
    assert "it is not an order form sealed by Seing" in report.sentence_en


def test_a_time_stamp_on_what_nobody_certified_is_no_order():
    """A file that anybody had stamped says when, and nothing else."""
    report = world.check(longterm.add_document_timestamp(blank_page(), world.world().stamper()))
    assert {"file.not_certified"} == world.codes(report)


def test_an_order_signed_before_it_was_certified_is_refused():
    """The customer signed a file that was nobody's offer; the seal came on top."""
    report = world.check(on_trust.certified_late(on_trust.signed_alone(world.one_shot(), world.form()), "seller"))
    assert report.indication is Indication.FAILED
    assert {"file.second_certification", "signature.changed"} <= world.codes(report)


def test_a_second_certification_is_refused():
    """Certified again behind the customer, by the same seller: the first offer is no longer the last word."""
    report = world.check(on_trust.certified_late(world.signed("B-T"), "seller2"))
    assert report.indication is Indication.FAILED
    assert {"file.second_certification", "signature.changed"} & world.codes(report), world.codes(report)


@pytest.mark.parametrize(
    "options",
    [
        {"more": [on_trust.use(ExtendedKeyUsageOID.SERVER_AUTH)]},
        {"more": [on_trust.STAMPING]},
        {"ca": True, "usage": key_usage(content_commitment=True, key_cert_sign=True)},
    ],
    ids=["web server", "time-stamping unit", "authority"],
)
def test_a_certificate_made_for_something_else_signs_nothing(options):
    """Under a root that we must trust, a time-stamping unit's, there may be certificates of many kinds."""
    report = on_trust.judged(on_trust.by(on_trust.authority(), **options))
    assert {"certificate.chain_constraints_failure"} == world.codes(report)


def test_a_certificate_for_signing_documents_signs():
    """The same with an extended key usage that is a document's (RFC 9336), so that the test above means something."""
    uses = on_trust.use(x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"), ExtendedKeyUsageOID.TIME_STAMPING)
    assert on_trust.judged(on_trust.by(on_trust.authority(), more=[uses])).passed


def test_a_curve_that_is_too_small_is_refused():
    """192 bits can be broken by who can pay for it."""
    report = on_trust.judged(on_trust.by(on_trust.authority(), key=ec.generate_private_key(ec.SECP192R1())))
    assert {"certificate.crypto_constraints_failure"} == world.codes(report)


def test_a_unit_of_another_authority_is_believed():
    """The scene of the next test is sound."""
    assert on_trust.judged(on_trust.stamped_by(on_trust.authority())).passed


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"more": [on_trust.use(ExtendedKeyUsageOID.TIME_STAMPING, critical=False)]}, "chain_constraints_failure"),
        (
            {"more": [on_trust.use(ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION)]},
            "chain_constraints_failure",
        ),
        ({"more": []}, "chain_constraints_failure"),
        (
            {"ca": True, "usage": key_usage(digital_signature=True, key_cert_sign=True)},
            "chain_constraints_failure",
        ),
        ({"start": DAY, "end": 300 * DAY}, "not_yet_valid"),
        ({"start": -30 * DAY, "end": -DAY}, "out_of_bounds_no_poe"),
    ],
    ids=["not critical", "more uses", "no use", "authority", "older than its certificate", "expired"],
)
def test_a_unit_that_is_none_is_not_believed(options, code):
    """RFC 3161, 2.3: a key for time-stamping alone, said so critically; and in its time."""
    report = on_trust.judged(on_trust.stamped_by(on_trust.authority(), **options))
    assert f"certificate.{code}" in world.codes(report), world.codes(report)
    assert not report.passed


def test_a_unit_of_a_stranger_is_not_believed():
    """The right imprint, under a root that nobody trusts."""
    report = world.check(on_trust.stamped_by(on_trust.authority()))
    assert "certificate.no_certificate_chain_found" in world.codes(report)
    assert not report.passed


def test_a_root_for_time_stamps_vouches_for_no_signature():
    """Another house's authority, trusted for its unit, issues a seal in the seller's name: its seal is nobody's."""
    pdf = world.signed("B-LTA")
    report = world.check(pdf, trust=[on_trust.root().certificate], stamp_trust=[world.world().root])
    assert report.indication is Indication.INDETERMINATE
    sealed, signed, *stamps = report.signatures
    assert not sealed.trusted_by
    assert not signed.trusted_by
    assert all(stamp.time_stamp.valid for stamp in (sealed, signed, *stamps) if stamp.time_stamp)
    both = world.check(pdf, stamp_trust=[on_trust.root().certificate])
    assert (both.passed, both.level) == (True, "B-LTA")
