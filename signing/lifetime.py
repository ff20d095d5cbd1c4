"""How long a time-stamp keeps its file: until its certificates or its algorithms run out, whichever comes first."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation

from signing.certificates import MIN_RSA_BITS
from signing.errors import UnusablePdf

SHORT_RSA = f"rsa under {MIN_RSA_BITS}"

ALGORITHM_ENDS: Mapping[str, datetime] = {SHORT_RSA: datetime(2029, 1, 1, tzinfo=UTC)}
"""When an algorithm ends: RSA under 3000 bits with 2028 (ETSI TS 119 312 V1.5.1). For SHA-256, longer RSA keys and
P-256 no end is known; the version of this program that writes another digest also says here when this one ends."""

_HOLE = re.compile(rb"/ByteRange\s*\[0 (\d+) (\d+) \d+\s*\]")


def keeps_until(pdf: bytes, ends: Mapping[str, datetime] | None = None) -> datetime | None:
    """Until when the newest document time-stamp of a file can be verified; None where the newest signature is none.

    Args:
        pdf: one that this program wrote, read back before.
        ends: of algorithms; those of `ALGORITHM_ENDS` when None.

    Raises:
        UnusablePdf: no signature can be read in it.
    """
    holes = _HOLE.findall(pdf)
    if not holes:
        raise UnusablePdf("there is no signature")
    first, second = max((int(start), int(end)) for start, end in holes)
    try:
        content = asn1_cms.ContentInfo.load(bytes.fromhex(pdf[first + 1 : second - 1].decode()))["content"]
        stamp = content["encap_content_info"]["content_type"].native == "tst_info"
    except (ValueError, TypeError, KeyError):
        raise UnusablePdf("the newest signature cannot be read") from None
    return min(_ends(content, ALGORITHM_ENDS if ends is None else ends)) if stamp else None


def _ends(token: asn1_cms.SignedData, ends: Mapping[str, datetime]) -> Iterator[datetime]:
    carried = extract_certs_for_validation(token)
    names = {
        token["encap_content_info"]["content"].parsed["message_imprint"]["hash_algorithm"]["algorithm"].native,
        *(info["digest_algorithm"]["algorithm"].native for info in token["signer_infos"]),
    }
    for encoded in (carried.signer_cert, *carried.other_certs):
        certificate = x509.load_der_x509_certificate(encoded.dump())
        yield certificate.not_valid_after_utc
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < MIN_RSA_BITS:
            names.add(SHORT_RSA)
    yield from (ends[name] for name in names if name in ends)
