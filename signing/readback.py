"""What was just signed, read again from its bytes before it leaves the process.

Two depths. `confirm_newest` looks at the bytes alone: nothing before the update changed, the newest signature covers
all of the file and verifies. `confirm_all` asks pyHanko about every signature, and whether what came after each is
allowed by it. Whether certificates are to be trusted is the verifier's question, not asked here.
"""

import hashlib
import re
from collections.abc import Callable

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_tst_data_iter,
    validate_sig_integrity,
)
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.contents import certificates_in, tokens_in
from signing.errors import SealNotConfirmed
from signing.reading import Reader
from signing.tsp import digest_of

HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
"""What a time-stamping unit may sign with."""

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[0 (\d+) (\d+) (\d+)\s*\]")


def confirm_newest(pdf: bytes, before: bytes, signer: x509.Certificate | None) -> None:
    """Verify the signature that the last update brought.

    Args:
        pdf: the file now.
        before: the file that was signed.
        signer: whose signature it is; None for a document time-stamp.

    Raises:
        SealNotConfirmed: it does not cover the file, or does not verify.
    """
    found = _BYTE_RANGE.findall(pdf, len(before))
    if not pdf.startswith(before) or len(found) != 1:
        raise SealNotConfirmed("the update is not one signature added to the file")
    first, second, length = (int(number) for number in found[0])
    hole = pdf[first:second]
    if second + length != len(pdf) or first < len(before) or hole[:1] + hole[-1:] != b"<>":
        raise SealNotConfirmed("the new signature does not cover the whole file")
    digest = hashlib.sha256(pdf[:first] + pdf[second:]).digest()
    try:
        filled = bytes.fromhex(hole[1:-1].decode())
        content = asn1_cms.ContentInfo.load(filled)["content"]
        good = _dates(content, digest) if signer is None else _signs(content, digest, signer)
    except Exception as error:  # as below
        raise SealNotConfirmed(f"the new signature cannot be read back: {type(error).__name__}") from error
    if not good or not _padded_with_zeros(filled):
        raise SealNotConfirmed("the new signature does not verify")


def confirm_all(pdf: bytes) -> None:
    """Verify every signature and time-stamp of the file with pyHanko, and what was added after each.

    Raises:
        SealNotConfirmed: one is broken, does not cover its revision, or forbids what came after it.
    """
    problem = None
    try:
        for signature in Reader(pdf).embedded_signatures:
            problem = problem or _problem(signature)
    except Exception as error:  # a damaged file makes its readers raise anything; whatever it is, it does not verify
        raise SealNotConfirmed(f"the signed file cannot be read back: {type(error).__name__}") from error
    if problem:
        raise SealNotConfirmed(problem)


def _signs(content: asn1_cms.SignedData, digest: bytes, signer: x509.Certificate) -> bool:
    """Whether the CMS holds one signature of `signer` over this digest, and a time-stamp of it if any."""
    (info,) = content["signer_infos"]
    stamped = hashlib.sha256(info["signature"].native).digest()
    tokens_over_it = all(_is_over(token, stamped, "sha256") for token in tokens_in(content))
    return _signed_by(content, digest, signer) and tokens_over_it


def _dates(token: asn1_cms.SignedData, digest: bytes) -> bool:
    """Whether the token is over this SHA-256, and signed with the key of a certificate that it carries."""
    (info,) = token["signer_infos"]
    said = info["sid"].chosen
    content = bytes(token["encap_content_info"]["content"])
    hashed = digest_of(info["digest_algorithm"]["algorithm"].native, content)
    return _is_over(token, digest, "sha256") and any(
        certificate.serial_number == said["serial_number"].native
        and certificate.issuer.public_bytes() == said["issuer"].dump()
        and _signed_by(token, hashed, certificate)
        for certificate in certificates_in(token)
    )


def _signed_by(content: asn1_cms.SignedData, digest: bytes, signer: x509.Certificate) -> bool:
    """Whether the one signature of this CMS is of that key, over attributes that hold this digest."""
    (info,) = content["signer_infos"]
    signed = info["signed_attrs"]
    claimed = next(one["values"] for one in signed if one["type"].native == "message_digest")
    algorithm = HASHES[info["digest_algorithm"]["algorithm"].native]()
    # Signed as a SET OF, whatever tag they have in here (RFC 5652, 5.4).
    attributes, signature, key = b"\x31" + signed.dump()[1:], info["signature"].native, signer.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, attributes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, attributes, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return bool(claimed[0].native == digest)


def _problem(signature: EmbeddedPdfSignature) -> str | None:
    signature.compute_integrity_info()
    which = f"the signature in field {signature.field_name!r}"
    if signature.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return f"{which} does not cover its revision"
    if not signature.summarise_integrity_info()["docmdp_ok"]:
        return f"{which} does not allow what follows it"
    if not _padded_with_zeros(signature.pkcs7_content):
        return f"{which} has something hidden behind it"
    return None if _verifies(signature, signature.compute_digest()) else f"{which} is broken"


def _verifies(signature: EmbeddedPdfSignature, digest: bytes) -> bool:
    """Whether the signature, and the time-stamps in it, verify over this digest of what it covers."""
    if signature.sig_object_type == "/DocTimeStamp":
        return _stamps(signature.signed_data, digest, signature.external_md_algorithm)
    good = _well_formed(signature.signed_data) and all(
        validate_sig_integrity(signature.signer_info, signature.signer_cert, "data", digest)
    )
    value = signature.signer_info["signature"].native
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        imprint = token["encap_content_info"]["content"].parsed["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        good = good and _stamps(token, digest_of(algorithm, value), algorithm)
    return good


def _well_formed(content: asn1_cms.SignedData) -> bool:
    """The few parts of signed data that its signature does not cover are what RFC 5652, 5.1 and 5.3, say."""
    (info,) = content["signer_infos"]
    algorithms = [one.dump() for one in content["digest_algorithms"]]
    versions = {content["version"].native, info["version"].native}
    return versions <= {"v1", "v3"} and algorithms == [info["digest_algorithm"].dump()]


def _padded_with_zeros(filled: bytes) -> bool:
    """Whether nothing but zeros follows the signature in its hole, which no signature covers."""
    return not any(filled[len(asn1_cms.ContentInfo.load(filled).dump()) :])


def _is_over(token: asn1_cms.SignedData, digest: bytes, algorithm: str) -> bool:
    claimed = token["encap_content_info"]["content"].parsed["message_imprint"]
    found = (claimed["hash_algorithm"]["algorithm"].native, claimed["hashed_message"].native)
    return bool(found == (algorithm, digest))


def _stamps(token: asn1_cms.SignedData, digest: bytes, algorithm: str) -> bool:
    """Whether the token's signature verifies and is over this digest."""
    if not _well_formed(token) or not _is_over(token, digest, algorithm):
        return False
    signer_info = extract_signer_info(token)
    certificate = extract_certs_for_validation(token).signer_cert
    content = bytes(token["encap_content_info"]["content"])
    digested = digest_of(signer_info["digest_algorithm"]["algorithm"].native, content)
    return all(validate_sig_integrity(signer_info, certificate, "tst_info", digested))
