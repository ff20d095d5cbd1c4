"""What was just signed, read again from its bytes with pyHanko before it leaves the process.

This asks whether every signature is intact and what was added after each is allowed; whether its certificate is to be
trusted is the verifier's question.
"""

import io

from asn1crypto import cms as asn1_cms
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


def confirm(pdf: bytes, *, newest: str | None) -> None:
    """Verify every signature and time-stamp of the file.

    Args:
        pdf: the file.
        newest: field whose signature must be the last one and cover the whole file; None when something else came last.

    Raises:
        SealNotConfirmed: one is broken, or something came after it that it does not allow.
    """
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        for signature in signatures:
            problem = _problem(signature)
            if problem:
                raise SealNotConfirmed(f"the signature in field {signature.field_name!r} {problem}")
    except (PdfError, SignatureValidationError, ValueError, KeyError, TypeError) as error:
        raise SealNotConfirmed(f"the signed file cannot be read back: {type(error).__name__}") from error
    if newest is None:
        return
    last = signatures[-1] if signatures else None
    if last is None or last.field_name != newest or last.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        raise SealNotConfirmed(f"the signature in field {newest!r} does not cover the whole file")


def _problem(signature: EmbeddedPdfSignature) -> str | None:
    signature.compute_integrity_info()
    if not signature.summarise_integrity_info()["docmdp_ok"]:
        return "does not allow what follows it"
    digest = signature.compute_digest()
    if signature.sig_object_type == "/DocTimeStamp":
        return None if _stamps(signature.signed_data, digest, signature.external_md_algorithm) else "is broken"
    if not all(validate_sig_integrity(signature.signer_info, signature.signer_cert, "data", digest)):
        return "is broken"
    value = signature.signer_info["signature"].native
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        algorithm = (
            token["encap_content_info"]["content"].parsed["message_imprint"]["hash_algorithm"]["algorithm"].native
        )
        if not _stamps(token, digest_of(algorithm, value), algorithm):
            return "has a broken time-stamp"
    return None


def _stamps(token: asn1_cms.SignedData, digest: bytes, algorithm: str) -> bool:
    """Whether the token's signature verifies and is over this digest."""
    content = token["encap_content_info"]["content"]
    claimed = content.parsed["message_imprint"]
    if (claimed["hash_algorithm"]["algorithm"].native, claimed["hashed_message"].native) != (algorithm, digest):
        return False
    signer_info = extract_signer_info(token)
    certificate = extract_certs_for_validation(token).signer_cert
    digested = digest_of(signer_info["digest_algorithm"]["algorithm"].native, bytes(content))
    return all(validate_sig_integrity(signer_info, certificate, "tst_info", digested))
