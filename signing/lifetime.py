"""How long a time-stamp keeps its file: until its certificates or its algorithms run out, whichever comes first."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from asn1crypto import cms as asn1_cms
from cryptography.hazmat.primitives.asymmetric import rsa

from signing.certificates import MIN_RSA_BITS
from signing.contents import certificates_in, is_time_stamp, signed_contents

SHORT_RSA = f"rsa under {MIN_RSA_BITS}"

ALGORITHM_ENDS: Mapping[str, datetime] = {SHORT_RSA: datetime(2029, 1, 1, tzinfo=UTC)}
"""When an algorithm ends: RSA under 3000 bits with 2028 (ETSI TS 119 312 V1.5.1). For SHA-256, longer RSA keys and
P-256 no end is known; the version of this program that writes another digest also says here when this one ends."""


def keeps_until(pdf: bytes, ends: Mapping[str, datetime] | None = None) -> datetime | None:
    """Until when the newest document time-stamp of a file can be verified; None where the newest signature is none.

    Args:
        pdf: one that this program wrote, read back before.
        ends: of algorithms; those of `ALGORITHM_ENDS` when None.

    Raises:
        UnusablePdf: no signature, or one that cannot be read, is in it.
    """
    content = signed_contents(pdf)[-1]
    return min(_ends(content, ALGORITHM_ENDS if ends is None else ends)) if is_time_stamp(content) else None


def token_keeps_until(token: bytes) -> datetime:
    """Until when a time-stamp token (ContentInfo, DER) that was just obtained can be verified."""
    return min(_ends(asn1_cms.ContentInfo.load(token)["content"], ALGORITHM_ENDS))


def _ends(token: asn1_cms.SignedData, ends: Mapping[str, datetime]) -> Iterator[datetime]:
    names = {
        token["encap_content_info"]["content"].parsed["message_imprint"]["hash_algorithm"]["algorithm"].native,
        *(info["digest_algorithm"]["algorithm"].native for info in token["signer_infos"]),
    }
    for certificate in certificates_in(token):
        yield certificate.not_valid_after_utc
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < MIN_RSA_BITS:
            names.add(SHORT_RSA)
    yield from (ends[name] for name in names if name in ends)
