"""Whom to believe, and when: chains of certificates judged at a past instant, with what was kept to judge them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, cast

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

from signing.certificates import still_usable
from signing.ocsp import revoked_at

SHORT_TERM = "0.4.0.194121.2.1"
"""Validity assured, short term (ETSI EN 319 412-1, 5.2): such a certificate is never revoked."""

SHORT_TERM_LIFE = timedelta(days=1)
"""A longer life is not what the extension is for: revocation data are then asked for as for any other."""


@dataclass(frozen=True)
class Trust:
    """Trust anchors, and the certificates and revocation data at hand. Lists of asn1crypto objects."""

    anchors: tuple[Any, ...]
    units: tuple[Any, ...] = ()
    """Anchors for time-stamps alone, beside the others."""
    certificates: tuple[Any, ...] = ()
    crls: tuple[Any, ...] = ()
    ocsps: tuple[Any, ...] = ()
    answers: dict[bytes, bool] = field(default_factory=dict, compare=False, repr=False)
    """What `revocation_known` has said, shared by all that `with_dss` makes for one verification."""

    @classmethod
    def of(
        cls, anchors: Sequence[x509.Certificate], units: Sequence[x509.Certificate], crls: Sequence[bytes]
    ) -> "Trust":
        """Trust in these certificates; `crls` (DER) are judged as if they had been in the file."""
        return cls(anchors=_asn1(anchors), units=_asn1(units), crls=tuple(crls))

    def for_stamps(self) -> "Trust":
        """The same as time-stamps are judged with."""
        return replace(self, anchors=self.anchors + self.units, units=())

    def with_dss(self, handler: Any) -> "Trust":
        """The same with what the file's DSS holds, as seen in one revision (`handler`).

        Raises:
            whatever pyHanko meets in a malformed DSS.
        """
        if "/DSS" not in handler.root:
            return self
        store = DocumentSecurityStore.read_dss(handler)
        context = store.as_validation_context({"trust_roots": []})
        return replace(
            self,
            certificates=self.certificates + tuple(store.load_certs()),
            crls=self.crls + tuple(context.crls),
            ocsps=self.ocsps + tuple(context.ocsps),
        )

    def with_all(self, reader: Any) -> "Trust":
        """The same with what the DSS of any revision of the file holds: a later one may have dropped a list.

        Raises:
            whatever pyHanko meets in a malformed DSS.
        """
        whole, known = self.with_dss(reader), _named(reader)
        for revision in reversed(range(int(reader.xrefs.total_revisions) - 1)):
            handler = reader.get_historical_resolver(revision)
            if not _named(handler) <= known:
                known |= _named(handler)
                whole = whole.with_dss(handler)
        return whole

    def context(self, moment: datetime, *, revocation: str = "soft-fail") -> Any:
        """A pyHanko validation context for `moment`, without network; newer revocation data speak for the past.

        For pyHanko a list out of date, or an answer of later revocation or on a sister certificate, is worse than none:
        it then refuses what it would let pass. So unless revocation data are required, it is shown current lists alone;
        `problem_in` hears what every list and answer says all the same.
        """
        require = revocation == "require"
        crls = [crl for crl in self.crls if require or not _out_of_date(crl, moment)]
        ocsps = self.ocsps if require else ()
        return ValidationContext(
            trust_roots=list(self.anchors),
            other_certs=list(self.certificates),
            crls=crls,
            ocsps=list(ocsps),
            moment=moment,
            revocation_mode=revocation,
            retroactive_revinfo=True,
            allow_fetching=False,
        )

    def problem_in(self, path: Any, moment: datetime) -> str | None:
        """What is wrong at `moment` with a chain that pyHanko built: an ETSI sub-indication, or None.

        pyHanko looks at revocation lists only where a certificate says where its list is published, takes any curve,
        and gives one name to every date that is wrong above the signer. Here any list or answer at hand of the issuer's
        is heard.
        """
        links = list(path.iter_certs(include_root=True))
        for issuer, link in pairwise(links):
            signer = link is links[-1]
            if link.not_valid_before > moment:
                return "NOT_YET_VALID"
            if link.not_valid_after < moment:
                return "OUT_OF_BOUNDS_NO_POE" if signer else "EXPIRED"
            if not still_usable(to_cryptography(link)):
                return "CRYPTO_CONSTRAINTS_FAILURE"
            if self._revoked(to_cryptography(issuer), to_cryptography(link), moment):
                return "REVOKED_NO_POE" if signer else "REVOKED_CA_NO_POE"
        return None

    def _revoked(self, issuer: x509.Certificate, link: x509.Certificate, moment: datetime) -> bool:
        """Whether a list or an answer of the issuer says that the certificate was revoked at `moment` or before."""
        for answer in self.ocsps:
            at = revoked_at(answer.dump(), link, issuer)
            if at is not None and at <= moment:
                return True
        for encoded in self.crls:
            crl = _loaded(encoded)
            if crl.issuer != link.issuer or not crl.is_signature_valid(cast("rsa.RSAPublicKey", issuer.public_key())):
                continue
            entry = crl.get_revoked_certificate_by_serial_number(link.serial_number)
            if entry is not None and entry.revocation_date_utc <= moment:
                return True
        return False

    def _revoked_later(self, certificate: Any, issuer: Any, moment: datetime) -> bool:
        """Whether an answer of this issuer says that the certificate was revoked, after `moment`."""
        link, authority = to_cryptography(certificate), to_cryptography(issuer)
        dates = (revoked_at(answer.dump(), link, authority) for answer in self.ocsps)
        return any(at is not None and at > moment for at in dates)

    async def revocation_known(self, certificate: Any, others: Sequence[Any], moment: datetime) -> bool:
        """Whether revocation data cover the certificate and its issuers up to the anchor, at `moment`.

        One that is declared too short-lived to be revoked needs none; its issuers do. The levels of several signatures
        ask the same of the same data: it is worked out once.
        """
        question = self._question(certificate, others, moment)
        if question not in self.answers:
            self.answers[question] = await self._revocation_known(certificate, others, moment)
        return self.answers[question]

    def _question(self, certificate: Any, others: Sequence[Any], moment: datetime) -> bytes:
        """A digest of all that the answer depends on."""
        groups = ([certificate], others, self.anchors, self.certificates, self.crls, self.ocsps)
        digest = hashlib.sha256(moment.isoformat().encode())
        for group in groups:
            digest.update(b"%d:" % len(group))
            for one in group:
                encoded = one if isinstance(one, bytes) else one.dump()
                digest.update(b"%d:" % len(encoded) + encoded)
        return digest.digest()

    async def _revocation_known(self, certificate: Any, others: Sequence[Any], moment: datetime) -> bool:
        issuers = [other for other in (*others, *self.certificates) if other.subject == certificate.issuer]
        if is_short_term(certificate):
            anchored = any(anchor.subject == certificate.issuer for anchor in self.anchors)
            return anchored or (bool(issuers) and await self.revocation_known(issuers[0], others, moment))
        if any(anchor.dump() == certificate.dump() for anchor in self.anchors):
            return True
        if any(self._revoked_later(certificate, issuer, moment) for issuer in issuers):
            return await self.revocation_known(issuers[0], others, moment)
        validator = CertificateValidator(
            certificate, list(others), validation_context=self.context(moment, revocation="require")
        )
        try:
            await validator.async_validate_path()
        except (PathBuildingError, PathValidationError):
            return False
        return True


def _asn1(certificates: Sequence[x509.Certificate]) -> tuple[Any, ...]:
    return tuple(asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in certificates)


def _named(handler: Any) -> set[Any]:
    """The lists and answers that the DSS of a revision names."""
    if "/DSS" not in handler.root:
        return set()
    store = handler.root["/DSS"]
    kinds = [store[kind] for kind in ("/CRLs", "/OCSPs") if kind in store]
    return {(one.idnum, one.generation) for kind in kinds for one in list.__iter__(kind)}


def _loaded(crl: Any) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(crl if isinstance(crl, bytes) else crl.dump())


def _out_of_date(crl: Any, moment: datetime) -> bool:
    """Whether another list should have come by then."""
    due = _loaded(crl).next_update_utc
    return due is not None and due < moment


def is_short_term(certificate: Any) -> bool:
    """Whether the certificate is declared *validity assured, short term*, and lives a day at most."""
    body = certificate["tbs_certificate"]
    life = certificate.not_valid_after - certificate.not_valid_before
    declared = any(extension["extn_id"].dotted == SHORT_TERM for extension in body["extensions"])
    return declared and bool(life <= SHORT_TERM_LIFE)


def to_cryptography(certificate: Any) -> x509.Certificate:
    """The certificate as a `cryptography` object."""
    return x509.load_der_x509_certificate(certificate.dump())
