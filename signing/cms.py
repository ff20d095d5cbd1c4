"""CMS signed data (RFC 5652) as PAdES and RFC 3161 want it: one signer, SHA-256, the attributes of the baseline.

EN 319 142-1 table 1: content-type, message-digest and ESS signing-certificate-v2 are there; signing-time is not, the
claimed time stands in the PDF's `M` entry.
"""

import hashlib
from collections.abc import Callable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from signing import der

ID_DATA = "1.2.840.113549.1.7.1"
ID_SIGNED_DATA = "1.2.840.113549.1.7.2"
ID_TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14"

SHA256 = der.algorithm("2.16.840.1.101.3.4.2.1")
SHA256_WITH_RSA = der.algorithm("1.2.840.113549.1.1.11")
SHA256_WITH_ECDSA = der.algorithm("1.2.840.10045.4.3.2", null=False)

ROOM = 512
"""Bytes of a SignedData beside its certificates, its signer's name and its signature; about 340 are used."""


class CmsSigner:
    """Makes signed data for one key; what does not depend on the content is encoded once.

    Args:
        certificate: the signer's.
        chain: the issuers to embed beside it, without the root, which a verifier has already.
        sign: SHA-256 signature over its argument with the certificate's key: PKCS#1 v1.5 for RSA, DER for ECDSA.

    Raises:
        TypeError: a key that is neither RSA nor ECDSA.
    """

    def __init__(
        self, certificate: x509.Certificate, chain: Sequence[x509.Certificate], sign: Callable[[bytes], bytes]
    ) -> None:
        self._sign = sign
        encoded = certificate.public_bytes(Encoding.DER)
        issuer, serial = certificate.issuer.public_bytes(), der.integer(certificate.serial_number)
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            self._mechanism, signature_size = SHA256_WITH_RSA, key.key_size // 8
        elif isinstance(key, ec.EllipticCurvePublicKey):
            self._mechanism, signature_size = SHA256_WITH_ECDSA, key.key_size // 4 + 16
        else:
            raise TypeError("a signature is made with an RSA or an elliptic curve key")
        # ESSCertIDv2 without its hash algorithm: SHA-256 is the default, which DER leaves out (RFC 5035, 4).
        directory_name = der.explicit(4, issuer)
        reference = der.sequence(
            der.octet_string(hashlib.sha256(encoded).digest()), der.sequence(der.sequence(directory_name), serial)
        )
        self._reference = _attribute(SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(reference)))
        self._head = der.integer(1) + der.sequence(issuer, serial) + SHA256
        certificates = [encoded, *(issuing.public_bytes(Encoding.DER) for issuing in chain)]
        self._certificates = der.set_of(certificates, tag=0xA0)
        self.size = len(self._certificates) + 2 * len(issuer) + signature_size + ROOM
        """Upper bound, in bytes, of signed data without content and without time-stamp."""

    def signed_attributes(self, digest: bytes, content_type: str = ID_DATA) -> bytes:
        """What the key signs: the attributes as a SET OF (RFC 5652, 5.4), for content whose SHA-256 is `digest`."""
        kind = _attribute(CONTENT_TYPE, der.oid(content_type))
        return der.set_of((kind, _attribute(MESSAGE_DIGEST, der.octet_string(digest)), self._reference))

    def sign_detached(self, digest: bytes, stamp: Callable[[bytes], bytes] | None = None) -> bytes:
        """ContentInfo (DER) over a document whose SHA-256 is `digest` (32 bytes).

        Args:
            digest: of the bytes that the signature covers.
            stamp: gives the time-stamp token (DER) for a SHA-256; it gets that of the signature value, and what it
                returns becomes the signature-time-stamp attribute (EN 319 122-1, 5.3).
        """
        return self._wrap(digest, ID_DATA, b"", stamp, version=1, with_certificates=True)

    def sign_content(self, content: bytes, content_type: str, *, with_certificates: bool = True) -> bytes:
        """ContentInfo (DER) that carries `content`, whose type is the object identifier `content_type`."""
        body = der.explicit(0, der.octet_string(content))
        digest = hashlib.sha256(content).digest()
        return self._wrap(digest, content_type, body, None, version=3, with_certificates=with_certificates)

    def _wrap(
        self,
        digest: bytes,
        content_type: str,
        content: bytes,
        stamp: Callable[[bytes], bytes] | None,
        *,
        version: int,
        with_certificates: bool,
    ) -> bytes:
        attributes = self.signed_attributes(digest, content_type)
        signature = self._sign(attributes)
        signer = self._head + b"\xa0" + attributes[1:] + self._mechanism + der.octet_string(signature)
        if stamp is not None:
            token = stamp(hashlib.sha256(signature).digest())
            signer += der.explicit(1, _attribute(SIGNATURE_TIME_STAMP, token))
        signed_data = der.sequence(
            der.integer(version),
            der.set_of((SHA256,)),
            der.sequence(der.oid(content_type), content),
            self._certificates if with_certificates else b"",
            der.set_of((der.sequence(signer),)),
        )
        return der.sequence(der.oid(ID_SIGNED_DATA), der.explicit(0, signed_data))


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of((value,)))
