"""What was just signed, read again from its bytes before it leaves the process.

Two depths. `confirm_newest` looks at the bytes alone: nothing before the update changed, the newest signature covers
all of the file and verifies. `confirm_all` asks pyHanko about every signature, and whether what came after each is
allowed by it. Whether certificates are to be trusted is the verifier's question, not asked here.
"""

import hashlib
import io
import re

from asn1crypto import cms as asn1_cms
from asn1crypto import core
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_tst_data_iter,
    validate_sig_integrity,
)
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.errors import SealNotConfirmed
from signing.tsp import digest_of

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[0 (\d+) (\d+) (\d+)\s*\]")

_UNREADABLE = (PdfError, SignatureValidationError, ValueError, KeyError, TypeError, IndexError, AttributeError)
"""What reading a damaged file or signature raises in pyHanko and asn1crypto."""


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
        content = asn1_cms.ContentInfo.load(bytes.fromhex(hole[1:-1].decode()))["content"]
        good = _stamps(content, digest, "sha256") if signer is None else _signs(content, digest, signer)
    except _UNREADABLE as error:
        raise SealNotConfirmed(f"the new signature cannot be read back: {type(error).__name__}") from error
    if not good:
        raise SealNotConfirmed("the new signature does not verify")


def confirm_all(pdf: bytes) -> None:
    """Verify every signature and time-stamp of the file with pyHanko, and what was added after each.

    Raises:
        SealNotConfirmed: one is broken, does not cover its revision, or forbids what came after it.
    """
    try:
        for signature in PdfFileReader(io.BytesIO(pdf)).embedded_signatures:
            problem = _problem(signature)
            if problem:
                raise SealNotConfirmed(f"the signature in field {signature.field_name!r} {problem}")
    except _UNREADABLE as error:
        raise SealNotConfirmed(f"the signed file cannot be read back: {type(error).__name__}") from error


def _signs(content: asn1_cms.SignedData, digest: bytes, signer: x509.Certificate) -> bool:
    """Whether the CMS holds one signature of `signer` over this digest, and a time-stamp of it if any."""
    (info,) = content["signer_infos"]
    attributes = info["signed_attrs"].untag().dump()
    claimed = {attribute["type"].native: attribute["values"] for attribute in info["signed_attrs"]}
    signature = info["signature"].native
    key = signer.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, attributes, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    unsigned = () if isinstance(info["unsigned_attrs"], core.Void) else info["unsigned_attrs"]
    tokens = [value["content"] for attribute in unsigned for value in attribute["values"]]
    stamped = hashlib.sha256(signature).digest()
    return bool(claimed["message_digest"][0].native == digest) and all(_is_over(t, stamped, "sha256") for t in tokens)


def _problem(signature: EmbeddedPdfSignature) -> str | None:
    signature.compute_integrity_info()
    if signature.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return "does not cover its revision"
    if not signature.summarise_integrity_info()["docmdp_ok"]:
        return "does not allow what follows it"
    digest = signature.compute_digest()
    if signature.sig_object_type == "/DocTimeStamp":
        return None if _stamps(signature.signed_data, digest, signature.external_md_algorithm) else "is broken"
    if not all(validate_sig_integrity(signature.signer_info, signature.signer_cert, "data", digest)):
        return "is broken"
    value = signature.signer_info["signature"].native
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        imprint = token["encap_content_info"]["content"].parsed["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        if not _stamps(token, digest_of(algorithm, value), algorithm):
            return "has a broken time-stamp"
    return None


def _is_over(token: asn1_cms.SignedData, digest: bytes, algorithm: str) -> bool:
    claimed = token["encap_content_info"]["content"].parsed["message_imprint"]
    found = (claimed["hash_algorithm"]["algorithm"].native, claimed["hashed_message"].native)
    return bool(found == (algorithm, digest))


def _stamps(token: asn1_cms.SignedData, digest: bytes, algorithm: str) -> bool:
    """Whether the token's signature verifies and is over this digest."""
    if not _is_over(token, digest, algorithm):
        return False
    signer_info = extract_signer_info(token)
    certificate = extract_certs_for_validation(token).signer_cert
    content = bytes(token["encap_content_info"]["content"])
    digested = digest_of(signer_info["digest_algorithm"]["algorithm"].native, content)
    return all(validate_sig_integrity(signer_info, certificate, "tst_info", digested))
