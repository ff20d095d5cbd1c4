"""The signatures of a file that we wrote, found by their bytes: reading all of a PDF for them takes far longer.

A dictionary of ours holds `/ByteRange [0 a b c]`; the signature stands between `a` and `b`, in hexadecimal. For files
of others, whose bytes may deceive, there is `signing.verify`.
"""

import re

from asn1crypto import cms as asn1_cms
from asn1crypto import core
from cryptography import x509

from signing.errors import UnusablePdf

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[0 (\d+) (\d+) \d+\s*\]")


def signed_contents(pdf: bytes) -> list[asn1_cms.SignedData]:
    """What each signature and document time-stamp holds, oldest first.

    Raises:
        UnusablePdf: there is none, or one cannot be read.
    """
    places = sorted((int(start), int(end)) for start, end in _BYTE_RANGE.findall(pdf))
    if not places:
        raise UnusablePdf("there is no signature")
    try:
        return [
            asn1_cms.ContentInfo.load(bytes.fromhex(pdf[start + 1 : end - 1].decode()))["content"]
            for start, end in places
        ]
    except (ValueError, TypeError, KeyError):
        raise UnusablePdf("a signature cannot be read") from None


def is_time_stamp(content: asn1_cms.SignedData) -> bool:
    """Whether it is a document time-stamp."""
    return bool(content["encap_content_info"]["content_type"].native == "tst_info")


def tokens_in(content: asn1_cms.SignedData) -> list[asn1_cms.SignedData]:
    """The signature-time-stamps that a signature carries."""
    (info,) = content["signer_infos"]
    attributes = () if isinstance(info["unsigned_attrs"], core.Void) else info["unsigned_attrs"]
    return [
        value["content"]
        for attribute in attributes
        if attribute["type"].native == "signature_time_stamp_token"
        for value in attribute["values"]
    ]


def certificates_in(content: asn1_cms.SignedData) -> list[x509.Certificate]:
    """The certificates that it carries."""
    return [
        x509.load_der_x509_certificate(choice.chosen.dump())
        for choice in content["certificates"]
        if choice.name == "certificate"
    ]
