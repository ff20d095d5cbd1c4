"""The certificates inside a signed PDF, as the evidence file lists them."""

from dataclasses import dataclass

from asn1crypto import cms
from cryptography import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

from signing.reading import Reader


@dataclass(frozen=True)
class EmbeddedCertificates:
    """Signer of each approval or certification field by field name, and the time-stamping units, each once."""

    signers: dict[str, x509.Certificate]
    time_stamping: tuple[x509.Certificate, ...]


def embedded_certificates(pdf: bytes) -> EmbeddedCertificates:
    """Who signed each field and who stamped the time. The file is one of ours, verified before."""
    reader = Reader(pdf)
    signers: dict[str, x509.Certificate] = {}
    units: dict[bytes, x509.Certificate] = {}
    for signature in reader.embedded_regular_signatures:
        signers[str(signature.field_name)] = _certificate(signature.signer_cert.dump())
        for token in extract_tst_data_iter(signature.signer_info, signed=False):
            units |= {der: _certificate(der) for der in [_token_signer(token)]}
    for stamp in reader.embedded_timestamp_signatures:
        der = stamp.signer_cert.dump()
        units[der] = _certificate(der)
    return EmbeddedCertificates(signers, tuple(units.values()))


def newest_reason(pdf: bytes) -> str:
    """What the newest signature of a file of ours says that it is for; nothing where there is none, or no PDF.

    Document time-stamps say nothing and are passed over.
    """
    try:
        signatures = list(Reader(pdf).embedded_regular_signatures)
    except (PdfError, ValueError):
        return ""
    return str(signatures[-1].sig_object.get("/Reason", "")) if signatures else ""


def _token_signer(token: cms.SignedData) -> bytes:
    """The certificate that a token's signer is identified by (RFC 5652, 5.3)."""
    sid = token["signer_infos"][0]["sid"]
    for choice in token["certificates"]:
        certificate = choice.chosen
        if sid.name == "issuer_and_serial_number":
            found = (
                certificate.serial_number == sid.chosen["serial_number"].native
                and certificate.issuer == sid.chosen["issuer"]
            )
        else:
            found = certificate.key_identifier == sid.chosen.native
        if found:
            return bytes(certificate.dump())
    raise ValueError("a time-stamp token without its signer's certificate")


def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)
